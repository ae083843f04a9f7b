"""Migrations, run by Flask-Alembic from the folder migrations/."""

from flask_alembic import Alembic

from chain.core.orm import Model

alembic = Alembic(metadatas=Model.metadata)


def upgrade() -> None:
    """Bring the database to the newest schema."""
    alembic.upgrade()


def is_current() -> bool:
    """Tell whether the database has the newest schema."""
    return not alembic.needs_upgrade()
