"""Inserting thousands of rows with one statement of a table.

On PostgreSQL that is one statement over a JSON array, which costs a third of SQLAlchemy's own insert (2,000 and 20,000 rows of six
columns: 2.1 to 4.5 times as fast); on SQLite it is the driver's executemany.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import JSON, Boolean, DateTime, Table, TypeDecorator, Uuid, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import Date, TypeEngine


def insert_many(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; a column that they leave out is null or the database's default.

    What the session holds and has not written yet must be flushed before, if the rows point at it.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table).execution_options(render_nulls=True), list(rows))
        return
    statement = _statement(table, tuple(rows[0]))
    connection.exec_driver_sql(statement, {"rows": msgspec.json.encode(rows).decode()})


@cache
def _statement(table: Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    declared = ", ".join(f'"{name}" {_declared_type(table.c[name].type)}' for name in columns)
    return (
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} '  # noqa: S608 - names of our own tables
        f"FROM json_to_recordset(%(rows)s::json) AS r({declared})"
    )


def _declared_type(declared: TypeEngine[Any]) -> str:
    kind = declared.impl_instance if isinstance(declared, TypeDecorator) else declared
    names = ((Uuid, "uuid"), (JSON, "jsonb"), (Boolean, "boolean"), (DateTime, "timestamptz"), (Date, "date"))
    for known, name in names:
        if isinstance(kind, known):
            return name
    python_type = getattr(kind, "python_type", str)
    assert python_type in {int, str} and python_type is not datetime, kind  # noqa: S101, PT018 - other types need a name here
    return "bigint" if python_type is int else "text"
