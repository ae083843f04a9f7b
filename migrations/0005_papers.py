"""Numbered papers of every kind. Receipts become papers, both ways, with their prints and counters.

On the way down papers of other kinds are lost, and of the receipts of one settlement line the one that stands (or the latest)
stays: the tables before knew nothing else.

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-23 05:05:00

"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ("paper_print", "producer_tax_fact", "tax_paper_amount")
#: Columns that stay as they were inserted: whatever is printed. A void and the count of prints may be added.
FROZEN = {
    "paper": (
        "id", "kind", "organisation_id", "series", "number", "subject_type", "subject_id", "party_id", "currency", "amount_minor",
        "issued_on", "issued_at", "issued_by", "content", "content_hash", "check_code", "salt", "key_id", "signed_line", "signature",
    ),
    "paper_key": ("key_id", "public_key", "first_used_at"),
    "tax_setting": ("id", "organisation_id", "kind", "commodity", "value", "text", "valid_from", "source", "entered_at", "entered_by"),
}  # fmt: skip
#: The same of the tables before, as the first migration made them.
FROZEN_BEFORE = {
    "receipt": (
        "id", "organisation_id", "series", "number", "line_id", "producer_id", "issued_at", "issued_by", "currency",
        "net_minor", "content", "content_hash", "check_code",
    )
}  # fmt: skip

RECEIPT, LINE, FORMAT = "receipt", "settlement_line", "a5"
CHUNK = 500
BIG = sa.BigInteger()
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _columns(name: str, **types: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in types.items()))


_SHARED = {
    "id": sa.Uuid(), "organisation_id": sa.Uuid(), "series": sa.String(), "number": BIG, "issued_at": UtcDateTime(),
    "issued_by": sa.Uuid(), "currency": sa.String(), "content": JSON, "content_hash": sa.String(),
    "check_code": sa.String(), "printed": BIG,
}  # fmt: skip
_PRINT = {"id": sa.Uuid(), "copy": BIG, "printed_at": UtcDateTime(), "printed_by": sa.Uuid()}
OLD = _columns("receipt", line_id=sa.Uuid(), producer_id=sa.Uuid(), net_minor=BIG, **_SHARED)
OLD_PRINT = _columns("receipt_print", receipt_id=sa.Uuid(), **_PRINT)
OLD_COUNTER = _columns("receipt_counter", organisation_id=sa.Uuid(), series=sa.String(), last_number=BIG)
PAPER = _columns(
    "paper", kind=sa.String(), subject_type=sa.String(), subject_id=sa.Uuid(), party_id=sa.Uuid(), amount_minor=BIG,
    issued_on=sa.Date(), voided_at=UtcDateTime(), **_SHARED,
)  # fmt: skip
PRINT = _columns("paper_print", paper_id=sa.Uuid(), format=sa.String(), **_PRINT)
COUNTER = _columns(
    "paper_counter", organisation_id=sa.Uuid(), series=sa.String(), kind=sa.String(), last_number=BIG
)
ORGANISATION = _columns("organisation", id=sa.Uuid(), timezone=sa.String())
SETTLEMENT_LINE = _columns("settlement_line", id=sa.Uuid())


def upgrade() -> None:
    """Add the tables of papers and move the receipts into them."""
    _add_tables()
    _add_print_jobs()
    _add_tax_papers()
    _receipts_to_papers()
    op.drop_table("receipt_print")
    op.drop_table("receipt")
    op.drop_table("receipt_counter")
    add_triggers(op, APPEND_ONLY)
    freeze_columns(op, FROZEN)


def downgrade() -> None:
    """Make receipts of the papers again, and take the tables of papers away."""
    unfreeze_columns(op, FROZEN)
    remove_triggers(op, APPEND_ONLY)
    _add_tables_before()
    _papers_to_receipts()
    op.drop_table("tax_paper_amount")
    op.drop_table("producer_tax_fact")
    op.drop_table("tax_setting")
    op.drop_table("print_block")
    op.drop_table("print_job")
    op.drop_table("paper_key")
    op.drop_table("paper_print")
    op.drop_table("paper")
    op.drop_table("paper_counter")
    add_triggers(op, ("receipt_print",))
    freeze_columns(op, FROZEN_BEFORE)


def _chunks(statement: sa.Select[Any]) -> Iterator[list[dict[str, Any]]]:
    """Read rows piece by piece, by their ids: a cursor that stays open would mix with the writes."""
    bind, last = op.get_bind(), None
    key = statement.selected_columns["id"]
    while True:
        part = statement.where(key > last) if last is not None else statement
        rows = [dict(row) for row in bind.execute(part.order_by(key).limit(CHUNK)).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _receipts_to_papers() -> None:
    bind = op.get_bind()
    zones = {row.id: ZoneInfo(row.timezone) for row in bind.execute(sa.select(ORGANISATION))}
    bind.execute(
        sa.insert(COUNTER).from_select(
            ["organisation_id", "series", "kind", "last_number"],
            sa.select(
                OLD_COUNTER.c.organisation_id,
                OLD_COUNTER.c.series,
                sa.literal(RECEIPT),
                OLD_COUNTER.c.last_number,
            ),
        )
    )
    for rows in _chunks(sa.select(OLD)):
        for row in rows:
            said = row["content"].get("issued_on")
            day = (
                date.fromisoformat(said)
                if said
                else row["issued_at"].astimezone(zones[row["organisation_id"]]).date()
            )
            row |= {
                "kind": RECEIPT,
                "subject_type": LINE,
                "subject_id": row.pop("line_id"),
                "party_id": row.pop("producer_id"),
                "amount_minor": row.pop("net_minor"),
                "issued_on": day,
            }
        bind.execute(sa.insert(PAPER), rows)
    for rows in _chunks(sa.select(OLD_PRINT)):
        bind.execute(
            sa.insert(PRINT), [{**row, "paper_id": row.pop("receipt_id"), "format": FORMAT} for row in rows]
        )


def _papers_to_receipts() -> None:
    bind = op.get_bind()
    order = sa.func.row_number().over(
        partition_by=PAPER.c.subject_id,
        order_by=(sa.case((PAPER.c.voided_at.is_(None), 0), else_=1), PAPER.c.number.desc()),
    )
    ranked = (
        sa.select(PAPER, order.label("place"))
        .where(
            PAPER.c.kind == RECEIPT,
            PAPER.c.subject_type == LINE,
            PAPER.c.party_id.is_not(None),
            PAPER.c.subject_id.in_(sa.select(SETTLEMENT_LINE.c.id)),
        )
        .subquery()
    )
    bind.execute(
        sa.insert(OLD_COUNTER).from_select(
            ["organisation_id", "series", "last_number"],
            sa.select(COUNTER.c.organisation_id, COUNTER.c.series, COUNTER.c.last_number).where(
                COUNTER.c.kind == RECEIPT
            ),
        )
    )
    for rows in _chunks(sa.select(ranked).where(ranked.c.place == 1)):
        kept = [
            {key: row[key] for key in _SHARED}
            | {"line_id": row["subject_id"], "producer_id": row["party_id"], "net_minor": row["amount_minor"]}
            for row in rows
        ]
        bind.execute(sa.insert(OLD), kept)
    for rows in _chunks(sa.select(PRINT).where(PRINT.c.paper_id.in_(sa.select(OLD.c.id)))):
        bind.execute(
            sa.insert(OLD_PRINT),
            [{key: row[key] for key in _PRINT} | {"receipt_id": row["paper_id"]} for row in rows],
        )


def _add_tables() -> None:
    op.create_table(
        "paper_counter",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_paper_counter_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "series", name=op.f("pk_paper_counter")),
    )
    op.create_table(
        "paper_key",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("first_used_at", UtcDateTime(), nullable=False),
        sa.Column("followed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_paper_key")),
    )
    op.create_table(
        "paper",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("check_code", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=True),
        sa.Column("signed_line", sa.String(length=200), nullable=True),
        sa.Column("signature", sa.String(length=120), nullable=True),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=True),
        sa.Column("void_entry_id", sa.Uuid(), nullable=True),
        sa.Column("printed", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_paper_number")),
        sa.CheckConstraint("printed >= 0", name=op.f("ck_paper_printed")),
        sa.CheckConstraint(
            "(voided_at IS NULL AND void_reason IS NULL) OR (voided_at IS NOT NULL AND void_reason IS NOT NULL)",
            name=op.f("ck_paper_void"),
        ),
        sa.CheckConstraint("(key_id IS NULL) = (signature IS NULL)", name=op.f("ck_paper_signature")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_paper_organisation_id")
        ),
        sa.ForeignKeyConstraint(["void_entry_id"], ["journal_entry.id"], name=op.f("fk_paper_void_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("check_code", name=op.f("uq_paper_check_code")),
        sa.UniqueConstraint(
            "organisation_id", "series", "number", name=op.f("uq_paper_organisation_id_series_number")
        ),
    )
    op.create_index("ix_paper_party_id", "paper", ["party_id"])
    op.create_index("ix_paper_organisation_id_issued_on", "paper", ["organisation_id", "issued_on"])
    stands = sa.text("voided_at IS NULL")
    op.create_index(
        "uq_paper_subject_id_standing",
        "paper",
        ["subject_id", "subject_type", "kind"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_table(
        "paper_print",
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("copy", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("printed_at", UtcDateTime(), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_paper_print_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_print")),
        sa.UniqueConstraint("paper_id", "copy", name=op.f("uq_paper_print_paper_id_copy")),
    )


def _add_tables_before() -> None:
    op.create_table(
        "receipt_counter",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_receipt_counter_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "series", name=op.f("pk_receipt_counter")),
    )
    op.create_table(
        "receipt",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("check_code", sa.String(length=32), nullable=False),
        sa.Column("printed", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["settlement_line.id"], name=op.f("fk_receipt_line_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_receipt_organisation_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_receipt_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("check_code", name=op.f("uq_receipt_check_code")),
        sa.UniqueConstraint("line_id", name=op.f("uq_receipt_line_id")),
        sa.UniqueConstraint(
            "organisation_id", "series", "number", name=op.f("uq_receipt_organisation_id_series_number")
        ),
    )
    op.create_index("ix_receipt_producer_id", "receipt", ["producer_id"])
    op.create_table(
        "receipt_print",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("copy", sa.BigInteger(), nullable=False),
        sa.Column("printed_at", UtcDateTime(), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_print_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_print")),
        sa.UniqueConstraint("receipt_id", "copy", name=op.f("uq_receipt_print_receipt_id_copy")),
    )


def _add_print_jobs() -> None:
    op.create_table(
        "print_job",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("papers", sa.BigInteger(), nullable=False),
        sa.Column("first_serial", sa.String(length=30), nullable=False),
        sa.Column("last_serial", sa.String(length=30), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("papers > 0", name=op.f("ck_print_job_papers")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_print_job_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    op.create_index("ix_print_job_organisation_id_created_at", "print_job", ["organisation_id", "created_at"])
    op.create_table(
        "print_block",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("papers", JSON, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("taken_until", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (pdf IS NULL)", name=op.f("ck_print_block_done")),
        sa.ForeignKeyConstraint(["job_id"], ["print_job.id"], name=op.f("fk_print_block_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_block")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_print_block_job_id_position")),
    )
    waits = sa.text("done_at IS NULL")
    op.create_index(
        "ix_print_block_waiting", "print_block", ["id"], sqlite_where=waits, postgresql_where=waits
    )


def _add_tax_papers() -> None:
    op.create_table(
        "tax_setting",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("ck_tax_setting_value")),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_tax_setting_confirmed")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_tax_setting_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_setting")),
    )
    op.create_index(
        "ix_tax_setting_organisation_id_kind", "tax_setting", ["organisation_id", "kind", "valid_from"]
    )
    op.create_table(
        "producer_tax_fact",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("address", sa.String(length=250), nullable=True),
        sa.Column("ubigeo", sa.String(length=6), nullable=True),
        sa.Column("address_kind", sa.String(length=2), nullable=True),
        sa.Column("has_tax_number", sa.Boolean(), nullable=True),
        sa.Column("rau_number", sa.String(length=40), nullable=True),
        sa.Column("rau_valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(rau_number IS NULL) = (rau_valid_to IS NULL)", name=op.f("ck_producer_tax_fact_rau")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_producer_tax_fact_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_producer_tax_fact_producer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer_tax_fact")),
    )
    op.create_index(
        "ix_producer_tax_fact_producer_id",
        "producer_tax_fact",
        ["organisation_id", "producer_id", "valid_from"],
    )
    op.create_table(
        "tax_paper_amount",
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_tax_paper_amount_paper_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_tax_paper_amount_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_tax_paper_amount_producer_id")
        ),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_tax_paper_amount")),
    )
    op.create_index(
        "ix_tax_paper_amount_producer_id",
        "tax_paper_amount",
        ["organisation_id", "producer_id", "issued_on"],
    )
