"""Refunds get numbers of their own, in each house from 1.

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-23 15:25:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from chain.core.append_only import freeze_columns, unfreeze_columns

# revision identifiers, used by Alembic.
revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNIQUE = "uq_buyer_refund_organisation_id_number"
BEFORE = (
    "id",
    "organisation_id",
    "payment_id",
    "amount_minor",
    "currency",
    "is_mistake",
    "asked_at",
    "asked_by",
)
#: In the order in which they were asked for; the id decides between two of the same moment.
NUMBERED = """
UPDATE buyer_refund SET number = (
    SELECT count(*) FROM buyer_refund AS other
    WHERE other.organisation_id = buyer_refund.organisation_id
      AND (other.asked_at < buyer_refund.asked_at
           OR (other.asked_at = buyer_refund.asked_at AND other.id <= buyer_refund.id))
)
"""


def upgrade() -> None:
    """Add the number, and number what is there."""
    unfreeze_columns(op, ["buyer_refund"])
    with op.batch_alter_table("buyer_refund", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
    op.execute(NUMBERED)
    with op.batch_alter_table("buyer_refund", schema=None) as batch_op:
        batch_op.alter_column("number", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_unique_constraint(UNIQUE, ["organisation_id", "number"])
    freeze_columns(op, {"buyer_refund": (*BEFORE, "number")})


def downgrade() -> None:
    """Take the number away."""
    unfreeze_columns(op, ["buyer_refund"])
    with op.batch_alter_table("buyer_refund", schema=None) as batch_op:
        batch_op.drop_constraint(UNIQUE, type_="unique")
        batch_op.drop_column("number")
    freeze_columns(op, {"buyer_refund": BEFORE})
