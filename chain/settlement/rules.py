"""Decisions of settlement, pure: kinds and states of a run, and what sort of amount each item of a line is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.money import BASIS_POINTS, amount_for, share_of, split_largest_remainder
from chain.settlement.errors import DeductionsAboveGross, NoPriceInForce, RunStateRefused

MAX_DAYS_NAMED = 10
MAX_PRICE_MINOR = 100_000

#: A year is the longest period that one run pays.
MAX_PERIOD_DAYS = 366
MAX_NAME = 200
MIN_REASON = 3
#: The largest single amount: ten million of a currency.
MAX_AMOUNT_MINOR = 1_000_000_000
#: Deliveries that one payment at the gate takes.
MAX_GATE_LOTS = 500


class RunKind(StrEnum):
    """What a run settles."""

    SALE = "sale"
    PERIOD = "period"
    GATE = "gate"


RUN_KIND_LABELS = {
    RunKind.SALE: N_("Sale"),
    RunKind.PERIOD: N_("Deliveries of a period"),
    RunKind.GATE: N_("Deliveries paid at the gate"),
}


class RunMethod(StrEnum):
    """How the amounts of a run were calculated."""

    PROCEEDS = "proceeds"
    PRICES = "prices"
    MILK_FORTNIGHT = "milk-fortnight"


RUN_METHOD_LABELS = {
    RunMethod.PROCEEDS: N_("Proceeds of the sale, shared out"),
    RunMethod.PRICES: N_("Price scheme in force on each day"),
    RunMethod.MILK_FORTNIGHT: N_("Milk fortnight with four payrolls"),
}


class RunState(StrEnum):
    """Where a run stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    ACCOUNTED = "accounted"
    PAID = "paid"
    DISCARDED = "discarded"


RUN_STATE_LABELS = {
    RunState.PREPARED: N_("to be approved"),
    RunState.APPROVED: N_("approved"),
    RunState.ACCOUNTED: N_("in the books"),
    RunState.PAID: N_("paid"),
    RunState.DISCARDED: N_("discarded"),
}

#: From a state to those that may follow. Balances move with ACCOUNTED only, and back with the way from it to PREPARED.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    RunState.PREPARED: frozenset({RunState.APPROVED, RunState.DISCARDED}),
    RunState.APPROVED: frozenset({RunState.ACCOUNTED, RunState.DISCARDED}),
    RunState.ACCOUNTED: frozenset({RunState.PAID, RunState.PREPARED}),
    RunState.PAID: frozenset({RunState.ACCOUNTED}),  # a payment came back
    RunState.DISCARDED: frozenset(),
}
#: States in which the amounts of a run are in the books.
IN_THE_BOOKS = frozenset({RunState.ACCOUNTED, RunState.PAID})
#: States before the books: what a run plans to take is not taken yet.
PLANNED = frozenset({RunState.PREPARED, RunState.APPROVED})


class ItemKind(StrEnum):
    """What an amount of a line is."""

    DELIVERY = "delivery"
    PREMIUM = "premium"
    PENALTY = "penalty"
    MISSING = "missing"
    WEIGHING = "weighing"
    RESERVE = "reserve"
    WITHHOLDING = "withholding"
    FEE = "fee"
    GROUP = "group"
    MOVEMENT = "movement"
    PAID_BEFORE = "paid_before"
    OTHER_INCOME = "other_income"


ITEM_KIND_LABELS = {
    ItemKind.DELIVERY: N_("Deliveries"),
    ItemKind.PREMIUM: N_("Premiums"),
    ItemKind.PENALTY: N_("Penalties"),
    ItemKind.MISSING: N_("Not analysed"),
    ItemKind.WEIGHING: N_("Weighing difference"),
    ItemKind.RESERVE: N_("Reserve"),
    ItemKind.WITHHOLDING: N_("Tax withheld"),
    ItemKind.FEE: N_("Fees and levies"),
    ItemKind.GROUP: N_("Group charge"),
    ItemKind.MOVEMENT: N_("Advances and debts"),
    ItemKind.PAID_BEFORE: N_("Paid before"),
    ItemKind.OTHER_INCOME: N_("Other income"),
}
#: What deliveries are worth; these sum to the amounts of the lots.
GOODS = frozenset({ItemKind.DELIVERY, ItemKind.PREMIUM, ItemKind.PENALTY, ItemKind.MISSING})
#: With the goods, what a producer earned.
EARNED = GOODS | {ItemKind.WEIGHING, ItemKind.RESERVE}
#: What is taken off; their amounts are negative.
TAKEN = frozenset(
    {ItemKind.WITHHOLDING, ItemKind.FEE, ItemKind.GROUP, ItemKind.MOVEMENT, ItemKind.PAID_BEFORE}
)


def words(kinds: frozenset[ItemKind]) -> list[str]:
    """Return kinds as a query takes them."""
    return sorted(kind.value for kind in kinds)


def check_transition(number: int, state: str, to: RunState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        RunStateRefused: the transition table has no such step.
    """
    now = RunState(state)
    if to not in TRANSITIONS[now]:
        raise RunStateRefused(number=number, state=Message(RUN_STATE_LABELS[now]))


def last_fortnight(today: date) -> tuple[date, date]:
    """Return the last fortnight that is over: 1 to 15, or 16 to the end of the month before."""
    if today.day > 15:  # noqa: PLR2004 - the first fortnight ends on the 15th
        return today.replace(day=1), today.replace(day=15)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=16), last


@dataclass(frozen=True, slots=True)
class Delivered:
    """A lot, or one delivery's part of it, as a run pays it; each label (a class or a product) has a row of its own."""

    lot_id: UUID
    producer_id: UUID
    quantity: int
    label: str
    delivered_on: date
    #: its part of the sale; null for deliveries of a period, whose amount is computed
    amount_minor: int | None = None
    #: the primary lot, when the lot was made of several
    source_id: UUID | None = None

    @property
    def source(self) -> UUID:
        """The primary lot whose producer is paid."""
        return self.source_id or self.lot_id


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """A price per kilogram or litre and the days on which it is in force, both included."""

    price_minor_per_unit: int
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Fee:
    """A deduction rule in force."""

    id: UUID
    name: str
    basis_points: int


@dataclass(frozen=True, slots=True)
class OpenAdvance:
    """An advance and what of it is not yet taken back."""

    id: UUID
    producer_id: UUID
    note: str
    given_on: date
    open_minor: int


@dataclass(frozen=True, slots=True)
class Item:
    """One named amount of a line: deliveries positive, deductions negative."""

    kind: ItemKind
    label: str
    amount_minor: int
    quantity: int | None = None
    price_minor_per_unit: int | None = None
    basis_points: int | None = None
    deduction_rule_id: UUID | None = None
    advance_id: UUID | None = None


@dataclass(slots=True)
class Line:
    """What one producer is owed."""

    producer_id: UUID
    quantity: int = 0
    gross_minor: int = 0
    #: amount by lot and source; they sum to the gross
    lots: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    @property
    def deductions_minor(self) -> int:
        """What is taken off, positive."""
        return -sum(item.amount_minor for item in self.items if item.kind is not ItemKind.DELIVERY)

    @property
    def net_minor(self) -> int:
        """What the producer gets."""
        return self.gross_minor - self.deductions_minor


def sale_lines(deliveries: Iterable[Delivered]) -> list[Line]:
    """Return a line per producer from lots that carry their part of the sale; one item per class."""
    lines: dict[UUID, Line] = {}
    groups: dict[tuple[UUID, str], list[Delivered]] = {}
    for one in deliveries:
        groups.setdefault((one.producer_id, one.label), []).append(one)
    for (producer_id, label), lots in sorted(groups.items()):
        line = lines.setdefault(producer_id, Line(producer_id))
        amounts = {(lot.lot_id, lot.source): lot.amount_minor or 0 for lot in lots}
        _add_deliveries(line, label, sum(lot.quantity for lot in lots), amounts, price=None)
    return list(lines.values())


def period_lines(deliveries: Iterable[Delivered], prices: Sequence[PriceSpan]) -> list[Line]:
    """Return a line per producer: quantity per price times the price, rounded once per producer and price, half up.

    40.5 l at S/ 1.75 and 12.25 l at S/ 1.80 → 70.88 (70.875) + 22.05 = S/ 92.93. The amount of a group is spread over
    its lots by largest remainder, so that lots sum to lines and lines to the run.

    Raises:
        NoPriceInForce: deliveries lie on days without a price; the days are named.
    """
    listed = list(deliveries)
    price_on = prices_by_day({one.delivered_on for one in listed}, prices)
    groups: dict[tuple[UUID, str, int], list[Delivered]] = {}
    for one in listed:
        groups.setdefault((one.producer_id, one.label, price_on[one.delivered_on]), []).append(one)
    lines: dict[UUID, Line] = {}
    for (producer_id, label, price), lots in sorted(groups.items()):
        line = lines.setdefault(producer_id, Line(producer_id))
        quantity = sum(lot.quantity for lot in lots)
        keys = [(lot.lot_id, lot.source) for lot in lots]
        parts = split_largest_remainder(amount_for(quantity, price), [lot.quantity for lot in lots], keys)
        _add_deliveries(line, label, quantity, dict(zip(keys, parts, strict=True)), price=price)
    return list(lines.values())


def prices_by_day(days: Iterable[date], prices: Sequence[PriceSpan]) -> dict[date, int]:
    """Return the price of each day.

    Raises:
        NoPriceInForce: some day has none.
    """
    found: dict[date, int] = {}
    missing: list[date] = []
    for day in sorted(set(days)):
        price = next((one for one in prices if one.valid_from <= day <= one.valid_to), None)
        if price is None:
            missing.append(day)
        else:
            found[day] = price.price_minor_per_unit
    if missing:
        named = ", ".join(day.isoformat() for day in missing[:MAX_DAYS_NAMED])
        raise NoPriceInForce(days=named + (" …" if len(missing) > MAX_DAYS_NAMED else ""))
    return found


def _add_deliveries(
    line: Line, label: str, quantity: int, amounts: Mapping[tuple[UUID, UUID], int], *, price: int | None
) -> None:
    total = sum(amounts.values())
    line.quantity += quantity
    line.gross_minor += total
    line.lots.update(amounts)
    line.items.append(Item(ItemKind.DELIVERY, label, total, quantity=quantity, price_minor_per_unit=price))


def check_fees(fees: Sequence[Fee], day: date) -> None:
    """Refuse fees that together take more than everything.

    Raises:
        DeductionsAboveGross: they add up to more than 100 %.
    """
    if sum(fee.basis_points for fee in fees) > BASIS_POINTS:
        raise DeductionsAboveGross(day=day)


def deduct(lines: Iterable[Line], fees: Sequence[Fee], advances: Iterable[OpenAdvance]) -> None:
    """Take the fees and then the open advances, oldest first, off each line; no line goes below zero.

    A fee is its percentage of the gross amount, rounded once, half up. What an advance leaves open is carried over.

    | gross  | fee 2.5 %      | open advances | recovered     | net    |
    |--------|----------------|---------------|---------------|--------|
    | 400.10 | 10.00 (10.0025)| 150.00        | 150.00        | 240.10 |
    | 100.00 | 2.50           | 60.00 + 80.00 | 60.00 + 37.50 | 0.00   |
    """
    owed: dict[UUID, list[OpenAdvance]] = {}
    for advance in sorted(advances, key=lambda one: (one.given_on, one.id)):
        owed.setdefault(advance.producer_id, []).append(advance)
    for line in lines:
        rest = line.gross_minor
        for fee in fees:
            amount = min(share_of(line.gross_minor, fee.basis_points), rest)
            rest -= amount
            line.items.append(
                Item(
                    ItemKind.FEE,
                    fee.name,
                    -amount,
                    basis_points=fee.basis_points,
                    deduction_rule_id=fee.id,
                )
            )
        for advance in owed.get(line.producer_id, ()):
            amount = min(advance.open_minor, rest)
            if amount > 0:
                rest -= amount
                line.items.append(Item(ItemKind.ADVANCE, advance.note, -amount, advance_id=advance.id))


