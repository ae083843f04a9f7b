"""Sharing a sale out to its producers, pure: by the lots' own prices, or by kilogram times the value of the class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS, share_of, split_largest_remainder
from chain.settlement.lines import Item, Line, explain
from chain.settlement.rules import ItemKind

BY_PRICE_G = N_(
    "%(quantity_g)s of this class in the sale, at the prices agreed for its lots: %(amount_minor)s."
)
BY_PRICE_ML = N_("%(quantity_ml)s in the sale, at the price agreed: %(amount_minor)s.")
BY_VALUE_G = N_(
    "The sale had one price for all classes. It is shared by kilogram times the value of the class (%(value_minor)s): "
    "%(quantity_g)s get %(amount_minor)s of %(total_minor)s."
)
BY_VALUE_ML = N_(
    "The sale had one price for all classes. It is shared by litre times the value of the class (%(value_minor)s): "
    "%(quantity_ml)s get %(amount_minor)s of %(total_minor)s."
)
PREMIUM_G = N_(
    "In the sale no. %(number)s, %(buyer)s pays %(price_minor)s per kilogram of this claim; the class without it brings "
    "%(base_minor)s. For %(quantity_g)s: %(amount_minor)s."
)
PREMIUM_ML = N_(
    "In the sale no. %(number)s, %(buyer)s pays %(price_minor)s per litre of this claim; without it %(base_minor)s. "
    "For %(quantity_ml)s: %(amount_minor)s."
)
#: As receipts print them.
PREMIUM_LABELS = {"organic": N_("Premium for organic"), "transition": N_("Premium for transition")}
RETAINED = N_("The organisation keeps %(percent_bp)s of %(amount_minor)s: %(decided_by)s.")
PAID_BEFORE = N_(
    "The settlement no. %(number)s paid %(paid_minor)s at the delivery; that is taken off, and the rest is paid now: %(decided_by)s."
)


@dataclass(frozen=True, slots=True)
class Premium:
    """What a buyer's price holds more than the price of the same class without the claim."""

    #: organic or transition
    claim: str
    sale_number: int
    buyer: str
    #: per kilogram or litre, in the currency of the books
    price_minor: int
    base_minor: int

    def of(self, amount_minor: int) -> int:
        """Return the premium in an amount, rounded half up: 22.00 with a base of 20.00, of 220.00 → 20.00."""
        more = amount_minor * (self.price_minor - self.base_minor)
        return (2 * more + self.price_minor) // (2 * self.price_minor)


@dataclass(frozen=True, slots=True)
class Sold:
    """A lot of a sale, or one delivery's part of it, with its part of the proceeds."""

    lot_id: UUID
    source_id: UUID
    producer_id: UUID
    quantity: int
    label: str
    delivered_on: date
    amount_minor: int
    #: what a kilogram or litre of the class counts, where the proceeds were shared by value
    value_minor: int | None = None
    #: what of the amount the buyer pays more for the claim
    premium: Premium | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run paid for deliveries of a producer as a floor price."""

    line_id: UUID
    producer_id: UUID
    run_number: int
    #: what of it counts for this sale
    amount_minor: int
    decided_by: str
    #: how much of the sale it paid for
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the proceeds the producer of a delivery gets, and who decided it."""

    basis_points: int
    name: str
    decided_by: str


def by_class_value(parts: Sequence[Sold], values: Sequence[int], total_minor: int) -> list[Sold]:
    """Share an amount over parts by quantity times class value, by largest remainder; ties go to the lowest ids.

    | part   | quantity | value | weight | of 1,000.00 |
    |--------|----------|-------|--------|-------------|
    | baby   | 10 kg    | 22.00 | 220    | 739.50      |
    | thick  | 10 kg    |  7.75 |  77.5  | 260.50      |
    """
    keys = [(one.lot_id, one.source_id) for one in parts]
    weights = [one.quantity * value for one, value in zip(parts, values, strict=True)]
    amounts = split_largest_remainder(total_minor, weights, keys)
    return [
        Sold(
            one.lot_id,
            one.source_id,
            one.producer_id,
            one.quantity,
            one.label,
            one.delivered_on,
            amount,
            value,
        )
        for one, amount, value in zip(parts, amounts, values, strict=True)
    ]


def sale_lines(parts: Iterable[Sold], unit: str, total_minor: int) -> list[Line]:
    """Return a line per producer, with an item per class; amounts of items sum to those of their lots."""
    groups: dict[tuple[UUID, str], list[Sold]] = {}
    for one in parts:
        groups.setdefault((one.producer_id, one.label), []).append(one)
    lines: dict[UUID, Line] = {}
    for (producer_id, label), lots in sorted(groups.items()):
        line = lines.setdefault(producer_id, Line(producer_id))
        quantity = sum(one.quantity for one in lots)
        more = _premiums(lots, unit)
        amount = sum(one.amount_minor for one in lots) - sum(item.amount_minor for item in more)
        line.quantity += quantity
        for one in lots:
            line.lots[one.lot_id, one.source_id] = one.amount_minor
        values = {one.value_minor for one in lots}
        value = values.pop() if len(values) == 1 else None
        line.items.append(
            Item(
                ItemKind.DELIVERY,
                label,
                amount,
                quantity=quantity,
                explanation=_why(unit, quantity, amount, value, total_minor),
            )
        )
        line.items += more
    return list(lines.values())


def _premiums(lots: Iterable[Sold], unit: str) -> list[Item]:
    """Return an item for each premium that the buyer's price holds; it names the sale, so that it is traced to its price."""
    by_premium: dict[Premium, list[Sold]] = {}
    for one in lots:
        if one.premium is not None:
            by_premium.setdefault(one.premium, []).append(one)
    found = []
    for premium, parts in sorted(by_premium.items(), key=lambda pair: (pair[0].claim, pair[0].price_minor)):
        amount = sum(premium.of(one.amount_minor) for one in parts)
        quantity = sum(one.quantity for one in parts)
        why = explain(
            PREMIUM_G if unit == "g" else PREMIUM_ML,
            number=premium.sale_number,
            buyer=premium.buyer,
            price_minor=premium.price_minor,
            base_minor=premium.base_minor,
            **{"quantity_g" if unit == "g" else "quantity_ml": quantity},
            amount_minor=amount,
        )
        found.append(
            Item(
                ItemKind.PREMIUM,
                PREMIUM_LABELS[premium.claim],
                amount,
                quantity=quantity,
                price_minor_per_unit=premium.price_minor - premium.base_minor,
                explanation=why,
            )
        )
    return found


def _why(unit: str, quantity: int, amount: int, value: int | None, total: int) -> dict[str, object]:
    is_weight = unit == "g"
    size = {"quantity_g" if is_weight else "quantity_ml": quantity}
    if value is None:
        return explain(BY_PRICE_G if is_weight else BY_PRICE_ML, **size, amount_minor=amount)
    return explain(
        BY_VALUE_G if is_weight else BY_VALUE_ML,
        **size,
        value_minor=value,
        amount_minor=amount,
        total_minor=total,
    )


def retain(lines: Iterable[Line], shares: Mapping[UUID, Share]) -> None:
    """Take off what the organisation keeps of each delivery by its rule; `shares` is by source, missing ones are paid wholly."""
    for line in lines:
        by_rule: dict[Share, int] = {}
        for (_, source_id), amount in line.lots.items():
            share = shares.get(source_id)
            if share is not None and share.basis_points < BASIS_POINTS:
                by_rule[share] = by_rule.get(share, 0) + amount
        for share, amount in sorted(by_rule.items(), key=lambda pair: (pair[0].name, pair[0].basis_points)):
            kept = BASIS_POINTS - share.basis_points
            why = explain(RETAINED, percent_bp=kept, amount_minor=amount, decided_by=share.decided_by)
            line.items.append(
                Item(
                    ItemKind.FEE,
                    share.name,
                    -share_of(amount, kept),
                    basis_points=kept,
                    due_kind="fee",
                    account="fee_income",
                    decided_by=share.decided_by,
                    explanation=why,
                )
            )


def take_paid_before(lines: Iterable[Line], earlier: Iterable[Earlier]) -> None:
    """Take off what was paid as a floor price, the oldest run first; who was paid more than the sale brought keeps it.

    | part of the sale | paid before | taken off | rest |
    |------------------|-------------|-----------|------|
    | 500.00           | 300.00      | 300.00    | 200.00 |
    | 250.00           | 300.00      | 250.00    | 0.00   |
    """
    by_producer: dict[UUID, list[Earlier]] = {}
    for one in sorted(earlier, key=lambda one: (one.run_number, one.line_id)):
        by_producer.setdefault(one.producer_id, []).append(one)
    for line in lines:
        left = line.net_minor
        for one in by_producer.get(line.producer_id, ()):
            amount = min(one.amount_minor, left)
            if amount <= 0:
                continue
            left -= amount
            line.items.append(
                Item(
                    ItemKind.PAID_BEFORE,
                    str(one.run_number),
                    -amount,
                    quantity=one.quantity,
                    account="purchases",
                    decided_by=one.decided_by,
                    earlier_line_id=one.line_id,
                    explanation=explain(
                        PAID_BEFORE,
                        number=one.run_number,
                        paid_minor=one.amount_minor,
                        decided_by=one.decided_by,
                    ),
                )
            )
