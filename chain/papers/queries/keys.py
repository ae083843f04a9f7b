"""The public keys that papers were signed with."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.signing import from_base32, signer
from chain.papers.models import PaperKey


def published_keys(session: Session) -> Sequence[PaperKey]:
    """Return every key that signed papers here, the latest first."""
    return session.scalars(select(PaperKey).order_by(PaperKey.first_used_at.desc(), PaperKey.key_id)).all()


def own_key() -> dict[str, bytes]:
    """Return the public key of this installation by its id; asks no database."""
    mine = signer()
    return {mine.key_id: mine.public}


def old_keys(session: Session) -> dict[str, bytes]:
    """Return all published keys by their ids."""
    return {one.key_id: from_base32(one.public_key) for one in published_keys(session)}
