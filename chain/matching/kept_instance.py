"""An instance as a column keeps it, so that a run can be calculated again; what has its default is left out. Pure."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any

from chain.core.hashing import content_hash
from chain.matching.rules.instance import DemandAsk, Freight, Instance, LotOffer, PriceStep
from chain.matching.rules.solution import Solution


def to_record(instance: Instance) -> dict[str, Any]:
    """Return an instance as JSON keeps it."""
    return {
        "lots": [_short(one) for one in instance.lots],
        "demands": [
            {
                **_short(one),
                "grid": [_short(step) for step in one.grid],
                "premiums": [_short(step) for step in one.premiums],
            }
            for one in instance.demands
        ],
        "freight": [_short(one) for one in instance.freight],
    }


def from_record(record: Mapping[str, Any]) -> Instance:
    """Return a kept instance."""
    return Instance(
        [LotOffer(**one) for one in record["lots"]],
        [_ask(one) for one in record["demands"]],
        [Freight(**one) for one in record["freight"]],
    )


def hash_of(instance: Instance) -> str:
    """Return the hash of what went in."""
    return content_hash(to_record(instance))


def result_hash(solution: Solution) -> str:
    """Return the hash of what came out; how long it took is no part of it."""
    return content_hash(
        {
            "flows": [
                [one.lot_id, one.demand_id, one.quantity, one.price, one.freight] for one in solution.flows
            ],
            "rests": [[one.lot_id, one.quantity] for one in solution.unmatched],
            "value": solution.value,
            "bound": solution.bound,
        }
    )


def _short(value: Any) -> dict[str, Any]:
    defaults = {one.name: one.default for one in fields(value) if one.default is not MISSING}
    return {
        name: list(item) if isinstance(item, tuple) else item
        for name, item in asdict(value).items()
        if name not in defaults or item != defaults[name]
    }


def _ask(record: Mapping[str, Any]) -> DemandAsk:
    known: dict[str, Any] = {
        name: tuple(item) if isinstance(item, list) else item for name, item in record.items()
    }
    known["grid"] = tuple(_step(one) for one in record.get("grid", ()))
    known["premiums"] = tuple(_step(one) for one in record.get("premiums", ()))
    return DemandAsk(**known)


def _step(record: Mapping[str, Any]) -> PriceStep:
    known: dict[str, Any] = {
        name: tuple(item) if isinstance(item, list) else item for name, item in record.items()
    }
    return PriceStep(**known)
