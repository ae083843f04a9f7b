"""Seasons from earlier books."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.income.models import IncomeRecord


def earlier_of_producers(
    session: Session, organisation_id: UUID, producer_ids: Sequence[UUID]
) -> dict[tuple[UUID, int, str], IncomeRecord]:
    """Return the seasons from earlier books that producers have already, by producer, season and commodity."""
    rows = session.scalars(
        select(IncomeRecord).where(
            IncomeRecord.organisation_id == organisation_id, IncomeRecord.producer_id.in_(producer_ids)
        )
    )
    return {(row.producer_id, row.season, row.commodity): row for row in rows}
