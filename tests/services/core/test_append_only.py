"""What was written in the audit trail stays as it was written, on both databases."""

from datetime import datetime
from enum import StrEnum

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core import audit
from chain.core.models import AuditRecord
from chain.sales.models import BidderExclusion
from tests.support.cast import Cast


class Tag(StrEnum):
    DONE = "core:thing:done"


@pytest.fixture
def recorded(session: Session, now: datetime, cast: Cast) -> AuditRecord:
    audit.record(
        session,
        tag=Tag.DONE,
        actor=cast.clerk.actor,
        now=now,
        subject_type="thing",
        subject_id=cast.clerk.id,
        before={"weight_g": 1},
        after={"weight_g": 2},
    )
    return session.scalars(select(AuditRecord).where(AuditRecord.tag == "core:thing:done")).one()


def test_a_record_says_who_when_before_and_after(recorded: AuditRecord, now: datetime, cast: Cast) -> None:
    assert recorded.at == now
    assert recorded.actor_id == cast.clerk.id
    assert recorded.organisation_id == cast.centre.id
    assert recorded.before == {"weight_g": 1}
    assert recorded.after == {"weight_g": 2}


def test_a_record_cannot_be_changed(session: Session, recorded: AuditRecord) -> None:
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(
            update(AuditRecord).where(AuditRecord.id == recorded.id).values(tag="other:thing:done")
        )


def test_a_record_cannot_be_deleted(session: Session, recorded: AuditRecord) -> None:
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(delete(AuditRecord).where(AuditRecord.id == recorded.id))


def test_a_record_cannot_be_replaced_or_truncated(session: Session, recorded: AuditRecord) -> None:
    dialect = session.get_bind().dialect.name
    statement = (
        "INSERT OR REPLACE INTO audit_record (id, at, tag, subject_type) "
        "SELECT id, at, 'other:thing:done', subject_type FROM audit_record"
        if dialect == "sqlite"
        else "TRUNCATE audit_record"
    )
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_an_exclusion_is_lifted_but_never_rewritten(session: Session, cast: Cast, now: datetime) -> None:
    row = BidderExclusion(
        organisation_id=cast.centre.id, buyer_id=cast.mill.id, reason="No pagó", excluded_at=now
    )
    session.add(row)
    session.flush()
    row.lifted_at, row.lift_reason = now, "Ya pagó"
    session.flush()
    for statement in (
        update(BidderExclusion).values(reason="Otra cosa"),
        update(BidderExclusion).values(buyer_id=cast.rival_mill.id),
        delete(BidderExclusion),
    ):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(statement)
