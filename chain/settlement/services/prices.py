"""What the organisation pays per kilogram or litre in a period."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.money import Money
from chain.ledger.services.posting import lock_books
from chain.lots.products import DELIVERED
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import PriceOverlaps
from chain.settlement.models import PeriodPrice
from chain.settlement.rules import MAX_NAME, MAX_PRICE_MINOR

FIRST_DAY = date(2000, 1, 1)
MAX_AHEAD = timedelta(days=3 * 366)

WRITE_DECISION = N_("Write who decided it and when, for example “Assembly of 3 March 2026”.")
NAME_TOO_LONG = N_("Write at most %(limit)s characters.")
LAST_BEFORE_FIRST = N_("The last day lies before the first.")
DAY_OUT_OF_RANGE = N_("The day must lie between %(first)s and %(last)s.")


def set_price(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    price_id: UUID,
    commodity: str,
    price_minor_per_unit: int,
    valid_from: date,
    valid_to: date,
    decided_by: str,
) -> PeriodPrice:
    """Set a price for the days from `valid_from` to `valid_to`, both included; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not set prices.
        ValidationFailed: a field cannot be used.
        PriceOverlaps: another price is in force on some of the days.
        IdempotencyConflict: the id was used for another price.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    content = {
        "commodity": commodity,
        "price_minor_per_unit": price_minor_per_unit,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": decided_by.strip(),
    }
    known = session.get(PeriodPrice, price_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, name) == value for name, value in content.items()
        ):
            return known
        raise IdempotencyConflict
    check_price(commodity, price_minor_per_unit)
    check_dates(valid_from, valid_to, decided_by, now.date())
    refuse_overlap(session, actor.org, commodity, valid_from, valid_to)
    price = PeriodPrice(
        id=price_id,
        organisation_id=actor.org,
        currency=get_own_organisation(session, actor).currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    session.add(price)
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.PRICE_SET,
        actor=actor,
        now=now,
        subject_type="period_price",
        subject_id=price.id,
        after=content,
    )
    return price


def refuse_overlap(
    session: Session, organisation_id: UUID, commodity: str, valid_from: date, valid_to: date
) -> None:
    """Refuse a span in which another price of the product is in force; the books are locked, so none can slip in.

    Raises:
        PriceOverlaps: the first one that overlaps is named.
    """
    other = session.scalars(
        select(PeriodPrice)
        .where(
            PeriodPrice.organisation_id == organisation_id,
            PeriodPrice.commodity == commodity,
            PeriodPrice.valid_from <= valid_to,
            PeriodPrice.valid_to >= valid_from,
        )
        .order_by(PeriodPrice.valid_from)
        .limit(1)
    ).first()
    if other is not None:
        raise PriceOverlaps(
            valid_from=other.valid_from,
            valid_to=other.valid_to,
            price=Money(other.price_minor_per_unit, other.currency),
        )


def check_price(commodity: str, price_minor_per_unit: int) -> None:
    """Refuse an unknown product or a price that nobody pays."""
    errors = FieldErrors()
    if commodity not in DELIVERED:
        errors.add("commodity", N_("Choose one of the products."))
    if not 0 < price_minor_per_unit <= MAX_PRICE_MINOR:
        errors.add(
            "price", N_("The price must be above zero and at most %(most)s."), most=MAX_PRICE_MINOR // 100
        )
    errors.raise_any()


def check_dates(valid_from: date, valid_to: date | None, decided_by: str, today: date) -> None:
    """Refuse dates out of order or out of the believable, and a missing decision."""
    errors = FieldErrors()
    last = today + MAX_AHEAD
    for field, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is not None and not FIRST_DAY <= day <= last:
            errors.add(field, DAY_OUT_OF_RANGE, first=FIRST_DAY, last=last)
    if valid_to is not None and valid_to < valid_from:
        errors.add("valid_to", LAST_BEFORE_FIRST)
    if not decided_by.strip():
        errors.add("decided_by", WRITE_DECISION)
    elif len(decided_by.strip()) > MAX_NAME:
        errors.add("decided_by", NAME_TOO_LONG, limit=MAX_NAME)
    errors.raise_any()
