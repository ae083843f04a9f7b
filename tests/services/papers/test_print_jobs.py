"""Print jobs: ordered once, each block taken by one process at a time and stored once, prints counted once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.papers.models import Paper, PaperPrint, PrintBlock
from chain.papers.queries.jobs import get_job_for, has_waiting_block, list_jobs
from chain.papers.rules import MAX_ATTEMPTS, JobState, PaperFormat
from chain.papers.services.jobs import (
    LEASE,
    give_block_back,
    order_print_job,
    retry_print_job,
    store_block,
    take_block,
)
from tests.support.cast import Cast
from tests.support.print_jobs import issue_many, order

PDF = b"%PDF-1.7 for tests"


def test_a_job_is_cut_into_blocks_in_the_order_of_the_numbers(
    session: Session, cast: Cast, now: datetime
) -> None:
    papers = issue_many(session, cast, 53)
    job = order(session, cast, list(reversed(papers)), now)
    assert (job.papers, job.first_serial, job.last_serial) == (53, "R001-00000001", "R001-00000053")
    blocks = session.scalars(select(PrintBlock).order_by(PrintBlock.position)).all()
    assert [len(block.papers) for block in blocks] == [25, 25, 3]
    assert [paper for block in blocks for paper, _ in block.papers] == [str(paper.id) for paper in papers]
    row = get_job_for(session, cast.treasurer.actor, job.id)
    assert (row.state, row.percent, row.blocks) == (JobState.WAITING, 0, 3)


def test_the_prints_are_counted_once_however_often_it_is_ordered(
    session: Session, cast: Cast, now: datetime
) -> None:
    papers = issue_many(session, cast, 3)
    job_id = new_id()
    for _ in range(3):
        order(session, cast, papers, now, job_id=job_id)
    assert session.scalar(select(func.count()).select_from(PaperPrint)) == 3
    session.expire_all()
    assert {paper.printed for paper in session.scalars(select(Paper))} == {1}
    with pytest.raises(IdempotencyConflict):
        order(session, cast, papers[:2], now, job_id=job_id)


def test_each_block_goes_to_one_process_until_its_lease_is_over(
    session: Session, cast: Cast, now: datetime
) -> None:
    order(session, cast, issue_many(session, cast, 30), now)
    first, second = take_block(session, now=now), take_block(session, now=now)
    assert first is not None
    assert second is not None
    assert [len(first.sheets), len(second.sheets)] == [25, 5]
    assert [sheet.copy for sheet in first.sheets] == [0] * 25
    assert take_block(session, now=now) is None
    assert not has_waiting_block(session, now)
    again = take_block(session, now=now + LEASE)  # the process that took the first one was killed
    assert again is not None
    assert again.block_id == first.block_id


def test_a_block_is_stored_once_and_the_last_one_finishes_the_job(
    session: Session, cast: Cast, now: datetime
) -> None:
    job = order(session, cast, issue_many(session, cast, 30), now)
    first, second = take_block(session, now=now), take_block(session, now=now)
    assert first is not None
    assert second is not None
    assert store_block(session, now=now, block_id=first.block_id, pdf=PDF)
    assert not store_block(session, now=now, block_id=first.block_id, pdf=b"another")
    row = get_job_for(session, cast.treasurer.actor, job.id)
    assert (row.state, row.papers_done, row.percent) == (JobState.PRINTING, 25, 83)
    assert store_block(session, now=now, block_id=second.block_id, pdf=PDF)
    assert get_job_for(session, cast.treasurer.actor, job.id).state is JobState.READY
    assert session.scalars(select(PrintBlock.pdf)).all() == [PDF, PDF]


def test_a_block_that_fails_again_and_again_is_left_until_somebody_says_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    job = order(session, cast, issue_many(session, cast, 1), now)
    for _ in range(MAX_ATTEMPTS):
        block = take_block(session, now=now)
        assert block is not None
        give_block_back(session, block_id=block.block_id, error="ValueError")
    assert take_block(session, now=now) is None
    row = get_job_for(session, cast.treasurer.actor, job.id)
    assert (row.state, row.last_error) == (JobState.FAILED, "ValueError")
    retry_print_job(session, actor=cast.treasurer.actor, now=now, job_id=job.id)
    assert take_block(session, now=now + timedelta(seconds=1)) is not None


def test_two_on_a_sheet_are_cut_into_even_blocks(session: Session, cast: Cast, now: datetime) -> None:
    order(session, cast, issue_many(session, cast, 25), now, fmt=PaperFormat.A4_TWO)
    blocks = session.scalars(select(PrintBlock).order_by(PrintBlock.position)).all()
    assert [len(block.papers) for block in blocks] == [24, 1]


def test_only_who_may_print_orders_and_nobody_sees_the_jobs_of_others(
    session: Session, cast: Cast, now: datetime
) -> None:
    papers = issue_many(session, cast, 1)
    job = order(session, cast, papers, now)
    for person, refusal in ((cast.clerk, Forbidden), (cast.outsider, NotFound)):
        with pytest.raises(refusal):
            order_print_job(session, actor=person.actor, now=now, job_id=new_id(), paper_ids=[papers[0].id])
    with pytest.raises(NotFound):
        get_job_for(session, cast.outsider.actor, job.id)
    with pytest.raises(NotFound):
        retry_print_job(session, actor=cast.outsider.actor, now=now, job_id=job.id)
    assert list_jobs(session, cast.outsider.actor, PageRequest()).total == 0
    assert [row.job.id for row in list_jobs(session, cast.treasurer.actor, PageRequest()).items] == [job.id]
