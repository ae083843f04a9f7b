"""Sentences of matches and misses: every condition has one, in both languages."""

from dataclasses import replace

import pytest

from chain.core.catalogues import translate
from chain.matching.rules.engine import solve
from chain.matching.rules.instance import DemandAsk, Freight, Instance, LotOffer
from chain.matching.rules.misses import Miss, nearest_miss
from chain.matching.rules.pairs import Condition, Unmet
from chain.matching.rules.words import Names, explain_match, explain_miss

LOT = LotOffer(
    "L", "alpaca-fibre", 10_000, "baby", "white", 221, "organic", centre="Sicuani", reserve_minor=4_000
)
DEMAND = DemandAsk(
    "D",
    "M",
    "alpaca-fibre",
    4_550,
    grades=("baby",),
    colours=("white",),
    micron_min_tenths=200,
    micron_max_tenths=230,
    claim="transition",
    centres=("Sicuani",),
    max_quantity=6_000,
)


def test_a_match_says_what_is_met_and_what_is_left_to_the_producers() -> None:
    instance = Instance([LOT], [DEMAND], [Freight("Sicuani", "M", 120)])
    flow = solve(instance).flows[0]
    assert [str(one) for one in explain_match(flow, LOT, DEMAND)] == [
        "The class baby is asked for.",
        "The colour white is asked for.",
        "22.1 µm lies within 20.0 and 23.0 µm.",
        "It is organic product; at least product in transition is asked for.",
        "The buyer collects at Sicuani.",
        "The price is 45.50; less 1.20 of freight, 44.30 is left.",
        "That is 4.30 over the reserve of 40.00.",
        "6 of 10 kg go here.",
    ]


def test_milk_is_told_in_litres() -> None:
    lot, demand = LotOffer("L", "raw-milk", 1_500), DemandAsk("D", "M", "raw-milk", 150, max_quantity=1_000)
    instance = Instance([lot], [demand])
    solution = solve(instance)
    assert str(explain_match(solution.flows[0], lot, demand)[-1]) == "1 of 1.5 litres go here."
    miss = nearest_miss(lot, instance, solution)
    assert miss is not None
    assert str(explain_miss(miss, lot, demand)[-1]) == "It would go from 1.51 a litre."


def test_amounts_and_names_are_written_as_the_caller_wants() -> None:
    names = Names(currency="PEN", grade=lambda key: {"es": f"es-{key}", "en": f"en-{key}"})
    lacking = replace(DEMAND, grades=("fleece", "huarizo"))
    miss = Miss("L", "D", Condition.GRADE, 1, (Unmet(Condition.GRADE),), 4_550, 4_120, 120)
    said = explain_miss(miss, LOT, lacking, names)
    assert translate("es", said[0], "matching*") == "La calidad es es-baby; se pide: es-fleece, es-huarizo."
    assert said[1].params["price"].currency == "PEN"  # type: ignore[attr-defined]  # an amount


@pytest.mark.parametrize("condition", list(Condition))
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_condition_has_a_sentence(condition: Condition, language: str) -> None:
    for lot in (LOT, LotOffer("L", "raw-milk", 1_000), replace(LOT, reserve_minor=None)):
        for price in (None, 4_700):
            miss = Miss("L", "D", condition, 3, (Unmet(condition, 3),), 4_550, price, 120)
            sentences = [translate(language, one, "matching*") for one in explain_miss(miss, lot, DEMAND)]
            assert all(sentences)
            assert len(sentences) == 1 + (price is not None)
