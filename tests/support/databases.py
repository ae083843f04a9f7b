"""Databases for the lanes: a template per kind and content, made once per run, and quick copies of it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, cast

from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from chain.app import MODEL_MODULES, ROOT, create_app
from chain.core.config import Settings
from chain.core.db import db, engine_options, init_db, prepare_engine
from chain.core.ids import new_id
from chain.migrate import alembic, upgrade
from tests.support import postgres
from tests.support.cast import insert_cast

Kind = Literal["sqlite", "postgresql"]
#: nothing: not even tables; empty: migrated; cast: migrated and the fixed cast is there; demo: the demonstration season
Content = Literal["nothing", "empty", "cast", "demo"]

KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")
VARIABLE = "CHAIN_TEST_DATABASES"
#: Lanes that run on both databases; the others take the first of the chosen ones.
LANES_ON_BOTH = frozenset({"services", "api", "races", "migrations"})
SECRET = "a key for tests that signs nothing of value"


def chosen_kinds() -> tuple[Kind, ...]:
    """Return the databases that CHAIN_TEST_DATABASES leaves in, all when it is not set."""
    words = [word.strip() for word in os.environ.get(VARIABLE, "").split(",") if word.strip()]
    unknown = set(words) - set(KINDS)
    if unknown:
        raise ValueError(f"{VARIABLE}: unknown {', '.join(sorted(unknown))}; write {' or '.join(KINDS)}.")
    return tuple(cast("Kind", word) for word in words) or KINDS


def kinds_for(lane: str) -> tuple[Kind, ...]:
    """Return the databases on which a lane runs."""
    kinds = chosen_kinds()
    return kinds if lane in LANES_ON_BOTH else kinds[:1]


@dataclass(frozen=True, slots=True)
class Database:
    """A database of one test process or one test."""

    kind: Kind
    name: str
    url: str

    def drop(self) -> None:
        """Delete it."""
        if self.kind == "postgresql":
            postgres.drop_database(self.name)
            return
        path = Path(self.url.removeprefix("sqlite:///"))
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def settings_for(url: str) -> Settings:
    """Return settings as an operator would make them, but quick and quiet."""
    return Settings(
        var_dir=postgres.run_dir() / "var",
        database_url=url,
        secret_key=SECRET,
        log_level="ERROR",
        password_fast=True,
    )


def make_app(url: str) -> Flask:
    """Build the application over a database; forms need no token, which has tests of its own."""
    app = create_app(settings_for(url))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@contextmanager
def lend_app(database: Database) -> Iterator[Flask]:
    """Lend an application that works on a database: one that was lent before, because building one takes a quarter of a second.

    Its engine is new; what the borrower left in its settings and extensions is forgotten.
    """
    app = _idle.pop() if _idle else make_app(database.url)
    config, extensions = dict(app.config), dict(app.extensions)
    connection = Flask("connection")
    connection.config["SQLALCHEMY_ENGINES"] = {"default": engine_options(database.url)}
    init_db(connection)
    db._app_state[app] = db._app_state[connection]
    app.config["SETTINGS"] = settings_for(database.url)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        for kept, before in ((app.config, config), (app.extensions, extensions)):
            kept.clear()
            kept.update(before)
        _idle.append(app)


_idle: list[Flask] = []


def make_engine(url: str) -> Engine:
    """Make an engine as the application makes it."""
    engine = create_engine(**engine_options(url))
    prepare_engine(engine)
    return engine


def create_database(kind: Kind, content: Content = "cast") -> Database:
    """Create a database with some content, as a copy of the run's template."""
    name = f"chain_{new_id().hex}"
    if kind == "postgresql":
        template = None if content == "nothing" else _template(kind, content)
        return Database(kind, name, postgres.create_database(name, template=template))
    path = postgres.run_dir() / f"{name}.db"
    if content != "nothing":
        shutil.copyfile(postgres.run_dir() / f"{_template(kind, content)}.db", path)
    return Database(kind, name, f"sqlite:///{path}")


def _template(kind: Kind, content: Content) -> str:
    """Return the name of a template, making it when no test process did yet."""
    name = f"template_{content}"
    folder = postgres.run_dir()
    done = folder / f"{kind}_{name}.done"
    with postgres.locked(folder / f"{kind}_{name}.lock"):
        if not done.exists():
            # What an attempt that failed left behind would hide the reason from the next one.
            if kind == "postgresql":
                postgres.drop_database(name)
                url = postgres.create_database(name)
            else:
                url = f"sqlite:///{folder / name}.db"
                (folder / f"{name}.db").unlink(missing_ok=True)
            _CONTENTS[content](url)
            done.touch()
    return name


def _make_empty(url: str) -> None:
    """Migrate. The tables need no page, so a page that is broken does not stop the lanes below it."""
    app = Flask("migrations")
    app.config["SQLALCHEMY_ENGINES"] = {"default": engine_options(url)}
    app.config["ALEMBIC"] = {"script_location": str(ROOT / "migrations")}
    for module in MODEL_MODULES:
        import_module(module)
    init_db(app)
    alembic.init_app(app)
    with app.app_context():
        upgrade()
        db.engine.dispose()  # the last connection that closes folds SQLite's log into the file, which is then copied


def _make_cast(url: str) -> None:
    _make_empty(url)
    engine = make_engine(url)
    with Session(engine) as session, session.begin():
        insert_cast(session)
    engine.dispose()


def _make_demo(url: str) -> None:
    from chain.demo.load import load_if_empty  # heavy, and few tests need it

    _make_empty(url)
    app = make_app(url)
    with app.app_context():
        assert load_if_empty(progress=lambda _: None)
        db.engine.dispose()


_CONTENTS: dict[str, Callable[[str], None]] = {"empty": _make_empty, "cast": _make_cast, "demo": _make_demo}
