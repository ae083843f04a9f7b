"""Decisions of settlement, pure: kinds and states of a run, and what sort of amount each item of a line is."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from chain.core.i18n import N_, Message
from chain.settlement.errors import RunStateRefused

#: A year is the longest period that one run pays.
MAX_PERIOD_DAYS = 366
MAX_NAME = 200
MIN_REASON = 3
#: The largest single amount: ten million of a currency.
MAX_AMOUNT_MINOR = 1_000_000_000
#: Deliveries that one payment at the gate takes.
MAX_GATE_LOTS = 500


class RunKind(StrEnum):
    """What a run settles."""

    SALE = "sale"
    PERIOD = "period"
    GATE = "gate"


RUN_KIND_LABELS = {
    RunKind.SALE: N_("Sale"),
    RunKind.PERIOD: N_("Deliveries of a period"),
    RunKind.GATE: N_("Deliveries paid at the gate"),
}


class RunMethod(StrEnum):
    """How the amounts of a run were calculated."""

    PROCEEDS = "proceeds"
    PRICES = "prices"
    MILK_FORTNIGHT = "milk-fortnight"


RUN_METHOD_LABELS = {
    RunMethod.PROCEEDS: N_("Proceeds of the sale, shared out"),
    RunMethod.PRICES: N_("Price scheme in force on each day"),
    RunMethod.MILK_FORTNIGHT: N_("Milk fortnight with four payrolls"),
}


class RunState(StrEnum):
    """Where a run stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    ACCOUNTED = "accounted"
    PAID = "paid"
    DISCARDED = "discarded"


RUN_STATE_LABELS = {
    RunState.PREPARED: N_("to be approved"),
    RunState.APPROVED: N_("approved"),
    RunState.ACCOUNTED: N_("in the books"),
    RunState.PAID: N_("paid"),
    RunState.DISCARDED: N_("discarded"),
}

#: From a state to those that may follow. Balances move with ACCOUNTED only, and back with the way from it to PREPARED.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    RunState.PREPARED: frozenset({RunState.APPROVED, RunState.DISCARDED}),
    RunState.APPROVED: frozenset({RunState.ACCOUNTED, RunState.DISCARDED}),
    RunState.ACCOUNTED: frozenset({RunState.PAID, RunState.PREPARED}),
    RunState.PAID: frozenset({RunState.ACCOUNTED}),  # a payment came back
    RunState.DISCARDED: frozenset(),
}
#: States in which the amounts of a run are in the books.
IN_THE_BOOKS = frozenset({RunState.ACCOUNTED, RunState.PAID})
#: States before the books: what a run plans to take is not taken yet.
PLANNED = frozenset({RunState.PREPARED, RunState.APPROVED})


class ItemKind(StrEnum):
    """What an amount of a line is."""

    DELIVERY = "delivery"
    PREMIUM = "premium"
    PENALTY = "penalty"
    MISSING = "missing"
    WEIGHING = "weighing"
    RESERVE = "reserve"
    WITHHOLDING = "withholding"
    FEE = "fee"
    GROUP = "group"
    MOVEMENT = "movement"
    PAID_BEFORE = "paid_before"
    OTHER_INCOME = "other_income"


ITEM_KIND_LABELS = {
    ItemKind.DELIVERY: N_("Deliveries"),
    ItemKind.PREMIUM: N_("Premiums"),
    ItemKind.PENALTY: N_("Penalties"),
    ItemKind.MISSING: N_("Not analysed"),
    ItemKind.WEIGHING: N_("Weighing difference"),
    ItemKind.RESERVE: N_("Reserve"),
    ItemKind.WITHHOLDING: N_("Tax withheld"),
    ItemKind.FEE: N_("Fees and levies"),
    ItemKind.GROUP: N_("Group charge"),
    ItemKind.MOVEMENT: N_("Advances and debts"),
    ItemKind.PAID_BEFORE: N_("Paid before"),
    ItemKind.OTHER_INCOME: N_("Other income"),
}
#: What deliveries are worth; these sum to the amounts of the lots.
GOODS = frozenset({ItemKind.DELIVERY, ItemKind.PREMIUM, ItemKind.PENALTY, ItemKind.MISSING})
#: With the goods, what a producer earned.
EARNED = GOODS | {ItemKind.WEIGHING, ItemKind.RESERVE}
#: What is taken off; their amounts are negative.
TAKEN = frozenset(
    {ItemKind.WITHHOLDING, ItemKind.FEE, ItemKind.GROUP, ItemKind.MOVEMENT, ItemKind.PAID_BEFORE}
)


def words(kinds: frozenset[ItemKind]) -> list[str]:
    """Return kinds as a query takes them."""
    return sorted(kind.value for kind in kinds)


def check_transition(number: int, state: str, to: RunState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        RunStateRefused: the transition table has no such step.
    """
    now = RunState(state)
    if to not in TRANSITIONS[now]:
        raise RunStateRefused(number=number, state=Message(RUN_STATE_LABELS[now]))


def last_fortnight(today: date) -> tuple[date, date]:
    """Return the last fortnight that is over: 1 to 15, or 16 to the end of the month before."""
    if today.day > 15:  # noqa: PLR2004 - the first fortnight ends on the 15th
        return today.replace(day=1), today.replace(day=15)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=16), last
