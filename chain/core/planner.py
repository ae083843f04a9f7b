"""What PostgreSQL's planner believes of a table: after a mass load it may still take it for empty."""

from sqlalchemy import select, table, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import column

from chain.core.orm import Model

#: A table may hold so many times the rows that the planner knows of before it is counted anew.
STALE = 2


def known_rows(session: Session, model: type[Model]) -> float:
    """Return how many rows the planner believes a table to have; -1 when it was never counted. PostgreSQL only."""
    tables = table("pg_class", column("reltuples"), column("oid"))
    name = model.__tablename__
    found = session.scalar(select(tables.c.reltuples).where(text("oid = to_regclass(:name)")), {"name": name})
    return -1.0 if found is None else float(found)


def refresh_statistics(session: Session, model: type[Model], rows: int) -> bool:
    """Count a table anew for the planner when it believes in less than half of `rows`; tell whether that was done.

    The database does so by itself within some minutes of a load; until then a statement over many rows may be planned as if there
    were one, and take minutes in place of a second. SQLite plans without it.
    """
    if session.get_bind().dialect.name == "sqlite" or known_rows(session, model) * STALE >= rows:
        return False
    session.execute(text(f"ANALYZE {model.__tablename__}"))
    return True
