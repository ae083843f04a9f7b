"""Engines, sessions and the one transaction per request, command or job.

Reads use `db.session`. Whatever writes runs inside `atomic()`, once, at the edge. On SQLite there is one writer at a
time: `atomic()` takes a lock inside the process and then BEGIN IMMEDIATE, so that two readers that both want to write
never deadlock and waiting threads queue in memory instead of polling the file.
"""

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import msgspec
import structlog
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: How long a writer waits for another one before it is refused.
LOCK_WAIT_SECONDS = 10
#: How often `run_atomic` runs the whole unit again after a serialization failure, a deadlock or a lock time-out.
ATTEMPTS = 4
#: SQLSTATEs of PostgreSQL for which a repeat of the whole unit helps.
RETRYABLE_STATES = frozenset({"40001", "40P01", "55P03"})

#: SQLSTATE of PostgreSQL, and errors of files, when there is no space.
FULL_STATE = "53100"
FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})

WRITE_OPTION = "chain_write"

db = SQLAlchemy(session_options={"expire_on_commit": False})
_writer_locks: dict[str, threading.RLock] = {}
_writer_locks_guard = threading.Lock()


class Busy(DomainError):
    """The database could not give a write lock in time."""

    code = "busy"
    kind = Kind.CONFLICT
    text = N_("The system is busy. Nothing was saved. Try again.")


class StorageFull(DomainError):
    """The disk, or what the system gives of it, is full: nothing can be written until somebody makes space."""

    code = "storage_full"
    kind = Kind.UNAVAILABLE
    text = N_(
        "The server has no space left to store anything. Nothing was saved. Tell the person who looks after the server."
    )


def is_storage_full(error: BaseException) -> bool:
    """Tell whether a database or a file could not be written because there is no space."""
    if isinstance(error, OSError):
        return error.errno in FULL_ERRORS
    if not isinstance(error, DBAPIError):
        return error.__cause__ is not None and is_storage_full(error.__cause__)
    state = getattr(error.orig, "sqlstate", None)
    return state == FULL_STATE or getattr(error.orig, "sqlite_errorname", None) == "SQLITE_FULL"


def engine_options(url: str) -> dict[str, Any]:
    """Return the options of `create_engine` for a database address."""
    of_json = {"json_serializer": _to_json, "json_deserializer": msgspec.json.decode}
    if url.startswith("sqlite"):
        return of_json | {
            "url": url,
            "hide_parameters": True,  # a crash in the log must not tell a sealed price or a person's data
            "connect_args": {"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False},
        }
    return of_json | {
        "url": url,
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 20,
        "pool_pre_ping": True,
    }


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def init_db(app: Flask) -> None:
    """Connect an application whose SQLALCHEMY_ENGINES are set."""
    db.init_app(app)
    # The extension also ends sessions of asyncio, of which there are none; that hook alone takes 0.8 ms per request.
    hooks = app.teardown_appcontext_funcs
    hooks[:] = [hook for hook in hooks if not iscoroutinefunction(hook)]
    with app.app_context():
        prepare_engine(db.engine)
        if db.engine.dialect.name != "sqlite":
            # Reads outside `atomic()` need no BEGIN and no ROLLBACK: each statement sees what is committed, as READ COMMITTED
            # would show it. A ROLLBACK also makes psycopg forget its prepared statements.
            db.sessionmaker.configure(bind=db.engine.execution_options(isolation_level="AUTOCOMMIT"))


def prepare_engine(engine: Engine) -> None:
    """Hang on an engine what each connection needs: pragmas and explicit BEGIN on SQLite, time limits on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # the driver's own BEGIN is deferred; ours is not
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or INSERT OR REPLACE would walk past the append-only triggers
        f"busy_timeout={LOCK_WAIT_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE_OPTION, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(dbapi_connection: Any, _record: object) -> None:
    with dbapi_connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_WAIT_SECONDS}s'")
        cursor.execute("SET TIME ZONE 'UTC'")
    dbapi_connection.commit()


@contextmanager
def _writer_turn(session: Session) -> Iterator[None]:
    bind = session.get_bind()
    if bind.dialect.name != "sqlite":
        yield
        return
    address = str(bind.engine.url)
    with _writer_locks_guard:
        lock = _writer_locks.setdefault(address, threading.RLock())
    if not lock.acquire(timeout=LOCK_WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        lock.release()


@contextmanager
def atomic() -> Iterator[Session]:
    """Run one unit of work: commit when it ends, roll back when it raises.

    A read transaction that the request had open is ended first, and what it loaded is loaded anew when touched, so
    that checks see the state that they lock. It is not nested: services never call it.

    Raises:
        Busy: another writer held the database for longer than `LOCK_WAIT_SECONDS`.
        StorageFull: there is no space to write.
    """
    session = db.session
    if session.info.get("atomic"):
        message = "atomic() is opened once, at the edge"
        raise RuntimeError(message)
    session.rollback()
    with _writer_turn(session):
        session.info["atomic"] = True
        try:
            session.connection(execution_options=_write_options(session))
            yield session
            session.commit()
        except BaseException as error:
            session.rollback()
            if isinstance(error, DBAPIError) and is_transient(error):
                raise Busy from error
            if is_storage_full(error):
                log.error("storage_full")  # noqa: TRY400 - the stack says nothing about the disk
                raise StorageFull from error
            raise
        finally:
            session.info["atomic"] = False
            _end_write_mode(session)


@contextmanager
def snapshot() -> Iterator[Session]:
    """Read with several statements one state of the database, whatever others commit meanwhile. Writes nothing.

    Outside of it each statement sees what is committed when it runs; long readers that stream rows need this.
    """
    session = db.session
    session.rollback()
    bind = session.get_bind()
    if bind.dialect.name != "sqlite" and not isinstance(bind, Connection):
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
    try:
        yield session
    finally:
        session.rollback()


def _write_options(session: Session) -> dict[str, Any]:
    """Return how a connection begins a transaction that writes."""
    bind = session.get_bind()
    if bind.dialect.name == "sqlite" or isinstance(bind, Connection):
        return {WRITE_OPTION: True}
    return {WRITE_OPTION: True, "isolation_level": "READ COMMITTED"}


def _end_write_mode(session: Session) -> None:
    """Forget the write option on a connection that outlives the transaction, as those of the tests do."""
    bind = session.get_bind()
    if isinstance(bind, Connection):
        bind.execution_options(**{WRITE_OPTION: False})


def is_transient(error: DBAPIError) -> bool:
    """Tell whether the database gave up on a lock, so that the whole unit of work may simply run again."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in RETRYABLE_STATES
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def run_atomic(unit: Callable[[Session], T]) -> T:
    """Run a whole unit of work in `atomic()`, again from its start when the database asks for it.

    The unit must be free of side effects outside the database.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with atomic() as session:
                return unit(session)
        except Busy:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises
