"""The log: one line of JSON for each request, joined with answer and audit trail by an id, without what people typed."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import select

from chain.app import create_app
from chain.core.db import db
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from tests.support.cast import PASSWORD, Cast, bearer, sign_in
from tests.support.databases import Content, Database, settings_for

ReadLog = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged() -> io.StringIO:
    """What the application wrote into its log."""
    return io.StringIO()


@pytest.fixture
def logging_app(
    make_database: Callable[[Content], Database], logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """An application that logs as in production; what it changes for the whole process is put back."""
    root = logging.getLogger()
    handlers, level, configuration = list(root.handlers), root.level, structlog.get_config()
    monkeypatch.setattr("sys.stderr", logged)
    settings = settings_for(make_database("cast").url)
    made = create_app(replace(settings, log_level="INFO", log_format="json"))
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield made
    with made.app_context():
        db.engine.dispose()
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def read_log(logged: io.StringIO) -> ReadLog:
    """Return what was logged since the last look, each line as JSON."""

    def read() -> list[dict[str, Any]]:
        lines = logged.getvalue().splitlines()
        logged.seek(0)
        logged.truncate()
        return [json.loads(line) for line in lines]

    return read


def test_each_request_has_one_line_with_status_and_duration(
    logging_app: Flask, read_log: ReadLog, cast: Cast
) -> None:
    client = logging_app.test_client()
    lot = str(new_id())
    for path, status, route in (
        ("/signin", 200, "/signin"),
        ("/", 302, "/"),
        (f"/api/v1/lots/{lot}", 404, "/api/v1/lots/<uuid:lot_id>"),
        ("/api/v1/nothing?name=Rosa", 404, None),
    ):
        answer = client.get(path, headers=bearer(cast.clerk))
        (line,) = read_log()
        assert (line["event"], line["method"] if route else "GET") == ("request", "GET")
        assert (line["route"], line["status"], answer.status_code) == (route, status, status)
        assert line["milliseconds"] > 0
        assert line["request_id"] == answer.headers["X-Request-ID"]
        assert {"timestamp", "level"} <= set(line)


def test_a_supervisor_and_static_files_do_not_fill_the_log(logging_app: Flask, read_log: ReadLog) -> None:
    client = logging_app.test_client()
    for path in ("/healthz", "/readyz", "/static/nothing.css"):
        client.get(path)
    assert read_log() == []


def test_an_id_of_the_proxy_is_kept_when_it_is_one(logging_app: Flask, read_log: ReadLog) -> None:
    client = logging_app.test_client()
    assert (
        client.get("/signin", headers={"X-Request-ID": "proxy-4711"}).headers["X-Request-ID"] == "proxy-4711"
    )
    assert (
        client.get("/signin", headers={"X-Request-ID": "<b>no id</b>"}).headers["X-Request-ID"]
        != "<b>no id</b>"
    )
    first, second = read_log()
    assert first["request_id"] == "proxy-4711"
    assert len(second["request_id"]) == 36


def test_the_audit_trail_names_the_request_that_the_log_names(
    logging_app: Flask, read_log: ReadLog, cast: Cast
) -> None:
    client = logging_app.test_client()
    body = {"id": str(new_id()), "full_name": "Rosa Quispe Mamani", "sex": "female"}
    answer = client.post("/api/v1/producers", json=body, headers=bearer(cast.clerk))
    assert answer.status_code == 201
    (line,) = [one for one in read_log() if one["event"] == "request"]
    with logging_app.app_context():
        records = db.session.scalars(select(AuditRecord.request_id).distinct()).all()
    assert records == [line["request_id"]]


def test_neither_names_nor_secrets_are_logged(logging_app: Flask, logged: io.StringIO, cast: Cast) -> None:
    client = logging_app.test_client()
    client.post("/signin", data={"username": "clerk", "password": PASSWORD})
    client.post("/signin", data={"username": "clerk", "password": "equivocada-9"})
    client.get("/api/v1/producers?q=Mamani", headers=bearer(cast.clerk))
    client.get("/api/v1/producers", headers={"Authorization": "Bearer secreto-que-no-vale"})
    body = {
        "id": str(new_id()),
        "full_name": "Rosa Quispe Mamani",
        "sex": "female",
        "document_number": "40414243",
    }
    client.post("/api/v1/producers", json=body, headers=bearer(cast.clerk))
    sign_in(client, cast.clerk)
    client.get("/producers?q=Mamani")
    client.get("/Mamani/40414243")
    written = logged.getvalue()
    assert written.count('"event": "request"') == 7
    secrets = (PASSWORD, "equivocada-9", cast.clerk.token, cast.clerk.cookie, "secreto-que-no-vale")
    for words in (*secrets, "Mamani", "40414243", "Carla"):
        assert words not in written


def test_a_crash_is_logged_with_its_stack_and_told_briefly(
    logging_app: Flask, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("chain.lots.queries.list_lots", fail)
    answer = logging_app.test_client().get("/api/v1/lots", headers=bearer(cast.clerk))
    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["code"] == "internal_error"
    assert "broken" not in answer.text
    crash, request = read_log()
    assert (crash["event"], crash["level"]) == ("unhandled", "error")
    assert "broken on purpose" in crash["error"]
    assert "in list_lots" in crash["stack"]
    assert crash["request_id"] == request["request_id"] == answer.headers["X-Request-ID"]


def test_a_form_without_its_token_has_an_id_like_any_other_request(
    logging_app: Flask, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(logging_app.config, "WTF_CSRF_ENABLED", True)
    answer = logging_app.test_client().post("/signin", data={"username": "clerk"})
    (line,) = [one for one in read_log() if one["event"] == "request"]
    assert (answer.status_code, line["status"]) == (400, 400)
    assert line["request_id"] == answer.headers["X-Request-ID"] != ""
