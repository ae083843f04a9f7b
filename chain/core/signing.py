"""Signing: Ed25519 (RFC 8032) marks that anybody can check with the public key, without asking this installation.

The private key is derived from a secret that stands in the environment or in a file apart from the database, as the key of
`chain.core.sealing` does. A key's id is the beginning of the hash of its public part, so that nobody can give two keys one id.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_FILE = "paper_key"
PUBLIC_BYTES, SIGNATURE_BYTES = 32, 64
#: 40 bits in base32: enough to tell an installation's keys apart; the signature, not the id, proves anything.
KEY_ID_LENGTH = 8


class Signer:
    """Signs with one key.

    Example: `is_signed(signer.public, signer.sign(b"words"), b"words")` is true.
    """

    def __init__(self, secret: str) -> None:
        seed = hashlib.sha256(b"chain papers " + secret.encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes that prove who wrote `data`; the same data always gives the same."""
        return self._key.sign(data)


def key_id_of(public: bytes) -> str:
    """Return the id of a public key: eight letters and digits."""
    return base32(hashlib.sha256(b"chain key " + public).digest())[:KEY_ID_LENGTH]


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Tell whether the holder of a key signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def base32(data: bytes) -> str:
    """Return bytes in upper-case letters and digits without padding, as the alphanumeric mode of a QR code holds them."""
    return base64.b32encode(data).decode().rstrip("=")


def from_base32(text: str) -> bytes:
    """Return the bytes of `base32`.

    Raises:
        ValueError: other characters, or a length that no bytes have.
    """
    return base64.b32decode(text + "=" * (-len(text) % 8))


_current: list[Signer] = []


def use_signer(signer: Signer) -> None:
    """Set the signer of this process; `chain.app` does it at the start."""
    _current[:] = [signer]


def signer() -> Signer:
    """Return the signer of this process.

    Raises:
        RuntimeError: the program was not started through `create_app`.
    """
    if not _current:
        message = "no paper key: create_app sets it"
        raise RuntimeError(message)
    return _current[0]
