"""Whether series have gaps: each number up to the last one must be a paper that is kept, voided ones included."""

from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.papers.models import Paper, PaperCounter
from chain.papers.queries.papers import readable_kinds
from chain.papers.rules import PaperKind, SeriesCount

#: Missing numbers that are named.
MAX_NAMED = 100


def count_series(session: Session, organisation_id: UUID) -> list[SeriesCount]:
    """Return the series of an organisation with what they hold."""
    held = (
        select(
            Paper.series,
            func.count().label("papers"),
            func.sum(case((Paper.voided_at.is_not(None), 1), else_=0)).label("voided"),
        )
        .where(Paper.organisation_id == organisation_id)
        .group_by(Paper.series)
        .subquery()
    )
    rows = session.execute(
        select(PaperCounter.series, PaperCounter.kind, PaperCounter.last_number, held.c.papers, held.c.voided)
        .outerjoin(held, held.c.series == PaperCounter.series)
        .where(PaperCounter.organisation_id == organisation_id, PaperCounter.last_number > 0)
        .order_by(PaperCounter.series)
    ).all()
    return [
        SeriesCount(
            series=row.series,
            kind=PaperKind(row.kind),
            last_number=row.last_number,
            papers=row.papers or 0,
            voided=int(row.voided or 0),
            missing=_missing(session, organisation_id, row.series, row.last_number)
            if row.papers != row.last_number
            else (),
        )
        for row in rows
    ]


def readable_series(session: Session, actor: Actor) -> list[SeriesCount]:
    """Return the series of the actor's organisation whose papers the actor may see."""
    kinds = set(readable_kinds(actor))
    return [one for one in count_series(session, actor.org) if one.kind in kinds]


def _missing(session: Session, organisation_id: UUID, series: str, last_number: int) -> tuple[int, ...]:
    """Name missing numbers; it runs only when the count says that there are some."""
    kept = set(
        session.scalars(
            select(Paper.number).where(Paper.organisation_id == organisation_id, Paper.series == series)
        )
    )
    found: list[int] = []
    for number in range(1, last_number + 1):
        if number not in kept:
            found.append(number)
            if len(found) == MAX_NAMED:
                break
    return tuple(found)
