"""Signed codes: what a paper says in one line, with an Ed25519 signature, checkable by anybody who has the public key.

The signed bytes are fixed, never JSON that is written anew:

    CHAIN-R1|PE|20123456789|R001-00000123|2026-03-14|PEN|229201|<mark of the holder>|<mark of the content>

prefix and version, country, tax number of the house (its code when it has none), number of the paper, day of issue, currency,
amount in minor units, and two marks of 80 bits: of the holder's document with a salt that is not printed (the bare number never
leaves the house), and the beginning of the sha256 of everything that the paper says. The code in the QR is
`KEY*PAYLOAD*SIGNATURE` with `*` for `|`, which the alphanumeric mode of a QR code does not have. Pure.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chain.core.signing import SIGNATURE_BYTES, Signer, base32, from_base32, is_signed

PREFIX = "CHAIN-R1"
#: Bytes of each of the two marks: 80 bits, 16 characters.
MARK_BYTES = 10
_PARTS = 11  # key, nine fields of the payload, signature
_OTHER = re.compile(r"[^A-Z0-9.-]")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a signed code states."""

    country: str
    house: str
    serial: str
    issued_on: date
    currency: str
    amount_minor: int
    holder_mark: str
    content_mark: str

    @property
    def payload(self) -> str:
        """The line that is signed."""
        fields = (
            PREFIX, _plain(self.country), _plain(self.house), self.serial, self.issued_on.isoformat(), self.currency,
            str(self.amount_minor), self.holder_mark, self.content_mark,
        )  # fmt: skip
        return "|".join(fields)


@dataclass(frozen=True, slots=True)
class SignedCode:
    """A statement with the key that signed it."""

    key_id: str
    payload: str
    #: 64 bytes in base32
    signature: str

    @property
    def text(self) -> str:
        """The code as it stands in the QR and as a person may type it."""
        return "*".join((self.key_id, self.payload.replace("|", "*"), self.signature))


class Verdict(StrEnum):
    """What a check of a signed code finds."""

    GENUINE = "genuine"
    CHANGED = "changed"
    UNKNOWN_KEY = "unknown_key"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check; the statement is there whenever the code could be read."""

    verdict: Verdict
    key_id: str | None = None
    statement: Statement | None = None


def _plain(text: str) -> str:
    """Return what of a tax number or code a QR holds in its short mode."""
    return _OTHER.sub("", text.upper())


def holder_mark(document: str | None, salt: str) -> str:
    """Return the mark of the holder's document: a salted hash, so that the number cannot be read from the paper."""
    digest = hashlib.sha256(f"chain holder|{salt}|{document or ''}".encode()).digest()
    return base32(digest[:MARK_BYTES])


def content_mark(content_hash: str) -> str:
    """Return the beginning of the hash of everything that a paper says."""
    return base32(bytes.fromhex(content_hash[: 2 * MARK_BYTES]))


def sign_statement(statement: Statement, signer: Signer) -> SignedCode:
    """Sign a statement."""
    payload = statement.payload
    return SignedCode(signer.key_id, payload, base32(signer.sign(payload.encode())))


def check_code(text: str, keys: Mapping[str, bytes]) -> Checked:
    """Check a code with public keys by their ids; asks neither a database nor a network.

    Spaces and line ends do not matter: a person may have typed it, or a scanner cut it into lines.
    """
    parts = "".join(text.split()).upper().split("*")
    if len(parts) != _PARTS or parts[1] != PREFIX:
        return Checked(Verdict.UNREADABLE)
    key_id, payload, signature = parts[0], "|".join(parts[1:-1]), parts[-1]
    try:
        statement = _read(parts[2:-1])
        raw = from_base32(signature)
    except ValueError:
        return Checked(Verdict.UNREADABLE)
    if len(raw) != SIGNATURE_BYTES:
        return Checked(Verdict.UNREADABLE)
    public = keys.get(key_id)
    if public is None:
        return Checked(Verdict.UNKNOWN_KEY, key_id, statement)
    # base32 has spare bits in its last letter: another spelling of the same signature is no other signature
    genuine = is_signed(public, raw, payload.encode()) and base32(raw) == signature
    return Checked(Verdict.GENUINE if genuine else Verdict.CHANGED, key_id, statement)


def _read(fields: list[str]) -> Statement:
    """Read the fields after the prefix.

    Raises:
        ValueError: a day or an amount that is none.
    """
    country, house, serial, issued_on, currency, amount, holder, content = fields
    return Statement(
        country, house, serial, date.fromisoformat(issued_on), currency, int(amount), holder, content
    )
