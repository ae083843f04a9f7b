"""Invoices, payments and what became of them, bank statements and card payments.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-23 05:09:00

"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger()
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: Tables of this migration, in the order in which they can be dropped.
TABLES = (
    "card_dispute", "card_movement", "card_event", "card_checkout", "statement_line", "bank_statement", "buyer_refund",
    "payment_use", "credit_note_line", "credit_note", "invoice_line", "invoice",
)  # fmt: skip
#: Those whose rows never change.
APPEND_ONLY = (
    "invoice_line",
    "credit_note",
    "credit_note_line",
    "payment_use",
    "card_event",
    "card_movement",
)
#: Columns that stay as they were inserted; the others may change.
FROZEN = {
    "invoice": (
        "id", "organisation_id", "buyer_id", "sale_id", "paper_id", "serial", "currency", "amount_minor", "book_currency",
        "book_minor", "rate_millionths", "issued_on", "due_on", "issued_at", "issued_by", "content_hash", "bank_account_id",
    ),
    "statement_line": (
        "id", "organisation_id", "statement_id", "bank_account_id", "position", "reference", "booked_on", "amount_minor",
        "text", "counterparty",
    ),
    "bank_statement": (
        "id", "organisation_id", "bank_account_id", "file_hash", "opening_minor", "closing_minor", "lines", "duplicates",
    ),
    "buyer_refund": (
        "id", "organisation_id", "payment_id", "amount_minor", "currency", "is_mistake", "asked_at", "asked_by",
    ),
    "card_checkout": (
        "id", "organisation_id", "invoice_id", "buyer_id", "amount_minor", "currency", "asked_at", "asked_by", "expires_at",
    ),
}  # fmt: skip

PAYMENT = sa.table(
    "buyer_payment",
    *(sa.column(name, sa.Uuid()) for name in ("id", "organisation_id", "sale_id", "entry_id")),
    sa.column("amount_minor", BIG),
    sa.column("recorded_at", UtcDateTime()),
)
USE = sa.table(
    "payment_use",
    *(sa.column(name, sa.Uuid()) for name in ("id", "organisation_id", "payment_id", "sale_id", "entry_id")),
    sa.column("kind", sa.String()),
    *(sa.column(name, BIG) for name in ("amount_minor", "received_minor", "settled_minor")),
    sa.column("made_at", UtcDateTime()),
)


def upgrade() -> None:
    """Add the tables of payin; each payment kept so far becomes one by cash that settled its sale."""
    _create_tables()
    remove_triggers(op, ["buyer_payment"])
    _widen_payments()
    _give_payments_a_use()
    add_triggers(op, ["buyer_payment", *APPEND_ONLY])
    freeze_columns(op, FROZEN)


def downgrade() -> None:
    """Take them away again; payments for no sale cannot be kept by the tables before and go with them."""
    unfreeze_columns(op, list(FROZEN))
    remove_triggers(op, ["buyer_payment", *APPEND_ONLY])
    for table in TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM buyer_payment WHERE sale_id IS NULL")
    with op.batch_alter_table("buyer_payment") as batch_op:
        batch_op.drop_constraint("book", type_="check")
        batch_op.drop_constraint("means", type_="check")
        batch_op.drop_constraint("fk_buyer_payment_bank_account_id", type_="foreignkey")
        for name in ("bank_account_id", "reference", "means", "recorded_by", "book_minor"):
            batch_op.drop_column(name)
        batch_op.alter_column("sale_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("bank_account")
    add_triggers(op, ["buyer_payment"])


def _widen_payments() -> None:
    with op.batch_alter_table("buyer_payment") as batch_op:
        batch_op.add_column(sa.Column("book_minor", BIG, nullable=True))
        batch_op.add_column(sa.Column("recorded_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("means", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("reference", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("bank_account_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("sale_id", existing_type=sa.Uuid(), nullable=True)
    op.execute("UPDATE buyer_payment SET book_minor = amount_minor, means = 'cash'")
    with op.batch_alter_table("buyer_payment") as batch_op:
        batch_op.alter_column("book_minor", existing_type=BIG, nullable=False)
        batch_op.alter_column("means", existing_type=sa.String(length=40), nullable=False)
        batch_op.create_check_constraint("book", "book_minor > 0")
        batch_op.create_check_constraint("means", "means IN ('cash', 'bank', 'card')")
        batch_op.create_foreign_key(
            "fk_buyer_payment_bank_account_id", "bank_account", ["bank_account_id"], ["id"]
        )


def _give_payments_a_use() -> None:
    """Payments were never more than what was owed, so each settled its sale wholly."""
    bind = op.get_bind()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "organisation_id": row.organisation_id,
            "payment_id": row.id,
            "kind": "sale",
            "sale_id": row.sale_id,
            "amount_minor": row.amount_minor,
            "received_minor": row.amount_minor,
            "settled_minor": row.amount_minor,
            "entry_id": row.entry_id,
            "made_at": row.recorded_at,
        }
        for row in bind.execute(sa.select(PAYMENT))
    ]
    if rows:
        bind.execute(sa.insert(USE), rows)


def _create_tables() -> None:
    _create_invoices()
    _create_uses()
    _create_statements()
    _create_card_tables()


def _create_invoices() -> None:
    op.create_table(
        "bank_account",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("bank", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("interbank", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("mapping", JSON, nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bank_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_bank_account_organisation_id_number")),
    )
    op.create_table(
        "invoice",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("book_currency", sa.String(length=3), nullable=False),
        sa.Column("book_minor", BIG, nullable=False),
        sa.Column("rate_millionths", BIG, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=True),
        sa.Column("paid_minor", BIG, nullable=False),
        sa.Column("paid_book_minor", BIG, nullable=False),
        sa.Column("credited_minor", BIG, nullable=False),
        sa.Column("credited_book_minor", BIG, nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_invoice_amount")),
        sa.CheckConstraint(
            "credited_minor >= 0 AND credited_minor <= amount_minor", name=op.f("ck_invoice_credited")
        ),
        sa.CheckConstraint("paid_minor >= 0", name=op.f("ck_invoice_paid")),
        sa.CheckConstraint(
            "voided_at IS NULL OR (paid_minor = 0 AND credited_minor = 0)", name=op.f("ck_invoice_void")
        ),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_account.id"], name=op.f("fk_invoice_bank_account_id")
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_invoice_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invoice_organisation_id")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_invoice_paper_id")),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_invoice_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("organisation_id", "serial", name=op.f("uq_invoice_organisation_id_serial")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_invoice_organisation_id_issued_on", ["organisation_id", "issued_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invoice_sale_id"), ["sale_id"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_invoice_line_lot_id")),
        sa.PrimaryKeyConstraint("invoice_id", "lot_id", name=op.f("pk_invoice_line")),
    )
    with op.batch_alter_table("invoice_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_line_lot_id"), ["lot_id"], unique=False)
    op.create_table(
        "credit_note",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("book_minor", BIG, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credit_note_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_credit_note_entry_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_credit_note_invoice_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_credit_note_organisation_id")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_credit_note_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("organisation_id", "serial", name=op.f("uq_credit_note_organisation_id_serial")),
    )
    with op.batch_alter_table("credit_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_note_invoice_id"), ["invoice_id"], unique=False)
    op.create_table(
        "credit_note_line",
        sa.Column("credit_note_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["credit_note.id"], name=op.f("fk_credit_note_line_credit_note_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_credit_note_line_lot_id")),
        sa.PrimaryKeyConstraint("credit_note_id", "lot_id", name=op.f("pk_credit_note_line")),
    )


def _create_uses() -> None:
    op.create_table(
        "payment_use",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("received_minor", BIG, nullable=False),
        sa.Column("settled_minor", BIG, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'sale', 'refund', 'dispute')", name=op.f("ck_payment_use_kind")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_payment_use_entry_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_use_invoice_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_payment_use_organisation_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["buyer_payment.id"], name=op.f("fk_payment_use_payment_id")),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_payment_use_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_use")),
    )
    with op.batch_alter_table("payment_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_use_invoice_id"), ["invoice_id"], unique=False)
        batch_op.create_index("ix_payment_use_payment_id", ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_use_sale_id"), ["sale_id"], unique=False)
    op.create_table(
        "buyer_refund",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("is_mistake", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.String(length=255), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'done', 'failed', 'declined')", name=op.f("ck_buyer_refund_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_buyer_refund_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_buyer_refund_entry_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_buyer_refund_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["buyer_payment.id"], name=op.f("fk_buyer_refund_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_refund")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_buyer_refund_provider_id")),
    )
    with op.batch_alter_table("buyer_refund", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_buyer_refund_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_buyer_refund_payment_id"), ["payment_id"], unique=False)


def _create_statements() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("opening_minor", BIG, nullable=True),
        sa.Column("closing_minor", BIG, nullable=True),
        sa.Column("lines", BIG, nullable=False),
        sa.Column("duplicates", JSON, nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'camt.053')", name=op.f("ck_bank_statement_format")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_account.id"], name=op.f("fk_bank_statement_bank_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bank_statement_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint(
            "organisation_id", "file_hash", name=op.f("uq_bank_statement_organisation_id_file_hash")
        ),
    )
    with op.batch_alter_table("bank_statement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bank_statement_bank_account_id"), ["bank_account_id"], unique=False
        )
    op.create_table(
        "statement_line",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("counterparty", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'matched', 'set_aside')", name=op.f("ck_statement_line_state")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_account.id"], name=op.f("fk_statement_line_bank_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_statement_line_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["buyer_payment.id"], name=op.f("fk_statement_line_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk_statement_line_statement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint(
            "bank_account_id", "reference", name=op.f("uq_statement_line_bank_account_id_reference")
        ),
    )
    with op.batch_alter_table("statement_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_statement_line_organisation_id_state", ["organisation_id", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_statement_line_statement_id"), ["statement_id"], unique=False)


def _create_card_tables() -> None:
    op.create_table(
        "card_checkout",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=True),
        sa.Column("intent_id", sa.String(length=255), nullable=True),
        sa.Column("charge_id", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'open', 'processing', 'paid', 'failed', 'expired')",
            name=op.f("ck_card_checkout_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_card_checkout_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_card_checkout_buyer_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_card_checkout_invoice_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_card_checkout_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["buyer_payment.id"], name=op.f("fk_card_checkout_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_checkout")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_card_checkout_intent_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_card_checkout_payment_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_card_checkout_provider_id")),
    )
    with op.batch_alter_table("card_checkout", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_checkout_invoice_id"), ["invoice_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_card_checkout_organisation_id"), ["organisation_id"], unique=False
        )
    op.create_table(
        "card_event",
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_card_event")),
    )
    op.create_table(
        "card_movement",
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("fee_minor", BIG, nullable=False),
        sa.Column("net_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("fee_entry_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_card_movement_entry_id")),
        sa.ForeignKeyConstraint(
            ["fee_entry_id"], ["journal_entry.id"], name=op.f("fk_card_movement_fee_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_card_movement_organisation_id")
        ),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_card_movement")),
    )
    with op.batch_alter_table("card_movement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_movement_organisation_id"), ["organisation_id"], unique=False
        )
    op.create_table(
        "card_dispute",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("opened_entry_id", sa.Uuid(), nullable=True),
        sa.Column("closed_entry_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'won', 'lost')", name=op.f("ck_card_dispute_state")),
        sa.ForeignKeyConstraint(
            ["closed_entry_id"], ["journal_entry.id"], name=op.f("fk_card_dispute_closed_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["opened_entry_id"], ["journal_entry.id"], name=op.f("fk_card_dispute_opened_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_card_dispute_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["buyer_payment.id"], name=op.f("fk_card_dispute_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_dispute")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_card_dispute_provider_id")),
    )
    with op.batch_alter_table("card_dispute", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_dispute_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_card_dispute_payment_id"), ["payment_id"], unique=False)
