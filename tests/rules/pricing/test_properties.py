"""What is true of every price: lots sum to lines, parts to amounts, order does not matter, more is never paid less."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from chain.pricing.rules import ComponentKind, DeliveryFacts, PriceContent, Quota, price_deliveries
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    Composition,
    DayPrices,
    Effect,
    PayUnit,
    SchemeKind,
)
from tests.support.pricing import JULY, delivery, span

PRODUCERS = [UUID(int=number) for number in range(1, 4)]
CENTS = st.integers(min_value=1, max_value=5_000)

RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "fat_pct": st.decimals("0.5", "12", places=2).map(str),
        "reductase_hours": st.integers(0, 24).map(str),
        "density_g_ml": st.decimals("1.015", "1.045", places=4).map(str),
    },
)


@st.composite
def facts(draw: st.DrawFn) -> list[DeliveryFacts]:
    """Draw up to a dozen deliveries of three producers."""
    return [
        delivery(
            draw(st.sampled_from(PRODUCERS)),
            draw(st.integers(1, 200_000)),
            JULY[0] + timedelta(days=draw(st.integers(0, 30))),
            lot=UUID(int=1_000 + number),
            attributes=draw(RESULTS),
            claim=draw(st.sampled_from(["conventional", "transition", "organic"])),
            is_woman=draw(st.booleans()),
            shift=draw(st.sampled_from(["am", "pm", None])),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


@st.composite
def adjustments(draw: st.DrawFn) -> Adjustment:
    """Draw a premium or penalty with any conditions."""
    is_percent = draw(st.booleans())
    parameter = draw(st.sampled_from([None, "fat_pct", "reductase_hours"]))
    low = draw(st.integers(0, 6))
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        more |= {"volume_low": draw(st.integers(0, 300_000))}
    if draw(st.booleans()):
        more |= {"season_from": (7, draw(st.integers(1, 31))), "season_to": (7, draw(st.integers(1, 31)))}
    return Adjustment(
        name=draw(st.sampled_from("abcd")),
        effect=draw(st.sampled_from(Effect)),
        per_unit_minor=0 if is_percent else draw(CENTS),
        basis_points=draw(st.integers(1, 10_000)) if is_percent else 0,
        parameter=parameter,
        low=Decimal(low) if parameter else None,
        high=Decimal(low + draw(st.integers(0, 6))) if parameter and draw(st.booleans()) else None,
        claim=draw(st.sampled_from([None, "transition", "organic"])),
        is_for_women=draw(st.booleans()),
        **more,
    )


@st.composite
def contents(draw: st.DrawFn) -> PriceContent:
    """Draw a price of milk with anything that one may have."""
    composition = (
        Composition(
            parameter="fat_pct",
            basis=draw(st.sampled_from(Basis)),
            rate_minor=draw(CENTS),
            reference=Decimal("3.5"),
            typical=draw(st.sampled_from([None, Decimal("3.4")])),
        ),
    )
    unit = draw(st.sampled_from(PayUnit))
    return PriceContent(
        kind=SchemeKind.MILK,
        unit=unit,
        base_minor=draw(CENTS),
        days=draw(
            st.sampled_from(
                [None, DayPrices(sunday_minor=450, excess_weekday_minor=3, excess_sunday_minor=2)]
            )
        ),
        composition=composition if draw(st.booleans()) else (),
        adjustments=tuple(draw(st.lists(adjustments(), max_size=5))),
        density=Decimal("1.03") if unit is PayUnit.KILOGRAM else None,
    )


def priced(content: PriceContent, deliveries: list[DeliveryFacts], *, with_quotas: bool) -> list[Any]:
    quotas = {
        (producer, JULY[0] + timedelta(days=day)): Quota(50_000, 7)
        for producer in PRODUCERS[:2]
        for day in range(31)
    }
    version = span(content)
    return price_deliveries([version], deliveries, quotas=quotas if with_quotas else None)


@settings(max_examples=60)
@given(contents(), facts(), st.booleans())
def test_lots_sum_to_lines_and_parts_to_amounts(
    content: PriceContent, deliveries: list[DeliveryFacts], with_quotas: bool
) -> None:
    groups = priced(content, deliveries, with_quotas=with_quotas)
    assert sum(one.quantity for one in groups) == sum(one.quantity for one in deliveries)
    assert {key for one in groups for key in one.lots} == {(one.lot_id, one.source_id) for one in deliveries}
    for one in groups:
        assert one.amount_minor == sum(part.amount_minor for part in one.components) >= 0
        assert one.amount_minor == sum(one.lots.values())
        assert min(one.lots.values()) >= 0


@settings(max_examples=50)
@given(contents(), facts(), st.booleans())
def test_each_part_has_the_sign_of_its_kind_and_penalties_never_exceed_the_rest(
    content: PriceContent, deliveries: list[DeliveryFacts], with_quotas: bool
) -> None:
    for group in priced(content, deliveries, with_quotas=with_quotas):
        for part in group.components:
            match part.kind:
                case ComponentKind.PENALTY:
                    assert part.amount_minor <= 0
                case ComponentKind.MISSING:
                    assert part.amount_minor == 0
                    assert part.note
                case _:
                    assert part.amount_minor >= 0


@settings(max_examples=50)
@given(contents(), facts(), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_deliveries_does_not_matter(
    content: PriceContent, deliveries: list[DeliveryFacts], with_quotas: bool, random: Any
) -> None:
    shuffled = list(deliveries)
    random.shuffle(shuffled)
    one, other = (priced(content, listed, with_quotas=with_quotas) for listed in (deliveries, shuffled))

    def said(groups: list[Any]) -> list[Any]:
        return [
            (group.producer_id, group.block, group.quantity, group.amount_minor, group.components, group.lots)
            for group in groups
        ]

    assert said(one) == said(other)


@given(facts(), CENTS, st.integers(1, 50_000))
def test_more_of_the_same_is_never_paid_less(deliveries: list[DeliveryFacts], price: int, more: int) -> None:
    content = PriceContent(kind=SchemeKind.FLAT, unit=PayUnit.LITRE, base_minor=price)
    larger = [deliveries[0]._replace(quantity=deliveries[0].quantity + more), *deliveries[1:]]
    before, after = (
        sum(one.amount_minor for one in price_deliveries([span(content)], listed))
        for listed in (deliveries, larger)
    )
    assert after >= before


@given(st.decimals("0.5", "12", places=2), st.decimals("0.5", "12", places=2), st.integers(1_000, 200_000))
def test_richer_milk_is_never_paid_less(one: Decimal, other: Decimal, quantity: int) -> None:
    rule = Composition(parameter="fat_pct", basis=Basis.POINT, rate_minor=20, reference=Decimal("3.5"))
    content = PriceContent(kind=SchemeKind.MILK, unit=PayUnit.LITRE, base_minor=400, composition=(rule,))
    poorer, richer = (
        price_deliveries(
            [span(content)],
            [delivery(PRODUCERS[0], quantity, date(2026, 7, 8), attributes={"fat_pct": str(fat)})],
        )[0].amount_minor
        for fat in sorted((one, other))
    )
    assert richer >= poorer
