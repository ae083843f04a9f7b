"""Lines from priced deliveries, pure: each component an item with its formula's inputs."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chain.core.i18n import N_
from chain.pricing.rules import Component, ComponentKind, PricedGroup, SchemeSpan
from chain.settlement.lines import Item, Line, explain
from chain.settlement.rules import ItemKind

KINDS = {
    ComponentKind.BASE: ItemKind.DELIVERY,
    ComponentKind.PREMIUM: ItemKind.PREMIUM,
    ComponentKind.PENALTY: ItemKind.PENALTY,
    ComponentKind.MISSING: ItemKind.MISSING,
}
RATE_KG = N_("%(quantity_g)s × %(rate_minor)s per kilogram = %(amount_minor)s.")
RATE_L = N_("%(quantity_ml)s × %(rate_minor)s per litre = %(amount_minor)s.")
PERCENT_KG = N_("%(percent_bp)s on %(quantity_g)s: %(amount_minor)s.")
PERCENT_L = N_("%(percent_bp)s on %(quantity_ml)s: %(amount_minor)s.")
MIXED_KG = N_("%(quantity_g)s at the rates of the scheme: %(amount_minor)s.")
MIXED_L = N_("%(quantity_ml)s at the rates of the scheme: %(amount_minor)s.")


def priced_lines(groups: Iterable[PricedGroup], spans: Mapping[UUID, SchemeSpan]) -> list[Line]:
    """Return a line per producer; a group's first base component carries its quantity, so that quantities sum."""
    lines: dict[UUID, Line] = {}
    for group in groups:
        line = lines.setdefault(group.producer_id, Line(group.producer_id))
        line.quantity += group.quantity
        for key, amount in group.lots.items():
            line.lots[key] = line.lots.get(key, 0) + amount
        span = spans.get(group.version_id) if group.version_id else None
        counted = False
        for part in group.components:
            is_first = part.kind is ComponentKind.BASE and not counted
            counted = counted or is_first
            line.items.append(component_item(group, part, span, group.quantity if is_first else None))
    return [lines[key] for key in sorted(lines)]


def component_item(
    group: PricedGroup, part: Component, span: SchemeSpan | None, quantity: int | None
) -> Item:
    """Return a component as an item with its formula's inputs; the first of a group carries the quantity."""
    label = group.label if quantity is not None else part.label
    return Item(
        KINDS[part.kind],
        label[:200],
        part.amount_minor,
        quantity=quantity,
        price_minor_per_unit=part.rate_minor,
        basis_points=part.percent_basis_points,
        decided_by=span.decided_by or None if span else None,
        explanation=_why(group, part, span),
    )


def _why(group: PricedGroup, part: Component, span: SchemeSpan | None) -> dict[str, Any]:
    is_weight = part.unit == "kg"
    values: dict[str, Any] = {
        "quantity_g" if is_weight else "quantity_ml": part.quantity,
        "amount_minor": part.amount_minor,
    }
    if part.rate_minor is not None:
        text = RATE_KG if is_weight else RATE_L
        values["rate_minor"] = part.rate_minor
    elif part.percent_basis_points is not None:
        text = PERCENT_KG if is_weight else PERCENT_L
        values["percent_bp"] = part.percent_basis_points
    else:
        text = MIXED_KG if is_weight else MIXED_L
    found = explain(text, **values)
    if part.note:
        found["note"] = part.note
    if part.parameter:
        found["parameter"], found["measured"] = part.parameter, part.measured
    if group.block is not None:
        found["block"] = group.block.value
    if span is not None:
        found |= {"scheme": span.name, "version": span.number}
    return found
