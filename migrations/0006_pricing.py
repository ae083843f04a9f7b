"""Price schemes in versions.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-23 05:06:00

"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chain.core.append_only import FUNCTION, freeze_columns, unfreeze_columns
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime

# revision identifiers, used by Alembic.
revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG = sa.BigInteger()
#: What a price without a last day becomes where a last day must stand.
NO_LAST_DAY = date(2999, 12, 31)
LITRES = "raw-milk"
FROZEN_SCHEME = ("id", "organisation_id", "key", "commodity", "currency", "created_at", "created_by")
#: What a version says and who brought it into force: frozen from that moment on.
FROZEN_VERSION = (
    "id", "scheme_id", "organisation_id", "commodity", "number", "lane", "valid_from", "decided_by", "content",
    "content_hash", "currency", "created_at", "created_by", "activated_at", "activated_by",
)  # fmt: skip


def _columns(name: str, /, **types: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(key, kind) for key, kind in types.items()))


PERIOD_PRICE = _columns(
    "period_price", id=sa.Uuid(), organisation_id=sa.Uuid(), commodity=sa.String(), price_minor_per_unit=BIG,
    currency=sa.String(), valid_from=sa.Date(), valid_to=sa.Date(), decided_by=sa.String(), created_at=UtcDateTime(),
    created_by=sa.Uuid(),
)  # fmt: skip
SCHEME = _columns(
    "price_scheme", id=sa.Uuid(), organisation_id=sa.Uuid(), key=sa.String(), name=sa.String(), commodity=sa.String(),
    currency=sa.String(), created_at=UtcDateTime(), created_by=sa.Uuid(),
)  # fmt: skip
VERSION = _columns(
    "price_version", id=sa.Uuid(), scheme_id=sa.Uuid(), organisation_id=sa.Uuid(), commodity=sa.String(), number=BIG,
    lane=sa.String(), state=sa.String(), valid_from=sa.Date(), valid_to=sa.Date(), decided_by=sa.String(), content=JSON,
    content_hash=sa.String(), created_at=UtcDateTime(), created_by=sa.Uuid(), activated_at=UtcDateTime(),
    activated_by=sa.Uuid(), currency=sa.String(),
)  # fmt: skip
NAMES = {
    "alpaca-fibre": "Alpaca fibre",
    "llama-fibre": "Llama fibre",
    "raw-milk": "Raw milk",
    "llama-carcass": "Llama carcass",
    "live-llama": "Live llama",
}


def _keep_prices(bind: sa.Connection) -> None:
    """Make a scheme of each product that had prices, and a version in force of each price, under the price's own id."""
    schemes: dict[tuple[Any, str, str], list[Any]] = {}
    for row in bind.execute(sa.select(PERIOD_PRICE).order_by(PERIOD_PRICE.c.valid_from, PERIOD_PRICE.c.id)):
        schemes.setdefault((row.organisation_id, row.commodity, row.currency), []).append(row)
    keys: set[tuple[Any, str]] = set()
    for (organisation_id, commodity, currency), rows in schemes.items():
        key = f"flat-{commodity}"
        if (organisation_id, key) in keys:
            key = f"{key}-{currency.lower()}"
        keys.add((organisation_id, key))
        scheme_id = new_id()
        bind.execute(
            SCHEME.insert().values(
                id=scheme_id,
                organisation_id=organisation_id,
                key=key,
                name=NAMES.get(commodity, commodity),
                commodity=commodity,
                currency=currency,
                created_at=rows[0].created_at,
                created_by=rows[0].created_by,
            )
        )
        for number, row in enumerate(rows, start=1):
            bind.execute(VERSION.insert().values(scheme_id=scheme_id, number=number, **_version_of(row)))


def _version_of(row: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "lane": "price",
        "valid_from": row.valid_from,
        "valid_to": None if row.valid_to == NO_LAST_DAY else row.valid_to,
        "decided_by": row.decided_by,
        "content": {
            "kind": "flat",
            "unit": "l" if row.commodity == LITRES else "kg",
            "base_minor": row.price_minor_per_unit,
            "missing": "mean_of_last_three",
        },
    }
    return {
        **values,
        "content_hash": content_hash(values),
        "id": row.id,
        "organisation_id": row.organisation_id,
        "commodity": row.commodity,
        "currency": row.currency,
        "state": "in_force",
        "created_at": row.created_at,
        "created_by": row.created_by,
        "activated_at": row.created_at,
        "activated_by": row.created_by,
    }


def _keep_flat_versions(bind: sa.Connection) -> None:
    """Make a price of each version that is one price for everything; other ways of paying were not known before."""
    rows = bind.execute(sa.select(VERSION).where(VERSION.c.state.in_(("in_force", "ended")))).all()
    for row in rows:
        if row.content["kind"] == "flat":
            bind.execute(
                PERIOD_PRICE.insert().values(
                    id=row.id,
                    organisation_id=row.organisation_id,
                    commodity=row.commodity,
                    price_minor_per_unit=row.content["base_minor"],
                    currency=row.currency,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to or NO_LAST_DAY,
                    decided_by=row.decided_by,
                    created_at=row.created_at,
                    created_by=row.created_by,
                )
            )


def _freeze_versions() -> None:
    """Keep what a version says, and the version itself, from the moment that it is no draft any more."""
    listed = ", ".join(FROZEN_VERSION)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, action in (("frozen", f"UPDATE OF {listed}"), ("no_delete", "DELETE")):
        then = (
            "BEGIN SELECT RAISE(ABORT, 'price_version is append-only'); END"
            if is_sqlite
            else f"EXECUTE FUNCTION {FUNCTION}()"
        )
        when = "WHEN OLD.state <> 'draft'" if is_sqlite else "FOR EACH ROW WHEN (OLD.state <> 'draft')"
        op.execute(f"CREATE TRIGGER price_version_{name} BEFORE {action} ON price_version {when} {then}")


def _unfreeze_versions() -> None:
    where = "" if op.get_bind().dialect.name == "sqlite" else " ON price_version"
    for name in ("frozen", "no_delete"):
        op.execute(f"DROP TRIGGER price_version_{name}{where}")


def upgrade() -> None:
    """Add the tables of pricing; prices of periods become versions of flat schemes."""
    op.create_table(
        "price_scheme",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_price_scheme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_scheme")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_price_scheme_organisation_id_key")),
    )
    _create_versions()
    _keep_prices(op.get_bind())
    _freeze_versions()
    freeze_columns(op, {"price_scheme": FROZEN_SCHEME})
    op.drop_index("ix_period_price_organisation_id_commodity", table_name="period_price")
    op.drop_table("period_price")


def _create_versions() -> None:
    op.create_table(
        "price_version",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("activated_at", UtcDateTime(), nullable=True),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (activated_at IS NULL)", name=op.f("ck_price_version_activated")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_price_version_dates")),
        sa.CheckConstraint("lane IN ('price', 'share')", name=op.f("ck_price_version_lane")),
        sa.CheckConstraint(
            "state IN ('draft', 'in_force', 'ended', 'withdrawn')", name=op.f("ck_price_version_state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_price_version_organisation_id")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["price_scheme.id"], name=op.f("fk_price_version_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_version")),
        sa.UniqueConstraint("scheme_id", "number", name=op.f("uq_price_version_scheme_id_number")),
    )
    op.create_index(
        "ix_price_version_organisation_id_commodity",
        "price_version",
        ["organisation_id", "commodity", "valid_from"],
    )


def downgrade() -> None:
    """Make prices of periods of the flat schemes and take the tables away; other ways of paying are lost."""
    op.create_table(
        "period_price",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("commodity", sa.String(length=40), nullable=False),
        sa.Column("price_minor_per_unit", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("price_minor_per_unit > 0", name=op.f("ck_period_price_price")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_period_price_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_period_price_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_price")),
    )
    op.create_index(
        "ix_period_price_organisation_id_commodity",
        "period_price",
        ["organisation_id", "commodity", "valid_from"],
    )
    _keep_flat_versions(op.get_bind())
    unfreeze_columns(op, ("price_scheme",))
    _unfreeze_versions()
    op.drop_index("ix_price_version_organisation_id_commodity", table_name="price_version")
    op.drop_table("price_version")
    op.drop_table("price_scheme")
