"""The processes that draw print jobs: no pages and no resources, only the database, the templates and WeasyPrint.

The whole application would take 280 MiB before the first receipt; this takes a third of it. WeasyPrint cannot be used by two
threads, so more speed is more processes. `chain worker` starts them when blocks wait; they end when none is left, when their
parent is gone, or after `MAX_BLOCKS`, because the memory of the libraries below WeasyPrint never shrinks.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog
from flask import Flask, current_app
from sqlalchemy.orm import Session

from chain.core.config import Settings, load_settings
from chain.core.rounds import make_rounds

if TYPE_CHECKING:
    from subprocess import Popen

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parent.parent
#: Blocks that one process draws before another one follows it.
MAX_BLOCKS = 40
#: Processes that a worker starts.
PROCESSES = max(1, min(2, os.cpu_count() or 1))
EVERY = timedelta(seconds=2)
_running: list["Popen[bytes]"] = []


def create_printer(settings: Settings) -> Flask:
    """Build the little application of a printing process."""
    from chain.core.db import engine_options, init_db
    from chain.core.log import configure_logging
    from chain.web.formats import init_formats
    from chain.web.i18n import init_i18n

    configure_logging(settings.log_level, settings.log_format)
    app = Flask("chain.app", root_path=str(ROOT / "chain"), template_folder=str(ROOT / "templates"))
    app.config.update(SETTINGS=settings, SQLALCHEMY_ENGINES={"default": engine_options(settings.database)})
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    # what is drawn by kind, and the words for keys of contents
    import chain.settlement.explanations
    import chain.settlement.paper_subjects  # noqa: F401 - they register styles, labels and explanations

    init_db(app)
    init_i18n(app)
    init_formats(app)
    return app


def draw_blocks(
    *,
    limit: int = MAX_BLOCKS,
    is_wanted: Callable[[], bool] = lambda: True,
    after: Callable[[], None] | None = None,
) -> int:
    """Take, draw and store blocks until none waits; return how many. Nothing is locked while one is drawn."""
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.log import without_values
    from chain.papers.drawing.render import render
    from chain.papers.queries.jobs import has_waiting_block
    from chain.papers.services.jobs import give_block_back, store_block, take_block

    address, drawn = current_app.config["SETTINGS"].address, 0
    while drawn < limit and is_wanted():
        waits = has_waiting_block(db.session, utc_now())
        db.session.rollback()
        if not waits:
            break
        with atomic() as session:
            block = take_block(session, now=utc_now())
        db.session.expunge_all()
        if block is None:
            continue
        try:
            pdf = render(block.sheets, block.fmt, address=address, language=block.language, archival=False)
        except Exception as error:  # noqa: BLE001 - whatever a template raises, the other blocks are drawn
            kept = without_values(error)["error"]
            log.warning("print_block_failed", block=str(block.block_id), error=kept)
            with atomic() as session:
                give_block_back(session, block_id=block.block_id, error=kept)
            continue
        with atomic() as session:
            store_block(session, now=utc_now(), block_id=block.block_id, pdf=pdf)
        del block, pdf
        gc.collect()  # boxes of a layout point at each other: without it two blocks are in memory at a time
        drawn += 1
        if after is not None:
            after()
    return drawn


def _rest_collector() -> None:
    """Look for cycles between blocks only, and only in what blocks made: while one is drawn there is hardly anything to find."""
    import chain.papers.drawing.pages  # noqa: F401 - loads what drawing needs, so that it is left alone from now on

    gc.collect()
    gc.freeze()
    gc.disable()


@click.command()
@click.option("--parent", type=int, default=None, help="Process that this one ends with.")
@click.option("--blocks", type=int, default=MAX_BLOCKS, show_default=True, help="Draw at most so many.")
def printer(*, parent: int | None, blocks: int) -> None:
    """Draw waiting blocks of print jobs, then end; `chain worker` starts it."""
    app = create_printer(load_settings())
    _rest_collector()
    with app.test_request_context():
        draw_blocks(limit=blocks, is_wanted=lambda: parent is None or os.getppid() == parent)
    sys.stdout.flush()
    os._exit(0)  # Pango's fonts are freed in a wrong order at the end of a process


def start_printers(settings: Settings, processes: int = PROCESSES) -> list["Popen[bytes]"]:
    """Start printing processes of this installation until so many run; return those that run."""
    _running[:] = [one for one in _running if one.poll() is None]
    environment = os.environ | {
        "DATABASE_URL": settings.database,
        "CHAIN_VAR_DIR": str(settings.var_dir.resolve()),
    }
    if settings.public_url:
        environment["CHAIN_PUBLIC_URL"] = settings.public_url
    while len(_running) < processes:
        # -OO leaves the documentation of all libraries out: 5 MiB less
        command = [sys.executable, "-OO", "-m", "chain.printer", "--parent", str(os.getpid())]
        _running.append(
            subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own
        )
    return list(_running)


def _waits(session: Session, now: datetime) -> bool:
    from chain.papers.queries.jobs import has_waiting_block

    return has_waiting_block(session, now)


def _start(session: Session, now: datetime) -> None:
    del session, now
    start_printers(current_app.config["SETTINGS"])


make_rounds("print_jobs", EVERY, _waits, _start)

if __name__ == "__main__":
    printer()
