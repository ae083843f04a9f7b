"""The chart of accounts of each country, as data: a number and a name for every account that the program posts to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from chain.ledger.rules import AccountCode

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """An account as a country's chart has it."""

    number: str
    #: in Spanish, as accountants write it
    name: str
    #: False: an accountant still has to look at it
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a country."""

    country: str
    #: what the plan is called
    plan: str
    accounts: Mapping[AccountCode, ChartEntry]


@lru_cache
def chart_of_country(country: str) -> Chart:
    """Return the chart of a country; one that has none of its own uses Bolivia's, where nothing is prescribed."""
    path = FOLDER / f"{country.lower()}.yaml"
    if not path.exists():
        path = FOLDER / "bo.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    accounts = {
        AccountCode(code): ChartEntry(entry["number"], entry["name"], entry["confirmed"])
        for code, entry in content["accounts"].items()
    }
    return Chart(content["country"], content["plan"], accounts)
