"""One price for everything, in one step: scheme, version and coming into force."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.ids import new_id
from chain.core.quantity import Unit
from chain.ledger.services.posting import lock_books
from chain.lots.products import DELIVERED, PRODUCT_LABELS, PRODUCTS
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.queries.schemes import FlatPrice, find_scheme_by_key, flat_price
from chain.pricing.rules.checks import MAX_PRICE_MINOR, NO_PRODUCT, PRICE_RANGE
from chain.pricing.rules.content import PayUnit, PriceContent, SchemeKind
from chain.pricing.rules.states import Lane
from chain.pricing.services.checks import Days, check_dates, refuse_overlap
from chain.pricing.services.schemes import create_scheme, write_version
from chain.pricing.services.states import activate_version


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
) -> FlatPrice:
    """Set one price for the days from `valid_from` to `valid_to`, both included; the same id again changes nothing.

    The first price of a product opens its scheme; each further one is a version of it.

    Raises:
        Forbidden: the actor may not set prices.
        ValidationFailed: a field cannot be used.
        PriceOverlaps: another price is in force on some of the days.
        IdempotencyConflict: the id was used for another price.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    _check(commodity, price_minor_per_unit)
    is_liquid = PRODUCTS[commodity].unit is Unit.MILLILITRE
    known = session.get(PriceVersion, price_id)
    if known is None:
        check_dates(valid_from, valid_to, decided_by, now.date())
        refuse_overlap(session, price_id, Days(actor.org, commodity, Lane.PRICE, valid_from, valid_to))
    elif known.organisation_id != actor.org or known.commodity != commodity:
        raise IdempotencyConflict
    scheme = _scheme(session, actor, now, commodity)
    version = write_version(
        session,
        actor=actor,
        now=now,
        version_id=price_id,
        scheme_id=scheme.id,
        content=PriceContent(
            kind=SchemeKind.FLAT,
            unit=PayUnit.LITRE if is_liquid else PayUnit.KILOGRAM,
            base_minor=price_minor_per_unit,
        ),
        valid_from=valid_from,
        valid_to=valid_to,
        decided_by=decided_by,
    )
    if known is None:
        activate_version(session, actor=actor, now=now, version_id=version.id)
    return flat_price(version)


def _check(commodity: str, price_minor_per_unit: int) -> None:
    errors = FieldErrors()
    if commodity not in DELIVERED:
        errors.add("commodity", NO_PRODUCT)
    if not 0 < price_minor_per_unit <= MAX_PRICE_MINOR:
        errors.add("price", PRICE_RANGE, most=MAX_PRICE_MINOR // 100)
    errors.raise_any()


def _scheme(session: Session, actor: Actor, now: datetime, commodity: str) -> PriceScheme:
    key = f"flat-{commodity}"
    return find_scheme_by_key(session, actor.org, key) or create_scheme(
        session,
        actor=actor,
        now=now,
        scheme_id=new_id(),
        key=key,
        name=PRODUCT_LABELS[commodity],
        commodity=commodity,
    )
