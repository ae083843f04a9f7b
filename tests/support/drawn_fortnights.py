"""Fortnights drawn by Hypothesis: few producers and days, so that rules meet often."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from chain.dues.rules import Basis, Cap, DueKind
from chain.settlement.fortnight.facts import (
    BankFee,
    Choices,
    DayMilk,
    FortnightInput,
    Licence,
    Member,
    OtherIncome,
    Prices,
    Quota,
    Reserve,
    ScaleReading,
    Zone,
)
from tests.support.fortnights import JULY, debt, key, rule

CODES = ("P-A", "P-B", "P-C", "P-D")
ZONES = ("Y", "Z")
DAYS = [date(2026, 7, day) for day in (4, 5, 6, 12)]
WORDS = ("vet", "feed", "advance", "cans")


@st.composite
def fortnights(draw: Any) -> FortnightInput:
    """Draw facts; most can be settled."""
    deliveries = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ZONES), st.sampled_from(CODES), st.sampled_from(DAYS), st.integers(1, 150_000)
            ),
            max_size=30,
        )
    )
    rows = [DayMilk(key(zone), key(code), day, quantity) for zone, code, day, quantity in deliveries]
    brought: dict[tuple[Any, date], int] = {}
    for one in rows:
        brought[one.zone, one.day] = brought.get((one.zone, one.day), 0) + one.quantity_ml
    readings = [
        ScaleReading(zone, day, max(0, total + draw(st.integers(-2_000, 2_000))))
        for (zone, day), total in sorted(brought.items(), key=str)
    ]
    return FortnightInput(
        period=JULY,
        members={key(code): Member(key(code), code) for code in CODES},
        zones={key(code): Zone(key(code), code) for code in ZONES},
        milk=rows,
        readings=readings,
        prices=[Prices(*_four(draw), first=JULY.first, last=JULY.last)],
        quotas=_quotas(draw),
        licences=[
            Licence(key(code), "1", JULY.first, JULY.last) for code in draw(st.sets(st.sampled_from(CODES)))
        ],
        reserves=[Reserve(draw(st.sampled_from([0, 15_000, 33_333])), JULY.first)],
        rules=_rules(draw),
        movements=[
            debt(number, draw(st.sampled_from(WORDS)), f"2026-0{draw(st.integers(5, 7))}-03", amount, code)
            for number, (code, amount) in enumerate(_amounts(draw))
        ],
        bank_fees=[BankFee(key(code), DAYS[0], 350) for code in draw(st.sets(st.sampled_from(CODES)))],
        incomes=[
            OtherIncome(key(f"I{number}"), key(code), DAYS[1], int(float(amount) * 100), "Refund")
            for number, (code, amount) in enumerate(_amounts(draw))
        ],
        cap=draw(st.sampled_from([None, Cap(0), Cap(2_000), Cap(3_333)])),
        choices=Choices(debts_reach_pure=draw(st.booleans()), debts_reach_income=draw(st.booleans())),
    )


def _four(draw: Any) -> tuple[int, int, int, int]:
    prices = st.integers(100, 700)
    return draw(prices), draw(prices), draw(prices), draw(prices)


def _quotas(draw: Any) -> list[Quota]:
    return [
        Quota(
            key(code),
            draw(st.integers(0, 100_000)),
            JULY.first,
            draw(st.sampled_from([JULY.last, DAYS[2]])),
            weekday_minor=draw(st.sampled_from([0, 333])),
            sunday_minor=draw(st.sampled_from([0, 221])),
        )
        for code in sorted(draw(st.sets(st.sampled_from(CODES))))
    ]


def _rules(draw: Any) -> list[Any]:
    made = [
        rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 80, parts=(("IT", 30), ("IUE", 50))),
        rule(DueKind.GA, Basis.PER_UNIT, 2),
        rule(DueKind.GROUP, Basis.SHARED, draw(st.integers(1, 90_000)), zone_id=key("Z")),
        rule(DueKind.LEVY, Basis.SHARED, 1_001),
        rule(DueKind.FEE, Basis.FIXED, 150),
    ]
    return [one for one in made if draw(st.booleans())]


def _amounts(draw: Any) -> list[tuple[str, str]]:
    amounts = st.sampled_from(["0.01", "3.33", "45.00", "310.10"])
    return draw(st.lists(st.tuples(st.sampled_from(CODES), amounts), max_size=4))  # type: ignore[no-any-return]
