"""Fixtures of all lanes; docs/development.md tells how to use them."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.app import connect_areas
from chain.core import db as core_db
from chain.core import grouping
from chain.core.db import db
from chain.core.sealing import Sealer, use_sealer
from chain.core.signing import Signer, use_signer
from tests.support import databases, postgres, races
from tests.support.cast import Cast
from tests.support.databases import Content, Database
from tests.support.patience import PATIENCE_SECONDS
from tests.support.queries import Queries, recorded
from tests.support.sockets import close_outside_sockets

TESTS = Path(__file__).parent

# Two processes share the machine, so that times say nothing; and a run today finds what a run yesterday found.
hypothesis.settings.register_profile("chain", deadline=None, derandomize=True)
hypothesis.settings.load_profile("chain")


# --- The run ----------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the run, once: worker processes of xdist inherit it."""
    if not hasattr(config, "workerinput"):
        os.environ.pop(postgres.RUN_DIR_VARIABLE, None)
        config.stash[_run_dir] = postgres.make_run_dir()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the PostgreSQL server, whatever happened before."""
    path = config.stash.get(_run_dir, None)
    if path is not None:
        postgres.remove_run_dir(path)


#: The longest files, in the order in which two processes take them in turns: while one loads the demonstration for its walk
#: of all pages, the other has something else to do.
FIRST = (
    "test_every_page.py",
    "test_live_auction.py",
    "test_live_bids.py",
    "test_openapi.py",
    "test_kill_between_award_and_reserve.py",
    "test_killed_anywhere.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest files, so that no process works alone at the end."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: (places.get(item.path.name, len(FIRST)), item.path.parent.name != "browser"))


_run_dir = pytest.StashKey[Path]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that reaches for a database on those of its lane."""
    if "database_kind" in metafunc.fixturenames:
        lane = metafunc.definition.path.relative_to(TESTS).parts[0]
        metafunc.parametrize("database_kind", databases.kinds_for(lane), scope="session")


@pytest.fixture(scope="session", autouse=True)
def _closed_sockets() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        close_outside_sockets(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_writers() -> Iterator[None]:
    """Let writers wait for each other as long as a slow machine needs; tests of giving up set limits of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core_db, "LOCK_WAIT_SECONDS", PATIENCE_SECONDS // 2)
        patch.setattr(grouping, "MAX_WAIT_SECONDS", PATIENCE_SECONDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def _seal_key() -> None:
    """Let services seal bids in tests that build no application."""
    use_sealer(Sealer(databases.SECRET))


@pytest.fixture(scope="session", autouse=True)
def _settling() -> None:
    """Let lots know what is being settled, also in tests that need no application."""
    connect_areas()


@pytest.fixture(scope="session", autouse=True)
def _paper_key() -> None:
    """Let services sign papers in tests that build no application."""
    use_signer(Signer(databases.SECRET))


# --- One database per test process, each test rolled back -------------------------------------------------------------


class Kept:
    """What a test process makes once per kind of database; files alternate between them, so a fixture alone would not keep it."""

    def __init__(self, until_the_end: ExitStack) -> None:
        self._until_the_end = until_the_end
        self._databases: dict[databases.Kind, Database] = {}
        self._engines: dict[databases.Kind, Engine] = {}
        self._applications: dict[databases.Kind, Flask] = {}

    def database(self, kind: databases.Kind) -> Database:
        if kind not in self._databases:
            self._databases[kind] = databases.create_database(kind)
            self._until_the_end.callback(self._databases[kind].drop)
        return self._databases[kind]

    def engine(self, kind: databases.Kind) -> Engine:
        if kind not in self._engines:
            self._engines[kind] = databases.make_engine(self.database(kind).url)
            self._until_the_end.callback(self._engines[kind].dispose)
        return self._engines[kind]

    def application(self, kind: databases.Kind) -> Flask:
        if kind not in self._applications:
            self._applications[kind] = databases.make_app(self.database(kind).url)
            self._until_the_end.callback(close_connections, self._applications[kind])
        return self._applications[kind]


def close_connections(app: Flask) -> None:
    """Close an application's connections."""
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def _kept() -> Iterator[Kept]:
    with ExitStack() as until_the_end:
        yield Kept(until_the_end)


@pytest.fixture(scope="session")
def database(_kept: Kept, database_kind: databases.Kind) -> Database:
    """A migrated database with the cast in it, shared by all rolled-back tests of this process."""
    return _kept.database(database_kind)


@pytest.fixture(scope="session")
def engine(_kept: Kept, database_kind: databases.Kind) -> Engine:
    """The engine of `database`."""
    return _kept.engine(database_kind)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One connection in one transaction that is rolled back after the test."""
    with engine.connect() as made:
        transaction = made.begin()
        yield made
        transaction.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session in the test's transaction; `commit()` in it only makes things visible to `client`."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
        yield made


@pytest.fixture(scope="session")
def _application(_kept: Kept, database_kind: databases.Kind) -> Flask:
    return _kept.application(database_kind)


@pytest.fixture
def app(_application: Flask, connection: Connection) -> Iterator[Flask]:
    """The application; whatever it commits goes into the test's transaction and is rolled back with it.

    Push no application context around a request: a request opens its own.
    """
    with _application.app_context():
        maker = db.sessionmaker
    before = dict(maker.kw)
    maker.configure(bind=connection, join_transaction_mode="create_savepoint")
    yield _application
    maker.kw.clear()
    maker.kw.update(before)


class ReadPage(Response):
    """A response whose text has plain spaces: that the space within "S/ 12.00" does not break is tested with the formats."""

    def get_data(self, as_text: bool = False) -> Any:
        """Return the body; as text it reads like what one types in a test."""
        if not as_text:
            return super().get_data()
        return super().get_data(as_text=True).replace("\u00a0", " ")


class ChainClient(FlaskClient):
    """A test client that shows the application what `session` wrote, and the other way round.

    A crash (status 500) fails the test at once, unless `crash_expected` is set.
    """

    session: Session | None = None
    crash_expected = False

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        if self.session is not None:
            self.session.commit()
        response = super().open(*args, **kwargs)
        if self.session is not None:
            self.session.expire_all()
        assert response.status_code != 500 or self.crash_expected, f"{args} crashed; the log below says how"
        return response


@pytest.fixture
def client(app: Flask, session: Session) -> Iterator[ChainClient]:
    """A browser or API client, signed in as nobody; see `sign_in` and `bearer` of tests.support.cast."""
    made = ChainClient(app, ReadPage)
    made.session = session
    yield made
    made.session = None


@pytest.fixture
def cast() -> Cast:
    """One person per role; they are in every database."""
    return Cast()


# --- Databases of one test's own, for what must really commit ---------------------------------------------------------


@pytest.fixture
def make_database(database_kind: databases.Kind) -> Iterator[Callable[[Content], Database]]:
    """Make databases that are dropped after the test: make_database("cast" | "empty" | "demo" | "nothing")."""
    made: list[Database] = []

    def make(content: Content = "cast") -> Database:
        made.append(databases.create_database(database_kind, content))
        return made[-1]

    yield make
    for one in made:
        one.drop()


@pytest.fixture
def fresh_database(make_database: Callable[[Content], Database]) -> Database:
    """A migrated database with the cast in it, of this test alone."""
    return make_database("cast")


@pytest.fixture
def empty_database(make_database: Callable[[Content], Database]) -> Database:
    """A migrated database without a row, of this test alone."""
    return make_database("empty")


@pytest.fixture
def demo_database(make_database: Callable[[Content], Database]) -> Database:
    """The demonstration season, of this test alone; loaded once per run and copied."""
    return make_database("demo")


@pytest.fixture
def make_app(database_kind: databases.Kind) -> Iterator[Callable[[Database], Flask]]:
    """Build applications over databases of this test's own; their connections are closed after it."""
    made: list[Flask] = []

    def make(database: Database) -> Flask:
        assert database.kind == database_kind
        made.append(databases.make_app(database.url))
        return made[-1]

    yield make
    for one in made:
        close_connections(one)


@pytest.fixture
def fresh_app(fresh_database: Database) -> Iterator[Flask]:
    """The application over `fresh_database`; it really commits. Add no routes and hooks to it: tests after yours get it, too."""
    with databases.lend_app(fresh_database) as lent:
        yield lent


@pytest.fixture
def race(fresh_app: Flask) -> Callable[..., Sequence[races.Outcome]]:
    """Run functions in the same instant, each in a thread: `outcomes = race(first, second)`."""

    def start(*runners: Callable[[], Any]) -> Sequence[races.Outcome]:
        return races.race(fresh_app, *runners)

    return start


# --- Counting and time ------------------------------------------------------------------------------------------------


@pytest.fixture
def query_count(engine: Engine) -> Callable[[], AbstractContextManager[Queries]]:
    """Count statements: `with query_count() as queries: …; assert queries.count <= 8, str(queries)`."""
    return lambda: recorded(engine)


@pytest.fixture
def now() -> datetime:
    """The moment that services are told in tests: a Monday morning in the Andes."""
    return datetime(2026, 3, 16, 15, 0, tzinfo=UTC)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the edge's clock at a moment: `set_clock(now)`."""

    def stop_at(moment: datetime) -> None:
        class Stopped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one will do
                return moment.astimezone(tz)

        monkeypatch.setattr("chain.core.clock.datetime", Stopped)

    return stop_at
