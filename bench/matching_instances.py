"""Drawn markets: lots and standing demands of alpaca fibre at about 5 % compatibility, the same for the same seed."""

from random import Random

from bench.common import SEED
from chain.matching.rules.instance import DemandAsk, Freight, Instance, LotOffer, PriceStep

GRADES = ("super_baby", "baby", "fleece", "medium_fleece", "huarizo", "gruesa")
#: Tenths of a micrometre about which each class lies.
MICRONS = (185, 215, 245, 275, 300, 330)
COLOURS = (
    "white",
    "beige",
    "light_fawn",
    "medium_fawn",
    "light_brown",
    "dark_brown",
    "bay_black",
    "true_black",
)
COLOUR_WEIGHTS = (40, 14, 12, 10, 8, 6, 5, 5)
CLAIMS = ("conventional", "transition", "organic")
CENTRES = tuple(f"C{number:02d}" for number in range(12))
BASE_PRICE = (4200, 3300, 2400, 1700, 1200, 900)


def draw_instance(
    lots: int, demands: int, *, whole: float = 0.0, least: float = 0.0, rich: bool = False, seed: int = SEED
) -> Instance:
    """Draw a market; `whole` and `least` are shares of lots and demands, `rich` adds reserves, freight, grids and premiums."""
    drawn = Random(f"{seed}/{lots}/{demands}/{rich}")
    offers = [_lot(drawn, number, whole, rich=rich) for number in range(lots)]
    mean = sum(one.quantity for one in offers) / max(demands, 1)
    asks = [_demand(drawn, number, mean, least, rich=rich) for number in range(demands)]
    ways = [
        Freight(centre, f"M{buyer:02d}", drawn.randrange(20, 300, 10))
        for centre in CENTRES
        for buyer in range(40)
    ]
    return Instance(offers, asks, ways if rich else ())


def _lot(drawn: Random, number: int, whole: float, *, rich: bool) -> LotOffer:
    grade = drawn.choices(range(6), (8, 25, 27, 15, 15, 10))[0]
    reserve = BASE_PRICE[grade] * drawn.randint(60, 105) // 100
    return LotOffer(
        id=f"L{number:07d}",
        commodity="alpaca-fibre",
        quantity=drawn.randint(5_000, 120_000),
        grade=GRADES[grade],
        colour=drawn.choices(COLOURS, COLOUR_WEIGHTS)[0],
        micron_tenths=round(drawn.gauss(MICRONS[grade], 10)),
        claim=drawn.choices(CLAIMS, (70, 15, 15))[0],
        centre=drawn.choice(CENTRES),
        reserve_minor=reserve if rich and drawn.random() < 0.5 else None,
        divisible=drawn.random() >= whole,
        registered_at_key=number,
    )


def _demand(drawn: Random, number: int, mean: float, least: float, *, rich: bool) -> DemandAsk:
    first = drawn.randrange(6)
    classes = tuple(range(first, min(first + drawn.randint(1, 2), 6)))
    capacity = int(mean * drawn.uniform(0.3, 1.6))
    price = BASE_PRICE[first] * drawn.randint(75, 125) // 100
    grid = tuple(PriceStep(BASE_PRICE[at] * drawn.randint(80, 125) // 100, (GRADES[at],)) for at in classes)
    bonus = (
        PriceStep(drawn.randint(50, 300), micron_max_tenths=MICRONS[first]),
        PriceStep(150, claim="organic"),
    )
    return DemandAsk(
        id=f"D{number:04d}",
        buyer=f"M{number % 40:02d}",
        commodity="alpaca-fibre",
        price_minor=price,
        grades=tuple(GRADES[at] for at in classes),
        colours=() if drawn.random() < 0.1 else tuple(drawn.sample(COLOURS, drawn.randint(1, 3))),
        micron_min_tenths=MICRONS[first] - drawn.randrange(5, 25, 5),
        micron_max_tenths=MICRONS[classes[-1]] + drawn.randrange(0, 25, 5),
        claim=drawn.choices(CLAIMS, (75, 15, 10))[0],
        centres=tuple(drawn.sample(CENTRES, 8)) if rich and drawn.random() < 0.3 else (),
        grid=grid if rich and drawn.random() < 0.4 else (),
        premiums=bonus if rich and drawn.random() < 0.4 else (),
        min_quantity=int(capacity * drawn.uniform(0.3, 0.9)) if drawn.random() < least else 0,
        max_quantity=capacity,
    )
