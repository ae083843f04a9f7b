"""Print jobs, how far they are, and their file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate
from chain.papers.models import PrintBlock, PrintJob
from chain.papers.rules import MAX_ATTEMPTS, JobState


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job and how far it is."""

    job: PrintJob
    blocks: int
    blocks_done: int
    papers_done: int
    #: blocks that no process tries again
    blocks_failed: int
    last_error: str | None
    ordered_by: str | None

    @property
    def state(self) -> JobState:
        """Waiting, printing, failed or ready."""
        if self.job.finished_at is not None:
            return JobState.READY
        if self.blocks_failed:
            return JobState.FAILED
        return JobState.PRINTING if self.blocks_done else JobState.WAITING

    @property
    def percent(self) -> int:
        """Papers that are drawn, of a hundred."""
        return self.papers_done * 100 // self.job.papers


def get_job_for(session: Session, actor: Actor, job_id: UUID) -> JobRow:
    """Return a print job of the actor's organisation.

    Raises:
        NotFound: there is none.
    """
    actor.require(Permission.RECEIPTS_PRINT)
    job = session.scalar(
        select(PrintJob)
        .where(PrintJob.id == job_id, PrintJob.organisation_id == actor.org)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise NotFound
    return _rows(session, [job])[0]


def list_jobs(session: Session, actor: Actor, request: PageRequest) -> Page[JobRow]:
    """Return the print jobs of the actor's organisation, the latest first."""
    actor.require(Permission.RECEIPTS_PRINT)
    statement = (
        select(PrintJob)
        .where(PrintJob.organisation_id == actor.org)
        .order_by(PrintJob.created_at.desc(), PrintJob.id)
    )
    sorts = {"created_at": PrintJob.created_at, "papers": PrintJob.papers}
    page = paginate(session, order_by(statement, request.sort, sorts, PrintJob.id), request)
    return Page(_rows(session, page.items), page.page, page.page_size, page.total)


def _rows(session: Session, jobs: Sequence[PrintJob]) -> list[JobRow]:
    done = PrintBlock.done_at.is_not(None)
    size = (
        func.jsonb_array_length(PrintBlock.papers)
        if session.get_bind().dialect.name == "postgresql"
        else func.json_array_length(PrintBlock.papers)
    )
    counted = {
        row.job_id: row
        for row in session.execute(
            select(
                PrintBlock.job_id,
                func.count().label("blocks"),
                func.count(PrintBlock.done_at).label("done"),
                func.coalesce(func.sum(case((done, size), else_=0)), 0).label("papers"),
                func.sum(case((~done & (PrintBlock.attempts >= MAX_ATTEMPTS), 1), else_=0)).label("failed"),
                func.max(PrintBlock.last_error).label("error"),
            )
            .where(PrintBlock.job_id.in_([job.id for job in jobs]))
            .group_by(PrintBlock.job_id)
        )
    }
    names = {
        row.id: row.display_name
        for row in session.execute(
            select(User.id, User.display_name).where(User.id.in_({job.created_by for job in jobs} - {None}))
        )
    }
    return [
        JobRow(
            job,
            counted[job.id].blocks,
            counted[job.id].done,
            int(counted[job.id].papers),
            int(counted[job.id].failed),
            counted[job.id].error,
            names.get(job.created_by) if job.created_by else None,
        )
        for job in jobs
    ]


def job_file(session: Session, job_id: UUID) -> Iterator[bytes]:
    """Yield the merged file of a finished job, one block in memory at a time."""
    from chain.papers.merging import merge_pdfs  # a library that the printing processes do not need

    positions = session.scalars(
        select(PrintBlock.position).where(PrintBlock.job_id == job_id).order_by(PrintBlock.position)
    ).all()

    def parts() -> Iterator[bytes]:
        for position in positions:
            pdf = session.scalar(
                select(PrintBlock.pdf).where(PrintBlock.job_id == job_id, PrintBlock.position == position)
            )
            if pdf is not None:
                yield pdf

    return merge_pdfs(parts())


def has_waiting_block(session: Session, now: datetime) -> bool:
    """Tell whether a block waits for a process, without locking anything."""
    return (
        session.scalar(
            select(PrintBlock.id)
            .where(
                PrintBlock.done_at.is_(None),
                PrintBlock.attempts < MAX_ATTEMPTS,
                or_(PrintBlock.taken_until.is_(None), PrintBlock.taken_until <= now),
            )
            .limit(1)
        )
        is not None
    )
