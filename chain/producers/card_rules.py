"""What the QR of a member card holds, and how it is read back. Pure.

A card says the member code and a random token with a check character: CC03-0001.7K2MXQ9R4T6. The code lets a device
without signal find the member in its own list; the token tells a lost card from the one that replaced it. Nothing of the
person stands in it.
"""

import re
import secrets
from dataclasses import dataclass

from chain.core.check_digit import check_character

#: No I, L, O or U: nobody takes them for digits or reads a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 50 random bits: a card cannot be guessed from the code on a receipt.
TOKEN_LENGTH = 10
_CARD = re.compile(rf"([A-Z0-9][A-Z0-9 ./_-]{{0,39}})\.([{ALPHABET}]{{{TOKEN_LENGTH}}})([A-Z0-9])")


@dataclass(frozen=True, slots=True)
class CardCode:
    """A member code and the token of a card."""

    member_code: str
    token: str

    def __str__(self) -> str:
        return f"{self.member_code}.{self.token}{check_character(self.member_code + self.token)}"


def new_token() -> str:
    """Return a token for a new card."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


def read_card(text: str) -> CardCode | None:
    """Return what a card says; None when the text is no card or was copied wrongly."""
    found = _CARD.fullmatch(text.strip().upper())
    if found is None or check_character(found[1] + found[2]) != found[3]:
        return None
    return CardCode(found[1], found[2])


def card_in(text: str) -> CardCode | None:
    """Return the card in what a scanner gave: the code alone, or the address of which it is the end."""
    whole = text.strip()
    start = whole.upper().rfind("/M/")
    return read_card(whole[start + 3 :].replace("%20", " ")) if start >= 0 else read_card(whole)
