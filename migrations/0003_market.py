"""The market: awards and their confirmation, the public log, vetting, auctions, matches, offers, contracts.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-23 01:50:00

"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

from chain.core.append_only import add_triggers, freeze_columns, remove_triggers, unfreeze_columns
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: Tables of this migration whose rows never change.
APPEND_ONLY = (
    "opened_bid",
    "tender_invitation",
    "auction_bid",
    "auction_bidder",
    "auction_invitation",
    "auction_lot_part",
    "award_answer",
    "award_line",
    "buyer_credit",
    "clock_allotment",
    "clock_lot",
    "clock_request",
    "buyer_deposit",
    "buyer_payment",
    "buyer_vetting",
    "demand_version",
    "freight_rate",
    "market_entry",
    "match_miss",
    "match_run",
    "offer_line",
    "offer_step",
    "sale_adjustment",
    "sale_contract",
    "sale_release",
)
#: Columns that stay as they were inserted; the others may change.
FROZEN = {
    "auction": (
        "id", "organisation_id", "number", "title", "commodity", "quantity", "unit", "currency", "lots", "starts_at", "ends_at",
        "closing", "stagger_seconds", "soft_close_seconds", "extension_seconds", "award_by", "steps", "ceiling_required",
        "is_private", "note", "content_hash", "created_at", "created_by",
    ),
    "auction_lot": (
        "id", "organisation_id", "auction_id", "position", "title", "quantity", "unit", "start_minor", "reserve_minor",
    ),
    "clock": (
        "id", "organisation_id", "number", "title", "note", "commodity", "unit", "currency", "opened_at", "opened_by",
        "first_closes_at", "second_minutes", "raise_limit_bp", "step_minor", "sealed_seed", "content_hash",
    ),
    "clock_product": (
        "id", "clock_id", "position", "grade_scheme", "grade_edition", "grade_key", "colour", "kilograms", "price_minor",
    ),
    "sale_claim": (
        "id", "organisation_id", "buyer_id", "sale_id", "lot_id", "kind", "found_key", "found_micron_tenths",
        "accepted_quantity", "amount_minor", "basis", "reason", "made_at", "made_by",
    ),
    "sale_ending": (
        "id", "sale_id", "organisation_id", "buyer_id", "kind", "reason", "asked_by_organisation", "asked_at", "asked_by",
    ),
    "award": (
        "id", "organisation_id", "buyer_id", "method", "event_id", "bid_id", "commodity", "quantity", "unit", "currency",
        "proceeds_minor", "confirmations_needed", "confirm_by", "silence", "opened_by", "terms", "made_at",
    ),
    "bidder_exclusion": (
        "id", "organisation_id", "buyer_id", "event_kind", "event_id", "reason", "excluded_at", "excluded_by",
    ),
    "match_line": ("id", "proposal_id", "position", "run_lot_id", "quantity", "price_minor_per_unit", "explanation"),
    "match_offer": (
        "id", "organisation_id", "lot_id", "reserve_minor_per_unit", "currency", "is_divisible", "valid_to", "created_at", "created_by",
    ),
    "match_proposal": (
        "id", "organisation_id", "buyer_id", "run_id", "demand_id", "number", "commodity", "quantity", "unit", "currency",
        "amount_minor", "freight_minor_per_unit", "freight_minor", "freight_paid_by", "expires_at", "made_at", "opened_by",
    ),
    "offer": (
        "id", "organisation_id", "buyer_id", "number", "started_by", "source_id", "commodity", "unit", "currency", "started_at",
    ),
    "sample_request": ("id", "organisation_id", "buyer_id", "number", "lot_id", "asked_g", "asked_at", "asked_by"),
}  # fmt: skip

#: Append-only already, rebuilt here on SQLite, which forgets the triggers of a rebuilt table.
TENDER_BEFORE = (
    "id", "organisation_id", "number", "title", "commodity", "quantity", "unit", "reserve_minor_per_unit",
    "currency", "opens_at", "closes_at", "note", "content_hash", "created_at", "created_by",
)  # fmt: skip
TENDER_NOW = (*TENDER_BEFORE, "is_private", "seed_sealed", "terms_nonce")
REBUILT = ("bid", "sale_line", "tender_lot")
SALE_BEFORE = (
    "id", "organisation_id", "buyer_id", "number", "tender_id", "bid_id", "commodity", "quantity", "unit",
    "price_minor_per_unit", "currency", "proceeds_minor", "agreed_at", "agreed_by",
)  # fmt: skip
SALE_NOW = (
    "id", "organisation_id", "buyer_id", "number", "method", "event_id", "award_id", "bid_id", "commodity", "quantity", "unit",
    "price_minor_per_unit", "currency", "proceeds_minor", "terms", "book_currency", "book_minor", "rate_millionths", "rate_on",
    "rate_source", "agreed_at", "agreed_by",
)  # fmt: skip

#: Kind of the outbox message that says what silence means.
DUE_MESSAGE = "sales.award_due"
#: Awards that waited for an answer when the market had no table of them get three days from the upgrade, as the default rule says.
TIME_TO_CONFIRM = timedelta(hours=72)
BIG = sa.BigInteger()
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _columns(name: str, **types: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in types.items()))


TENDER = _columns(
    "tender", id=sa.Uuid(), organisation_id=sa.Uuid(), commodity=sa.String(), quantity=BIG, unit=sa.String(),
    currency=sa.String(), winning_bid_id=sa.Uuid(), state=sa.String(), closed_at=UtcDateTime(), created_by=sa.Uuid(),
)  # fmt: skip
BID = _columns(
    "bid", id=sa.Uuid(), organisation_id=sa.Uuid(), price_minor_per_unit=BIG, content_hash=sa.String()
)
TENDER_LOT = _columns("tender_lot", tender_id=sa.Uuid(), lot_id=sa.Uuid())
LOT = _columns("lot", id=sa.Uuid(), quantity=BIG)
AWARD = _columns(
    "award", id=sa.Uuid(), organisation_id=sa.Uuid(), buyer_id=sa.Uuid(), method=sa.String(), event_id=sa.Uuid(),
    bid_id=sa.Uuid(), commodity=sa.String(), quantity=BIG, unit=sa.String(), currency=sa.String(), proceeds_minor=BIG,
    state=sa.String(), confirmations_needed=BIG, confirm_by=UtcDateTime(), silence=sa.String(), opened_by=sa.Uuid(),
    terms=JSON, made_at=UtcDateTime(),
)  # fmt: skip
AWARD_LINE = _columns(
    "award_line",
    award_id=sa.Uuid(),
    lot_id=sa.Uuid(),
    quantity=BIG,
    price_minor_per_unit=BIG,
    amount_minor=BIG,
)
OUTBOX = _columns(
    "outbox_message", id=sa.Uuid(), kind=sa.String(), payload=JSON, state=sa.String(), created_at=UtcDateTime(),
    available_at=UtcDateTime(), attempts=BIG, dedupe_key=sa.String(),
)  # fmt: skip
AUDIT = _columns(
    "audit_record",
    at=UtcDateTime(),
    tag=sa.String(),
    organisation_id=sa.Uuid(),
    subject_id=sa.Uuid(),
    after=JSON,
)
SALE = _columns("sale", id=sa.Uuid(), buyer_id=sa.Uuid(), currency=sa.String())
PAYMENT = _columns(
    "buyer_payment", id=sa.Uuid(), organisation_id=sa.Uuid(), buyer_id=sa.Uuid(), sale_id=sa.Uuid(), amount_minor=BIG,
    currency=sa.String(), paid_on=sa.Date(), recorded_at=UtcDateTime(), entry_id=sa.Uuid(),
)  # fmt: skip


def _share(total: int, quantities: list[int]) -> list[int]:
    """Split by largest remainder; equal remainders go to the first."""
    whole = sum(quantities)
    parts = [total * one // whole for one in quantities]
    order = sorted(range(len(parts)), key=lambda place: (-(total * quantities[place] % whole), place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts


def _keep_awards(bind: sa.Connection) -> None:
    """Give tenders that were awarded and wait for an answer an award, its lines, and the timer of its silence."""
    now = datetime.now(UTC)
    waiting = bind.execute(
        sa.select(
            *TENDER.c,
            BID.c.organisation_id.label("buyer_id"),
            BID.c.price_minor_per_unit,
        )
        .join(BID, BID.c.id == TENDER.c.winning_bid_id)
        .where(TENDER.c.state == "awarded")
    ).all()
    for row in waiting:
        lots = bind.execute(
            sa.select(LOT.c.id, LOT.c.quantity)
            .join(TENDER_LOT, TENDER_LOT.c.lot_id == LOT.c.id)
            .where(TENDER_LOT.c.tender_id == row.id)
        ).all()
        lots = sorted(lots, key=lambda one: one.id)
        quantity = sum(one.quantity for one in lots)
        proceeds = (quantity * row.price_minor_per_unit * 2 + 1000) // 2000
        award_id, confirm_by = uuid7(), now + TIME_TO_CONFIRM
        bind.execute(
            sa.insert(AWARD).values(
                id=award_id, organisation_id=row.organisation_id, buyer_id=row.buyer_id, method="tender", event_id=row.id,
                bid_id=row.winning_bid_id, commodity=row.commodity, quantity=quantity, unit=row.unit,
                currency=row.currency, proceeds_minor=proceeds, state="waiting", confirmations_needed=1,
                confirm_by=confirm_by, silence="declined", opened_by=row.created_by, terms={}, made_at=row.closed_at or now,
            )
        )  # fmt: skip
        amounts = _share(proceeds, [one.quantity for one in lots])
        bind.execute(
            sa.insert(AWARD_LINE),
            [
                {
                    "award_id": award_id,
                    "lot_id": one.id,
                    "quantity": one.quantity,
                    "price_minor_per_unit": row.price_minor_per_unit,
                    "amount_minor": amount,
                }
                for one, amount in zip(lots, amounts, strict=True)
            ],
        )
        bind.execute(
            sa.insert(OUTBOX).values(
                id=uuid7(), kind=DUE_MESSAGE, payload={"award_id": str(award_id)}, state="waiting", created_at=now,
                available_at=confirm_by, attempts=0, dedupe_key=f"{DUE_MESSAGE}:{award_id}",
            )
        )  # fmt: skip


def _keep_payments(bind: sa.Connection) -> None:
    """Write what buyers paid for each sale, which only the audit trail told, in a table of its own."""
    rows = bind.execute(
        sa.select(
            AUDIT.c.at, AUDIT.c.organisation_id, AUDIT.c.after, SALE.c.id, SALE.c.buyer_id, SALE.c.currency
        )
        .join(SALE, SALE.c.id == AUDIT.c.subject_id)
        .where(AUDIT.c.tag == "settlement:buyer:paid")
    ).all()
    for row in rows:
        entry = row.after.get("entry_id")
        bind.execute(
            sa.insert(PAYMENT).values(
                id=uuid7(), organisation_id=row.organisation_id, buyer_id=row.buyer_id, sale_id=row.id,
                amount_minor=row.after["amount_minor"], currency=row.currency,
                paid_on=date.fromisoformat(row.after["paid_on"]), recorded_at=row.at, entry_id=UUID(entry) if entry else None,
            )
        )  # fmt: skip


DEMAND_LISTS = ("centres", "private_to", "price_grid", "premiums")


def add_terms_of_demands() -> None:
    """Let demands name periods, freight, centres, prices; those that stand ask in their whole validity, delivered."""
    words = {"period": "validity", "freight": "seller"}
    json_list = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("demand") as batch_op:
        for name in words:
            batch_op.add_column(sa.Column(name, sa.String(length=40), nullable=True))
        for name in DEMAND_LISTS:
            batch_op.add_column(sa.Column(name, json_list, nullable=True))
        batch_op.add_column(sa.Column("version", sa.BigInteger(), nullable=True))
    op.execute("UPDATE demand SET version = 1")
    for name, word in words.items():
        op.execute(f"UPDATE demand SET {name} = '{word}'")
    for name in DEMAND_LISTS:
        op.execute(f"UPDATE demand SET {name} = '[]'")
    with op.batch_alter_table("demand") as batch_op:
        for name in words:
            batch_op.alter_column(name, existing_type=sa.String(length=40), nullable=False)
        for name in DEMAND_LISTS:
            batch_op.alter_column(name, existing_type=json_list, nullable=False)
        batch_op.alter_column("version", existing_type=sa.BigInteger(), nullable=False)


def drop_terms_of_demands() -> None:
    """Take away what `add_terms_of_demands` added."""
    with op.batch_alter_table("demand") as batch_op:
        for name in (*DEMAND_LISTS, "period", "freight", "version"):
            batch_op.drop_column(name)


def vet_known_buyers() -> None:
    """Let the buying organisations that traded here before go on trading: they count as vetted since they came."""
    known = sa.table(
        "organisation",
        sa.column("id", sa.Uuid()),
        sa.column("kind", sa.String()),
        sa.column("created_at", UtcDateTime()),
    )
    rows = op.get_bind().execute(sa.select(known.c.id, known.c.created_at).where(known.c.kind == "buyer"))
    decisions = [
        {
            "id": new_id(), "buyer_id": row.id, "status": "vetted", "tier": "full", "documents": [],
            "decided_at": row.created_at,
        }
        for row in rows
    ]  # fmt: skip
    vetting = sa.table(
        "buyer_vetting",
        sa.column("id", sa.Uuid()),
        sa.column("buyer_id", sa.Uuid()),
        sa.column("status", sa.String()),
        sa.column("tier", sa.String()),
        sa.column("documents", sa.JSON()),
        sa.column("decided_at", UtcDateTime()),
    )
    if decisions:
        op.bulk_insert(vetting, decisions)


def seal_bids() -> None:
    """Make room for sealed bids. Bids of before keep their price in the clear: a migration has no key, and the tenders that
    are open end within 90 days.
    """
    with op.batch_alter_table("bid") as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("commitment", sa.String(length=64), nullable=True))
        batch_op.alter_column("price_minor_per_unit", existing_type=BIG, nullable=True)
        batch_op.alter_column("content_hash", existing_type=sa.String(length=64), nullable=True)
        batch_op.create_check_constraint(
            "says_something", "sealed IS NOT NULL OR price_minor_per_unit IS NOT NULL"
        )
    with op.batch_alter_table("tender") as batch_op:
        batch_op.add_column(sa.Column("is_private", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("seed_sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("terms_nonce", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("award_status", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("award_gap_millionths", BIG, nullable=True))
    op.execute(
        sa.text("UPDATE tender SET is_private = :no").bindparams(sa.bindparam("no", False, sa.Boolean()))
    )
    with op.batch_alter_table("tender") as batch_op:
        batch_op.alter_column("is_private", existing_type=sa.Boolean(), nullable=False)


def unseal_bids() -> None:
    """Give every opened bid the price that it named, of several the greatest; bids that were never opened are lost."""
    bind = op.get_bind()
    opened = bind.execute(
        sa.text(
            "SELECT opened_bid.bid_id, opened_bid.text FROM opened_bid JOIN bid ON bid.id = opened_bid.bid_id "
            "WHERE bid.price_minor_per_unit IS NULL"
        ).columns(bid_id=sa.Uuid(), text=sa.Text())
    ).all()
    for row in opened:
        said = json.loads(row.text)
        prices = [
            said.get("price"),
            *said.get("lots", {}).values(),
            *(line[2] for line in said.get("grid", ())),
        ]
        price = max(one for one in prices if one is not None)
        bind.execute(
            sa.update(BID)
            .where(BID.c.id == row.bid_id)
            .values(price_minor_per_unit=price, content_hash="0" * 64)
        )
    op.execute("DELETE FROM opened_bid")
    op.execute("DELETE FROM bid WHERE price_minor_per_unit IS NULL")
    with op.batch_alter_table("bid") as batch_op:
        batch_op.drop_constraint("says_something", type_="check")
        batch_op.drop_column("sealed")
        batch_op.drop_column("commitment")
        batch_op.alter_column("price_minor_per_unit", existing_type=BIG, nullable=False)
        batch_op.alter_column("content_hash", existing_type=sa.String(length=64), nullable=False)
    with op.batch_alter_table("tender") as batch_op:
        for column in ("is_private", "seed_sealed", "terms_nonce", "award_status", "award_gap_millionths"):
            batch_op.drop_column(column)


def upgrade() -> None:
    """Let every way of selling end in an award that officers confirm."""
    unfreeze_columns(op, ["sale", "tender"])
    remove_triggers(op, REBUILT)
    # tables and columns, as the models say
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "alert",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("msgid", sa.Text(), nullable=False),
        sa.Column("params", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("mailed_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_alert_organisation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_alert_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "user_id",
            "organisation_id",
            "dedupe_key",
            name=op.f("uq_alert_user_id_organisation_id_dedupe_key"),
        ),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(
            "ix_alert_unread",
            ["user_id", "organisation_id"],
            unique=False,
            postgresql_where=sa.text("read_at IS NULL"),
            sqlite_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "ix_alert_user_created", ["user_id", "organisation_id", "created_at"], unique=False
        )

    op.create_table(
        "alert_setting",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_until", UtcDateTime(), nullable=True),
        sa.Column("code_tries", sa.BigInteger(), nullable=False),
        sa.Column("pace", sa.String(length=40), nullable=False),
        sa.Column("kinds", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("unsubscribe_token", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("pace IN ('at_once', 'daily', 'off')", name=op.f("ck_alert_setting_pace")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_alert_setting_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_alert_setting")),
        sa.UniqueConstraint("unsubscribe_token", name=op.f("uq_alert_setting_unsubscribe_token")),
    )
    op.create_table(
        "auction",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("closing", sa.String(length=40), nullable=False),
        sa.Column("stagger_seconds", sa.BigInteger(), nullable=False),
        sa.Column("soft_close_seconds", sa.BigInteger(), nullable=False),
        sa.Column("extension_seconds", sa.BigInteger(), nullable=False),
        sa.Column("award_by", sa.String(length=40), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("ceiling_required", sa.Boolean(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_auction_times")),
        sa.CheckConstraint(
            "soft_close_seconds >= 0 AND extension_seconds >= 0", name=op.f("ck_auction_seconds")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_auction_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_auction_organisation_id_number")),
    )
    with op.batch_alter_table("auction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auction_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_auction_state_ends_at", ["state", "ends_at"], unique=False)

    op.create_table(
        "award",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("bid_id", sa.Uuid(), nullable=True),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("proceeds_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("confirmations_needed", sa.BigInteger(), nullable=False),
        sa.Column("confirm_by", UtcDateTime(), nullable=False),
        sa.Column("silence", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("confirmations_needed BETWEEN 1 AND 5", name=op.f("ck_award_confirmations")),
        sa.CheckConstraint("proceeds_minor >= 0", name=op.f("ck_award_proceeds")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_award_quantity")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_award_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_award_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
    )
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index("ix_award_event_id", ["event_id"], unique=False)
        batch_op.create_index("ix_award_organisation_state", ["organisation_id", "state"], unique=False)

    op.create_table(
        "bidder_exclusion",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("event_kind", sa.String(length=40), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excluded_at", UtcDateTime(), nullable=False),
        sa.Column("excluded_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_bidder_exclusion_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_bidder_exclusion_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bidder_exclusion")),
    )
    with op.batch_alter_table("bidder_exclusion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bidder_exclusion_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_bidder_exclusion_organisation_buyer", ["organisation_id", "buyer_id"], unique=False
        )

    op.create_table(
        "board_search",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("filters", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_board_search_organisation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_board_search_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_search")),
        sa.UniqueConstraint(
            "user_id", "organisation_id", "name", name=op.f("uq_board_search_user_id_organisation_id_name")
        ),
    )
    with op.batch_alter_table("board_search", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_board_search_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "buyer_credit",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_buyer_credit_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_buyer_credit_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_buyer_credit_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_credit")),
    )
    with op.batch_alter_table("buyer_credit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_buyer_credit_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_buyer_credit_organisation_buyer", ["organisation_id", "buyer_id"], unique=False
        )

    op.create_table(
        "buyer_deposit",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("means", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('received', 'returned', 'kept')", name=op.f("ck_buyer_deposit_kind")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_buyer_deposit_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_buyer_deposit_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_buyer_deposit_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_deposit")),
    )
    with op.batch_alter_table("buyer_deposit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_buyer_deposit_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_buyer_deposit_organisation_buyer", ["organisation_id", "buyer_id"], unique=False
        )

    op.create_table(
        "buyer_vetting",
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("documents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'vetted', 'suspended')", name=op.f("ck_buyer_vetting_status")
        ),
        sa.CheckConstraint("tier IN ('deposit', 'full')", name=op.f("ck_buyer_vetting_tier")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_buyer_vetting_buyer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_vetting")),
    )
    with op.batch_alter_table("buyer_vetting", schema=None) as batch_op:
        batch_op.create_index("ix_buyer_vetting_buyer_decided", ["buyer_id", "decided_at"], unique=False)

    op.create_table(
        "clock",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("first_closes_at", UtcDateTime(), nullable=False),
        sa.Column("second_minutes", sa.BigInteger(), nullable=False),
        sa.Column("second_closes_at", UtcDateTime(), nullable=True),
        sa.Column("raise_limit_bp", sa.BigInteger(), nullable=False),
        sa.Column("step_minor", sa.BigInteger(), nullable=False),
        sa.Column("sealed_seed", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("raise_limit_bp BETWEEN 1 AND 10000", name=op.f("ck_clock_raise_limit")),
        sa.CheckConstraint("second_minutes BETWEEN 1 AND 10080", name=op.f("ck_clock_second_minutes")),
        sa.CheckConstraint("step_minor > 0", name=op.f("ck_clock_step")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_clock_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_clock_organisation_id_number")),
    )
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_clock_state_first_closes_at", ["state", "first_closes_at"], unique=False)

    op.create_table(
        "deposit_return",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("pay_to", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'to_pay', 'paid', 'withdrawn')", name=op.f("ck_deposit_return_state")
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_deposit_return_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_deposit_return_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_return")),
    )
    with op.batch_alter_table("deposit_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deposit_return_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_deposit_return_organisation_state", ["organisation_id", "state"], unique=False
        )

    op.create_table(
        "event_terms",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("event_kind", sa.String(length=40), nullable=False),
        sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_event_terms_organisation_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_terms")),
    )
    with op.batch_alter_table("event_terms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_terms_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "freight_rate",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("minor_per_unit", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minor_per_unit >= 0", name=op.f("ck_freight_rate_not_negative")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_freight_rate_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_freight_rate_organisation_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["organisation.id"], name=op.f("fk_freight_rate_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freight_rate")),
    )
    with op.batch_alter_table("freight_rate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_freight_rate_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_freight_rate_seller_id_buyer_id", ["seller_id", "buyer_id", "valid_from"], unique=False
        )

    op.create_table(
        "limit_hold",
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_limit_hold_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_limit_hold_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_limit_hold_organisation_id")
        ),
        sa.PrimaryKeyConstraint("ref_id", name=op.f("pk_limit_hold")),
    )
    with op.batch_alter_table("limit_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_hold_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            "ix_limit_hold_organisation_buyer", ["organisation_id", "buyer_id"], unique=False
        )

    op.create_table(
        "market_entry",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("event_kind", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_market_entry_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_entry")),
        sa.UniqueConstraint("event_id", "sequence", name=op.f("uq_market_entry_event_id_sequence")),
    )
    with op.batch_alter_table("market_entry", schema=None) as batch_op:
        batch_op.create_index("ix_market_entry_organisation_id", ["organisation_id"], unique=False)

    op.create_table(
        "market_rule",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("confirmations_needed", sa.BigInteger(), nullable=False),
        sa.Column("confirm_hours", sa.BigInteger(), nullable=False),
        sa.Column("silence", sa.String(length=40), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("silence IN ('accepted', 'declined')", name=op.f("ck_market_rule_silence")),
        sa.CheckConstraint("confirm_hours BETWEEN 1 AND 720", name=op.f("ck_market_rule_hours")),
        sa.CheckConstraint("confirmations_needed BETWEEN 1 AND 5", name=op.f("ck_market_rule_confirmations")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_market_rule_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_market_rule")),
    )
    op.create_table(
        "match_pool",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_match_pool_state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_pool_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_pool")),
    )
    with op.batch_alter_table("match_pool", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_pool_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "price_consent",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_price_consent_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_price_consent")),
    )
    op.create_table(
        "sale_terms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sale_terms_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_sale_terms")),
    )
    op.create_table(
        "seller_limit_rule",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("limit_required", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_seller_limit_rule_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_seller_limit_rule")),
    )
    op.create_table(
        "trading_limit",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_until", sa.Date(), nullable=True),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credit_minor >= 0", name=op.f("ck_trading_limit_credit")),
        sa.CheckConstraint("deposit_minor >= 0", name=op.f("ck_trading_limit_deposit")),
        sa.CheckConstraint("held_minor >= 0", name=op.f("ck_trading_limit_held")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_trading_limit_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_trading_limit_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "buyer_id", "currency", name=op.f("pk_trading_limit")),
    )
    with op.batch_alter_table("trading_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trading_limit_buyer_id"), ["buyer_id"], unique=False)

    op.create_table(
        "auction_bidder",
        sa.Column("auction_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.BigInteger(), nullable=False),
        sa.Column("ceiling_minor", sa.BigInteger(), nullable=True),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ceiling_minor IS NULL OR ceiling_minor > 0", name=op.f("ck_auction_bidder_ceiling")
        ),
        sa.ForeignKeyConstraint(["auction_id"], ["auction.id"], name=op.f("fk_auction_bidder_auction_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_auction_bidder_buyer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_bidder")),
        sa.UniqueConstraint("auction_id", "alias", name=op.f("uq_auction_bidder_auction_id_alias")),
        sa.UniqueConstraint("auction_id", "buyer_id", name=op.f("uq_auction_bidder_auction_id_buyer_id")),
    )
    with op.batch_alter_table("auction_bidder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auction_bidder_buyer_id"), ["buyer_id"], unique=False)

    op.create_table(
        "auction_invitation",
        sa.Column("auction_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["auction_id"], ["auction.id"], name=op.f("fk_auction_invitation_auction_id")
        ),
        sa.ForeignKeyConstraint(
            ["buyer_id"], ["organisation.id"], name=op.f("fk_auction_invitation_buyer_id")
        ),
        sa.PrimaryKeyConstraint("auction_id", "buyer_id", name=op.f("pk_auction_invitation")),
    )
    with op.batch_alter_table("auction_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auction_invitation_buyer_id"), ["buyer_id"], unique=False)

    op.create_table(
        "auction_lot",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("auction_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("start_minor", sa.BigInteger(), nullable=False),
        sa.Column("reserve_minor", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("leader_bid_id", sa.Uuid(), nullable=True),
        sa.Column("leader_sealed", sa.Text(), nullable=True),
        sa.Column("reserve_met", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "price_minor IS NULL OR price_minor >= start_minor", name=op.f("ck_auction_lot_price")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_auction_lot_quantity")),
        sa.CheckConstraint(
            "reserve_minor IS NULL OR reserve_minor >= start_minor", name=op.f("ck_auction_lot_reserve")
        ),
        sa.CheckConstraint("start_minor > 0", name=op.f("ck_auction_lot_start")),
        sa.ForeignKeyConstraint(["auction_id"], ["auction.id"], name=op.f("fk_auction_lot_auction_id")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_auction_lot_award_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_auction_lot_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_lot")),
        sa.UniqueConstraint("auction_id", "position", name=op.f("uq_auction_lot_auction_id_position")),
    )
    with op.batch_alter_table("auction_lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auction_lot_award_id"), ["award_id"], unique=False)
        batch_op.create_index("ix_auction_lot_state_ends_at", ["state", "ends_at"], unique=False)

    op.create_table(
        "award_answer",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_answer_award_id")),
        sa.PrimaryKeyConstraint("award_id", "user_id", name=op.f("pk_award_answer")),
    )
    op.create_table(
        "clock_product",
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("grade_scheme", sa.String(length=40), nullable=True),
        sa.Column("grade_edition", sa.String(length=20), nullable=True),
        sa.Column("grade_key", sa.String(length=40), nullable=True),
        sa.Column("colour", sa.String(length=40), nullable=True),
        sa.Column("kilograms", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("first_demand", sa.BigInteger(), nullable=True),
        sa.Column("second_demand", sa.BigInteger(), nullable=True),
        sa.Column("second_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kilograms > 0", name=op.f("ck_clock_product_kilograms")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_clock_product_price")),
        sa.CheckConstraint(
            "second_price_minor IS NULL OR second_price_minor > price_minor",
            name=op.f("ck_clock_product_second_price"),
        ),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_clock_product_clock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_product")),
        sa.UniqueConstraint("clock_id", "position", name=op.f("uq_clock_product_clock_id_position")),
    )
    op.create_table(
        "clock_request",
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("round IN (1, 2)", name=op.f("ck_clock_request_round")),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_clock_request_clock_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_clock_request_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_request")),
        sa.UniqueConstraint("clock_id", "sequence", name=op.f("uq_clock_request_clock_id_sequence")),
    )
    with op.batch_alter_table("clock_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clock_request_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "demand_version",
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_demand_version_demand_id")),
        sa.PrimaryKeyConstraint("demand_id", "version", name=op.f("pk_demand_version")),
    )
    op.create_table(
        "match_pool_member",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("invited_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("seen", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint("state IN ('invited', 'joined', 'left')", name=op.f("ck_match_pool_member_state")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_pool_member_organisation_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["match_pool.id"], name=op.f("fk_match_pool_member_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", "organisation_id", name=op.f("pk_match_pool_member")),
    )
    with op.batch_alter_table("match_pool_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_match_pool_member_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "match_run",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("answer_hours", sa.BigInteger(), nullable=False),
        sa.Column("input", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("result_hash", sa.String(length=64), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("bound_minor", sa.BigInteger(), nullable=False),
        sa.Column("gap", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("demands", sa.BigInteger(), nullable=False),
        sa.Column("demands_other_currency", sa.BigInteger(), nullable=False),
        sa.Column("offered_quantity", sa.BigInteger(), nullable=False),
        sa.Column("matched_quantity", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("answer_hours BETWEEN 1 AND 720", name=op.f("ck_match_run_hours")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_run_organisation_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["match_pool.id"], name=op.f("fk_match_run_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_run")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_match_run_organisation_id_number")),
    )
    with op.batch_alter_table("match_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_run_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "offer",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.String(length=40), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("priced_by", sa.Uuid(), nullable=True),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("started_by IN ('seller', 'buyer')", name=op.f("ck_offer_started_by")),
        sa.CheckConstraint("turn IS NULL OR turn IN ('seller', 'buyer')", name=op.f("ck_offer_turn")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_offer_amount")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_offer_award_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_offer_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_offer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_offer_organisation_id_number")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index("ix_offer_buyer_state", ["buyer_id", "state"], unique=False)
        batch_op.create_index("ix_offer_organisation_state", ["organisation_id", "state"], unique=False)

    op.create_table(
        "tender_invitation",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_tender_invitation_organisation_id")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_tender_invitation_tender_id")),
        sa.PrimaryKeyConstraint("tender_id", "organisation_id", name=op.f("pk_tender_invitation")),
    )
    with op.batch_alter_table("tender_invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tender_invitation_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "auction_bid",
        sa.Column("auction_lot_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("seen_minor", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["auction_lot_id"], ["auction_lot.id"], name=op.f("fk_auction_bid_auction_lot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_bid")),
        sa.UniqueConstraint(
            "auction_lot_id", "sequence", name=op.f("uq_auction_bid_auction_lot_id_sequence")
        ),
        sa.UniqueConstraint(
            "idempotency_key", "buyer_id", name=op.f("uq_auction_bid_idempotency_key_buyer_id")
        ),
    )
    op.create_table(
        "buyer_payment",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_buyer_payment_amount")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_buyer_payment_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_buyer_payment_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_buyer_payment_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_payment")),
    )
    with op.batch_alter_table("buyer_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_buyer_payment_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_buyer_payment_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_buyer_payment_sale_id"), ["sale_id"], unique=False)

    op.create_table(
        "clock_allotment",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("kilograms", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kilograms > 0", name=op.f("ck_clock_allotment_kilograms")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_clock_allotment_buyer_id")),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_clock_allotment_clock_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["clock_product.id"], name=op.f("fk_clock_allotment_product_id")
        ),
        sa.PrimaryKeyConstraint("product_id", "buyer_id", "round", name=op.f("pk_clock_allotment")),
    )
    with op.batch_alter_table("clock_allotment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_allotment_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_clock_allotment_clock_id"), ["clock_id"], unique=False)

    op.create_table(
        "match_proposal",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("demand_version", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("freight_minor_per_unit", sa.BigInteger(), nullable=True),
        sa.Column("freight_minor", sa.BigInteger(), nullable=False),
        sa.Column("freight_paid_by", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("seller_accepted_at", UtcDateTime(), nullable=True),
        sa.Column("seller_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("buyer_accepted_at", UtcDateTime(), nullable=True),
        sa.Column("buyer_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by_side", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'refused', 'expired', 'stale', 'awarded', 'sold', 'fallen')",
            name=op.f("ck_match_proposal_state"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_match_proposal_amount")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_match_proposal_quantity")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_match_proposal_award_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_match_proposal_buyer_id")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_match_proposal_demand_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_proposal_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["match_run.id"], name=op.f("fk_match_proposal_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_proposal")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_match_proposal_organisation_id_number")
        ),
    )
    with op.batch_alter_table("match_proposal", schema=None) as batch_op:
        batch_op.create_index("ix_match_proposal_buyer_id_state", ["buyer_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_proposal_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(
            "ix_match_proposal_organisation_id_state", ["organisation_id", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_match_proposal_run_id"), ["run_id"], unique=False)

    op.create_table(
        "offer_step",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("side IS NULL OR side IN ('seller', 'buyer')", name=op.f("ck_offer_step_side")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_step_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_step")),
        sa.UniqueConstraint("offer_id", "sequence", name=op.f("uq_offer_step_offer_id_sequence")),
    )
    op.create_table(
        "opened_bid",
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=True),
        sa.Column("standing", sa.String(length=40), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bid_id"], ["bid.id"], name=op.f("fk_opened_bid_bid_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_opened_bid_organisation_id")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_opened_bid_tender_id")),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_opened_bid")),
    )
    with op.batch_alter_table("opened_bid", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opened_bid_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opened_bid_tender_id"), ["tender_id"], unique=False)

    op.create_table(
        "sale_contract",
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_contract_sale_id")),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_sale_contract")),
    )
    op.create_table(
        "sale_ending",
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_organisation", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("consequences", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('cancelled', 'buyer_default', 'seller_default')", name=op.f("ck_sale_ending_kind")
        ),
        sa.CheckConstraint("state IN ('asked', 'done', 'refused')", name=op.f("ck_sale_ending_state")),
        sa.ForeignKeyConstraint(
            ["asked_by_organisation"], ["organisation.id"], name=op.f("fk_sale_ending_asked_by_organisation")
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_sale_ending_buyer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sale_ending_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_ending_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_ending")),
    )
    with op.batch_alter_table("sale_ending", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sale_ending_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sale_ending_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sale_ending_sale_id"), ["sale_id"], unique=False)

    op.create_table(
        "auction_lot_part",
        sa.Column("auction_lot_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["auction_lot_id"], ["auction_lot.id"], name=op.f("fk_auction_lot_part_auction_lot_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_auction_lot_part_lot_id")),
        sa.PrimaryKeyConstraint("auction_lot_id", "lot_id", name=op.f("pk_auction_lot_part")),
    )
    with op.batch_alter_table("auction_lot_part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auction_lot_part_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "award_line",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_minor_per_unit", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_line_award_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_award_line_lot_id")),
        sa.PrimaryKeyConstraint("award_id", "lot_id", name=op.f("pk_award_line")),
    )
    with op.batch_alter_table("award_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_line_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "clock_lot",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_clock_lot_clock_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_clock_lot_lot_id")),
        sa.ForeignKeyConstraint(["product_id"], ["clock_product.id"], name=op.f("fk_clock_lot_product_id")),
        sa.PrimaryKeyConstraint("product_id", "lot_id", name=op.f("pk_clock_lot")),
    )
    with op.batch_alter_table("clock_lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_lot_clock_id"), ["clock_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_clock_lot_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "match_line",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("run_lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_minor_per_unit", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_match_line_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_match_line_lot_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["match_proposal.id"], name=op.f("fk_match_line_proposal_id")
        ),
        sa.ForeignKeyConstraint(["run_lot_id"], ["lot.id"], name=op.f("fk_match_line_run_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_line")),
        sa.UniqueConstraint("proposal_id", "position", name=op.f("uq_match_line_proposal_id_position")),
    )
    with op.batch_alter_table("match_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_line_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "match_miss",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=True),
        sa.Column("condition", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("offered_minor_per_unit", sa.BigInteger(), nullable=True),
        sa.Column("needed_minor_per_unit", sa.BigInteger(), nullable=True),
        sa.Column("freight_minor_per_unit", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_match_miss_demand_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_match_miss_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_miss_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["match_run.id"], name=op.f("fk_match_miss_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_miss")),
        sa.UniqueConstraint("run_id", "lot_id", name=op.f("uq_match_miss_run_id_lot_id")),
    )
    with op.batch_alter_table("match_miss", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_miss_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_miss_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "match_offer",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("reserve_minor_per_unit", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_divisible", sa.Boolean(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'withdrawn', 'taken')", name=op.f("ck_match_offer_state")),
        sa.CheckConstraint("reserve_minor_per_unit >= 0", name=op.f("ck_match_offer_reserve")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_match_offer_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_match_offer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_offer")),
    )
    with op.batch_alter_table("match_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_offer_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            "ix_match_offer_organisation_id_state", ["organisation_id", "state"], unique=False
        )
        batch_op.create_index(
            "uq_match_offer_open_lot",
            ["lot_id"],
            unique=True,
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "offer_line",
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_minor_per_unit", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("price_minor_per_unit > 0", name=op.f("ck_offer_line_price")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_offer_line_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_offer_line_lot_id")),
        sa.ForeignKeyConstraint(["step_id"], ["offer_step.id"], name=op.f("fk_offer_line_step_id")),
        sa.PrimaryKeyConstraint("step_id", "lot_id", name=op.f("pk_offer_line")),
    )
    with op.batch_alter_table("offer_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_line_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "open_lot",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asking_minor_per_unit", sa.BigInteger(), nullable=True),
        sa.Column("shown_at", UtcDateTime(), nullable=False),
        sa.Column("shown_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "asking_minor_per_unit IS NULL OR asking_minor_per_unit > 0", name=op.f("ck_open_lot_asking")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_open_lot_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_open_lot_organisation_id")
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_open_lot")),
    )
    with op.batch_alter_table("open_lot", schema=None) as batch_op:
        batch_op.create_index("ix_open_lot_organisation_id", ["organisation_id"], unique=False)

    op.create_table(
        "sale_adjustment",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('weight', 'class', 'micron', 'amount')", name=op.f("ck_sale_adjustment_kind")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_sale_adjustment_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sale_adjustment_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_adjustment_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_adjustment")),
        sa.UniqueConstraint(
            "sale_id",
            "lot_id",
            "kind",
            "source_id",
            name=op.f("uq_sale_adjustment_sale_id_lot_id_kind_source_id"),
        ),
    )
    with op.batch_alter_table("sale_adjustment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sale_adjustment_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_sale_adjustment_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sale_adjustment_sale_id"), ["sale_id"], unique=False)

    op.create_table(
        "sale_claim",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("found_key", sa.String(length=40), nullable=True),
        sa.Column("found_micron_tenths", sa.BigInteger(), nullable=True),
        sa.Column("accepted_quantity", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('class', 'micron', 'amount')", name=op.f("ck_sale_claim_kind")),
        sa.CheckConstraint(
            "state IN ('agrees', 'open', 'accepted', 'rejected')", name=op.f("ck_sale_claim_state")
        ),
        sa.CheckConstraint(
            "accepted_quantity IS NULL OR accepted_quantity >= 0", name=op.f("ck_sale_claim_quantity")
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_sale_claim_buyer_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_sale_claim_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sale_claim_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_claim_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_claim")),
    )
    with op.batch_alter_table("sale_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sale_claim_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sale_claim_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_sale_claim_sale_lot", ["sale_id", "lot_id"], unique=False)

    op.create_table(
        "sale_release",
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("ending_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ending_id"], ["sale_ending.id"], name=op.f("fk_sale_release_ending_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_sale_release_lot_id")),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_release_sale_id")),
        sa.PrimaryKeyConstraint("sale_id", "lot_id", name=op.f("pk_sale_release")),
    )
    with op.batch_alter_table("sale_release", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sale_release_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "sample_request",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_g", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("sent_g", sa.BigInteger(), nullable=True),
        sa.Column("carrier", sa.String(length=200), nullable=True),
        sa.Column("tracking", sa.String(length=200), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("found_grade", sa.String(length=40), nullable=True),
        sa.Column("found_micron_tenths", sa.BigInteger(), nullable=True),
        sa.Column("found_colour", sa.String(length=40), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("would_buy", sa.String(length=40), nullable=True),
        sa.Column("would_pay_minor_per_unit", sa.BigInteger(), nullable=True),
        sa.Column("judged_at", UtcDateTime(), nullable=True),
        sa.Column("judged_by", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("asked_g > 0", name=op.f("ck_sample_request_asked")),
        sa.CheckConstraint("sent_g IS NULL OR sent_g > 0", name=op.f("ck_sample_request_sent")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_sample_request_buyer_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_sample_request_lot_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sample_request_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_sample_request_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_request")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_sample_request_organisation_id_number")
        ),
    )
    with op.batch_alter_table("sample_request", schema=None) as batch_op:
        batch_op.create_index("ix_sample_request_buyer_state", ["buyer_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_sample_request_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            "ix_sample_request_organisation_state", ["organisation_id", "state"], unique=False
        )

    with op.batch_alter_table("tender_lot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reserve_minor_per_unit", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("grade", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("colour", sa.String(length=40), nullable=True))

    # ### end Alembic commands ###
    # end of tables and columns
    seal_bids()
    _keep_awards(op.get_bind())
    _keep_payments(op.get_bind())
    with op.batch_alter_table("sale") as batch_op:
        batch_op.add_column(sa.Column("method", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("event_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("award_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("terms", JSON, nullable=True))
        batch_op.add_column(sa.Column("book_currency", sa.String(length=3), nullable=True))
        batch_op.add_column(sa.Column("book_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("rate_millionths", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("rate_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("rate_source", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("ended", sa.String(length=40), nullable=True))
    op.execute(
        "UPDATE sale SET method = 'tender', event_id = tender_id, terms = '{}', book_currency = currency, "
        "book_minor = proceeds_minor, rate_millionths = 1000000"
    )
    with op.batch_alter_table("sale_line") as batch_op:
        batch_op.add_column(sa.Column("price_minor_per_unit", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE sale_line SET price_minor_per_unit = "
        "(SELECT sale.price_minor_per_unit FROM sale WHERE sale.id = sale_line.sale_id)"
    )
    with op.batch_alter_table("sale_line") as batch_op:
        batch_op.alter_column("price_minor_per_unit", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("sale") as batch_op:
        batch_op.alter_column("method", existing_type=sa.String(length=40), nullable=False)
        batch_op.alter_column("terms", existing_type=JSON, nullable=False)
        batch_op.alter_column("book_currency", existing_type=sa.String(length=3), nullable=False)
        batch_op.alter_column("book_minor", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("rate_millionths", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("price_minor_per_unit", existing_type=sa.BigInteger(), nullable=True)
        batch_op.drop_constraint("uq_sale_tender_id", type_="unique")
        batch_op.drop_constraint("fk_sale_tender_id", type_="foreignkey")
        batch_op.drop_constraint("fk_sale_bid_id", type_="foreignkey")
        batch_op.drop_column("tender_id")
        batch_op.create_unique_constraint("uq_sale_award_id", ["award_id"])
        batch_op.create_foreign_key("fk_sale_award_id", "award", ["award_id"], ["id"])
        batch_op.create_index("ix_sale_event_id", ["event_id"])
    add_terms_of_demands()
    vet_known_buyers()
    add_triggers(op, (*REBUILT, *APPEND_ONLY))
    freeze_columns(op, {"sale": SALE_NOW, "tender": TENDER_NOW, **FROZEN})


def downgrade() -> None:
    """Take it all away again; sales of other ways than tenders stay as sales without a tender."""
    unfreeze_columns(op, ["sale", "tender", *FROZEN])
    remove_triggers(op, (*REBUILT, *APPEND_ONLY))
    unseal_bids()
    drop_terms_of_demands()
    with op.batch_alter_table("sale") as batch_op:
        batch_op.add_column(sa.Column("tender_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE sale SET tender_id = event_id WHERE method = 'tender'")
    op.execute(
        "UPDATE sale SET price_minor_per_unit = (SELECT max(sale_line.price_minor_per_unit) FROM sale_line "
        "WHERE sale_line.sale_id = sale.id) WHERE price_minor_per_unit IS NULL"
    )
    op.execute("UPDATE sale SET bid_id = NULL WHERE method <> 'tender'")
    with op.batch_alter_table("sale") as batch_op:
        batch_op.alter_column("price_minor_per_unit", existing_type=sa.BigInteger(), nullable=False)
        batch_op.drop_index("ix_sale_event_id")
        batch_op.drop_constraint("fk_sale_award_id", type_="foreignkey")
        batch_op.drop_constraint("uq_sale_award_id", type_="unique")
        batch_op.drop_column("award_id")
        batch_op.drop_column("event_id")
        batch_op.drop_column("method")
        for column in (
            "terms",
            "book_currency",
            "book_minor",
            "rate_millionths",
            "rate_on",
            "rate_source",
            "ended",
        ):
            batch_op.drop_column(column)
        batch_op.create_unique_constraint("uq_sale_tender_id", ["tender_id"])
        batch_op.create_foreign_key("fk_sale_tender_id", "tender", ["tender_id"], ["id"])
        batch_op.create_foreign_key("fk_sale_bid_id", "bid", ["bid_id"], ["id"])
    with op.batch_alter_table("sale_line") as batch_op:
        batch_op.drop_column("price_minor_per_unit")
    op.execute(sa.delete(OUTBOX).where(OUTBOX.c.kind == DUE_MESSAGE))
    # tables and columns, the other way round
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table("tender_lot", schema=None) as batch_op:
        batch_op.drop_column("colour")
        batch_op.drop_column("grade")
        batch_op.drop_column("reserve_minor_per_unit")

    with op.batch_alter_table("sample_request", schema=None) as batch_op:
        batch_op.drop_index("ix_sample_request_organisation_state")
        batch_op.drop_index(batch_op.f("ix_sample_request_lot_id"))
        batch_op.drop_index("ix_sample_request_buyer_state")

    op.drop_table("sample_request")
    with op.batch_alter_table("sale_release", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sale_release_lot_id"))

    op.drop_table("sale_release")
    with op.batch_alter_table("sale_claim", schema=None) as batch_op:
        batch_op.drop_index("ix_sale_claim_sale_lot")
        batch_op.drop_index(batch_op.f("ix_sale_claim_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_sale_claim_buyer_id"))

    op.drop_table("sale_claim")
    with op.batch_alter_table("sale_adjustment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sale_adjustment_sale_id"))
        batch_op.drop_index(batch_op.f("ix_sale_adjustment_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_sale_adjustment_lot_id"))

    op.drop_table("sale_adjustment")
    with op.batch_alter_table("open_lot", schema=None) as batch_op:
        batch_op.drop_index("ix_open_lot_organisation_id")

    op.drop_table("open_lot")
    with op.batch_alter_table("offer_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_line_lot_id"))

    op.drop_table("offer_line")
    with op.batch_alter_table("match_offer", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_match_offer_open_lot",
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index("ix_match_offer_organisation_id_state")
        batch_op.drop_index(batch_op.f("ix_match_offer_lot_id"))

    op.drop_table("match_offer")
    with op.batch_alter_table("match_miss", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_miss_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_match_miss_lot_id"))

    op.drop_table("match_miss")
    with op.batch_alter_table("match_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_line_lot_id"))

    op.drop_table("match_line")
    with op.batch_alter_table("clock_lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_lot_lot_id"))
        batch_op.drop_index(batch_op.f("ix_clock_lot_clock_id"))

    op.drop_table("clock_lot")
    with op.batch_alter_table("award_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_award_line_lot_id"))

    op.drop_table("award_line")
    with op.batch_alter_table("auction_lot_part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auction_lot_part_lot_id"))

    op.drop_table("auction_lot_part")
    with op.batch_alter_table("sale_ending", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sale_ending_sale_id"))
        batch_op.drop_index(batch_op.f("ix_sale_ending_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_sale_ending_buyer_id"))

    op.drop_table("sale_ending")
    op.drop_table("sale_contract")
    with op.batch_alter_table("opened_bid", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opened_bid_tender_id"))
        batch_op.drop_index(batch_op.f("ix_opened_bid_organisation_id"))

    op.drop_table("opened_bid")
    op.drop_table("offer_step")
    with op.batch_alter_table("match_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_proposal_run_id"))
        batch_op.drop_index("ix_match_proposal_organisation_id_state")
        batch_op.drop_index(batch_op.f("ix_match_proposal_demand_id"))
        batch_op.drop_index("ix_match_proposal_buyer_id_state")

    op.drop_table("match_proposal")
    with op.batch_alter_table("clock_allotment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_allotment_clock_id"))
        batch_op.drop_index(batch_op.f("ix_clock_allotment_buyer_id"))

    op.drop_table("clock_allotment")
    with op.batch_alter_table("buyer_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_buyer_payment_sale_id"))
        batch_op.drop_index(batch_op.f("ix_buyer_payment_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_buyer_payment_buyer_id"))

    op.drop_table("buyer_payment")
    op.drop_table("auction_bid")
    with op.batch_alter_table("tender_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tender_invitation_organisation_id"))

    op.drop_table("tender_invitation")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index("ix_offer_organisation_state")
        batch_op.drop_index("ix_offer_buyer_state")

    op.drop_table("offer")
    with op.batch_alter_table("match_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_run_pool_id"))

    op.drop_table("match_run")
    with op.batch_alter_table("match_pool_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_pool_member_organisation_id"))

    op.drop_table("match_pool_member")
    op.drop_table("demand_version")
    with op.batch_alter_table("clock_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_request_organisation_id"))

    op.drop_table("clock_request")
    op.drop_table("clock_product")
    op.drop_table("award_answer")
    with op.batch_alter_table("auction_lot", schema=None) as batch_op:
        batch_op.drop_index("ix_auction_lot_state_ends_at")
        batch_op.drop_index(batch_op.f("ix_auction_lot_award_id"))

    op.drop_table("auction_lot")
    with op.batch_alter_table("auction_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auction_invitation_buyer_id"))

    op.drop_table("auction_invitation")
    with op.batch_alter_table("auction_bidder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auction_bidder_buyer_id"))

    op.drop_table("auction_bidder")
    with op.batch_alter_table("trading_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trading_limit_buyer_id"))

    op.drop_table("trading_limit")
    op.drop_table("seller_limit_rule")
    op.drop_table("sale_terms")
    op.drop_table("price_consent")
    with op.batch_alter_table("match_pool", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_pool_organisation_id"))

    op.drop_table("match_pool")
    op.drop_table("market_rule")
    with op.batch_alter_table("market_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_market_entry_organisation_id")

    op.drop_table("market_entry")
    with op.batch_alter_table("limit_hold", schema=None) as batch_op:
        batch_op.drop_index("ix_limit_hold_organisation_buyer")
        batch_op.drop_index(batch_op.f("ix_limit_hold_buyer_id"))

    op.drop_table("limit_hold")
    with op.batch_alter_table("freight_rate", schema=None) as batch_op:
        batch_op.drop_index("ix_freight_rate_seller_id_buyer_id")
        batch_op.drop_index(batch_op.f("ix_freight_rate_buyer_id"))

    op.drop_table("freight_rate")
    with op.batch_alter_table("event_terms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_terms_organisation_id"))

    op.drop_table("event_terms")
    with op.batch_alter_table("deposit_return", schema=None) as batch_op:
        batch_op.drop_index("ix_deposit_return_organisation_state")
        batch_op.drop_index(batch_op.f("ix_deposit_return_buyer_id"))

    op.drop_table("deposit_return")
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_state_first_closes_at")
        batch_op.drop_index(batch_op.f("ix_clock_organisation_id"))

    op.drop_table("clock")
    with op.batch_alter_table("buyer_vetting", schema=None) as batch_op:
        batch_op.drop_index("ix_buyer_vetting_buyer_decided")

    op.drop_table("buyer_vetting")
    with op.batch_alter_table("buyer_deposit", schema=None) as batch_op:
        batch_op.drop_index("ix_buyer_deposit_organisation_buyer")
        batch_op.drop_index(batch_op.f("ix_buyer_deposit_buyer_id"))

    op.drop_table("buyer_deposit")
    with op.batch_alter_table("buyer_credit", schema=None) as batch_op:
        batch_op.drop_index("ix_buyer_credit_organisation_buyer")
        batch_op.drop_index(batch_op.f("ix_buyer_credit_buyer_id"))

    op.drop_table("buyer_credit")
    with op.batch_alter_table("board_search", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_board_search_organisation_id"))

    op.drop_table("board_search")
    with op.batch_alter_table("bidder_exclusion", schema=None) as batch_op:
        batch_op.drop_index("ix_bidder_exclusion_organisation_buyer")
        batch_op.drop_index(batch_op.f("ix_bidder_exclusion_buyer_id"))

    op.drop_table("bidder_exclusion")
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.drop_index("ix_award_organisation_state")
        batch_op.drop_index("ix_award_event_id")
        batch_op.drop_index(batch_op.f("ix_award_buyer_id"))

    op.drop_table("award")
    with op.batch_alter_table("auction", schema=None) as batch_op:
        batch_op.drop_index("ix_auction_state_ends_at")
        batch_op.drop_index(batch_op.f("ix_auction_organisation_id"))

    op.drop_table("auction")
    op.drop_table("alert_setting")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_user_created")
        batch_op.drop_index(
            "ix_alert_unread",
            postgresql_where=sa.text("read_at IS NULL"),
            sqlite_where=sa.text("read_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_alert_organisation_id"))

    op.drop_table("alert")
    # ### end Alembic commands ###
    # end, the other way round
    add_triggers(op, REBUILT)
    freeze_columns(op, {"sale": SALE_BEFORE, "tender": TENDER_BEFORE})
