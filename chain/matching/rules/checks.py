"""What an instance must be before anything is computed: unique ids, numbers in range. One pass, before any work."""

from collections.abc import Iterable

from chain.matching.rules.instance import (
    CLAIMS,
    MAX_DEMANDS,
    MAX_LOTS,
    MAX_PRICE_MINOR,
    MAX_TOTAL_QUANTITY,
    DemandAsk,
    Instance,
)

_CLAIMS = frozenset(CLAIMS)


class InstanceRefused(ValueError):
    """The caller built an instance that cannot be: callers check what people type before."""


def check_instance(instance: Instance) -> None:
    """Check every number.

    Raises:
        InstanceRefused: two lots or demands share an id, a number is out of range, or there are too many.
    """
    _require(len(instance.lots) <= MAX_LOTS, f"at most {MAX_LOTS} lots")
    _require(len(instance.demands) <= MAX_DEMANDS, f"at most {MAX_DEMANDS} demands")
    _check_unique(one.id for one in instance.lots)
    _check_unique(one.id for one in instance.demands)
    for lot in instance.lots:
        if (
            lot.quantity <= 0
            or lot.claim not in _CLAIMS
            or not 0 <= (lot.reserve_minor or 0) <= MAX_PRICE_MINOR
            or (lot.micron_tenths or 0) < 0
        ):
            raise InstanceRefused(f"lot {lot.id}: quantity, claim, reserve or micron")
    for demand in instance.demands:
        _check_demand(demand)
    for way in instance.freight:
        _require(0 <= way.cost_minor <= MAX_PRICE_MINOR, f"freight from {way.centre} to {way.buyer}")
    total = sum(one.quantity for one in instance.lots)
    _require(total <= MAX_TOTAL_QUANTITY, f"at most {MAX_TOTAL_QUANTITY} grams in all")


def _check_demand(demand: DemandAsk) -> None:
    steps = (*demand.grid, *demand.premiums)
    most = demand.max_quantity
    _require(demand.claim in _CLAIMS, f"demand {demand.id}: claim")
    _require(all(step.claim in _CLAIMS for step in steps), f"demand {demand.id}: claim of a step")
    _require(demand.min_quantity >= 0 and (most is None or most >= 0), f"demand {demand.id}: quantities")
    prices = [demand.price_minor or 0, *(step.amount_minor for step in demand.grid)]
    reach = max(prices) + sum(abs(step.amount_minor) for step in demand.premiums)
    _require(min(prices) >= 0 and reach <= MAX_PRICE_MINOR, f"demand {demand.id}: prices")


def _check_unique(ids: Iterable[str]) -> None:
    found = list(ids)
    _require(len(set(found)) == len(found), "every id stands once")


def _require(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads like an assertion
    if not is_so:
        raise InstanceRefused(what)
