"""Ids of many rows: read as text, and made into UUIDs once each instead of once per row and column."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Text, cast, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session


class IdReader:
    """Most ids of a trace come again and again: those of events and producers. Making UUIDs takes longer than the query."""

    def __init__(self, session: Session) -> None:
        self._is_sqlite = session.get_bind().dialect.name == "sqlite"
        self._found: dict[str, UUID] = {}

    def column(self, column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """Return how to select an id so that `read` understands it: SQLite keeps 32 hexadecimal digits."""
        return type_coerce(column, String) if self._is_sqlite else cast(column, Text)

    def read(self, value: str | None) -> Any:
        """Return the UUID of a selected id, None for none."""
        if value is None:
            return None
        found = self._found.get(value)
        if found is None:
            digits = value if self._is_sqlite else value.replace("-", "")
            found = self._found[value] = UUID(int=int(digits, 16))
        return found
