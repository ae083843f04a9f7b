"""The catalogues `chain/translations/<language>/*.po`, read with Babel, and translation without the web for commands."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from chain.core.i18n import Message, name_in

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"

#: A text, or its plural forms.
Translation = str | tuple[str, ...]


@lru_cache(maxsize=32)
def load_catalogue(language: str, area: str = "*", folder: Path = TRANSLATIONS) -> Mapping[str, Translation]:
    """Return msgid → translation of one area, or of all merged. Untranslated and fuzzy entries are left out.

    English has no catalogue: its text is the msgid.
    """
    from babel.messages.pofile import read_po

    merged: dict[str, Translation] = {}
    for path in sorted((folder / language).glob(f"{area}.po")):
        with path.open("rb") as file:
            # No locale is given: Babel knows none for Aymara, and all our languages have two plural forms.
            for entry in read_po(file):
                if entry.id and not entry.fuzzy:
                    key = entry.id if isinstance(entry.id, str) else entry.id[0]
                    strings = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
                    if all(strings) and strings:
                        merged[key] = strings[0] if len(strings) == 1 else strings
    return merged


def translate(language: str, message: Message, area: str = "*") -> str:
    """Return the sentence in a language; English when the catalogue lacks it. Numbers keep the decimal point."""
    found = load_catalogue(language, area).get(message.msgid)
    text = found if isinstance(found, str) else message.msgid
    if not message.params:
        return text
    return text % {
        name: translate(language, value, area) if isinstance(value, Message) else name_in(value, language)
        for name, value in message.params.items()
    }
