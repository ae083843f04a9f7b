"""The figures that the demonstration is calibrated to. Published ones name their source in docs/demo.md."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chain.core.quantity import GRAMS_PER_POUND, grams

SEED = 20251205

# --- Fibre: the Oropesa season of 2025 (published totals) -------------------------------------------------------------

#: published (press, December 2025)
FIBRE_PRODUCERS = 464
FIBRE_COMMUNITIES = 9
FIBRE_POUNDS = 147_048
#: 66,699,851 g: the pounds above times the international pound, rounded half up once
FIBRE_GRAMS = grams(Decimal(FIBRE_POUNDS), GRAMS_PER_POUND)
#: S/ 45.00 per kg = S/ 20.41 per lb: the report says "over S/ 3 million", that is over S/ 20.40 per lb
FIBRE_PRICE_MINOR_PER_KG = 4500

#: published fleece weights of one herd (pounds) and how the clip is made up so that the mean is the published 4.35 lb
FLEECE_POUNDS = {"young": Decimal("3.8"), "dam": Decimal("5.5"), "sire": Decimal("7.0")}
FLEECE_SHARES = {"young": Decimal("0.70"), "dam": Decimal("0.26"), "sire": Decimal("0.04")}
MEAN_FLEECE_POUNDS = Decimal("4.35")

#: published: two thirds white, over a fifth spotted; the rest is shared among solid colours (drawn)
COLOUR_SHARES = {
    "white": Decimal("0.66"),
    "multicolour": Decimal("0.21"),
    "light_fawn": Decimal("0.04"),
    "medium_fawn": Decimal("0.02"),
    "light_brown": Decimal("0.025"),
    "dark_brown": Decimal("0.015"),
    "true_black": Decimal("0.015"),
    "medium_silver_grey": Decimal("0.015"),
}
#: published: of solid-coloured animals 4 % Suri
SURI_SHARE = Decimal("0.04")
#: published: 12 % of marketed fibre under 23 µm, half of it up to 26.5 µm; a normal distribution through both points
MICRON_MEAN = 26.5
MICRON_SD = 2.98
MICRON_BOUNDS = (15.3, 38.0)
#: drawn: a herder puts fleeces into fine, medium and coarse bags by touch
BAG_LIMITS_MICRON = (23.0, 26.5)
#: drawn: share of women among the producers
WOMEN_SHARE = 0.52
LENGTH_MEAN_MM = 91
LENGTH_SD_MM = 14

# --- Milk: an association of Llalli (published: suppliers and litres a day) --------------------------------------------

MILK_SUPPLIERS = 56
MILK_ML_PER_DAY = 1_300_000
FORTNIGHTS = ((date(2026, 10, 1), date(2026, 10, 15)), (date(2026, 10, 16), date(2026, 10, 31)))
#: S/ 1.40 per litre: the lower end of the published band of 2022
MILK_PRICE_MINOR_PER_LITRE = 140

# --- Meat: a processing committee of the Bolivian altiplano ------------------------------------------------------------

MEAT_PRODUCERS = 14
MEAT_WEEKS = 8
#: published: 2 to 10 animals a week
ANIMALS_PER_WEEK = (2, 10)
#: published: an adult female gives about 35 kg
CARCASS_MEAN_KG = 35
CARCASS_SD_KG = 5
#: published: llamas of Lucanas, 603 of 1,756
SARCOCYSTIS_SHARE = Decimal("0.343")
#: Bs 28.00 per kg, inside the published band of July 2025 (18 to 35)
MEAT_PRICE_MINOR_PER_KG = 2800
MEAT_PERIODS = ((date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31)))

# --- Money --------------------------------------------------------------------------------------------------------------

#: drawn: the association's fee
FEE_BASIS_POINTS = 200
#: drawn: how many producers of a centre had an advance, and its bounds in whole soles
ADVANCE_SHARE = 0.15
ADVANCE_SOLES = (100, 600)
#: published: a collective sale in Cusco paid S/ 1.50 per lb above middlemen (2014); here the margin over the baseline
MARGIN_MINOR_PER_LB = 150


@dataclass(frozen=True, slots=True)
class EarlierSeason:
    """A season before the published one; all of it is drawn."""

    year: int
    price_minor_per_kg: int
    #: kilograms against those of 2025
    volume: Decimal


EARLIER_SEASONS = (
    EarlierSeason(2022, 1850, Decimal("0.72")),
    EarlierSeason(2023, 2300, Decimal("0.81")),
    EarlierSeason(2024, 3100, Decimal("0.90")),
)


def baseline_minor_per_kg(price_minor_per_kg: int) -> int:
    """Return what intermediaries would have paid: the season's price less the published margin of a collective sale."""
    margin = Decimal(MARGIN_MINOR_PER_LB) * 1000 / GRAMS_PER_POUND
    return price_minor_per_kg - int(margin.to_integral_value())
