"""`chain receipts print --job`: order a print job, draw it with processes of this computer, write the merged file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from chain.accounts.edge_cli import find_organisation
from chain.core.catalogues import translate
from chain.core.whole_files import whole_file

if TYPE_CHECKING:
    from chain.accounts.rules import Actor
    from chain.core.config import Settings
    from chain.papers.queries.jobs import JobRow

#: How often the command looks how far the processes are.
LOOK_SECONDS = 0.3


def print_as_job(
    *,
    code: str,
    number: int | None,
    serials: tuple[str, ...],
    out: Path,
    fmt: str,
    language: str,
    resume: UUID | None,
    processes: int,
) -> None:
    """Order a job, or go on with one, and wait for its file."""
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.core.ids import new_id
    from chain.papers.queries.jobs import job_file
    from chain.papers.rules import JobState, PaperFormat
    from chain.papers.services.jobs import order_print_job, retry_print_job
    from chain.serve import make_app
    from chain.settlement.cli import wanted_papers

    app = make_app()
    with app.app_context():
        organisation = find_organisation(db.session, code)
        actor = system_actor(organisation.id, OrganisationKind(organisation.kind), Role.TREASURER)
        try:
            with atomic() as session:
                if resume is None:
                    job_id = new_id()
                    wanted = wanted_papers(session, organisation.id, number, serials)
                    order_print_job(
                        session,
                        actor=actor,
                        now=utc_now(),
                        job_id=job_id,
                        paper_ids=wanted,
                        fmt=PaperFormat(fmt),
                        language=language,
                    )
                else:
                    job_id = retry_print_job(session, actor=actor, now=utc_now(), job_id=resume).id
            click.echo(f"job {job_id}")
            row = _wait(actor, job_id, app.config["SETTINGS"], processes)
            if row.state is not JobState.READY:
                raise click.ClickException(f"Some receipts could not be drawn: {row.last_error}")
            with whole_file(out) as unfinished, unfinished.open("wb") as file:
                file.writelines(job_file(db.session, job_id))
        except DomainError as refused:
            raise click.ClickException(translate(language, refused.message)) from None
        except OSError as problem:
            raise click.ClickException(f"{out}: {problem.strerror}") from None
    click.echo(f"{row.job.papers} → {out}")


def _wait(actor: "Actor", job_id: UUID, settings: "Settings", processes: int) -> "JobRow":
    """Keep processes running while blocks wait; return the job when it is finished, or cannot be."""
    from chain.core.clock import utc_now
    from chain.core.db import db
    from chain.papers.queries.jobs import get_job_for, has_waiting_block
    from chain.papers.rules import JobState
    from chain.printer import start_printers

    with click.progressbar(length=100, label="Receipts") as bar:
        while True:
            row = get_job_for(db.session, actor, job_id)
            waits = has_waiting_block(db.session, utc_now())
            db.session.rollback()
            bar.update(row.percent - bar.pos)
            if row.state in {JobState.READY, JobState.FAILED}:
                return row
            if waits:
                start_printers(settings, processes)
            time.sleep(LOOK_SECONDS)
