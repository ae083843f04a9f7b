"""Charges, loans, and what is passed on.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-23 05:07:00

"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the tables of dues."""


def downgrade() -> None:
    """Take them away again."""
