"""What a sale is worth after delivery: changes by weight, class and fineness; how far it is fulfilled. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from chain.core.i18n import N_
from chain.core.money import amount_for, round_half_up, split_largest_remainder
from chain.sales.terms import BASIS_POINTS, MILLION, in_books

TENTHS = 10


class Change(StrEnum):
    """Why the amount of a lot changed after the sale."""

    WEIGHT = "weight"
    CLASS = "class"
    MICRON = "micron"
    AMOUNT = "amount"


CHANGE_LABELS = {
    Change.WEIGHT: N_("Weight on arrival"),
    Change.CLASS: N_("Class at the mill"),
    Change.MICRON: N_("Fineness at the mill"),
    Change.AMOUNT: N_("Agreed by claim"),
}


class ClaimState(StrEnum):
    """Where a finding of the mill stands."""

    AGREES = "agrees"
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


CLAIM_STATE_LABELS = {
    ClaimState.AGREES: N_("The mill confirms"),
    ClaimState.OPEN: N_("To be answered"),
    ClaimState.ACCEPTED: N_("Accepted"),
    ClaimState.REJECTED: N_("Rejected"),
}


class EndKind(StrEnum):
    """How a sale ends before it is fulfilled."""

    CANCELLED = "cancelled"
    BUYER_DEFAULT = "buyer_default"
    SELLER_DEFAULT = "seller_default"


END_LABELS = {
    EndKind.CANCELLED: N_("Cancelled by agreement"),
    EndKind.BUYER_DEFAULT: N_("The buyer did not fulfil it"),
    EndKind.SELLER_DEFAULT: N_("The seller did not fulfil it"),
}


class EndState(StrEnum):
    """Where the end of a sale stands."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


class Fulfilment(StrEnum):
    """How far a sale is fulfilled; beside `SaleState`, which tells of the settlement."""

    OPEN = "open"
    PARTLY = "partly"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    BUYER_DEFAULT = "buyer_default"
    SELLER_DEFAULT = "seller_default"


FULFILMENT_LABELS = {
    Fulfilment.OPEN: N_("Nothing delivered yet"),
    Fulfilment.PARTLY: N_("Partly delivered"),
    Fulfilment.DELIVERED: N_("Delivered"),
    Fulfilment.CANCELLED: END_LABELS[EndKind.CANCELLED],
    Fulfilment.BUYER_DEFAULT: END_LABELS[EndKind.BUYER_DEFAULT],
    Fulfilment.SELLER_DEFAULT: END_LABELS[EndKind.SELLER_DEFAULT],
}


def fulfilment(ended: str | None, lots: int, arrived: int) -> Fulfilment:
    """Return how far a sale is fulfilled, from its lots and those that arrived."""
    if ended is not None:
        return Fulfilment(ended)
    if arrived == 0:
        return Fulfilment.OPEN
    return Fulfilment.DELIVERED if arrived >= lots else Fulfilment.PARTLY


def weight_change(amount_minor: int, quantity: int, accepted: int) -> int:
    """Return the change of a lot's amount when another weight was settled on: 100.00 for 10 kg, 9.5 kg accepted: -5.00."""
    return round_half_up(Decimal(amount_minor) * accepted / quantity) - amount_minor


def class_change(quantity: int, price_before: int, price_after: int) -> int:
    """Return the change of a lot's amount when it has another class, by the prices of the contract."""
    return amount_for(quantity, price_after) - amount_for(quantity, price_before)


def micron_change(amount_minor: int, agreed_tenths: int, found_tenths: int, micron_bp: int) -> int:
    """Return the change of a lot's amount for its fineness: 100.00 at 19.8 µm, found 20.8 µm, 3 % a micron: -3.00."""
    finer = Decimal(agreed_tenths - found_tenths) / TENTHS
    return round_half_up(Decimal(amount_minor) * micron_bp / BASIS_POINTS * finer)


def floored(change: int, due_minor: int) -> int:
    """Return a change that leaves at least nothing due."""
    return max(change, -due_minor)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for a lot: agreed, changed, in the currency of the price and of the books."""

    lot_id: UUID
    quantity: int
    agreed_minor: int
    change_minor: int
    book_minor: int

    @property
    def due_minor(self) -> int:
        """What is due in the currency of the price."""
        return self.agreed_minor + self.change_minor


def share_due(
    lines: Mapping[UUID, tuple[int, int]], changes: Mapping[UUID, int], rate_millionths: int
) -> list[Due]:
    """Return what is due for each lot. `lines`: quantity and agreed amount by lot.

    The sum is brought to the books once and then split by the amounts, so that the lots sum to it to the cent.
    """
    order = sorted(lines)
    dues = [lines[lot_id][1] + changes.get(lot_id, 0) for lot_id in order]
    total = sum(dues)
    if rate_millionths == MILLION or total == 0:
        books = dues
    else:
        books = split_largest_remainder(in_books(total, rate_millionths), dues, order)
    return [
        Due(lot_id, lines[lot_id][0], lines[lot_id][1], changes.get(lot_id, 0), book)
        for lot_id, book in zip(order, books, strict=True)
    ]
