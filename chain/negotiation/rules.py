"""Decisions about offers, pure: whose turn it is, which step is possible, which terms can be meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.negotiation.errors import (
    NotYourProposal,
    NotYourTurn,
    OfferChanged,
    OfferExpired,
    OfferFirm,
    OfferStateRefused,
)
from chain.sales.rules import MAX_NOTE, share_prices

MAX_LOTS = 500
#: A price for a kilogram or litre must lie between these, in minor units.
PRICE_LOW, PRICE_HIGH = 1, 10_000_000
MAX_PAYMENT_DAYS = 365
#: How long an offer may stand.
LONGEST = timedelta(days=90)
SHORTEST = timedelta(minutes=5)


class Side(StrEnum):
    """The two who negotiate."""

    SELLER = "seller"
    BUYER = "buyer"

    @property
    def other(self) -> "Side":
        """The side across the table."""
        return Side.BUYER if self is Side.SELLER else Side.SELLER


SIDE_LABELS = {Side.SELLER: N_("Seller"), Side.BUYER: N_("Buyer")}


class OfferState(StrEnum):
    """Where an offer stands."""

    OPEN = "open"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    SOLD = "sold"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    GONE = "gone"


OFFER_STATE_LABELS = {
    OfferState.OPEN: N_("Open offer"),
    OfferState.COUNTERED: N_("Countered"),
    OfferState.ACCEPTED: N_("Agreed, to be confirmed"),
    OfferState.SOLD: N_("Agreed and sold"),
    OfferState.DECLINED: N_("Not confirmed by the seller"),
    OfferState.REFUSED: N_("Offer refused"),
    OfferState.WITHDRAWN: N_("Offer withdrawn"),
    OfferState.EXPIRED: N_("Offer expired"),
    OfferState.GONE: N_("Lots gone"),
}

#: Somebody must answer.
LIVE = frozenset({OfferState.OPEN, OfferState.COUNTERED})


class StepKind(StrEnum):
    """What can happen to an offer; the words of its log."""

    OFFERED = "offered"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    GONE = "gone"


STEP_LABELS: dict[str, str] = {
    StepKind.OFFERED: N_("Offered"),
    StepKind.COUNTERED: N_("Counter-offer"),
    StepKind.ACCEPTED: N_("Terms accepted"),
    StepKind.REFUSED: N_("Terms refused"),
    StepKind.WITHDRAWN: N_("Proposal taken back"),
    StepKind.EXPIRED: N_("Nobody answered in time"),
    StepKind.GONE: N_("Lots were gone"),
    "confirm": N_("An officer of the seller confirmed"),
    "decline": N_("An officer of the seller declined"),
    "confirmed": N_("Sale made"),
    "declined": N_("Award declined"),
    "lapsed": N_("Award lapsed"),
}

#: The state that each step of the log leads to.
LEADS_TO = {
    StepKind.OFFERED: OfferState.OPEN,
    StepKind.COUNTERED: OfferState.COUNTERED,
    StepKind.ACCEPTED: OfferState.ACCEPTED,
    StepKind.REFUSED: OfferState.REFUSED,
    StepKind.WITHDRAWN: OfferState.WITHDRAWN,
    StepKind.EXPIRED: OfferState.EXPIRED,
    StepKind.GONE: OfferState.GONE,
    "confirmed": OfferState.SOLD,
    "declined": OfferState.DECLINED,
    "lapsed": OfferState.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A lot, or a part of one, with its price for a kilogram or litre in minor units."""

    lot_id: UUID
    quantity: int
    price_minor_per_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a side proposes."""

    lines: tuple[Line, ...]
    #: who pays the freight: seller or buyer
    freight: str
    #: days from arrival to payment
    payment_days: int
    #: can only be accepted or refused
    is_firm: bool
    expires_at: datetime
    note: str | None = None

    def as_record(self) -> dict[str, Any]:
        """Return what a step keeps beside its lines."""
        return {
            "freight": self.freight,
            "payment_days": self.payment_days,
            "is_firm": self.is_firm,
            "expires_at": self.expires_at.astimezone(UTC).isoformat(),
            "note": self.note,
        }

    @property
    def quantity(self) -> int:
        """Grams or millilitres of all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def amount_minor(self) -> int:
        """What the lines cost together, rounded as the contract will be."""
        return amount_of(self.lines)


def amount_of(lines: Iterable[Line]) -> int:
    """Return what lines cost together: 1,500 g at 8,000 and 500 g at 6,000 a kilogram → 12,000 + 3,000."""
    total, _ = share_prices([(line.lot_id, line.quantity, line.price_minor_per_unit) for line in lines])
    return total


def check_terms(terms: Terms, *, now: datetime, currency: str) -> None:
    """Refuse terms that cannot be meant, all of them at once.

    Raises:
        ValidationFailed: lots, prices, freight, days, expiry or note are out of bounds.
    """
    errors = FieldErrors()
    lot_ids = [line.lot_id for line in terms.lines]
    if not 1 <= len(lot_ids) <= MAX_LOTS or len(set(lot_ids)) != len(lot_ids):
        errors.add("lots", N_("Choose from 1 to %(limit)s lots, each once."), limit=MAX_LOTS)
    if any(not PRICE_LOW <= line.price_minor_per_unit <= PRICE_HIGH for line in terms.lines):
        low, high = Money(PRICE_LOW, currency), Money(PRICE_HIGH, currency)
        errors.add("price", N_("Each price must lie from %(low)s to %(high)s."), low=low, high=high)
    if any(line.quantity <= 0 for line in terms.lines):
        errors.add("quantity", N_("The quantity must be above zero."))
    if terms.freight not in list(Side):
        errors.add("freight", N_("Say who pays the freight."))
    if not 0 <= terms.payment_days <= MAX_PAYMENT_DAYS:
        errors.add("payment_days", N_("Write from 0 to %(limit)s days."), limit=MAX_PAYMENT_DAYS)
    if not now + SHORTEST <= terms.expires_at <= now + LONGEST:
        errors.add("expires_at", N_("The offer must stand for 5 minutes at least and 90 days at most."))
    if len(terms.note or "") > MAX_NOTE:
        errors.add("note", N_("Write at most %(limit)s characters."), limit=MAX_NOTE)
    errors.raise_any()


def step_hash(
    kind: StepKind, *, terms: Terms | None, reason: str | None, offer_id: UUID, side: str | None
) -> str:
    """Return the hash of what a step says; it stands in the public log, which tells no price."""
    lines = sorted(terms.lines, key=lambda line: line.lot_id) if terms else []
    return content_hash(
        {
            "offer": offer_id,
            "kind": kind,
            "side": side,
            "terms": terms.as_record() if terms else None,
            "lines": [[line.lot_id, line.quantity, line.price_minor_per_unit] for line in lines],
            "reason": reason,
        }
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an offer decides about the next step."""

    state: str
    turn: str | None
    last_step: int
    expires_at: datetime


def check_live(standing: Standing, now: datetime) -> None:
    """Refuse a step on an offer that has ended.

    Raises:
        OfferStateRefused: it has ended.
        OfferExpired: nobody answered in time.
    """
    state = OfferState(standing.state)
    if state not in LIVE:
        raise OfferStateRefused(state=Message(OFFER_STATE_LABELS[state]))
    if now >= standing.expires_at:
        raise OfferExpired


def check_answer(standing: Standing, side: Side, *, seen: int, now: datetime) -> None:
    """Refuse an answer that a side may not give now.

    Raises:
        OfferStateRefused, OfferExpired: it has ended.
        NotYourTurn: the other side must answer.
        OfferChanged: `seen` is not the last step.
    """
    check_live(standing, now)
    if standing.turn != side:
        raise NotYourTurn
    if seen != standing.last_step:
        raise OfferChanged


def check_withdraw(standing: Standing, side: Side, *, now: datetime) -> None:
    """Refuse to take back what is not one's own.

    Raises:
        OfferStateRefused, OfferExpired: it has ended.
        NotYourProposal: the other side made the last proposal.
    """
    check_live(standing, now)
    if standing.turn == side:
        raise NotYourProposal


def check_counter(*, is_firm: bool) -> None:
    """Refuse to counter a firm offer.

    Raises:
        OfferFirm.
    """
    if is_firm:
        raise OfferFirm


def replay_state(kinds: Sequence[str]) -> OfferState | None:
    """Return the state that the entries of a log lead to; entries that decide nothing are passed over."""
    state = None
    for kind in kinds:
        state = LEADS_TO.get(kind, state)
    return state


def available_part(lot_quantity: int, wanted: int) -> bool:
    """Tell whether a lot still holds what an offer names."""
    return 0 < wanted <= lot_quantity
