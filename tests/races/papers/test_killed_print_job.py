"""A printing process is killed in the middle of a block; others go on, and each receipt is in the file once."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from io import BytesIO

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select, update

from chain.core.db import atomic, db
from chain.papers.models import PaperPrint, PrintBlock
from chain.papers.queries.jobs import get_job_for, job_file
from chain.papers.rules import JobState
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.live import environment
from tests.support.patience import PATIENCE_SECONDS
from tests.support.print_jobs import issue_many, order

PAPERS = 30


def start(database: Database) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "chain.printer"],
        env=os.environ | environment(database),
        stderr=subprocess.PIPE,
    )


def test_a_killed_job_is_resumed_with_nothing_missing_and_nothing_twice(
    fresh_app: Flask, fresh_database: Database, cast: Cast
) -> None:
    with fresh_app.app_context():
        with atomic() as session:
            job_id = order(session, cast, issue_many(session, cast, PAPERS), datetime.now(UTC)).id
        killed = start(fresh_database)
        _wait_until_taken()
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        row = get_job_for(db.session, cast.treasurer.actor, job_id)
        assert row.state in {JobState.WAITING, JobState.PRINTING}
        db.session.rollback()
        with atomic() as session:  # two minutes pass
            session.execute(update(PrintBlock).values(taken_until=None))
        two = [start(fresh_database), start(fresh_database)]
        for process in two:
            _, told = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, told.decode()
        db.session.expire_all()
        assert get_job_for(db.session, cast.treasurer.actor, job_id).state is JobState.READY
        pages = PdfReader(BytesIO(b"".join(job_file(db.session, job_id))), strict=True).pages
        assert len(pages) == PAPERS
        for number, page in enumerate(pages, 1):
            text = page.extract_text()
            assert f"R001-{number:08d}" in text
            assert "ORIGINAL" in text
        assert db.session.scalar(select(func.count()).select_from(PaperPrint)) == PAPERS
        db.session.rollback()


def _wait_until_taken() -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        taken = db.session.scalar(select(func.sum(PrintBlock.attempts)))
        db.session.rollback()
        if taken:
            return
        time.sleep(0.05)
    raise AssertionError("no block was taken")
