"""Asking for thousands of ids with one statement that is compiled once, whatever their number."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, column, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session


def among(
    session: Session, ids_column: InstrumentedAttribute[Any] | ColumnElement[Any], ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Return that a column is one of some ids: an array on PostgreSQL, a JSON array on SQLite.

    `IN` with a parameter for each id costs some 10 microseconds an id to write, and SQLite takes some thousands of them only.

    Example: `select(Producer.id).where(among(session, Producer.id, ids))`.
    """
    if session.get_bind().dialect.name == "sqlite":
        listed = msgspec.json.encode([one.hex for one in ids]).decode()
        values = func.json_each(literal(listed)).table_valued(column("value"))
        return ids_column.in_(select(values.c.value))
    return ids_column == any_(literal(list(ids), ARRAY(Uuid())))
