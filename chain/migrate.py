"""Migrations, run by Flask-Alembic from the folder migrations/."""

import logging
from typing import Any

from flask_alembic import Alembic

from chain.core.orm import Model


class ForeignKeysBroken(RuntimeError):
    """A migration left rows that point nowhere; it was rolled back."""


class SafeAlembic(Alembic):
    """Runs migrations; on SQLite with foreign keys off, because changing a column there drops and renames its table.

    SQLite heeds that pragma only outside a transaction. What the rows point to is checked before the commit instead.
    """

    def run_migrations(self, fn: Any, **kwargs: Any) -> None:
        """Run migrations in one transaction.

        Raises:
            ForeignKeysBroken: they left rows that point nowhere.
        """
        connection = self.migration_context.connection
        assert connection is not None  # noqa: S101 - migrations here always run on a database
        if connection.dialect.name != "sqlite":
            super().run_migrations(fn, **kwargs)
            return
        raw: Any = connection.connection.dbapi_connection

        def checked(revision: Any, context: Any) -> Any:
            yield from fn(revision, context)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                message = f"{broken[0]} points to a row of {broken[2]} that is not there"
                raise ForeignKeysBroken(message)

        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            super().run_migrations(checked, **kwargs)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


alembic = SafeAlembic(metadatas=Model.metadata)
for _name in ("alembic", "sqlalchemy"):
    # The extension hangs handlers of its own on these, which tell every step twice, and not as a structured log.
    _logger = logging.getLogger(_name)
    _logger.handlers.clear()
    _logger.setLevel(logging.WARNING)


def upgrade() -> None:
    """Bring the database to the newest schema."""
    alembic.upgrade()


def is_current() -> bool:
    """Tell whether the database has the newest schema."""
    return not alembic.needs_upgrade()
