"""Commands that bring the product up: start, serve, worker, db upgrade."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click
import structlog

from chain.core.config import BadSetting, Settings, load_settings

if TYPE_CHECKING:
    from flask import Flask

    from chain.core.rounds import Watch

log = structlog.get_logger(__name__)

#: What to do about a database without the tables that this version wants.
OLD_SCHEMA = "The database has no tables, or those of an older version. Run: chain db upgrade"
#: How long the worker rests when the outbox is empty.
IDLE_SECONDS = 1.0
#: How long children get to finish what they do before they are killed; the web server counts for itself, so it gets a little more.
GRACE_SECONDS = 10
MARGIN_SECONDS = 2


def settings_or_exit() -> Settings:
    """Read the settings, or say in one line which one is wrong."""
    try:
        return load_settings()
    except BadSetting as error:
        raise click.ClickException(str(error)) from None


def make_app() -> "Flask":
    """Build the application for a command."""
    from chain.app import create_app

    settings = settings_or_exit()
    try:
        return create_app(settings)
    except OSError as error:
        raise click.ClickException(
            f"The folder {settings.var_dir} (CHAIN_VAR_DIR) cannot be used: {error.strerror or error}."
        ) from None


@click.command()
def serve() -> None:
    """Start the web server (gunicorn) on CHAIN_HOST and CHAIN_PORT; the database must be migrated."""
    settings = settings_or_exit()
    app = make_app()
    with app.app_context():
        from chain.migrate import is_current

        if not is_current():
            raise click.ClickException(OLD_SCHEMA)
    os.execv(sys.executable, gunicorn_command(settings))  # noqa: S606 - our own interpreter and arguments


def gunicorn_command(settings: Settings) -> list[str]:
    """Return the command line of the web server: threads in one process on SQLite, more processes on PostgreSQL."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{settings.host}:{settings.port}",
        "--workers",
        str(settings.web_processes),
        "--threads",
        str(settings.threads),
        "--worker-class",
        "gthread",
        "--keep-alive",
        "15",
        "--timeout",
        "60",
        "--graceful-timeout",
        str(GRACE_SECONDS),
        "--log-level",
        "warning",
        "--no-control-socket",
        "chain.app:create_app()",
    ]


#: Streams that the one process of the streams holds at a time.
STREAM_CONNECTIONS = 2000


@click.command()
def stream() -> None:
    """Stream live auctions on CHAIN_STREAM_PORT from a process of its own; without it live pages ask every few seconds."""
    settings = settings_or_exit()
    if not settings.stream_port:
        raise click.ClickException("CHAIN_STREAM_PORT is 0: set the port of the streams.")
    os.execv(sys.executable, stream_command(settings))  # noqa: S606 - our own interpreter and arguments


def stream_command(settings: Settings) -> list[str]:
    """Return the command line of the streams: one process whose gevent worker holds thousands of idle answers."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{settings.host}:{settings.stream_port}",
        "--workers",
        "1",
        "--worker-class",
        "gevent",
        "--worker-connections",
        str(STREAM_CONNECTIONS),
        "--timeout",
        "60",
        "--graceful-timeout",
        "2",
        "--log-level",
        "warning",
        "--no-control-socket",
        "chain.streams:create_streams()",
    ]


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and end.")
def worker(*, once: bool) -> None:
    """Do what the outbox holds: close tenders at their deadline, print in bulk. On SQLite run one worker only."""
    app = make_app()
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with app.app_context():
        work(lambda: stopping, once=once)


def _make_rounds(watch: "Watch", now: datetime) -> None:
    """Make the rounds that are due; the write lock is taken only when one found something."""
    from chain.core.db import atomic, db

    for one in watch.due():
        found = one.look(db.session, now)
        db.session.rollback()
        if found:
            with atomic() as session:
                one.act(session, now)


def work(stopping: Callable[[], bool], *, once: bool = False) -> int:
    """Make rounds and handle messages until told to stop (with `once`, until none is due); return how many were handled."""
    from sqlalchemy.exc import OperationalError

    from chain.core.clock import utc_now
    from chain.core.db import Busy, StorageFull, atomic, db
    from chain.core.outbox import has_due, run_next
    from chain.core.rounds import Watch
    from chain.core.timers import run_timers

    def handle_one(now: datetime) -> bool:
        due = has_due(db.session, now=now)  # a read, so that an idle worker never takes the write lock
        db.session.rollback()
        if not due:
            return False
        with atomic() as session:
            return run_next(session, now=now)

    watch = Watch()
    handled = 0
    while not stopping():
        try:
            _make_rounds(watch, utc_now())
            did = handle_one(utc_now())
        except Busy:
            did = False
        except (StorageFull, OperationalError) as error:
            if once:
                raise
            db.session.rollback()
            log.warning("worker_without_database", error=type(getattr(error, "orig", error)).__name__)
            did = False  # the database restarts, or somebody makes space: wait for it
        handled += did
        if not did:
            if once:
                break
            run_timers(utc_now())
            db.session.rollback()
            time.sleep(IDLE_SECONDS)
    return handled


@click.group(name="db")
def database() -> None:
    """Look after the database."""


@database.command()
def upgrade() -> None:
    """Bring the database to the newest schema; does nothing when it has it."""
    with make_app().app_context():
        from chain.migrate import upgrade as migrate

        migrate()
    click.echo("The database is up to date.")


@click.command()
def start() -> None:
    """Migrate, load the demonstration season into an empty database, then run web server and worker until Ctrl-C."""
    settings = with_streams(settings_or_exit())
    check_port(settings)
    app = make_app()
    with app.app_context():
        from chain.demo.load import load_if_empty
        from chain.migrate import upgrade as migrate

        migrate()
        load_if_empty(progress=click.echo)
        welcome = welcome_text(settings)
    click.echo(welcome)
    raise SystemExit(run_children(settings))


def with_streams(settings: Settings) -> Settings:
    """Return the settings with a port for the streams: the one that was set, else the next free one after the web server's."""
    if settings.stream_port or "CHAIN_STREAM_PORT" in os.environ:
        return settings
    for port in range(settings.port + 1, settings.port + 20):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((settings.host, port))
            except (OSError, OverflowError):
                continue
        return replace(settings, stream_port=port)
    return settings


def check_port(settings: Settings) -> None:
    """Say at once, in one line, that another program has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"Port {settings.port} of {settings.host} cannot be used ({error.strerror}). "
                "Set another one: CHAIN_PORT=8001 make run"
            ) from None


def welcome_text(settings: Settings) -> str:
    """Return the address and, on a demonstration, one sign-in per role."""
    from chain.demo.accounts import demo_accounts

    lines = ["", f"  Chain / Cadena: {settings.address}", ""]
    accounts = demo_accounts()
    if accounts:
        width = max(len(account.username) for account in accounts)
        lines.append(f"  Demonstration data. Password of everybody: {accounts[0].password}")
        lines += [f"    {account.username:<{width}}  {account.what}" for account in accounts]
    lines += ["", "  Ctrl-C ends it.", ""]
    return "\n".join(lines)


def run_children(settings: Settings) -> int:
    """Run web server and worker in sessions of their own; end both when one ends or a signal comes."""
    asked = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # before there are children to leave behind
        signal.signal(number, stop)
    commands = {
        "web server": gunicorn_command(settings),
        "worker": [sys.executable, "-m", "chain.cli", "worker"],
    }
    if settings.stream_port:
        commands["streams"] = stream_command(settings)
    # One line for each request would scroll the sign-ins away; whoever wants them sets the level.
    environment = {"CHAIN_LOG_LEVEL": "WARNING"} | os.environ
    environment["CHAIN_STREAM_PORT"] = str(settings.stream_port)
    children = {
        name: subprocess.Popen(command, start_new_session=True, env=environment)  # noqa: S603 - our own
        for name, command in commands.items()
    }
    while not asked and all(child.poll() is None for child in children.values()):
        time.sleep(0.2)
    ended = {name: child.returncode for name, child in children.items() if child.poll() is not None}
    if asked:
        click.echo("\n  Ending …")
    end_children(children.values())
    if asked:
        click.echo("  Chain has ended. Nothing is lost; the same command starts it again.")
        return 0
    for name, code in ended.items():
        click.echo(f"Error: the {name} ended by itself (code {code}); see above.", err=True)
    return 1


def end_children(children: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask children to end, and kill those that have not done so in time."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS + MARGIN_SECONDS
    for child in running:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
