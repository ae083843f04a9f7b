"""Batches of payments to producers.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-23 05:10:00

"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the tables of payout."""


def downgrade() -> None:
    """Take them away again."""
