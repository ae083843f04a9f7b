"""Matching beside the product: a plain formulation for SciPy's HiGHS, lot by lot, and drawn markets."""

from random import Random

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

from chain.matching.rules.instance import DemandAsk, Freight, Instance, LotOffer, PriceStep
from chain.matching.rules.solution import Solution

RANK = {"conventional": 0, "transition": 1, "organic": 2}
Nets = dict[tuple[int, int], int]


def within(micron: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return micron is not None and (low is None or low <= micron) and (high is None or micron <= high)


def takes(ask: DemandAsk | PriceStep, lot: LotOffer) -> bool:
    return (
        (not ask.grades or lot.grade in ask.grades)
        and (not ask.colours or lot.colour in ask.colours)
        and within(lot.micron_tenths, ask.micron_min_tenths, ask.micron_max_tenths)
        and RANK[lot.claim] >= RANK[ask.claim]
    )


def freight_of(instance: Instance, lot: LotOffer, demand: DemandAsk) -> int:
    if demand.buyer_pays_freight:
        return 0
    ways = [w for w in instance.freight if (w.centre, w.buyer) == (lot.centre, demand.buyer)]
    own = [w.cost_minor for w in ways if w.demand_id == demand.id]
    general = [w.cost_minor for w in ways if w.demand_id is None]
    return (own or general or [0])[0]


def net_price(instance: Instance, lot: LotOffer, demand: DemandAsk) -> int | None:
    """What the producers receive for a kilogram of a lot at a demand; None where it may not go."""
    if (demand.commodity and lot.commodity != demand.commodity) or not takes(demand, lot):
        return None
    if demand.centres and lot.centre not in demand.centres:
        return None
    if demand.sellers and lot.seller not in demand.sellers:
        return None
    lines = [step.amount_minor for step in demand.grid if takes(step, lot)]
    price = lines[0] if lines else demand.price_minor
    if price is None:
        return None
    price += sum(step.amount_minor for step in demand.premiums if takes(step, lot))
    net = price - freight_of(instance, lot, demand)
    return net if net >= max(lot.reserve_minor or 0, 1) else None


def nets_of(instance: Instance) -> Nets:
    found = {}
    for at, lot in enumerate(instance.lots):
        for to, demand in enumerate(instance.demands):
            net = net_price(instance, lot, demand)
            if net is not None:
                found[at, to] = net
    return found


class Plain:
    """A variable per pair of lot and demand; whole lots and least quantities are integers."""

    def __init__(self, instance: Instance, nets: Nets) -> None:
        self.lots, self.demands, self.pairs = instance.lots, instance.demands, list(nets)
        self.grams = [1 if self.lots[lot].divisible else self.lots[lot].quantity for lot, _ in self.pairs]
        self.switched = [at for at, one in enumerate(self.demands) if one.min_quantity]
        self.total = sum(lot.quantity for lot in self.lots)
        self.cost = [-nets[pair] * grams for pair, grams in zip(self.pairs, self.grams, strict=True)]
        self.cost += [0] * len(self.switched)
        self.entries: list[tuple[int, int, int]] = []
        self.upper: list[int] = []
        for at, lot in enumerate(self.lots):
            self.row(
                [(n, 1) for n, pair in enumerate(self.pairs) if pair[0] == at],
                lot.quantity if lot.divisible else 1,
            )
        for at in range(len(self.demands)):
            self.limit(at)

    def row(self, terms: list[tuple[int, int]], upper: int) -> None:
        self.entries += [(len(self.upper), column, value) for column, value in terms]
        self.upper.append(upper)

    def limit(self, at: int) -> None:
        demand = self.demands[at]
        most = self.total if demand.max_quantity is None else min(demand.max_quantity, self.total)
        terms = [(n, self.grams[n]) for n, pair in enumerate(self.pairs) if pair[1] == at]
        if at not in self.switched:
            self.row(terms, most)
            return
        switch = len(self.pairs) + self.switched.index(at)
        self.row([*terms, (switch, -most)], 0)
        self.row([*((n, -grams) for n, grams in terms), (switch, demand.min_quantity)], 0)

    def optimum(self) -> float:
        rows, columns, values = zip(*self.entries, strict=True)
        shape = (len(self.upper), len(self.cost))
        matrix = coo_array((np.array(values, float), (rows, columns)), shape=shape).tocsr()
        if not self.switched and all(lot.divisible for lot in self.lots):
            found = linprog(self.cost, A_ub=matrix, b_ub=self.upper, bounds=(0, None), method="highs")
            assert found.status == 0, found.message
            return float(-found.fun)
        integers = [not self.lots[lot].divisible for lot, _ in self.pairs] + [True] * len(self.switched)
        found = milp(
            self.cost,
            constraints=LinearConstraint(matrix, -np.inf, np.array(self.upper, float)),
            integrality=np.array(integers, int),
            bounds=Bounds(0, np.where(integers, 1.0, np.inf)),
            options={"mip_rel_gap": 0.0},
        )
        assert found.status == 0, found.message
        return float(-found.fun)


def optimum(instance: Instance, nets: Nets | None = None) -> float:
    """The best value in thousandths of a cent."""
    nets = nets_of(instance) if nets is None else nets
    return Plain(instance, nets).optimum() if nets else 0.0


def draw(seed: int, *, whole: float = 0.0, least: float = 0.0, lots: int = 12, demands: int = 5) -> Instance:
    """A small market with everything in it; scarce values, so that ties and shared conditions are common."""
    drawn = Random(f"{seed}/{whole}/{least}")
    offers = [_draw_lot(drawn, number, lots, whole) for number in range(lots)]
    asks = [_draw_demand(drawn, number, least) for number in range(demands)]
    ways = [
        Freight(centre, buyer, drawn.randint(0, 12), demand_id=own)
        for centre in CENTRES
        for buyer, own in (("M1", None), ("M2", None), ("M1", "D0"), ("M2", "D1"))
        if drawn.random() < 0.7
    ]
    return Instance(offers, asks, ways)


GRADES, COLOURS, CENTRES, SELLERS = ("baby", "fleece"), ("white", "beige"), ("A", "B", "C"), ("S1", "S2")


def _draw_lot(drawn: Random, number: int, lots: int, whole: float) -> LotOffer:
    return LotOffer(
        id=f"L{number:03d}",
        commodity=drawn.choice(("alpaca-fibre",) * 9 + ("llama-fibre",)),
        quantity=drawn.randint(1, 90) * drawn.choice((1, 1000)) + drawn.randint(0, 3),
        grade=drawn.choice((*GRADES, None)),
        colour=drawn.choice((*COLOURS, None)),
        micron_tenths=drawn.choice((None, *range(195, 250, 5))),
        claim=drawn.choice(tuple(RANK)),
        centre=drawn.choice(CENTRES),
        reserve_minor=drawn.choice((None, None, drawn.randint(1, 60))),
        divisible=drawn.random() >= whole,
        registered_at_key=drawn.randint(1, lots),
        seller=drawn.choice(SELLERS),
    )


def _draw_demand(drawn: Random, number: int, least: float) -> DemandAsk:
    low, high = _limits(drawn)
    return DemandAsk(
        id=f"D{number:02d}",
        buyer=drawn.choice(("M1", "M2")),
        commodity=drawn.choice(("alpaca-fibre", "alpaca-fibre", "")),
        price_minor=drawn.choice((None, drawn.randint(5, 70), drawn.randint(5, 70))),
        grades=_some(drawn, GRADES),
        colours=_some(drawn, COLOURS),
        micron_min_tenths=low,
        micron_max_tenths=high,
        claim=drawn.choice(("conventional", "conventional", "transition", "organic")),
        centres=_some(drawn, CENTRES),
        grid=tuple(_step(drawn, 5, 80) for _ in range(drawn.randint(0, 2))),
        premiums=tuple(_step(drawn, -10, 20) for _ in range(drawn.randint(0, 2))),
        min_quantity=drawn.randint(1, 120_000) if drawn.random() < least else 0,
        max_quantity=drawn.choice((None, drawn.randint(1, 150_000), drawn.randint(60_000, 250_000))),
        buyer_pays_freight=drawn.random() < 0.2,
        sellers=_some(drawn, SELLERS) if drawn.random() < 0.3 else (),
    )


def _some(drawn: Random, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(drawn.sample(values, drawn.randint(0, len(values) - 1)))


def _limits(drawn: Random) -> tuple[int | None, int | None]:
    low = drawn.choice((None, 200, 210))
    return low, drawn.choice((None, (low or 200) + drawn.randint(5, 40)))


def _step(drawn: Random, low: int, high: int) -> PriceStep:
    claim = drawn.choice(("conventional", "organic"))
    first, last = _limits(drawn)
    return PriceStep(
        drawn.randint(low, high), _some(drawn, GRADES), _some(drawn, COLOURS), first, last, claim
    )


def assert_keeps_every_condition(instance: Instance, solution: Solution) -> None:
    """No gram is lost or made, no lot goes where it may not, every price and every quantity is what it must be."""
    lots = {lot.id: lot for lot in instance.lots}
    demands = {demand.id: demand for demand in instance.demands}
    left = {one.lot_id: one.quantity for one in solution.unmatched}
    given: dict[str, int] = dict.fromkeys(lots, 0)
    taken: dict[str, int] = {}
    for flow in solution.flows:
        lot, demand = lots[flow.lot_id], demands[flow.demand_id]
        assert flow.quantity > 0
        assert flow.net == net_price(instance, lot, demand)
        assert flow.freight == freight_of(instance, lot, demand)
        given[lot.id] += flow.quantity
        taken[demand.id] = taken.get(demand.id, 0) + flow.quantity
        assert lot.divisible or flow.quantity == lot.quantity
    for lot in instance.lots:
        assert given[lot.id] + left.get(lot.id, 0) == lot.quantity
    for name, grams in taken.items():
        most = demands[name].max_quantity
        assert demands[name].min_quantity <= grams
        assert most is None or grams <= most
    assert set(solution.dropped) == {
        one.id for one in instance.demands if one.min_quantity and one.id not in taken
    }
    assert solution.value == sum(flow.quantity * flow.net for flow in solution.flows)
    assert solution.value <= solution.bound
    assert len({(flow.lot_id, flow.demand_id) for flow in solution.flows}) == len(solution.flows)
