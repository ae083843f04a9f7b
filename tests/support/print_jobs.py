"""Print jobs for tests."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.models import Paper, PrintJob
from chain.papers.rules import PaperFormat
from chain.papers.services.jobs import order_print_job
from tests.support.cast import Cast
from tests.support.papers import draft, issue


def issue_many(session: Session, cast: Cast, count: int) -> list[Paper]:
    """Issue receipts as the treasurer of the centre."""
    return issue(session, cast, [draft() for _ in range(count)])


def order(
    session: Session,
    cast: Cast,
    papers: Sequence[Paper],
    now: datetime,
    *,
    job_id: UUID | None = None,
    fmt: PaperFormat = PaperFormat.A5,
) -> PrintJob:
    """Order a job as the treasurer of the centre."""
    job, _ = order_print_job(
        session,
        actor=cast.treasurer.actor,
        now=now,
        job_id=job_id or new_id(),
        paper_ids=[paper.id for paper in papers],
        fmt=fmt,
    )
    return job
