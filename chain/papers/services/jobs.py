"""Print jobs: ordered at once, drawn block by block by processes of their own, each block stored once.

A process that is killed leaves its block to the next one after `LEASE`. The prints are noted in the transaction of the order, so
that no kill and no repetition counts one twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.papers.audit_tags import PaperAudit
from chain.papers.drawing.sheets import Sheet, sheet_of
from chain.papers.errors import TooManyPapers
from chain.papers.models import Paper, PrintBlock, PrintJob
from chain.papers.rules import MAX_ATTEMPTS, PaperFormat, block_size, serial
from chain.papers.services.printing import MAX_PRINTED_AT_ONCE, print_papers

MAX_JOB_PAPERS = 10_000
#: Papers of a block are drawn in seconds; whoever holds one longer is dead.
LEASE = timedelta(minutes=2)
MAX_ERROR = 200


@dataclass(frozen=True, slots=True)
class TakenBlock:
    """A block that a process draws: plain values, no rows."""

    block_id: UUID
    position: int
    sheets: Sequence[Sheet]
    fmt: PaperFormat
    language: str


def order_print_job(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    job_id: UUID,
    paper_ids: Sequence[UUID],
    fmt: PaperFormat = PaperFormat.A5,
    language: str = "es",
) -> tuple[PrintJob, bool]:
    """Order the printing of papers as one file; return the job and whether it is new. The same order again changes nothing.

    Raises:
        Forbidden: the actor may not print papers of one of the kinds.
        NotFound: a paper is not one of the organisation, or there is none.
        FormatNotForKind: one of them does not fit on that paper.
        TooManyPapers: more than 10,000.
        IdempotencyConflict: the id was used for another order.
    """
    actor.require(Permission.RECEIPTS_PRINT)
    wanted = sorted(set(paper_ids))
    if not wanted:
        raise NotFound
    if len(wanted) > MAX_JOB_PAPERS:
        raise TooManyPapers(limit=MAX_JOB_PAPERS)
    ordered = content_hash(
        {"papers": [str(one) for one in wanted], "format": fmt.value, "language": language}
    )
    earlier = session.get(PrintJob, job_id)
    if earlier is not None:
        if earlier.organisation_id != actor.org or earlier.content_hash != ordered:
            raise IdempotencyConflict
        return earlier, False
    printed = sorted(
        ((one.paper.series, one.paper.number), str(one.paper.id), one.copy)
        for start in range(0, len(wanted), MAX_PRINTED_AT_ONCE)
        for one in print_papers(
            session, actor=actor, now=now, paper_ids=wanted[start : start + MAX_PRINTED_AT_ONCE], fmt=fmt
        )
    )
    job = PrintJob(
        id=job_id,
        organisation_id=actor.org,
        content_hash=ordered,
        format=fmt.value,
        language=language,
        papers=len(printed),
        first_serial=serial(*printed[0][0]),
        last_serial=serial(*printed[-1][0]),
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(job)
    session.flush()
    _add_blocks(session, job_id, fmt, [(paper, copy) for _, paper, copy in printed])
    audit.record(
        session,
        tag=PaperAudit.JOB_ORDERED,
        actor=actor,
        now=now,
        subject_type="print_job",
        subject_id=job_id,
        after={
            "first": job.first_serial,
            "last": job.last_serial,
            "count": job.papers,
            "format": fmt.value,
        },
    )
    return job, True


def _add_blocks(session: Session, job_id: UUID, fmt: PaperFormat, printed: Sequence[tuple[str, int]]) -> None:
    size = block_size(fmt)
    session.execute(
        insert(PrintBlock),
        [
            {
                "id": new_id(),
                "job_id": job_id,
                "position": position,
                "papers": [list(one) for one in printed[start : start + size]],
                "attempts": 0,
            }
            for position, start in enumerate(range(0, len(printed), size))
        ],
    )


def take_block(session: Session, *, now: datetime) -> TakenBlock | None:
    """Take the block that waits first; nobody else gets it before the lease is over. None when none waits."""
    found = session.execute(
        select(PrintBlock, PrintJob.format, PrintJob.language)
        .join(PrintJob, PrintJob.id == PrintBlock.job_id)
        .where(
            PrintBlock.done_at.is_(None),
            PrintBlock.attempts < MAX_ATTEMPTS,
            or_(PrintBlock.taken_until.is_(None), PrintBlock.taken_until <= now),
        )
        .order_by(PrintBlock.id)
        .limit(1)
        .with_for_update(of=PrintBlock, skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        return None
    block, fmt, language = found
    block.attempts += 1
    block.taken_until = now + LEASE
    session.flush()
    copies = {UUID(paper): copy for paper, copy in block.papers}
    papers = session.scalars(
        select(Paper).where(Paper.id.in_(copies)).order_by(Paper.series, Paper.number)
    ).all()
    sheets = [sheet_of(paper, copies[paper.id]) for paper in papers]
    return TakenBlock(block.id, block.position, sheets, PaperFormat(fmt), language)


def store_block(session: Session, *, now: datetime, block_id: UUID, pdf: bytes) -> bool:
    """Keep a drawn block; False when another process had drawn it meanwhile. The last block finishes the job."""
    job_id = session.scalar(select(PrintBlock.job_id).where(PrintBlock.id == block_id))
    # two processes that store the last two blocks wait for each other here, so that one of them sees none left
    job = session.get_one(PrintJob, job_id, with_for_update=True, populate_existing=True)
    stored = session.execute(
        update(PrintBlock)
        .where(PrintBlock.id == block_id, PrintBlock.done_at.is_(None))
        .values(pdf=pdf, done_at=now, taken_until=None, last_error=None)
        .returning(PrintBlock.id)
        .execution_options(synchronize_session=False)
    ).first()
    if stored is None:
        return False
    left = session.scalar(
        select(func.count()).where(PrintBlock.job_id == job.id, PrintBlock.done_at.is_(None))
    )
    if not left:
        job.finished_at = now
        session.flush()
    return True


def give_block_back(session: Session, *, block_id: UUID, error: str) -> None:
    """Leave a block that could not be drawn to the next process, with what went wrong."""
    session.execute(
        update(PrintBlock)
        .where(PrintBlock.id == block_id, PrintBlock.done_at.is_(None))
        .values(taken_until=None, last_error=error[:MAX_ERROR])
        .execution_options(synchronize_session=False)
    )


def retry_print_job(session: Session, *, actor: Actor, now: datetime, job_id: UUID) -> PrintJob:
    """Let the blocks that failed too often be drawn again.

    Raises:
        NotFound: there is no such job in the organisation.
    """
    actor.require(Permission.RECEIPTS_PRINT)
    job = session.scalar(select(PrintJob).where(PrintJob.id == job_id, PrintJob.organisation_id == actor.org))
    if job is None:
        raise NotFound
    session.execute(
        update(PrintBlock)
        .where(PrintBlock.job_id == job.id, PrintBlock.done_at.is_(None), PrintBlock.attempts >= MAX_ATTEMPTS)
        .values(attempts=0, taken_until=None)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        tag=PaperAudit.JOB_RETRIED,
        actor=actor,
        now=now,
        subject_type="print_job",
        subject_id=job.id,
    )
    return job
