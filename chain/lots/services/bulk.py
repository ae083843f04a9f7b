"""Inserting many rows with one statement per table, in the form that the driver takes fastest.

On PostgreSQL that is one statement over a JSON array (docs/performance.md), idempotent by ON CONFLICT DO NOTHING. On
SQLite it is the driver's executemany: whoever registers holds the database's only write lock, so that what was looked
up before still holds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import JSON, Boolean, DateTime, Table, TypeDecorator, Uuid
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, TypeEngine

#: A row in wire form: ids as 32 hexadecimal digits, moments by `wire_moment`, JSON as text.
Row = tuple[Any, ...]


def wire_moment(moment: datetime) -> str:
    """Return a moment as SQLite keeps it: UTC, with microseconds."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def wire_id(value: UUID | None) -> str | None:
    """Return an id as SQLite keeps it and PostgreSQL reads it."""
    return None if value is None else value.hex


def insert_rows(session: Session, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows that nothing can keep out."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite_statement(table, columns), list(rows))
    else:
        parameters = {"rows": _document(table, columns, rows)}
        connection.exec_driver_sql(_postgresql_statement(table, columns), parameters)


def insert_new_rows(
    session: Session, table: Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> set[str] | None:
    """Insert rows and return the ids (hexadecimal) of those that no unique constraint kept out; None: all of them."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        insert_rows(session, table, columns, rows)
        return None
    statement = _postgresql_statement(table, columns) + " ON CONFLICT DO NOTHING RETURNING id"
    found = connection.exec_driver_sql(statement, {"rows": _document(table, columns, rows)})
    return {row[0].hex for row in found}


@cache
def _sqlite_statement(table: Table, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of our own tables


def _document(table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> str:
    """Return the rows as one JSON array of objects; values that are JSON themselves go in as they are."""
    json_places = _json_places(table, columns)
    objects = []
    for row in rows:
        named = dict(zip(columns, row, strict=True))
        for name in json_places:
            if named[name] is not None:
                named[name] = msgspec.Raw(named[name].encode())
        objects.append(named)
    return msgspec.json.encode(objects).decode()


@cache
def _json_places(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in columns if isinstance(_plain_type(table, name), JSON))


@cache
def _postgresql_statement(table: Table, columns: tuple[str, ...]) -> str:
    declared = ", ".join(f"{name} {_declared_type(_plain_type(table, name))}" for name in columns)
    values = ", ".join(
        f"(r.{name} || '+00')::timestamptz" if isinstance(_plain_type(table, name), DateTime) else f"r.{name}"
        for name in columns
    )
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} "  # noqa: S608 - names of our own tables
        f"FROM json_to_recordset(%(rows)s::json) AS r({declared})"
    )


def _plain_type(table: Table, name: str) -> TypeEngine[Any]:
    kind = table.c[name].type
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _declared_type(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, Uuid):
        return "uuid"
    if isinstance(kind, JSON):
        return "jsonb"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, Date):
        return "date"
    python_type = getattr(kind, "python_type", str)
    return "bigint" if python_type is int else "text"
