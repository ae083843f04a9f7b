"""What pages and the API of negotiation share: reading typed terms, answers that end with the lots gone, files."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from chain.accounts.rules import Actor
from chain.core.db import atomic
from chain.core.errors import FieldErrors, InvalidId
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.quantity import thousandths
from chain.negotiation.errors import OfferLotsGone
from chain.negotiation.forms import HUNDRED, TermsBase
from chain.negotiation.models import Offer
from chain.negotiation.queries.open_lots import OpenLotRow
from chain.negotiation.rules import Line, OfferState, Terms
from chain.negotiation.services import accept_offer

ClassKey = tuple[str | None, str | None, str | None]
#: Larger numbers cannot be meant and would not fit a column.
MAX_NUMBER = Decimal(10**9)
DEFAULT_PAYMENT_DAYS = 15


def read_ids(texts: Sequence[str]) -> list[UUID]:
    """Return the ids of an address or form; what is none is left out, and each stands once."""
    found: list[UUID] = []
    for text in texts:
        try:
            one = parse_id(text)
        except InvalidId:
            continue
        if one not in found:
            found.append(one)
    return found


def classes_of(lots: Sequence[OpenLotRow]) -> list[ClassKey]:
    """Return the classes of lots, each once, in the order of the list."""
    return list(dict.fromkeys((lot.grade_scheme, lot.grade_edition, lot.grade_key) for lot in lots))


def terms_from_form(form: TermsBase, lots: Sequence[OpenLotRow], now: datetime) -> Terms:
    """Return what was typed as terms; a quantity of zero leaves a lot out.

    Raises:
        ValidationFailed: a number is out of all bounds, or no lot is left.
    """
    errors = FieldErrors()
    prices: dict[ClassKey, int] = {}
    for place, key in enumerate(classes_of(lots)):
        field = form.price_field(place)
        if field.data is not None and abs(field.data) > MAX_NUMBER:
            errors.add(field.name, N_("This number is too large."))
        prices[key] = field.minor
    lines = []
    for place, lot in enumerate(lots):
        field_of = form.quantity_field(place)
        typed = lot.quantity if field_of is None or field_of.data is None else None
        if typed is None and field_of is not None and field_of.data is not None:
            if not 0 <= field_of.data <= MAX_NUMBER or thousandths(field_of.data) > lot.quantity:
                errors.add(field_of.name, N_("The lot does not hold so much."))
                continue
            typed = thousandths(field_of.data)
        if typed:
            key = (lot.grade_scheme, lot.grade_edition, lot.grade_key)
            lines.append(Line(lot.id, typed, prices[key]))
    days = form.payment_days.data
    if days is None or days != int(days) or abs(days) > MAX_NUMBER:
        errors.add("payment_days", N_("Write a whole number."))
    if not lines and not errors:
        errors.add("lots", N_("Leave at least one lot in the offer."))
    errors.raise_any()
    return Terms(
        lines=tuple(lines),
        freight=form.freight.data,
        payment_days=int(days or 0),
        is_firm=bool(form.is_firm.data),
        expires_at=now.replace(microsecond=0) + timedelta(days=int(form.stands.data)),
        note=(form.note.data or "").replace("\x00", "").strip() or None,
    )


def starting_values(
    lots: Sequence[OpenLotRow], lines: Mapping[UUID, Line] | None = None
) -> dict[str, Decimal]:
    """Return what the form shows first: asking prices and whole lots, or the terms that are answered."""
    values: dict[str, Decimal] = {}
    classes = classes_of(lots)
    for place, lot in enumerate(lots):
        line = lines.get(lot.id) if lines else None
        quantity = line.quantity if line else lot.quantity
        values[f"quantity_{place}"] = Decimal(quantity) / 1000
        minor = line.price_minor_per_unit if line else lot.asking_minor_per_unit
        name = f"price_{classes.index((lot.grade_scheme, lot.grade_edition, lot.grade_key))}"
        if minor is not None and name not in values:
            values[name] = Decimal(minor) / HUNDRED
    return values


def accept_and_tell(*, actor: Actor, now: datetime, step_id: UUID, offer_id: UUID, seen: int) -> Offer:
    """Accept an offer; when its lots are gone, keep that, and refuse.

    Raises:
        OfferLotsGone: the offer has ended without a sale.
        Whatever `accept_offer` raises.
    """
    with atomic() as session:
        offer = accept_offer(session, actor=actor, now=now, id=step_id, offer_id=offer_id, seen=seen)
        state = offer.state
    if state == OfferState.GONE:
        raise OfferLotsGone
    return offer
