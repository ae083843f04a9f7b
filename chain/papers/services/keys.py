"""The public keys that papers are signed with."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.signing import base32, signer
from chain.papers.audit_tags import PaperAudit
from chain.papers.models import PaperKey


def publish_key(session: Session, *, actor: Actor, now: datetime) -> None:
    """Publish the public key of this installation before its first use; a key that it follows keeps its dates."""
    mine = signer()
    if session.scalar(select(PaperKey.key_id).where(PaperKey.key_id == mine.key_id)):
        return
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        update(PaperKey)
        .where(PaperKey.followed_at.is_(None), PaperKey.key_id != mine.key_id)
        .values(followed_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        dialect_insert(PaperKey)
        .values(key_id=mine.key_id, public_key=base32(mine.public), first_used_at=now)
        .on_conflict_do_nothing(index_elements=["key_id"])
    )
    audit.record(
        session,
        tag=PaperAudit.KEY_FIRST_USED,
        actor=actor,
        now=now,
        subject_type="paper_key",
        subject_id=None,
        after={"key_id": mine.key_id},
    )
