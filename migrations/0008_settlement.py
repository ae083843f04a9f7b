"""Runs that are accounted and reversed, with blocks.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-23 05:08:00

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
revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger()
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: Tables of this migration whose rows never change.
APPEND_ONLY = ("run_reversal", "settlement_block")
RUN_BEFORE = (
    "id", "organisation_id", "number", "kind", "commodity", "sale_id", "period_from", "period_to", "currency",
    "quantity", "unit", "gross_minor", "deductions_minor", "net_minor", "prepared_at", "prepared_by", "content_hash",
    "own_quantity", "own_minor",
)  # fmt: skip
#: Columns that stay as they were inserted; the others may change.
FROZEN = {
    "settlement_run": (
        *RUN_BEFORE, "method", "goods_minor", "additions_minor", "rest_basis_points", "rest_decided_by", "facts",
    ),
    "settlement_line": (
        "id", "run_id", "producer_id", "zone_id", "quantity", "lots", "goods_minor", "gross_minor", "deductions_minor",
        "additions_minor", "net_minor",
    ),
    "gate_rule": (
        "id", "organisation_id", "limit_minor", "currency", "decided_by", "valid_from", "created_at", "created_by",
    ),
}  # fmt: skip

RUN_KIND_BEFORE = "kind IN ('sale', 'period')"
RUN_KIND_NOW = "kind IN ('sale', 'period', 'gate')"
BASIS_BEFORE = "(kind = 'sale' AND sale_id IS NOT NULL) OR (kind = 'period' AND period_from IS NOT NULL AND period_to IS NOT NULL)"
BASIS_NOW = "(kind = 'sale' AND sale_id IS NOT NULL) OR (kind <> 'sale' AND period_from IS NOT NULL AND period_to IS NOT NULL)"
STATES = "state IN ('prepared', 'approved', 'accounted', 'paid', 'discarded')"
NET_BEFORE = "net_minor = gross_minor - deductions_minor"
NET_NOW = "net_minor = gross_minor - deductions_minor + additions_minor"
ITEMS_BEFORE = "kind IN ('delivery', 'fee', 'advance')"
ITEMS_NOW = (
    "kind IN ('delivery', 'premium', 'penalty', 'missing', 'weighing', 'reserve', 'withholding', 'fee', 'group', "
    "'movement', 'paid_before', 'other_income')"
)
#: New columns of old tables that may be null or are filled below.
RUN_COLUMNS = (
    ("method", sa.String(length=40)),
    ("goods_minor", BIG),
    ("additions_minor", BIG),
    ("rest_basis_points", BIG),
    ("rest_decided_by", sa.String(length=200)),
    ("facts", JSON),
    ("round", BIG),
    ("alone_by", sa.String(length=200)),
    ("accounted_at", UtcDateTime()),
    ("accounted_by", sa.Uuid()),
)
RUN_NEEDED = ("method", "goods_minor", "additions_minor", "facts", "round")
LINE_COLUMNS = (
    ("zone_id", sa.Uuid()),
    ("goods_minor", BIG),
    ("additions_minor", BIG),
    ("paid_minor", BIG),
)
LINE_NEEDED = ("goods_minor", "additions_minor", "paid_minor")
ITEM_COLUMNS = (
    ("due_kind", sa.String(length=40)),
    ("block", sa.String(length=40)),
    ("zone_id", sa.Uuid()),
    ("dropped_minor", BIG),
    ("carried_minor", BIG),
    ("account", sa.String(length=40)),
    ("rule_id", sa.Uuid()),
    ("decided_by", sa.String(length=200)),
    ("movement_id", sa.Uuid()),
    ("earlier_line_id", sa.Uuid()),
    ("explanation", JSON),
)
ITEM_NEEDED = ("dropped_minor", "carried_minor")
TYPES: dict[str, Any] = {**dict(RUN_COLUMNS), **dict(LINE_COLUMNS), **dict(ITEM_COLUMNS)}


def _columns(name: str, **types: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in types.items()))


RUN = _columns(
    "settlement_run", id=sa.Uuid(), gross_minor=BIG, deductions_minor=BIG, net_minor=BIG, facts=JSON
)
LINE = _columns("settlement_line", id=sa.Uuid(), run_id=sa.Uuid(), quantity=BIG)
ITEM = _columns("settlement_item", line_id=sa.Uuid(), kind=sa.String(), amount_minor=BIG)
BLOCK = _columns(
    "settlement_block", id=sa.Uuid(), run_id=sa.Uuid(), position=BIG, producers=BIG, quantity=BIG, goods_minor=BIG,
    gross_minor=BIG, deductions_minor=BIG, additions_minor=BIG, net_minor=BIG, kinds=JSON, explanation=JSON,
)  # fmt: skip


def _add(table: str, columns: Sequence[tuple[str, Any]]) -> None:
    with op.batch_alter_table(table) as batch_op:
        for name, kind in columns:
            batch_op.add_column(sa.Column(name, kind, nullable=True))


def _rename_entry(before: str, after: str) -> None:
    """Rename a reference to the books; step by step, because SQLite forgets a foreign key that is renamed with its column."""
    with op.batch_alter_table("settlement_run") as batch_op:
        batch_op.drop_constraint(f"fk_settlement_run_{before}", type_="foreignkey")
    with op.batch_alter_table("settlement_run") as batch_op:
        batch_op.alter_column(before, existing_type=sa.Uuid(), new_column_name=after)
    with op.batch_alter_table("settlement_run") as batch_op:
        batch_op.create_foreign_key(f"fk_settlement_run_{after}", "journal_entry", [after], ["id"])


def _alter_runs() -> None:
    _add("settlement_run", RUN_COLUMNS)
    op.execute(
        "UPDATE settlement_run SET goods_minor = gross_minor, additions_minor = 0, round = 1, "
        "method = CASE kind WHEN 'sale' THEN 'proceeds' ELSE 'prices' END"
    )
    op.get_bind().execute(sa.update(RUN).values(facts={}))
    op.execute(
        "UPDATE settlement_run SET accounted_at = approved_at, accounted_by = approved_by WHERE state IN ('approved', 'paid')"
    )
    op.execute("UPDATE settlement_run SET state = 'accounted' WHERE state = 'approved'")
    with op.batch_alter_table("settlement_run") as batch_op:
        for name in RUN_NEEDED:
            batch_op.alter_column(name, existing_type=TYPES[name], nullable=False)
        for name, text in (("kind", RUN_KIND_NOW), ("basis", BASIS_NOW), ("net", NET_NOW)):
            batch_op.drop_constraint(name, type_="check")
            batch_op.create_check_constraint(name, text)
        batch_op.create_check_constraint("state", STATES)
    _rename_entry("approval_entry_id", "account_entry_id")


def _alter_lines() -> None:
    _add("settlement_line", LINE_COLUMNS)
    op.execute("UPDATE settlement_line SET goods_minor = gross_minor, additions_minor = 0, paid_minor = 0")
    op.execute(
        "UPDATE settlement_line SET paid_minor = net_minor WHERE run_id IN (SELECT id FROM settlement_run WHERE state = 'paid')"
    )
    with op.batch_alter_table("settlement_line") as batch_op:
        for name in LINE_NEEDED:
            batch_op.alter_column(name, existing_type=BIG, nullable=False)
        batch_op.drop_constraint("net", type_="check")
        batch_op.create_check_constraint("net", NET_NOW)
        batch_op.create_check_constraint("paid", "paid_minor >= 0 AND paid_minor <= net_minor")


def _alter_items() -> None:
    _add("settlement_item", ITEM_COLUMNS)
    with op.batch_alter_table("settlement_item") as batch_op:
        batch_op.drop_constraint("kind", type_="check")
    op.execute(
        "UPDATE settlement_item SET dropped_minor = 0, carried_minor = 0, rule_id = deduction_rule_id, movement_id = advance_id"
    )
    op.execute(
        "UPDATE settlement_item SET due_kind = 'fee', account = 'fee_income', decided_by = "
        "(SELECT decided_by FROM deduction_rule WHERE deduction_rule.id = settlement_item.deduction_rule_id) WHERE kind = 'fee'"
    )
    op.execute(
        "UPDATE settlement_item SET kind = 'movement', due_kind = 'advance', account = 'advances_to_producers' "
        "WHERE kind = 'advance'"
    )
    keys = {str(key["name"]) for key in sa.inspect(op.get_bind()).get_foreign_keys("settlement_item")}
    with op.batch_alter_table("settlement_item") as batch_op:
        for name in ITEM_NEEDED:
            batch_op.alter_column(name, existing_type=BIG, nullable=False)
        for name in sorted(keys & {"fk_settlement_item_advance_id", "fk_settlement_item_deduction_rule_id"}):
            batch_op.drop_constraint(name, type_="foreignkey")
        batch_op.drop_column("advance_id")
        batch_op.drop_column("deduction_rule_id")
        batch_op.create_check_constraint("kind", ITEMS_NOW)
        batch_op.create_foreign_key(
            "fk_settlement_item_earlier_line_id", "settlement_line", ["earlier_line_id"], ["id"]
        )
        batch_op.create_index(
            "ix_settlement_item_movement_id",
            ["movement_id"],
            unique=False,
            postgresql_where=sa.text("movement_id IS NOT NULL"),
            sqlite_where=sa.text("movement_id IS NOT NULL"),
        )


def _create_tables() -> None:
    op.create_table(
        "run_reversal",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("round", BIG, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("reversal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("reversed_at", UtcDateTime(), nullable=False),
        sa.Column("reversed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name="fk_run_reversal_entry_id"),
        sa.ForeignKeyConstraint(
            ["reversal_entry_id"], ["journal_entry.id"], name="fk_run_reversal_reversal_entry_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["settlement_run.id"], name="fk_run_reversal_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_run_reversal"),
        sa.UniqueConstraint("run_id", "round", name="uq_run_reversal_run_id_round"),
    )
    op.create_table(
        "settlement_block",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("zone_name", sa.String(length=200), nullable=True),
        sa.Column("block", sa.String(length=40), nullable=True),
        sa.Column("producers", BIG, nullable=False),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("goods_minor", BIG, nullable=False),
        sa.Column("gross_minor", BIG, nullable=False),
        sa.Column("deductions_minor", BIG, nullable=False),
        sa.Column("additions_minor", BIG, nullable=False),
        sa.Column("net_minor", BIG, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("explanation", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(NET_NOW, name=op.f("ck_settlement_block_net")),
        sa.ForeignKeyConstraint(["run_id"], ["settlement_run.id"], name="fk_settlement_block_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_settlement_block"),
        sa.UniqueConstraint("run_id", "position", name="uq_settlement_block_run_id_position"),
    )
    op.create_table(
        "gate_rule",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("limit_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("limit_minor > 0", name=op.f("ck_gate_rule_limit")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_gate_rule_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_gate_rule_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gate_rule"),
    )
    op.create_index("ix_gate_rule_organisation_id", "gate_rule", ["organisation_id"], unique=False)


def _give_old_runs_a_block() -> None:
    """Give every run that stands or stood before one block with its sums."""
    bind = op.get_bind()
    kinds: dict[Any, dict[str, int]] = {}
    for run_id, kind, amount in bind.execute(
        sa.select(LINE.c.run_id, ITEM.c.kind, sa.func.sum(ITEM.c.amount_minor))
        .join(LINE, LINE.c.id == ITEM.c.line_id)
        .group_by(LINE.c.run_id, ITEM.c.kind)
    ):
        kinds.setdefault(run_id, {})[kind] = int(amount)
    rows = bind.execute(
        sa.select(
            RUN.c.id,
            RUN.c.gross_minor,
            RUN.c.deductions_minor,
            RUN.c.net_minor,
            sa.func.count(LINE.c.id).label("producers"),
            sa.func.coalesce(sa.func.sum(LINE.c.quantity), 0).label("quantity"),
        )
        .outerjoin(LINE, LINE.c.run_id == RUN.c.id)
        .group_by(RUN.c.id, RUN.c.gross_minor, RUN.c.deductions_minor, RUN.c.net_minor)
    ).all()
    blocks = [
        {
            "id": new_id(),
            "run_id": row.id,
            "position": 1,
            "producers": row.producers,
            "quantity": int(row.quantity),
            "goods_minor": row.gross_minor,
            "gross_minor": row.gross_minor,
            "deductions_minor": row.deductions_minor,
            "additions_minor": 0,
            "net_minor": row.net_minor,
            "kinds": kinds.get(row.id, {}),
            "explanation": {},
        }
        for row in rows
        if row.producers
    ]
    if blocks:
        bind.execute(sa.insert(BLOCK), blocks)


#: One run that stands for an organisation's milk of a fortnight (S3).
FORTNIGHT_INDEX = "uq_settlement_run_fortnight_standing"
FORTNIGHT_STANDS = "method = 'milk-fortnight' AND state <> 'discarded'"
#: Tables of the dairy (chain/settlement/fortnight), in the order in which they are made.
DAIRY = (
    "milk_zone",
    "milk_zone_route",
    "scale_reading",
    "milk_quota",
    "tax_licence",
    "milk_reserve",
    "other_income",
    "bank_fee",
    "fortnight_setting",
    "milk_holiday",
)


def _add_one_offs(table: str, *more: sa.Column[Any] | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        *more,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f(f"ck_{table}_amount")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=f"fk_{table}_organisation_id"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=f"fk_{table}_producer_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(
        f"ix_{table}_organisation_id_dated_on",
        table,
        ["organisation_id", "dated_on"],
        unique=False,
    )


def _add_fortnight() -> None:
    """Add the tables of the dairy's fortnight."""
    op.create_table(
        "milk_zone",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_milk_zone_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_milk_zone"),
        sa.UniqueConstraint("organisation_id", "code", name="uq_milk_zone_organisation_id_code"),
    )
    op.create_index(
        "uq_milk_zone_organisation_id_default",
        "milk_zone",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "milk_zone_route",
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["collection_route.id"], name="fk_milk_zone_route_route_id"),
        sa.ForeignKeyConstraint(["zone_id"], ["milk_zone.id"], name="fk_milk_zone_route_zone_id"),
        sa.PrimaryKeyConstraint("route_id", name="pk_milk_zone_route"),
    )
    op.create_index("ix_milk_zone_route_zone_id", "milk_zone_route", ["zone_id"], unique=False)
    op.create_table(
        "scale_reading",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quantity_ml", BIG, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity_ml >= 0", name=op.f("ck_scale_reading_quantity")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_scale_reading_organisation_id"
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["milk_zone.id"], name="fk_scale_reading_zone_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scale_reading"),
        sa.UniqueConstraint("zone_id", "day", name="uq_scale_reading_zone_id_day"),
    )
    op.create_index(
        "ix_scale_reading_organisation_id_day", "scale_reading", ["organisation_id", "day"], unique=False
    )
    op.create_table(
        "milk_quota",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("per_day_ml", BIG, nullable=False),
        sa.Column("weekday_minor", BIG, nullable=False),
        sa.Column("sunday_minor", BIG, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("per_day_ml >= 0", name=op.f("ck_milk_quota_per_day")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_milk_quota_dates")),
        sa.CheckConstraint("weekday_minor >= 0 AND sunday_minor >= 0", name=op.f("ck_milk_quota_overrides")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_milk_quota_organisation_id"
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_milk_quota_producer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_milk_quota"),
    )
    op.create_index(
        "ix_milk_quota_organisation_id_producer_id",
        "milk_quota",
        ["organisation_id", "producer_id"],
        unique=False,
    )
    op.create_table(
        "tax_licence",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_tax_licence_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_tax_licence_organisation_id"
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_tax_licence_producer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tax_licence"),
    )
    op.create_index(
        "ix_tax_licence_organisation_id_producer_id",
        "tax_licence",
        ["organisation_id", "producer_id"],
        unique=False,
    )
    op.create_table(
        "milk_reserve",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("fraction_ppm", BIG, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("fraction_ppm BETWEEN 1 AND 500000", name=op.f("ck_milk_reserve_fraction")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_milk_reserve_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_milk_reserve_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_milk_reserve"),
    )
    op.create_index(
        "ix_milk_reserve_organisation_id", "milk_reserve", ["organisation_id", "valid_from"], unique=False
    )
    _add_one_offs(
        "other_income",
        sa.Column("paid_run_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["paid_run_id"], ["settlement_run.id"], name="fk_other_income_paid_run_id"),
    )
    _add_one_offs("bank_fee")
    op.create_table(
        "fortnight_setting",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("debts_reach_pure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("debts_reach_income", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("no_withholding_from", sa.Date(), nullable=True),
        sa.Column("no_withholding_by", sa.String(length=200), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_fortnight_setting_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_fortnight_setting"),
    )
    op.create_table(
        "milk_holiday",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_milk_holiday_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "day", name="pk_milk_holiday"),
    )
    op.create_index(
        FORTNIGHT_INDEX,
        "settlement_run",
        ["organisation_id", "period_from"],
        unique=True,
        sqlite_where=sa.text(FORTNIGHT_STANDS),
        postgresql_where=sa.text(FORTNIGHT_STANDS),
    )


def _drop_fortnight() -> None:
    """Take the tables of the dairy's fortnight away again."""
    op.drop_index(FORTNIGHT_INDEX, "settlement_run")
    for table in reversed(DAIRY):
        op.drop_table(table)


#: Foreign keys of `run_lot` to tables whose rows are never deleted and keep their ids; a dairy's month writes 120,000 rows.
LOOSE = (
    ("run_id", "settlement_run"),
    ("line_id", "settlement_line"),
    ("lot_id", "lot"),
    ("source_id", "lot"),
)


def _slim_run_lots() -> None:
    """Leave a settled delivery two indexes and no foreign key."""
    with op.batch_alter_table("run_lot") as batch_op:
        for column, _ in LOOSE:
            batch_op.drop_constraint(f"fk_run_lot_{column}", type_="foreignkey")
        batch_op.drop_index("ix_run_lot_line_id")
        batch_op.drop_index("ix_run_lot_lot_id")
    op.create_index(
        "ix_run_lot_lot_id_made",
        "run_lot",
        ["lot_id"],
        sqlite_where=sa.text("lot_id <> source_id"),
        postgresql_where=sa.text("lot_id <> source_id"),
    )


def _restore_run_lots() -> None:
    op.drop_index("ix_run_lot_lot_id_made", "run_lot")
    with op.batch_alter_table("run_lot") as batch_op:
        for column, table in LOOSE:
            batch_op.create_foreign_key(f"fk_run_lot_{column}", table, [column], ["id"])
        batch_op.create_index("ix_run_lot_line_id", ["line_id"])
        batch_op.create_index("ix_run_lot_lot_id", ["lot_id"])


STATE_INDEX, STOCK_INDEX = "ix_lot_rare_state", "ix_lot_in_stock"
IN_STOCK = "used_by_event_id IS NULL AND left_at IS NULL AND sold_at IS NULL"
RARE_STATE = (
    "CASE WHEN state = 'settled' OR (state = 'registered' AND origin = 'delivery' AND unit = 'ml' AND grade_key IS NULL) "
    "THEN NULL ELSE state END"
)


def _index_lots(name: str, columns: Sequence[str], where: str) -> None:
    op.create_index(
        name,
        "lot",
        ["organisation_id", *columns],
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _settle_beside() -> None:
    """Let a lot be settled without writing its indexes anew: none reads the state itself, and pages keep room for the new row."""
    op.drop_index("ix_lot_organisation_id_state", "lot")
    op.drop_index(STOCK_INDEX, "lot")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE lot SET (fillfactor = 50)")
        op.execute(f"ALTER TABLE lot ADD rare_state VARCHAR(40) GENERATED ALWAYS AS ({RARE_STATE}) STORED")
    else:
        op.execute(f"ALTER TABLE lot ADD rare_state VARCHAR(40) GENERATED ALWAYS AS ({RARE_STATE})")
    _index_lots(STATE_INDEX, ["rare_state", "delivered_at", "id"], "rare_state IS NOT NULL")
    _index_lots(STOCK_INDEX, ["delivered_at", "id"], IN_STOCK)


def _settle_elsewhere() -> None:
    op.drop_index(STATE_INDEX, "lot")
    op.drop_index(STOCK_INDEX, "lot")
    op.execute("ALTER TABLE lot DROP COLUMN rare_state")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE lot RESET (fillfactor)")
    op.create_index("ix_lot_organisation_id_state", "lot", ["organisation_id", "state"])
    _index_lots(STOCK_INDEX, ["delivered_at", "id"], f"{IN_STOCK} AND state != 'cancelled'")


def upgrade() -> None:
    """Let runs be accounted apart from their approval, reversed, and paid line by line."""
    unfreeze_columns(op, ["settlement_run"])
    remove_triggers(op, ["settlement_item", "settlement_line", "run_lot"])
    _alter_runs()
    _alter_lines()
    _alter_items()
    _create_tables()
    _give_old_runs_a_block()
    _slim_run_lots()
    _settle_beside()
    add_triggers(op, ["settlement_item", "run_lot", *APPEND_ONLY])
    freeze_columns(op, FROZEN)
    _add_fortnight()


def _debts() -> str:
    """Return the table that holds advances at the revision before this one."""
    tables = sa.inspect(op.get_bind()).get_table_names()
    return "due_movement" if "due_movement" in tables else "advance"


def _restore_items() -> None:
    debts = _debts()
    with op.batch_alter_table("settlement_item") as batch_op:
        batch_op.add_column(sa.Column("deduction_rule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("advance_id", sa.Uuid(), nullable=True))
        batch_op.drop_constraint("kind", type_="check")
        batch_op.drop_index("ix_settlement_item_movement_id")
    op.execute(
        "UPDATE settlement_item SET kind = CASE WHEN kind IN ('movement', 'paid_before') THEN 'advance' "
        "WHEN kind IN ('withholding', 'group', 'fee') THEN 'fee' ELSE 'delivery' END"
    )
    op.execute(
        "UPDATE settlement_item SET deduction_rule_id = (SELECT id FROM deduction_rule WHERE id = rule_id), "
        f"advance_id = (SELECT id FROM {debts} WHERE id = movement_id)"
    )
    with op.batch_alter_table("settlement_item") as batch_op:
        batch_op.drop_constraint("fk_settlement_item_earlier_line_id", type_="foreignkey")
        for name, _ in ITEM_COLUMNS:
            batch_op.drop_column(name)
        batch_op.create_check_constraint("kind", ITEMS_BEFORE)
        batch_op.create_foreign_key("fk_settlement_item_advance_id", debts, ["advance_id"], ["id"])
        batch_op.create_foreign_key(
            "fk_settlement_item_deduction_rule_id", "deduction_rule", ["deduction_rule_id"], ["id"]
        )


def _restore_lines() -> None:
    with op.batch_alter_table("settlement_line") as batch_op:
        batch_op.drop_constraint("net", type_="check")
        batch_op.drop_constraint("paid", type_="check")
    op.execute("UPDATE settlement_line SET gross_minor = gross_minor + additions_minor")
    with op.batch_alter_table("settlement_line") as batch_op:
        for name, _ in LINE_COLUMNS:
            batch_op.drop_column(name)
        batch_op.create_check_constraint("net", NET_BEFORE)


def _restore_runs() -> None:
    with op.batch_alter_table("settlement_run") as batch_op:
        for name in ("kind", "basis", "net", "state"):
            batch_op.drop_constraint(name, type_="check")
    op.execute("UPDATE settlement_run SET gross_minor = gross_minor + additions_minor")
    op.execute("UPDATE settlement_run SET kind = 'period' WHERE kind = 'gate'")
    op.execute(
        "UPDATE settlement_run SET state = 'prepared', approved_at = NULL, approved_by = NULL WHERE state = 'approved'"
    )
    op.execute("UPDATE settlement_run SET state = 'approved' WHERE state = 'accounted'")
    with op.batch_alter_table("settlement_run") as batch_op:
        for name, _ in RUN_COLUMNS:
            batch_op.drop_column(name)
        for name, text in (("kind", RUN_KIND_BEFORE), ("basis", BASIS_BEFORE), ("net", NET_BEFORE)):
            batch_op.create_check_constraint(name, text)
    _rename_entry("account_entry_id", "approval_entry_id")


def downgrade() -> None:
    """Take it away again: what was accounted counts as approved, what was only approved as prepared."""
    _drop_fortnight()
    unfreeze_columns(op, list(FROZEN))
    remove_triggers(op, ["settlement_item", "run_lot", *APPEND_ONLY])
    op.drop_table("gate_rule")
    op.drop_table("settlement_block")
    op.drop_table("run_reversal")
    _restore_items()
    _restore_lines()
    _restore_runs()
    _restore_run_lots()
    _settle_elsewhere()
    add_triggers(op, ["settlement_item", "settlement_line", "run_lot"])
    freeze_columns(op, {"settlement_run": RUN_BEFORE})
