"""Everything that a lot can be: what producers deliver, and what is made of it. Pure.

What may be recorded at delivery stands in `attributes.SPECS`; every key of it is a product here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chain.core.i18n import N_
from chain.core.quantity import Unit
from chain.grading.scheme import ALPACA_FIBRE, COMMODITY_LABELS, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK


class Family(StrEnum):
    """What a product descends from; genealogy never crosses from one to another."""

    ALPACA = "alpaca"
    LLAMA = "llama"
    MILK = "milk"


#: The icon of a product by its form.
FIBRE, MILK, MEAT = "fibre", "milk", "meat"


@dataclass(frozen=True, slots=True)
class Product:
    """One product; `families` are those it may come from."""

    key: str
    label: str
    unit: Unit
    icon: str
    families: frozenset[Family]
    #: producers bring it; otherwise it only comes from a process
    is_delivered: bool = False


def _product(key: str, label: str, icon: str, *families: Family, unit: Unit = Unit.GRAM) -> Product:
    return Product(key, label, unit, icon, frozenset(families))


def _delivered(key: str, icon: str, family: Family, unit: Unit = Unit.GRAM) -> Product:
    return Product(key, COMMODITY_LABELS[key], unit, icon, frozenset({family}), is_delivered=True)


LIVE_LLAMA = "live-llama"
SCOURED_FIBRE, DEHAIRED_FIBRE, FIBRE_TOP, YARN = "scoured-fibre", "dehaired-fibre", "fibre-top", "yarn"
COARSE_HAIR = "coarse-hair"
CHEESE, YOGHURT, BUTTER, WHEY = "cheese", "yoghurt", "butter", "whey"
MEAT_CUT, CHARQUE, OFFAL, HIDE = "meat-cut", "charque", "offal", "hide"

_ROWS = (
    _delivered(ALPACA_FIBRE, FIBRE, Family.ALPACA),
    _delivered(LLAMA_FIBRE, FIBRE, Family.LLAMA),
    _delivered(RAW_MILK, MILK, Family.MILK, Unit.MILLILITRE),
    _delivered(LLAMA_CARCASS, MEAT, Family.LLAMA),
    Product(LIVE_LLAMA, N_("Live llama"), Unit.GRAM, MEAT, frozenset({Family.LLAMA}), is_delivered=True),
    _product(SCOURED_FIBRE, N_("Scoured fibre"), FIBRE, Family.ALPACA, Family.LLAMA),
    _product(DEHAIRED_FIBRE, N_("Dehaired fibre"), FIBRE, Family.ALPACA, Family.LLAMA),
    _product(COARSE_HAIR, N_("Coarse hair"), FIBRE, Family.ALPACA, Family.LLAMA),
    _product(FIBRE_TOP, N_("Top"), FIBRE, Family.ALPACA, Family.LLAMA),
    _product(YARN, N_("Yarn"), FIBRE, Family.ALPACA, Family.LLAMA),
    _product(CHEESE, N_("Cheese"), MILK, Family.MILK),
    _product(YOGHURT, N_("Yoghurt"), MILK, Family.MILK),
    _product(BUTTER, N_("Butter"), MILK, Family.MILK),
    _product(WHEY, N_("Whey"), MILK, Family.MILK),
    _product(MEAT_CUT, N_("Meat cut"), MEAT, Family.LLAMA),
    _product(CHARQUE, N_("Charque"), MEAT, Family.LLAMA),
    _product(OFFAL, N_("Offal"), MEAT, Family.LLAMA),
    _product(HIDE, N_("Hide"), MEAT, Family.LLAMA),
)
PRODUCTS: Mapping[str, Product] = {one.key: one for one in _ROWS}
PRODUCT_LABELS: Mapping[str, str] = {one.key: one.label for one in _ROWS}
#: What producers bring, in the order of the registration screen.
DELIVERED = tuple(one.key for one in _ROWS if one.is_delivered)
DELIVERED_LABELS: Mapping[str, str] = {key: PRODUCT_LABELS[key] for key in DELIVERED}
