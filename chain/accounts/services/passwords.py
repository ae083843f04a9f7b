"""Passwords: argon2id, with the least effort only where tests ask for it."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chain.accounts.errors import WeakPassword

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 200


@lru_cache(maxsize=2)
def hasher(*, fast: bool = False) -> PasswordHasher:
    """Return the hasher; the library's defaults follow RFC 9106's low-memory profile."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if fast else PasswordHasher()


def hash_password(password: str, *, fast: bool = False) -> str:
    """Hash a password with a fresh salt."""
    return hasher(fast=fast).hash(password)


def password_fits(password_hash: str, password: str) -> bool:
    """Tell whether a password is the one that was hashed; takes as long for a broken hash as for a wrong password."""
    try:
        return hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def check_strength(password: str, username: str) -> None:
    """Refuse passwords that are too short, too long or the name itself.

    Raises:
        WeakPassword: it is one of these.
    """
    long_enough = MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH
    if not long_enough or password.strip().lower() == username.lower():
        raise WeakPassword(length=MIN_PASSWORD_LENGTH)
