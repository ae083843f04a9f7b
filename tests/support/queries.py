"""Counting the statements that reach the database, to keep lists from asking once per row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

#: Transaction control says nothing about how many questions were asked.
_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")


@dataclass
class Queries:
    """The statements that ran inside the block."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many they were."""
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(
            f"{number}. {' '.join(text.split())}" for number, text in enumerate(self.statements, 1)
        )


@contextmanager
def recorded(engine: Engine) -> Iterator[Queries]:
    """Record the statements of an engine, by every connection of it."""
    queries = Queries()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_CONTROL):
            queries.statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(engine, "before_cursor_execute", note)
