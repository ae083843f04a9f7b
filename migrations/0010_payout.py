"""Batches of payments to producers.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-23 05:10:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


#: Tables of this migration whose rows never change.
APPEND_ONLY = ("payout_file", "cash_count", "payout_confirmation")
#: Columns that stay as they were inserted; the others may change.
FROZEN = {
    "payment_detail": (
        "id",
        "organisation_id",
        "producer_id",
        "rail",
        "provider",
        "account",
        "holder",
        "created_at",
        "created_by",
    ),
    "payout_limit": ("id", "organisation_id", "kind", "amount_minor", "currency", "valid_from", "source"),
    "payout_batch": (
        "id",
        "organisation_id",
        "number",
        "rail",
        "currency",
        "run_id",
        "collector_id",
        "total_minor",
        "payments",
        "pay_on",
    ),
    "payout": (
        "id",
        "batch_id",
        "position",
        "line_id",
        "producer_id",
        "amount_minor",
        "destination",
        "replaces_id",
    ),
    "bank_layout": ("id", "organisation_id", "name", "layout"),
}


def upgrade() -> None:
    """Add the tables of payout."""
    op.create_table(
        "bank_layout",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("layout", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bank_layout_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_layout")),
    )
    with op.batch_alter_table("bank_layout", schema=None) as batch_op:
        batch_op.create_index("ix_bank_layout_organisation_id", ["organisation_id"], unique=False)

    op.create_table(
        "payout_limit",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('cash_payment', 'wallet_operation', 'wallet_day')", name=op.f("ck_payout_limit_kind")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_limit_amount")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payout_limit_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_limit")),
        sa.UniqueConstraint(
            "organisation_id",
            "kind",
            "valid_from",
            name=op.f("uq_payout_limit_organisation_id_kind_valid_from"),
        ),
    )
    op.create_table(
        "payment_detail",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rail IN ('bank', 'wallet', 'qr')", name=op.f("ck_payment_detail_rail")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payment_detail_organisation_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_payment_detail_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_detail")),
    )
    with op.batch_alter_table("payment_detail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_detail_organisation_producer",
            ["organisation_id", "producer_id", "rail"],
            unique=False,
        )

    op.create_table(
        "payout_batch",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rail", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("collector_id", sa.Uuid(), nullable=True),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("prepared_at", UtcDateTime(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("discarded_at", UtcDateTime(), nullable=True),
        sa.Column("discarded_by", sa.Uuid(), nullable=True),
        sa.Column("discard_reason", sa.String(length=200), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "rail <> 'collector' OR collector_id IS NOT NULL", name=op.f("ck_payout_batch_collector")
        ),
        sa.CheckConstraint(
            "rail IN ('cash', 'collector', 'bank', 'wallet', 'qr')", name=op.f("ck_payout_batch_rail")
        ),
        sa.CheckConstraint(
            "state IN ('prepared', 'approved', 'sent', 'done', 'discarded')",
            name=op.f("ck_payout_batch_state"),
        ),
        sa.ForeignKeyConstraint(["collector_id"], ["app_user.id"], name=op.f("fk_payout_batch_collector_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payout_batch_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["settlement_run.id"], name=op.f("fk_payout_batch_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_payout_batch_organisation_id_number")),
    )
    with op.batch_alter_table("payout_batch", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payout_batch_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_payout_batch_run_id"), ["run_id"], unique=False)

    op.create_table(
        "cash_count",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("counted_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("purpose IN ('drawn', 'returned')", name=op.f("ck_cash_count_purpose")),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_cash_count_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_count")),
    )
    with op.batch_alter_table("cash_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cash_count_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "payout",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("returned_at", UtcDateTime(), nullable=True),
        sa.Column("returned_by", sa.Uuid(), nullable=True),
        sa.Column("return_reason", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'paid', 'returned', 'cancelled')", name=op.f("ck_payout_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_amount")),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_batch_id")),
        sa.ForeignKeyConstraint(["line_id"], ["settlement_line.id"], name=op.f("fk_payout_line_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_payout_producer_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["payout.id"], name=op.f("fk_payout_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_payout_batch_id_position")),
    )
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.create_index("ix_payout_line_id", ["line_id"], unique=False)
        batch_op.create_index("ix_payout_producer_id", ["producer_id"], unique=False)
        batch_op.create_index(
            "uq_payout_replaces_id",
            ["replaces_id"],
            unique=True,
            sqlite_where=sa.text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
            postgresql_where=sa.text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
        )

    op.create_table(
        "payout_file",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("own_account", sa.String(length=200), nullable=False),
        sa.Column("layout_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_file_batch_id")),
        sa.ForeignKeyConstraint(["layout_id"], ["bank_layout.id"], name=op.f("fk_payout_file_layout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_file")),
    )
    with op.batch_alter_table("payout_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payout_file_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "payout_confirmation",
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("witness_name", sa.String(length=200), nullable=True),
        sa.Column("witness_document", sa.String(length=40), nullable=True),
        sa.Column("received_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('signature', 'card', 'fingerprint', 'mark')", name=op.f("ck_payout_confirmation_kind")
        ),
        sa.CheckConstraint(
            "kind NOT IN ('fingerprint', 'mark') OR witness_name IS NOT NULL",
            name=op.f("ck_payout_confirmation_witness"),
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_confirmation_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_confirmation")),
        sa.UniqueConstraint("payout_id", name=op.f("uq_payout_confirmation_payout_id")),
    )
    add_triggers(op, APPEND_ONLY)
    freeze_columns(op, FROZEN)


def downgrade() -> None:
    """Take them away again."""
    unfreeze_columns(op, [*FROZEN])
    remove_triggers(op, APPEND_ONLY)
    op.drop_table("payout_confirmation")
    with op.batch_alter_table("payout_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_file_batch_id"))

    op.drop_table("payout_file")
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payout_replaces_id",
            sqlite_where=sa.text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
            postgresql_where=sa.text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
        )
        batch_op.drop_index("ix_payout_producer_id")
        batch_op.drop_index("ix_payout_line_id")

    op.drop_table("payout")
    with op.batch_alter_table("cash_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cash_count_batch_id"))

    op.drop_table("cash_count")
    with op.batch_alter_table("payout_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_batch_run_id"))
        batch_op.drop_index(batch_op.f("ix_payout_batch_organisation_id"))

    op.drop_table("payout_batch")
    with op.batch_alter_table("payment_detail", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_detail_organisation_producer")

    op.drop_table("payment_detail")
    op.drop_table("payout_limit")
    with op.batch_alter_table("bank_layout", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_layout_organisation_id")

    op.drop_table("bank_layout")
