"""From the engine's flows to proposals: one for each demand and seller, with prices, freight and why. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chain.buyers.pricing import quote_for
from chain.core.i18n import N_, Message
from chain.core.money import Money, amount_for
from chain.matching.asks import Demanded, PricedFacts, agreed_price
from chain.matching.rules.instance import LotOffer
from chain.matching.rules.solution import Flow, Solution
from chain.sales.rules import share_prices

SELLER, BUYER = "seller", "buyer"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A lot, or a part of it, and its price."""

    lot_id: UUID
    quantity: int
    price_minor_per_unit: int
    why: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What one seller could sell for one demand."""

    seller_id: UUID
    demand_id: UUID
    lines: Sequence[DraftLine]
    quantity: int
    amount_minor: int
    #: None: nobody knows what the way costs
    freight_minor_per_unit: int | None
    freight_minor: int
    freight_paid_by: str

    @property
    def net_minor(self) -> int:
        """What is left to the producers."""
        return self.amount_minor - (self.freight_minor if self.freight_paid_by == SELLER else 0)


@dataclass(frozen=True, slots=True)
class SellerSum:
    """What the proposals of one seller come to."""

    seller_id: UUID
    lots: int
    quantity: int
    amount_minor: int
    freight_minor: int
    net_minor: int


def drafts_of(
    solution: Solution,
    lots: Mapping[str, LotOffer],
    demands: Mapping[str, Demanded],
    freight: Mapping[tuple[str, str], int],
) -> list[Draft]:
    """Return the proposals of a solution, by demand and seller. `freight` is by (seller, buyer)."""
    groups: dict[tuple[str, str], list[Flow]] = {}
    for flow in solution.flows:
        groups.setdefault((flow.demand_id, lots[flow.lot_id].seller), []).append(flow)
    return [
        _draft(demands[demand_id], seller, flows, lots, freight)
        for (demand_id, seller), flows in sorted(groups.items())
    ]


def seller_sums(drafts: Iterable[Draft]) -> list[SellerSum]:
    """Return what each seller would get, the one with most first."""
    groups: dict[UUID, list[Draft]] = {}
    for one in drafts:
        groups.setdefault(one.seller_id, []).append(one)
    sums = [
        SellerSum(
            seller_id,
            len({line.lot_id for one in found for line in one.lines}),
            sum(one.quantity for one in found),
            sum(one.amount_minor for one in found),
            sum(one.amount_minor - one.net_minor for one in found),
            sum(one.net_minor for one in found),
        )
        for seller_id, found in groups.items()
    ]
    return sorted(sums, key=lambda one: (-one.net_minor, one.seller_id))


def _draft(
    demand: Demanded,
    seller: str,
    flows: Sequence[Flow],
    lots: Mapping[str, LotOffer],
    freight: Mapping[tuple[str, str], int],
) -> Draft:
    by_lot: dict[str, list[Flow]] = {}
    for flow in flows:
        by_lot.setdefault(flow.lot_id, []).append(flow)
    total = sum(flow.quantity for flow in flows)
    lines = [_line(demand, lots[lot_id], parts, total) for lot_id, parts in by_lot.items()]
    amount, _ = share_prices([(line.lot_id, line.quantity, line.price_minor_per_unit) for line in lines])
    cost = freight.get((seller, str(demand.organisation_id)))
    return Draft(
        seller_id=UUID(seller),
        demand_id=demand.id,
        lines=lines,
        quantity=total,
        amount_minor=amount,
        freight_minor_per_unit=cost,
        freight_minor=amount_for(total, cost or 0),
        freight_paid_by=BUYER if demand.freight == BUYER else SELLER,
    )


def _line(demand: Demanded, lot: LotOffer, parts: Sequence[Flow], total: int) -> DraftLine:
    facts = PricedFacts(total, lot.claim, lot.grade, lot.colour, lot.micron_tenths)
    price = agreed_price(demand, facts, parts[0].price)
    return DraftLine(UUID(lot.id), sum(one.quantity for one in parts), price, _why(demand, facts, price))


def _why(demand: Demanded, facts: PricedFacts, price: int) -> tuple[Message, ...]:
    """Return how the price came about, a line each."""
    conditions = Message(
        N_("Product, class, colour, microns and certification are what the demand asks for.")
    )
    quote = quote_for(demand, facts)
    if quote is not None and quote.minor == price:
        return (conditions, *quote.lines)
    return (conditions, Message(N_("Price: %(price)s"), {"price": Money(price, demand.currency)}))
