"""A check character for codes that people copy by hand: ISO/IEC 7064, MOD 37-36. Pure.

It finds every single wrong character and nearly every swap of two neighbours. Signs such as hyphens do not count.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE = len(ALPHABET)


def check_character(text: str) -> str:
    """Return the check character of the letters A to Z and digits in a text. ISO's own example: "A12425GABC1234002M"."""
    rest = _BASE
    for letter in text.upper():
        value = ALPHABET.find(letter)
        if value < 0:
            continue
        rest = (rest + value) % _BASE or _BASE
        rest = rest * 2 % (_BASE + 1)
    return ALPHABET[(_BASE + 1 - rest) % _BASE]


def with_check(text: str) -> str:
    """Return a code with its check character behind a hyphen: "CC03-000123" → "CC03-000123-X"."""
    return f"{text}-{check_character(text)}"


def without_check(text: str) -> str | None:
    """Return a code without its check character; None when it has none or a wrong one."""
    code, hyphen, last = text.rpartition("-")
    return code if hyphen and code and last.upper() == check_character(code) else None
