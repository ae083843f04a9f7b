"""What the demonstration draws, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from chain.demo import draw, figures, names
from chain.demo.accounts import CENTRES, Houses

#: The published campaign: November 2025; the report is of 5 December.
CAMPAIGN_DAYS = tuple(date(2025, 11, day) for day in (3, 5, 7, 10, 12, 14, 17, 19, 21, 24))


@dataclass(frozen=True, slots=True)
class Season:
    """Everybody and everything that was drawn, and the houses that they belong to."""

    random: Random
    ids: draw.IdMaker
    houses: Houses
    fibre_people: Mapping[str, Sequence[draw.Person]]
    milk_people: Sequence[draw.Person]
    meat_people: Sequence[draw.Person]
    fibre: Mapping[str, Sequence[draw.DrawnDelivery]]
    milk: Sequence[draw.DrawnDelivery]
    meat: Sequence[draw.DrawnDelivery]


@dataclass(frozen=True, slots=True)
class Dice:
    """The sources of chance, all from one seed."""

    random: Random
    ids: draw.IdMaker
    names: names.NameMaker


def make_dice() -> Dice:
    """Return fresh dice of the demonstration's seed."""
    random = Random(figures.SEED)
    return Dice(random, draw.IdMaker(random), names.NameMaker(random))


def draw_fibre_people(dice: Dice) -> list[draw.Person]:
    """Draw the 464 producers of the nine communities."""
    return draw.draw_people(
        dice.random, dice.ids, dice.names, names.FIBRE_COMMUNITIES, figures.FIBRE_PRODUCERS, "OR"
    )


def draw_season(houses: Houses, dice: Dice, fibre_people: Sequence[draw.Person]) -> Season:
    """Draw everybody else and every delivery."""
    random, ids = dice.random, dice.ids
    milk_people = draw.draw_people(
        random, ids, dice.names, names.MILK_COMMUNITIES, figures.MILK_SUPPLIERS, "LL"
    )
    meat_people = draw.draw_people(
        random, ids, dice.names, names.MEAT_COMMUNITIES, figures.MEAT_PRODUCERS, "TU"
    )
    fibre = draw.draw_fibre(random, ids, fibre_people, figures.FIBRE_GRAMS, CAMPAIGN_DAYS)
    (first, _), (_, last) = figures.FORTNIGHTS
    centre_of = dict(zip(names.FIBRE_COMMUNITIES, CENTRES, strict=True))
    return Season(
        random,
        ids,
        houses,
        {code: [one for one in fibre_people if centre_of[one.community] == code] for code in CENTRES},
        milk_people,
        meat_people,
        {code: [one for one in fibre if centre_of[one.person.community] == code] for code in CENTRES},
        draw.draw_milk(random, ids, milk_people, first, last),
        draw.draw_meat(random, ids, meat_people, figures.MEAT_PERIODS[0][0], figures.MEAT_WEEKS),
    )
