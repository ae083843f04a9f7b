"""Sealing: values that nobody who reads the database can read before their hour, such as bids before the opening.

AES-256 in Galois counter mode (NIST SP 800-38D), a random nonce for each value, and as associated data the context that the value
belongs to, so that a value copied to another row does not open. The key stands in the environment or in a file apart from the
database; whoever holds only the database, or a copy of it, sees nothing but lengths.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_FILE = "seal_key"
_VERSION = "1"


class SealBroken(Exception):
    """A sealed value does not open: another key, another context, or it was changed."""


class Sealer:
    """Seals and opens with one key.

    Example: `Sealer(key).open(Sealer(key).seal("120.00", "tender 7"), "tender 7") == "120.00"`.
    """

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"chain seal " + secret.encode()).digest())
        self._mark_key = hashlib.sha256(b"chain mark " + secret.encode()).digest()

    def seal(self, text: str, context: str) -> str:
        """Return `text` as a sealed word; twice the same text gives two different words."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), context.encode())
        return f"{_VERSION}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, word: str, context: str) -> str:
        """Return what was sealed in this context.

        Raises:
            SealBroken: another key or context, or the word was changed.
        """
        version, _, body = word.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body.encode())
            if version != _VERSION:
                raise SealBroken
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def mark(self, text: str, context: str) -> str:
        """Return 32 hexadecimal digits that stand for `text` in this context: always the same, and nobody without the key can tell whose.

        HMAC-SHA-256 (RFC 2104), cut to 128 bits. A published log names people by marks, so that everybody can recompute its hashes.
        """
        return hmac.new(self._mark_key, f"{context}\n{text}".encode(), hashlib.sha256).hexdigest()[:32]


_current: list[Sealer] = []


def use_sealer(sealer: Sealer) -> None:
    """Set the sealer of this process; `chain.app` does it at the start."""
    _current[:] = [sealer]


def sealer() -> Sealer:
    """Return the sealer of this process.

    Raises:
        RuntimeError: the program was not started through `create_app`.
    """
    if not _current:
        message = "no seal key: create_app sets it"
        raise RuntimeError(message)
    return _current[0]


def commitment(text: str, nonce: str) -> str:
    """Return the sha256 that binds a bidder to a text before it is opened: published at once, proved by nonce and text later."""
    return hashlib.sha256(f"{nonce}\n{text}".encode()).hexdigest()


def new_nonce() -> str:
    """Return the random word that keeps a commitment from being guessed."""
    return secrets.token_urlsafe(24)


def kept_key(folder: Path, configured: str, name: str = KEY_FILE) -> str:
    """Return the configured key, or the one kept in a folder; make it, readable by the owner only, when there is none."""
    if configured:
        return configured
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key)
    return key
