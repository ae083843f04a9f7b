"""Decisions about awards and sales, pure: states, what silence means, how proceeds are shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.money import amount_for, split_largest_remainder
from chain.sales.errors import ReasonMissing

MAX_NOTE = 2000


class Method(StrEnum):
    """The ways of selling that end in an award."""

    TENDER = "tender"
    AUCTION = "auction"
    CLOCK = "clock"
    MATCH = "match"
    OFFER = "offer"


METHOD_LABELS = {
    Method.TENDER: N_("Sealed tender"),
    Method.AUCTION: N_("Live auction"),
    Method.CLOCK: N_("Two-round clock"),
    Method.MATCH: N_("Match with a demand"),
    Method.OFFER: N_("Offer"),
}


class AwardState(StrEnum):
    """Where an award stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LAPSED = "lapsed"


AWARD_STATE_LABELS = {
    AwardState.WAITING: N_("To be confirmed"),
    AwardState.CONFIRMED: N_("Confirmed"),
    AwardState.DECLINED: N_("Declined"),
    AwardState.LAPSED: N_("Lapsed"),
}


class Silence(StrEnum):
    """What it means when the officers do not answer in time."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


SILENCE_LABELS = {
    Silence.ACCEPTED: N_("The award counts as confirmed"),
    Silence.DECLINED: N_("The award lapses and the lots return to the stock"),
}


@dataclass(frozen=True, slots=True)
class AwardRule:
    """How an association answers awards."""

    confirmations_needed: int
    confirm_within: timedelta
    silence: Silence


class KeptRule(Protocol):
    """A row of `market_rule`."""

    @property
    def confirmations_needed(self) -> int: ...
    @property
    def confirm_hours(self) -> int: ...
    @property
    def silence(self) -> str: ...


def award_rule(row: KeptRule) -> AwardRule:
    """Return an association's rule as a value."""
    return AwardRule(row.confirmations_needed, timedelta(hours=row.confirm_hours), Silence(row.silence))


#: Two officers within three days; silence sells nothing.
DEFAULT_RULE = AwardRule(2, timedelta(hours=72), Silence.DECLINED)


class SaleState(StrEnum):
    """Where a sale stands."""

    AGREED = "agreed"
    #: its settlement is approved: no claim, no end; the books do not know of it yet
    SETTLING = "settling"
    SETTLED = "settled"


SALE_STATE_LABELS = {
    SaleState.AGREED: N_("Agreed"),
    SaleState.SETTLING: N_("Settlement approved"),
    SaleState.SETTLED: N_("Settled with the producers"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A lot's part of a sale."""

    lot_id: UUID
    quantity: int
    amount_minor: int


def clean_text(text: str | None) -> str:
    """Return typed words without blanks around them and without NUL, which no database column takes."""
    return (text or "").replace("\x00", "").strip()


def clean_reason(reason: str | None) -> str:
    """Return a reason as it is kept.

    Raises:
        ReasonMissing: nothing was written.
    """
    text = clean_text(reason)[:MAX_NOTE]
    if not text:
        raise ReasonMissing
    return text


def share_proceeds(
    lots: Sequence[tuple[UUID, int]], price_minor_per_unit: int
) -> tuple[int, Sequence[Share]]:
    """Return the proceeds of a sale and each lot's part: rounded once for the whole, then split by quantity.

    `lots` are (lot id, grams or millilitres). Equal remainders go to the smaller lot id. 1,000 g and 2,000 g at 3,333
    cents per kg: 9,999 cents, split 3,333 and 6,666.
    """
    proceeds = amount_for(sum(quantity for _, quantity in lots), price_minor_per_unit)
    parts = split_largest_remainder(
        proceeds, [quantity for _, quantity in lots], [lot_id for lot_id, _ in lots]
    )
    shares = [Share(lot_id, quantity, part) for (lot_id, quantity), part in zip(lots, parts, strict=True)]
    return proceeds, shares


#: Kind of the log of a seller's whole market, whose event id is the seller's: exclusions from all events stand there.
MARKET_LOG = "market"

#: What the first line of a log has for the hash of the line before.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written in the log. `data` is public: no reserve, no sealed price, no name."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    user_id: UUID | None = None
    buyer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in the published log for who acted and which buyer it is about: no ids, no names."""

    user: str | None = None
    buyer: str | None = None


def entry_hash(
    previous: str, *, event_id: UUID, sequence: int, at: datetime, entry: Entry, marks: Marks
) -> str:
    """Return the hash of a line: it covers the line before, so that none can be changed or taken out unseen.

    Everything that it covers is published, so that anybody can compute it: sha256 of compact JSON with sorted keys of
    at, buyer, data, event, kind, previous, sequence and user (docs/market.md).
    """
    return content_hash(
        {
            "previous": previous,
            "event": event_id,
            "sequence": sequence,
            "at": at,
            "kind": entry.kind,
            "user": marks.user,
            "buyer": marks.buyer,
            "data": entry.data,
        }
    )


def share_prices(lots: Sequence[tuple[UUID, int, int]]) -> tuple[int, Sequence[Share]]:
    """Return the proceeds of lots with their own prices and each lot's part.

    `lots` are (lot id, grams or millilitres, minor units per kilogram or litre). Lots of one price are rounded together, as one
    line of the contract would be; the prices are added up.
    """
    by_price: dict[int, list[tuple[UUID, int]]] = {}
    for lot_id, quantity, price in lots:
        by_price.setdefault(price, []).append((lot_id, quantity))
    total = 0
    shares: list[Share] = []
    for price in sorted(by_price, reverse=True):
        proceeds, parts = share_proceeds(by_price[price], price)
        total += proceeds
        shares += parts
    return total, shares
