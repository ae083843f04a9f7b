"""Triggers that refuse to change or delete rows, or to change some of their columns, on both databases; migrations call it.

SQLite needs `PRAGMA recursive_triggers=ON` too, or INSERT OR REPLACE would delete without firing (chain.core.db sets it).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Operations(Protocol):
    """What is used of Alembic's `op`."""

    def execute(self, sqltext: str) -> object: ...
    def get_bind(self) -> object: ...


FUNCTION = "refuse_change"


def create_triggers(op: Operations, tables: Iterable[str]) -> None:
    """Make tables append-only, with the function that every trigger uses on PostgreSQL; the first migration calls it."""
    if _dialect(op) != "sqlite":
        op.execute(
            f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )
    add_triggers(op, tables)


def add_triggers(op: Operations, tables: Iterable[str]) -> None:
    """Make further tables append-only."""
    is_sqlite = _dialect(op) == "sqlite"
    for table in tables:
        if is_sqlite:
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
        )


def drop_triggers(op: Operations, tables: Iterable[str]) -> None:
    """Take away what `create_triggers` made, before the tables go."""
    remove_triggers(op, tables)
    if _dialect(op) != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")


def remove_triggers(op: Operations, tables: Iterable[str]) -> None:
    """Take away what `add_triggers` made."""
    is_sqlite = _dialect(op) == "sqlite"
    for table in tables:
        if is_sqlite:
            for action in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{action}")
            continue
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")


def freeze_columns(op: Operations, frozen: Mapping[str, Sequence[str]]) -> None:
    """Keep columns of tables as they were inserted, and the rows from being deleted; the other columns may change.

    Call it after `create_triggers`, whose function it uses on PostgreSQL.
    """
    for table, columns in frozen.items():
        listed = ", ".join(columns)
        if _dialect(op) == "sqlite":
            for name, action in (("frozen", f"UPDATE OF {listed}"), ("no_delete", "DELETE")):
                op.execute(
                    f"CREATE TRIGGER {table}_{name} BEFORE {action} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OF {listed} OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
        )


def unfreeze_columns(op: Operations, tables: Iterable[str]) -> None:
    """Take the triggers of `freeze_columns` away, before those of `create_triggers` go."""
    is_sqlite = _dialect(op) == "sqlite"
    for table in tables:
        for name in ("frozen", "no_delete" if is_sqlite else "no_truncate"):
            op.execute(f"DROP TRIGGER {table}_{name}" + ("" if is_sqlite else f" ON {table}"))


def _dialect(op: Operations) -> str:
    bind = op.get_bind()
    return str(bind.dialect.name)  # type: ignore[attr-defined]  # an SQLAlchemy connection
