"""The drawn season meets the published figures: totals to the gram, spreads within a stated tolerance."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from chain.core.money import amount_for
from chain.demo import draw, figures, names


@pytest.fixture(scope="module")
def season() -> list[draw.DrawnDelivery]:
    random = Random(figures.SEED)
    ids = draw.IdMaker(random)
    people = draw.draw_people(
        random, ids, names.NameMaker(random), names.FIBRE_COMMUNITIES, figures.FIBRE_PRODUCERS, "OR"
    )
    return draw.draw_fibre(random, ids, people, figures.FIBRE_GRAMS, [date(2025, 11, 3), date(2025, 11, 4)])


def test_the_pounds_of_oropesa_are_these_grams() -> None:
    assert figures.FIBRE_GRAMS == 66_699_851


def test_the_proceeds_are_over_three_million_soles_and_over_20_40_a_pound() -> None:
    proceeds = amount_for(figures.FIBRE_GRAMS, figures.FIBRE_PRICE_MINOR_PER_KG)
    assert proceeds > 300_000_000
    assert Decimal(proceeds) / figures.FIBRE_POUNDS > Decimal(2040)


def test_464_producers_of_nine_communities_deliver_every_gram(season: list[draw.DrawnDelivery]) -> None:
    assert sum(delivery.quantity for delivery in season) == figures.FIBRE_GRAMS
    assert len({delivery.person.id for delivery in season}) == 464
    assert len({delivery.person.community for delivery in season}) == 9
    assert {delivery.person.sex for delivery in season} == {"female", "male"}
    assert min(delivery.quantity for delivery in season) > 0


def test_the_mean_fleece_weighs_the_published_4_35_pounds(season: list[draw.DrawnDelivery]) -> None:
    fleeces = sum(delivery.attributes["fleeces"] for delivery in season)
    assert figures.FIBRE_POUNDS / fleeces == pytest.approx(4.35, abs=0.01)


def share(season: list[draw.DrawnDelivery], chosen: object) -> float:
    assert callable(chosen)
    return sum(delivery.quantity for delivery in season if chosen(delivery)) / figures.FIBRE_GRAMS


def test_microns_follow_the_published_shares(season: list[draw.DrawnDelivery]) -> None:
    assert share(season, lambda item: Decimal(item.attributes["micron"]) < 23) == pytest.approx(
        0.12, abs=0.015
    )
    assert share(season, lambda item: Decimal(item.attributes["micron"]) <= Decimal("26.5")) == pytest.approx(
        0.5, abs=0.02
    )


def test_colours_follow_the_published_shares(season: list[draw.DrawnDelivery]) -> None:
    assert share(season, lambda item: item.attributes["colour"] == "white") == pytest.approx(0.66, abs=0.015)
    assert share(season, lambda item: item.attributes["colour"] == "multicolour") > 0.20


def test_the_same_seed_draws_the_same_season(season: list[draw.DrawnDelivery]) -> None:
    random = Random(figures.SEED)
    ids = draw.IdMaker(random)
    people = draw.draw_people(
        random, ids, names.NameMaker(random), names.FIBRE_COMMUNITIES, figures.FIBRE_PRODUCERS, "OR"
    )
    again = draw.draw_fibre(random, ids, people, figures.FIBRE_GRAMS, [date(2025, 11, 3), date(2025, 11, 4)])
    assert again == season


def test_every_day_of_milk_sums_to_1300_litres_from_56_suppliers() -> None:
    random = Random(figures.SEED)
    ids = draw.IdMaker(random)
    people = draw.draw_people(
        random, ids, names.NameMaker(random), names.MILK_COMMUNITIES, figures.MILK_SUPPLIERS, "LL"
    )
    (first, _), (_, last) = figures.FORTNIGHTS
    milk = draw.draw_milk(random, ids, people, first, last)
    per_day: Counter[date] = Counter()
    for delivery in milk:
        per_day[(delivery.delivered_at - timedelta(hours=5)).date()] += delivery.quantity
    assert len(per_day) == 31
    assert set(per_day.values()) == {1_300_000}
    assert len({delivery.person.id for delivery in milk}) == 56


def test_a_week_brings_two_to_ten_carcasses() -> None:
    random = Random(figures.SEED)
    ids = draw.IdMaker(random)
    people = draw.draw_people(
        random, ids, names.NameMaker(random), names.MEAT_COMMUNITIES, figures.MEAT_PRODUCERS, "TU"
    )
    meat = draw.draw_meat(random, ids, people, figures.MEAT_PERIODS[0][0], figures.MEAT_WEEKS)
    per_week = Counter(delivery.delivered_at.isocalendar().week for delivery in meat)
    assert len(per_week) == figures.MEAT_WEEKS
    assert all(2 <= count <= 10 for count in per_week.values())


def test_ids_are_version_seven_and_never_repeat(season: list[draw.DrawnDelivery]) -> None:
    ids = [delivery.id for delivery in season]
    assert len(set(ids)) == len(ids)
    assert {one.version for one in ids} == {7}
