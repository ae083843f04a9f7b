"""`/readyz` says no while the database is not the program's, and when it is gone; `/healthz` needs none."""

from collections.abc import Callable

from flask import Flask

from chain.core.db import db
from chain.migrate import upgrade
from tests.support.databases import Content, Database

MakeDatabase = Callable[[Content], Database]
MakeApp = Callable[[Database], Flask]


def test_before_the_migration_it_is_not_ready(make_database: MakeDatabase, make_app: MakeApp) -> None:
    app = make_app(make_database("nothing"))
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "migration_needed"})
    assert client.get("/healthz").json == {"status": "ok"}
    with app.app_context():
        upgrade()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_without_its_database_it_is_not_ready(make_database: MakeDatabase, make_app: MakeApp) -> None:
    database = make_database("cast")
    app = make_app(database)
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    if database.kind == "sqlite":
        with app.app_context():
            db.engine.dispose()  # an open file that was deleted can still be read
    database.drop()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] in {"database_unreachable", "migration_needed"}
    assert client.get("/healthz").status_code == 200
