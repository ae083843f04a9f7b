"""The references of web_post: Flask views that insert one row and commit. Nothing else.

`/lots` does it with the bare driver, `/lots-orm` with a session and an object of SQLAlchemy, as Flask's tutorials do.
"""

import os
import sqlite3
import threading
import uuid
from contextlib import nullcontext
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chain.core.db import engine_options, prepare_engine

URL = os.environ["BARE_URL"]
SQLITE = URL.startswith("sqlite")
COLUMNS = ("id", "producer_id", "delivered_at", "gross_g", "tare_g", "attributes")
TYPES = ("TEXT PRIMARY KEY", "TEXT", "TEXT", "INTEGER", "INTEGER", "TEXT")

app = Flask(__name__)
_local = threading.local()
#: SQLite has one writer; without this the threads would poll the file's lock and the reference would look worse than it is
_turn = threading.Lock()


def connection() -> Any:
    """Return this thread's connection."""
    if not hasattr(_local, "connection"):
        if SQLITE:
            _local.connection = sqlite3.connect(
                URL.removeprefix("sqlite:///"), isolation_level=None, timeout=10
            )
            _local.connection.execute("PRAGMA journal_mode=WAL")
            _local.connection.execute("PRAGMA synchronous=FULL")
        else:
            _local.connection = psycopg.connect(URL.replace("+psycopg", ""), autocommit=True)
    return _local.connection


def create_table() -> None:
    """Make the one table."""
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
    connection().execute(f"CREATE TABLE IF NOT EXISTS bare_lot ({columns})")


@app.get("/healthz")
def healthz() -> Response:
    return jsonify({})


@app.post("/lots")
def insert_lot() -> tuple[Response, int]:
    item = request.get_json()
    values = [item.get("id") or str(uuid.uuid4()), *(str(item[name]) for name in COLUMNS[1:])]
    mark = "?" if SQLITE else "%s"
    statement = f"INSERT INTO bare_lot ({', '.join(COLUMNS)}) VALUES ({', '.join([mark] * len(COLUMNS))})"
    if SQLITE:
        with _turn:
            connection().execute(statement, values)
    else:
        connection().execute(statement, values)
    return jsonify({"id": values[0]}), 201


class Base(DeclarativeBase):
    """The declarative base of the one table."""


class BareLot(Base):
    """The same table as an object."""

    __tablename__ = "bare_lot"

    id: Mapped[str] = mapped_column(primary_key=True)
    producer_id: Mapped[str]
    delivered_at: Mapped[str]
    gross_g: Mapped[int]
    tare_g: Mapped[int]
    attributes: Mapped[str]


engine = create_engine(**engine_options(URL))
prepare_engine(engine)


@app.post("/lots-orm")
def insert_object() -> tuple[Response, int]:
    item = request.get_json()
    values = {name: item[name] for name in COLUMNS} | {"attributes": str(item["attributes"])}
    turn = _turn if SQLITE else nullcontext()
    with turn, Session(engine) as session:
        session.add(BareLot(**values))
        session.commit()
    return jsonify({"id": values["id"]}), 201


create_table()
