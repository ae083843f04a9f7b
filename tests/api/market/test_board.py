"""The board's filters, the number of statements, matches of a demand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.buyers.models import Demand
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.market import DAY, add_graded_lots, make_tender
from tests.support.queries import Queries

Clock = Callable[[datetime], None]


def _get(client: ChainClient, person: Person, url: str) -> Any:
    return client.get(url, headers=bearer(person))


@pytest.fixture
def offers(session: Session, now: datetime, set_clock: Clock) -> None:
    """A tender of white super baby (60 kg) and one of organic fawn baby (30 kg)."""
    set_clock(now)
    make_tender(session, now, title="Blanca")
    fawn = add_graded_lots(
        session, now, 2, grade_key="baby", colour="light_fawn", micron_tenths=224, claim="organic"
    )
    make_tender(session, now, fawn, title="Leonada")
    later = make_tender(session, now, title="Mañana", opens_at=now + DAY, closes_at=now + 2 * DAY)
    assert later.state == "open"


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Blanca", "Leonada"}),
        ("commodity=raw-milk", set()),
        ("grade=ntp-231.301/2014/baby", {"Leonada"}),
        ("grade=ntp-231.301/2004/baby", set()),
        ("colour=white", {"Blanca"}),
        ("micron_max_tenths=200", {"Blanca"}),
        ("micron_min_tenths=200&micron_max_tenths=230", {"Leonada"}),
        ("claim=transition", {"Leonada"}),
        ("centre=CC01", {"Blanca", "Leonada"}),
        ("centre=CC02", set()),
        ("min_quantity=40000", {"Blanca"}),
    ],
)
def test_the_board_is_filtered_by_what_the_lots_are(
    client: ChainClient, cast: Cast, offers: None, query: str, titles: set[str]
) -> None:
    answer = _get(client, cast.buyer, f"/api/v1/tenders?{query}").json
    assert {row["title"] for row in answer["items"]} == titles


def test_the_board_asks_as_often_for_many_tenders_as_for_few(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    offers: None,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    def statements() -> int:
        with query_count() as queries:
            _get(client, cast.buyer, "/api/v1/tenders")
        return queries.count

    few = statements()
    for _ in range(6):
        make_tender(session, now)
    assert statements() == few


def _demand(session: Session, cast: Cast, now: datetime, **changes: Any) -> str:
    values: dict[str, Any] = {
        "id": new_id(),
        "organisation_id": cast.mill.id,
        "title": "Baby",
        "commodity": "alpaca-fibre",
        "grades": ["ntp-231.301/2014/super_baby"],
        "colours": [],
        "micron_max_tenths": 200,
        "min_quantity": 100_000,
        "currency": "PEN",
        "valid_from": now.date(),
        "valid_to": (now + DAY).date(),
        "created_at": now,
    }
    demand = Demand(**(values | changes))
    session.add(demand)
    session.flush()
    return f"/api/v1/demands/{demand.id}/matches"


def test_lots_that_meet_a_demand_stand_first_and_others_say_what_they_lack(
    client: ChainClient, session: Session, cast: Cast, now: datetime, offers: None
) -> None:
    url = _demand(session, cast, now)
    items = _get(client, cast.buyer, url).json["items"]
    assert [(row["tender_title"], len(row["unmet"])) for row in items] == [("Blanca", 0), ("Leonada", 2)]
    assert items[0]["quantity"] == 60_000
    assert "12345" not in str(items)


def test_matches_never_tell_a_reserve(
    client: ChainClient, session: Session, cast: Cast, now: datetime, offers: None
) -> None:
    url = _demand(session, cast, now, price_minor_per_unit=1)  # far under every reserve
    answer = _get(client, cast.buyer, url)
    assert answer.json["items"][0]["unmet"] == []
    assert "100.00" not in answer.text


def test_another_buyers_demand_is_not_found(
    client: ChainClient, session: Session, cast: Cast, now: datetime, offers: None
) -> None:
    url = _demand(session, cast, now)
    assert _get(client, cast.rival_buyer, url).status_code == 404
    assert _get(client, cast.seller, url).status_code == 200
    assert _get(client, cast.clerk, url).status_code == 403
