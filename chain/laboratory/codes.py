"""Sample codes: short, random, readable, with a check character, and without a word about lot or producer. Pure.

Six random characters and one that checks them, of 31 that are not mistaken for each other (no 0 O 1 I L). 31 is prime and the
weights differ, so every wrong character and every two that are swapped are found. The first is a letter, so that no
spreadsheet takes a code for a number.
"""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LETTERS = ALPHABET[8:]
LENGTH = 7
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


def new_code() -> str:
    """Return a new code; whether it is free is the database's to say."""
    body = secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 2))
    return body + check_character(body)


def check_character(body: str) -> str:
    """Return the character that checks the six before it: the sum of value times place (2 to 7), modulo 31."""
    total = sum(_VALUES[letter] * place for place, letter in enumerate(body, 2))
    return ALPHABET[total % len(ALPHABET)]


def clean_code(text: str) -> str:
    """Return a code as it is kept: capital letters, without blanks and hyphens. " kx7-m4qt" gives "KX7M4QT"."""
    return "".join(text.upper().replace("-", " ").split())


def is_code(text: str) -> bool:
    """Tell whether a cleaned text can be a code: its length, its letters, its check character."""
    if len(text) != LENGTH or any(letter not in _VALUES for letter in text):
        return False
    return text[0] in LETTERS and check_character(text[:-1]) == text[-1]


def shown_code(code: str) -> str:
    """Return a code as papers show it, in two groups: KX7-M4QT."""
    return f"{code[:3]}-{code[3:]}"
