"""Demands and lots as the engine takes them. Pure.

The engine adds up premiums that fit; a demand counts the best claim only and pays by the tenth of a micrometre. Both are
written here as sums that give the same price. What a demand adds for a quantity depends on what is matched, so the engine
leaves it out; `agreed_price` adds it once the quantity is known.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from chain.buyers.pricing import Premium, PremiumKind, PriceRow, price_for, read_premiums, read_rows
from chain.matching.rules.instance import CLAIMS, DemandAsk, PriceStep

#: Tenths of a micrometre between which fibre is believed; a demand by the tenth has a step for each that occurs.
EVERY_TENTH = range(1, 1001)


class Demanded(Protocol):
    """What a demand says; the model is such."""

    @property
    def id(self) -> UUID: ...
    @property
    def organisation_id(self) -> UUID: ...
    @property
    def commodity(self) -> str: ...
    @property
    def grades(self) -> Sequence[str]: ...
    @property
    def colours(self) -> Sequence[str]: ...
    @property
    def micron_min_tenths(self) -> int | None: ...
    @property
    def micron_max_tenths(self) -> int | None: ...
    @property
    def claim(self) -> str: ...
    @property
    def price_minor_per_unit(self) -> int | None: ...
    @property
    def price_grid(self) -> Sequence[Any]: ...
    @property
    def premiums(self) -> Sequence[Any]: ...
    @property
    def freight(self) -> str: ...
    @property
    def centres(self) -> Sequence[str]: ...
    @property
    def private_to(self) -> Sequence[str]: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Party:
    """A seller and the association that it belongs to: a demand may name either."""

    id: UUID
    parent_id: UUID | None = None

    def is_named(self, names: Collection[str]) -> bool:
        """Tell whether a list of ids names the seller or its association."""
        return str(self.id) in names or (self.parent_id is not None and str(self.parent_id) in names)


@dataclass(frozen=True, slots=True)
class PricedFacts:
    """What a price depends on."""

    quantity: int
    claim: str
    grade: str | None
    colour: str | None
    micron_tenths: int | None


def ask_of(
    demand: Demanded, *, least: int, most: int | None, parties: Sequence[Party], microns: Collection[int]
) -> DemandAsk:
    """Return a demand for the engine. `least` and `most` are what the running period still wants; `microns` those of the lots."""
    return DemandAsk(
        id=str(demand.id),
        buyer=str(demand.organisation_id),
        commodity=demand.commodity,
        price_minor=demand.price_minor_per_unit,
        grades=tuple(demand.grades),
        colours=tuple(demand.colours),
        micron_min_tenths=demand.micron_min_tenths,
        micron_max_tenths=demand.micron_max_tenths,
        claim=demand.claim,
        centres=_named(demand.centres, parties),
        grid=_grid(read_rows(demand.price_grid)),
        premiums=_premiums(read_premiums(demand.premiums), microns),
        min_quantity=least,
        max_quantity=most,
        buyer_pays_freight=demand.freight == "buyer",
        sellers=_named(demand.private_to, parties),
    )


def agreed_price(demand: Demanded, facts: PricedFacts, solved: int) -> int:
    """Return what is paid for a kilogram or litre once the quantity of the proposal is known: never less than was solved."""
    quoted = price_for(demand, facts)
    return solved if quoted is None else max(solved, quoted)


def _named(names: Sequence[str], parties: Sequence[Party]) -> tuple[str, ...]:
    """Return those sellers who are named, themselves or by their association; names that fit none keep all others out."""
    found = tuple(str(party.id) for party in parties if party.is_named(names))
    return found or tuple(names)


def _grid(rows: Iterable[PriceRow]) -> tuple[PriceStep, ...]:
    """Return the rows, those that say more first: class and colour, class, colour, neither."""
    by_weight = sorted(rows, key=lambda row: (row.grade is None, row.colour is None))
    return tuple(
        PriceStep(
            row.price_minor,
            grades=() if row.grade is None else (row.grade,),
            colours=() if row.colour is None else (row.colour,),
        )
        for row in by_weight
    )


def _premiums(premiums: Sequence[Premium], microns: Collection[int]) -> tuple[PriceStep, ...]:
    steps: list[PriceStep] = []
    for one in premiums:
        if one.kind == PremiumKind.MICRON_STEP:
            steps += [
                PriceStep(amount, micron_min_tenths=tenths, micron_max_tenths=tenths)
                for tenths in sorted(microns)
                if (amount := _step_amount(one, tenths))
            ]
        elif one.kind == PremiumKind.MICRON_RANGE:
            # a missing end is an end far away: a step without any would count for lots that were not measured
            steps.append(
                PriceStep(
                    one.minor,
                    micron_min_tenths=one.low_tenths or 0,
                    micron_max_tenths=one.high_tenths or EVERY_TENTH.stop,
                )
            )
    return (*steps, *_claim_steps([one for one in premiums if one.kind == PremiumKind.CLAIM]))


def _step_amount(one: Premium, tenths: int) -> int:
    amount = ((one.high_tenths or tenths) - tenths) * one.minor
    if one.limit_minor is None:
        return amount
    return max(-one.limit_minor, min(one.limit_minor, amount))


def _claim_steps(premiums: Sequence[Premium]) -> list[PriceStep]:
    """Return what each claim adds to the one below: of several premiums only that of the best claim counts."""
    steps, below = [], 0
    for rank, claim in enumerate(CLAIMS):
        own = [one.minor for one in premiums if one.claim in CLAIMS and CLAIMS.index(one.claim) == rank]
        if own:
            steps.append(PriceStep(own[0] - below, claim=claim))
            below = own[0]
    return steps
