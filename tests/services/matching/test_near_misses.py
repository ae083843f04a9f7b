"""What a lot without a place is told."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.paging import PageRequest
from chain.matching.kept import to_messages
from chain.matching.queries.runs import run_misses
from tests.support.cast import Cast
from tests.support.matching import make_demand, offered, run


def _told(session: Session, cast: Cast, now: datetime) -> list[str]:
    made = run(session, now)
    (miss,) = run_misses(session, cast.seller.actor, made.id, PageRequest()).items
    return [str(message) for message in to_messages(miss.reasons)]


@pytest.mark.parametrize(
    ("lot", "said"),
    [
        (
            {"reserve": 12_500},
            "The price less freight lies Money(minor=500, currency='PEN') under the reserve.",
        ),
        ({"colour": "dark_brown"}, "Its colour is not among those asked for."),
        ({"micron_tenths": 231}, "It is 2.1 µm too coarse."),
        ({"micron_tenths": None}, "Its microns were not measured."),
        ({"grade_key": "gruesa"}, "Its class is not among those asked for."),
    ],
)
def test_the_condition_that_was_missed_is_named(
    session: Session, cast: Cast, now: datetime, lot: dict[str, object], said: str
) -> None:
    offered(session, now, 1, **lot)  # type: ignore[arg-type]
    make_demand(session, now, colours=("white",), micron_max_tenths=210)
    assert _told(session, cast, now)[0].startswith(said)


def test_a_full_demand_stands_last_among_several_reasons(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    offered(session, now, 1, micron_tenths=231)
    make_demand(session, now, micron_max_tenths=210, max_quantity=10_000)
    told = _told(session, cast, now)
    assert told == ["It is 2.1 µm too coarse.", "Besides, the demand is filled with lots that bring more."]


def test_nobody_asks_for_the_product(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1, commodity="llama-fibre")
    make_demand(session, now)
    assert _told(session, cast, now) == []
