"""Many rows at once: what comes back is what went in, and a refusal is the one of any other statement."""

from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.many_rows import insert_many
from chain.core.models import AuditRecord

TABLE = cast("Table", AuditRecord.__table__)


def rows_of(now: datetime) -> list[dict[str, Any]]:
    told = {"name": 'Ñusta "K\'uychi"\t\\N\n', "minor": -7, "parts": [1, None, True]}
    return [
        {
            "id": new_id(),
            "at": now,
            "tag": "core:row:one",
            "before": None,
            "after": told,
            "subject_type": "row",
        },
        {"id": new_id(), "at": now, "tag": "\\.", "before": {}, "after": None, "subject_type": "row"},
    ]


def test_rows_come_back_as_they_were(session: Session, now: datetime) -> None:
    rows = rows_of(now)
    insert_many(session, TABLE, rows)
    found = {
        row.id: row for row in session.scalars(select(AuditRecord).where(AuditRecord.subject_type == "row"))
    }
    for row in rows:
        assert {name: getattr(found[row["id"]], name) for name in row} == row
        assert found[row["id"]].actor_id is None


def test_no_rows_are_no_statement(session: Session) -> None:
    insert_many(session, TABLE, [])


def test_a_row_that_is_there_is_refused_as_by_any_statement(session: Session, now: datetime) -> None:
    rows = rows_of(now)
    with pytest.raises(IntegrityError), session.begin_nested():
        insert_many(session, TABLE, [*rows, rows[0]])
    insert_many(session, TABLE, rows)
