"""Chart of accounts, periods and opening balances.

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23 05:04:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ("ledger_day",)
#: Columns that stay as they were inserted; the others may change.
FROZEN = {"ledger_period": ("id", "organisation_id", "first_day", "last_sequence", "closed_at", "closed_by")}


def upgrade() -> None:
    """Add the tables of ledger."""
    op.create_table(
        "chart_account",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asset', 'liability', 'equity', 'income', 'expense')",
            name=op.f("ck_chart_account_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_chart_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chart_account")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_chart_account_organisation_id_code")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_chart_account_organisation_id_number")
        ),
    )
    op.create_table(
        "ledger_day",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_ledger_day_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "day", name=op.f("pk_ledger_day")),
    )
    op.create_table(
        "ledger_period",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reopened_at", UtcDateTime(), nullable=True),
        sa.Column("reopened_by", sa.Uuid(), nullable=True),
        sa.Column("reopen_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopen_reason IS NULL)", name=op.f("ck_ledger_period_reopened")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_ledger_period_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_period")),
    )
    op.create_index(
        "uq_ledger_period_closed",
        "ledger_period",
        ["organisation_id", "first_day"],
        unique=True,
        sqlite_where=sa.text("reopened_at IS NULL"),
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_index(
        "ix_journal_entry_organisation_id_occurred_on", "journal_entry", ["organisation_id", "occurred_on"]
    )
    op.add_column("ledger_head", sa.Column("last_day", sa.Date(), nullable=True))
    add_triggers(op, APPEND_ONLY)
    freeze_columns(op, FROZEN)


def downgrade() -> None:
    """Take them away again."""
    unfreeze_columns(op, FROZEN)
    remove_triggers(op, APPEND_ONLY)
    op.drop_column("ledger_head", "last_day")
    op.drop_index("ix_journal_entry_organisation_id_occurred_on", "journal_entry")
    op.drop_table("ledger_period")
    op.drop_table("ledger_day")
    op.drop_table("chart_account")
