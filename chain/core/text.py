"""Text that people type, brought into the form that is kept."""

import unicodedata

#: Control characters, line separators and halves of surrogate pairs: no name holds them, and PostgreSQL refuses some.
_DROPPED = frozenset({"Cc", "Cs", "Zl", "Zp"})


def tidy(text: str | None) -> str:
    """Return one line without control characters, with single spaces, accents composed (NFC)."""
    spaced = "".join(" " if unicodedata.category(letter) in _DROPPED else letter for letter in text or "")
    return " ".join(unicodedata.normalize("NFC", spaced).split())


def tidy_lines(text: str | None) -> str:
    """Return the same for a text of several lines; empty lines at both ends are cut."""
    return "\n".join(tidy(line) for line in (text or "").splitlines()).strip()
