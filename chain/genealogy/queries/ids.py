"""Ids of many rows: made into UUIDs once each, instead of once per row and column."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session


class IdReader:
    """Most ids of a trace come again and again: those of events and producers.

    SQLite keeps 32 hexadecimal digits, which are read as text; PostgreSQL's driver makes UUIDs by itself, faster than we could.
    """

    def __init__(self, session: Session) -> None:
        self._is_text = session.get_bind().dialect.name == "sqlite"
        self._found: dict[str, UUID] = {}

    def column(self, column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """Return how to select an id so that `read` understands it."""
        return type_coerce(column, String) if self._is_text else column.expression

    def read(self, value: Any) -> Any:
        """Return the UUID of a selected id, None for none."""
        if not self._is_text or value is None:
            return value
        found = self._found.get(value)
        if found is None:
            found = self._found[value] = UUID(int=int(value, 16))
        return found
