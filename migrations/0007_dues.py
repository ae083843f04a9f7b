"""Charges, loans, and what is passed on.

Fees become rules of several kinds; advances become debts, each recovery a row of its own. Both ways with their data.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-23 05:07:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: Tables of this migration whose rows never change.
APPEND_ONLY = ("due_application", "passing_entry", "producer_loan", "recovery_cap")
#: Columns that stay as they were inserted; the others may change.
FROZEN = {
    "due_movement": (
        "id", "organisation_id", "producer_id", "number", "kind", "amount_minor", "currency", "dated_on", "note", "decided_by",
        "source", "loan_id", "instalment", "entry_id", "content_hash", "created_at", "created_by",
    ),
    "group_charge": (
        "id", "organisation_id", "zone_id", "zone_name", "name", "amount_minor", "currency", "charged_on", "decided_by",
        "created_at", "created_by",
    ),
    "passing_obligation": (
        "id", "organisation_id", "programme_id", "producer_id", "number", "species", "sex", "unit", "quantity", "owed",
        "born_on", "received_on", "due_on", "source_producer_id", "source_entry_id", "witness", "note", "content_hash",
        "created_at", "created_by",
    ),
}  # fmt: skip
#: The frozen columns of the table that debts came from.
ADVANCE_FROZEN = {
    "advance": (
        "id", "organisation_id", "producer_id", "amount_minor", "currency", "given_on", "note", "entry_id",
        "content_hash", "created_at", "created_by",
    ),
}  # fmt: skip
#: Append-only already, rebuilt here on SQLite, which forgets the triggers of a rebuilt table.
REBUILT = ("settlement_item",)
#: Why something of an advance was recovered that no settlement shows: the debt was paid outside of one.
UNSHOWN = "Traído de la versión anterior"


def _point_items_to(table: str) -> None:
    """Let the items of settlements point at a table of advances or debts; the ids are the same."""
    remove_triggers(op, REBUILT)
    with op.batch_alter_table("settlement_item", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_settlement_item_advance_id"), type_="foreignkey")
    with op.batch_alter_table("settlement_item", schema=None) as batch_op:
        batch_op.create_foreign_key(op.f("fk_settlement_item_advance_id"), table, ["advance_id"], ["id"])
    add_triggers(op, REBUILT)


def _advances_become_debts(bind: sa.Connection) -> None:
    bind.execute(
        sa.text(
            "INSERT INTO due_movement (id, organisation_id, producer_id, number, kind, amount_minor, balance_minor, currency, "
            "dated_on, note, source, entry_id, content_hash, created_at, created_by) "
            "SELECT id, organisation_id, producer_id, ROW_NUMBER() OVER (PARTITION BY organisation_id ORDER BY given_on, id), "
            "'advance', amount_minor, amount_minor - recovered_minor, currency, given_on, note, 'cash', entry_id, content_hash, "
            "created_at, created_by FROM advance"
        )
    )
    _recoveries_become_rows(bind)


def _recoveries_become_rows(bind: sa.Connection) -> None:
    """Make a row of each recovery: those of settlements, and one for what no settlement shows."""
    item, line, run, advance = (
        sa.table("settlement_item", *map(sa.column, ("line_id", "advance_id", "amount_minor"))),
        sa.table("settlement_line", *map(sa.column, ("id", "run_id"))),
        sa.table(
            "settlement_run",
            sa.column("id"),
            sa.column("state"),
            sa.column("approved_at", UtcDateTime()),
            sa.column("approved_by"),
        ),
        sa.table(
            "advance",
            *map(sa.column, ("id", "organisation_id", "recovered_minor")),
            sa.column("given_on", sa.Date()),
            sa.column("created_at", UtcDateTime()),
            sa.column("created_by"),
        ),
    )
    for table, names in (
        (item, ("line_id", "advance_id")),
        (line, ("id", "run_id")),
        (run, ("id", "approved_by")),
        (advance, ("id", "organisation_id", "created_by")),
    ):
        for name in names:
            table.c[name].type = sa.Uuid()
    taken = bind.execute(
        sa.select(
            item.c.advance_id,
            run.c.id,
            run.c.approved_at,
            run.c.approved_by,
            sa.func.sum(-item.c.amount_minor).label("minor"),
        )
        .join(line, line.c.id == item.c.line_id)
        .join(run, run.c.id == line.c.run_id)
        .where(item.c.advance_id.is_not(None), run.c.state.in_(("approved", "accounted", "paid")))
        .group_by(item.c.advance_id, run.c.id, run.c.approved_at, run.c.approved_by)
        .having(sa.func.sum(-item.c.amount_minor) > 0)
        .order_by(run.c.approved_at, item.c.advance_id)
    ).all()
    recovered = {row.id: row for row in bind.execute(sa.select(advance))}
    left = {key: int(row.recovered_minor) for key, row in recovered.items()}
    rows = []
    for one in taken:
        amount = min(int(one.minor), left[one.advance_id])
        if amount > 0:
            left[one.advance_id] -= amount
            rows.append(
                _application(recovered[one.advance_id].organisation_id, one.advance_id, "run", amount)
                | {
                    "applied_on": one.approved_at.date(),
                    "run_id": one.id,
                    "created_at": one.approved_at,
                    "created_by": one.approved_by,
                }
            )
    for key, amount in left.items():
        if amount > 0:
            known = recovered[key]
            rows.append(
                _application(known.organisation_id, key, "repayment", amount)
                | {
                    "applied_on": known.given_on,
                    "reason": UNSHOWN,
                    "created_at": known.created_at,
                    "created_by": known.created_by,
                }
            )
    if rows:
        bind.execute(sa.insert(_applications()), rows)


def _application(organisation_id: object, movement_id: object, kind: str, amount: int) -> dict[str, object]:
    return {
        "id": new_id(),
        "organisation_id": organisation_id,
        "movement_id": movement_id,
        "kind": kind,
        "amount_minor": amount,
        "run_id": None,
        "reason": None,
    }


def _applications() -> sa.TableClause:
    return sa.table(
        "due_application",
        *(
            sa.column(name, sa.Uuid())
            for name in ("id", "organisation_id", "movement_id", "run_id", "created_by")
        ),
        sa.column("kind"),
        sa.column("amount_minor"),
        sa.column("applied_on", sa.Date()),
        sa.column("reason"),
        sa.column("created_at", UtcDateTime()),
    )


def _create_advance() -> None:
    op.create_table(
        "advance",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recovered_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_advance_amount")),
        sa.CheckConstraint(
            "recovered_minor >= 0 AND recovered_minor <= amount_minor", name=op.f("ck_advance_recovered")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_advance_entry_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_advance_organisation_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_advance_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance")),
    )
    with op.batch_alter_table("advance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_advance_organisation_id_producer_id", ["organisation_id", "producer_id"], unique=False
        )


def _fees_become_rules() -> None:
    with op.batch_alter_table("deduction_rule", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_deduction_rule_basis_points"), type_="check")
        batch_op.alter_column("basis_points", new_column_name="value", existing_type=sa.BigInteger())
        batch_op.add_column(sa.Column("kind", sa.String(length=40), nullable=False, server_default="fee"))
        batch_op.add_column(
            sa.Column("basis", sa.String(length=40), nullable=False, server_default="percent_of_gross")
        )
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=False, server_default="70"))
        batch_op.add_column(
            sa.Column("parts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
        )
        batch_op.add_column(sa.Column("decision_document", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("decided_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    with op.batch_alter_table("deduction_rule", schema=None) as batch_op:
        for name in ("kind", "basis", "position"):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_check_constraint(op.f("ck_deduction_rule_value"), "value > 0")
        batch_op.create_check_constraint(
            op.f("ck_deduction_rule_percent"), "basis <> 'percent_of_gross' OR value <= 10000"
        )


def _rules_become_fees() -> None:
    # A fee can only be a percentage: any other rule keeps its name and its decision, and ends on its first day.
    op.execute("UPDATE deduction_rule SET value = 1, valid_to = valid_from WHERE basis <> 'percent_of_gross'")
    with op.batch_alter_table("deduction_rule", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_deduction_rule_value"), type_="check")
        batch_op.drop_constraint(op.f("ck_deduction_rule_percent"), type_="check")
        batch_op.alter_column("value", new_column_name="basis_points", existing_type=sa.BigInteger())
        for name in (
            "kind", "basis", "position", "parts", "decision_document", "decided_on", "confirmed_at", "confirmed_by",
        ):  # fmt: skip
            batch_op.drop_column(name)
    with op.batch_alter_table("deduction_rule", schema=None) as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_deduction_rule_basis_points"), "basis_points > 0 AND basis_points <= 10000"
        )


def upgrade() -> None:
    """Add the tables of dues."""
    _fees_become_rules()
    op.create_table(
        "group_charge",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("zone_name", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_group_charge_amount")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_group_charge_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_charge")),
    )
    with op.batch_alter_table("group_charge", schema=None) as batch_op:
        batch_op.create_index(
            "ix_group_charge_organisation_id_charged_on", ["organisation_id", "charged_on"], unique=False
        )

    op.create_table(
        "passing_programme",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sponsor", sa.String(length=200), nullable=False),
        sa.Column("goods", sa.String(length=40), nullable=False),
        sa.Column("due_months", sa.BigInteger(), nullable=False),
        sa.Column("return_percent", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("goods IN ('animals', 'seed')", name=op.f("ck_passing_programme_goods")),
        sa.CheckConstraint("due_months BETWEEN 1 AND 600", name=op.f("ck_passing_programme_due_months")),
        sa.CheckConstraint(
            "return_percent BETWEEN 1 AND 1000", name=op.f("ck_passing_programme_return_percent")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_passing_programme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passing_programme")),
    )
    with op.batch_alter_table("passing_programme", schema=None) as batch_op:
        batch_op.create_index("ix_passing_programme_organisation_id", ["organisation_id"], unique=False)

    op.create_table(
        "recovery_cap",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("left_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("left_basis_points BETWEEN 0 AND 10000", name=op.f("ck_recovery_cap_left")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_recovery_cap_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_cap")),
    )
    with op.batch_alter_table("recovery_cap", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recovery_cap_organisation_id", ["organisation_id", "valid_from"], unique=False
        )

    op.create_table(
        "passing_obligation",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("species", sa.String(length=200), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.BigInteger(), nullable=False),
        sa.Column("still_owed", sa.BigInteger(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("source_producer_id", sa.Uuid(), nullable=True),
        sa.Column("source_entry_id", sa.Uuid(), nullable=True),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("unit IN ('head', 'g')", name=op.f("ck_passing_obligation_unit")),
        sa.CheckConstraint("due_on > received_on", name=op.f("ck_passing_obligation_due_on")),
        sa.CheckConstraint("quantity > 0 AND owed > 0", name=op.f("ck_passing_obligation_quantity")),
        sa.CheckConstraint(
            "still_owed >= 0 AND still_owed <= owed", name=op.f("ck_passing_obligation_still_owed")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_passing_obligation_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_passing_obligation_producer_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["passing_programme.id"], name=op.f("fk_passing_obligation_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_producer_id"], ["producer.id"], name=op.f("fk_passing_obligation_source_producer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passing_obligation")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_passing_obligation_organisation_id_number")
        ),
    )
    with op.batch_alter_table("passing_obligation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_passing_obligation_organisation_id_producer_id",
            ["organisation_id", "producer_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_passing_obligation_programme_id"), ["programme_id"], unique=False
        )

    op.create_table(
        "producer_loan",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("interest_basis_points_a_month", sa.BigInteger(), nullable=False),
        sa.Column("instalments", sa.BigInteger(), nullable=False),
        sa.Column("every", sa.String(length=40), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("every IN ('month', 'fortnight')", name=op.f("ck_producer_loan_every")),
        sa.CheckConstraint("instalments > 0", name=op.f("ck_producer_loan_instalments")),
        sa.CheckConstraint("interest_basis_points_a_month >= 0", name=op.f("ck_producer_loan_interest")),
        sa.CheckConstraint("principal_minor > 0", name=op.f("ck_producer_loan_principal")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_producer_loan_entry_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_producer_loan_organisation_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_producer_loan_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer_loan")),
    )
    with op.batch_alter_table("producer_loan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_producer_loan_organisation_id_producer_id", ["organisation_id", "producer_id"], unique=False
        )

    op.create_table(
        "due_movement",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("instalment", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_due_movement_amount")),
        sa.CheckConstraint(
            "balance_minor >= 0 AND balance_minor <= amount_minor", name=op.f("ck_due_movement_balance")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_due_movement_entry_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["producer_loan.id"], name=op.f("fk_due_movement_loan_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_due_movement_organisation_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_due_movement_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_movement")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_due_movement_organisation_id_number")),
    )
    with op.batch_alter_table("due_movement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_movement_loan_id"), ["loan_id"], unique=False)
        batch_op.create_index(
            "ix_due_movement_open",
            ["organisation_id", "dated_on"],
            unique=False,
            sqlite_where=sa.text("balance_minor > 0"),
            postgresql_where=sa.text("balance_minor > 0"),
        )
        batch_op.create_index(
            "ix_due_movement_organisation_id_producer_id", ["organisation_id", "producer_id"], unique=False
        )

    op.create_table(
        "passing_entry",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("to_producer_id", sa.Uuid(), nullable=True),
        sa.Column("to_name", sa.String(length=200), nullable=True),
        sa.Column("witness", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("restores_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind <> 'passed' OR to_name IS NOT NULL", name=op.f("ck_passing_entry_to_name")),
        sa.CheckConstraint("kind IN ('passed', 'lost', 'corrected')", name=op.f("ck_passing_entry_kind")),
        sa.CheckConstraint("(restores_id IS NULL) = (quantity > 0)", name=op.f("ck_passing_entry_restores")),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_passing_entry_quantity")),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["passing_obligation.id"], name=op.f("fk_passing_entry_obligation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_passing_entry_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["restores_id"], ["passing_entry.id"], name=op.f("fk_passing_entry_restores_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_producer_id"], ["producer.id"], name=op.f("fk_passing_entry_to_producer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passing_entry")),
        sa.UniqueConstraint("restores_id", name=op.f("uq_passing_entry_restores_id")),
    )
    with op.batch_alter_table("passing_entry", schema=None) as batch_op:
        batch_op.create_index("ix_passing_entry_obligation_id", ["obligation_id"], unique=False)

    op.create_table(
        "due_application",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("restores_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('run', 'repayment', 'write_off', 'reversal', 'restored')",
            name=op.f("ck_due_application_kind"),
        ),
        sa.CheckConstraint(
            "(restores_id IS NULL) = (amount_minor > 0)", name=op.f("ck_due_application_restores")
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_due_application_amount")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_due_application_entry_id")),
        sa.ForeignKeyConstraint(
            ["movement_id"], ["due_movement.id"], name=op.f("fk_due_application_movement_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_due_application_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["restores_id"], ["due_application.id"], name=op.f("fk_due_application_restores_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["settlement_run.id"], name=op.f("fk_due_application_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_application")),
        sa.UniqueConstraint("restores_id", name=op.f("uq_due_application_restores_id")),
    )
    with op.batch_alter_table("due_application", schema=None) as batch_op:
        batch_op.create_index("ix_due_application_movement_id", ["movement_id"], unique=False)
        batch_op.create_index("ix_due_application_run_id", ["run_id"], unique=False)

    _advances_become_debts(op.get_bind())
    _point_items_to("due_movement")
    unfreeze_columns(op, ["advance"])
    with op.batch_alter_table("advance", schema=None) as batch_op:
        batch_op.drop_index("ix_advance_organisation_id_producer_id")
    op.drop_table("advance")
    add_triggers(op, APPEND_ONLY)
    freeze_columns(op, FROZEN)


def downgrade() -> None:
    """Take them away again; debts of every kind stay as advances, so that none is forgotten."""
    unfreeze_columns(op, [*FROZEN])
    remove_triggers(op, APPEND_ONLY)
    _create_advance()
    op.execute(
        "INSERT INTO advance (id, organisation_id, producer_id, amount_minor, recovered_minor, currency, given_on, note, "
        "entry_id, content_hash, created_at, created_by) "
        "SELECT id, organisation_id, producer_id, amount_minor, amount_minor - balance_minor, currency, dated_on, note, "
        "entry_id, content_hash, created_at, created_by FROM due_movement"
    )
    freeze_columns(op, ADVANCE_FROZEN)
    _point_items_to("advance")

    with op.batch_alter_table("due_application", schema=None) as batch_op:
        batch_op.drop_index("ix_due_application_run_id")
        batch_op.drop_index("ix_due_application_movement_id")

    op.drop_table("due_application")
    with op.batch_alter_table("passing_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_passing_entry_obligation_id")

    op.drop_table("passing_entry")
    with op.batch_alter_table("due_movement", schema=None) as batch_op:
        batch_op.drop_index("ix_due_movement_organisation_id_producer_id")
        batch_op.drop_index(
            "ix_due_movement_open",
            sqlite_where=sa.text("balance_minor > 0"),
            postgresql_where=sa.text("balance_minor > 0"),
        )
        batch_op.drop_index(batch_op.f("ix_due_movement_loan_id"))

    op.drop_table("due_movement")
    with op.batch_alter_table("producer_loan", schema=None) as batch_op:
        batch_op.drop_index("ix_producer_loan_organisation_id_producer_id")

    op.drop_table("producer_loan")
    with op.batch_alter_table("passing_obligation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passing_obligation_programme_id"))
        batch_op.drop_index("ix_passing_obligation_organisation_id_producer_id")

    op.drop_table("passing_obligation")
    with op.batch_alter_table("recovery_cap", schema=None) as batch_op:
        batch_op.drop_index("ix_recovery_cap_organisation_id")

    op.drop_table("recovery_cap")
    with op.batch_alter_table("passing_programme", schema=None) as batch_op:
        batch_op.drop_index("ix_passing_programme_organisation_id")

    op.drop_table("passing_programme")
    with op.batch_alter_table("group_charge", schema=None) as batch_op:
        batch_op.drop_index("ix_group_charge_organisation_id_charged_on")

    op.drop_table("group_charge")
    _rules_become_fees()
