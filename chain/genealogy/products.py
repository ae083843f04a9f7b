"""What each process may take and give, and which family a lot belongs to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chain.genealogy.words import Process
from chain.grading.scheme import ALPACA_FIBRE, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.lots.products import (
    BUTTER,
    CHARQUE,
    CHEESE,
    COARSE_HAIR,
    DEHAIRED_FIBRE,
    FIBRE_TOP,
    HIDE,
    LIVE_LLAMA,
    MEAT_CUT,
    OFFAL,
    PRODUCTS,
    SCOURED_FIBRE,
    WHEY,
    YARN,
    YOGHURT,
    Family,
)


@dataclass(frozen=True, slots=True)
class ProcessRule:
    """Products that a process takes and gives."""

    takes: frozenset[str]
    gives: frozenset[str]
    #: its products have the classes and the mean micron of what they are made of
    keeps_fineness: bool = False


_RAW_FIBRE = frozenset({ALPACA_FIBRE, LLAMA_FIBRE})
_CLEAN_FIBRE = frozenset({SCOURED_FIBRE, DEHAIRED_FIBRE})


def _milk(*gives: str) -> ProcessRule:
    return ProcessRule(frozenset({RAW_MILK}), frozenset(gives))


PROCESS_RULES: Mapping[Process, ProcessRule] = {
    Process.SCOUR: ProcessRule(_RAW_FIBRE, frozenset({SCOURED_FIBRE}), keeps_fineness=True),
    # the coarse hair goes, so that what is left is finer than what came
    Process.DEHAIR: ProcessRule(_RAW_FIBRE | {SCOURED_FIBRE}, frozenset({DEHAIRED_FIBRE, COARSE_HAIR})),
    Process.COMB: ProcessRule(_CLEAN_FIBRE, frozenset({FIBRE_TOP, COARSE_HAIR})),
    Process.SPIN: ProcessRule(
        _RAW_FIBRE | _CLEAN_FIBRE | {FIBRE_TOP}, frozenset({YARN}), keeps_fineness=True
    ),
    Process.CHEESE: _milk(CHEESE, WHEY, BUTTER),
    Process.YOGHURT: _milk(YOGHURT, WHEY),
    Process.BUTTER: _milk(BUTTER, WHEY),
    Process.SLAUGHTER: ProcessRule(frozenset({LIVE_LLAMA}), frozenset({LLAMA_CARCASS, HIDE, OFFAL})),
    Process.CUT: ProcessRule(frozenset({LLAMA_CARCASS}), frozenset({MEAT_CUT, OFFAL})),
    Process.DRY: ProcessRule(frozenset({LLAMA_CARCASS, MEAT_CUT}), frozenset({CHARQUE, OFFAL})),
}


def family_of(commodity: str, mix: Mapping[str, Any] | None) -> Family | None:
    """Return what a lot descends from; scoured fibre and the like know it by their mix."""
    families = PRODUCTS[commodity].families
    if len(families) == 1:
        return next(iter(families))
    kept = (mix or {}).get("family")
    return None if kept is None else Family(kept)


def processes_for(commodity: str) -> list[Process]:
    """Return the processes that take a product."""
    return [process for process, rule in PROCESS_RULES.items() if commodity in rule.takes]


def products_of(process: str, families: Iterable[Family]) -> list[str]:
    """Return the products that a process may give of lots of these families, in the order of the products."""
    rule = PROCESS_RULES[Process(process)]
    wanted = frozenset(families)
    return [key for key, one in PRODUCTS.items() if key in rule.gives and wanted <= one.families]
