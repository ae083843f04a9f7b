"""Migrations, run by Flask-Alembic from the folder migrations/."""

import logging

from flask_alembic import Alembic

from chain.core.orm import Model

alembic = Alembic(metadatas=Model.metadata)
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
