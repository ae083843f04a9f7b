"""Invoices, bank statements and card payments.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-23 05:09:00

"""

from collections.abc import Sequence

# revision identifiers, used by Alembic.
revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the tables of payin."""


def downgrade() -> None:
    """Take them away again."""
