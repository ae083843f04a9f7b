"""The reference of web_post: a Flask view that inserts one row with the bare driver and commits. Nothing else."""

import os
import sqlite3
import threading
import uuid
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request

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


create_table()
