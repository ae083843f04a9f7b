"""One person with every role is still one person: what needs two is refused to one, over the API as on the pages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.services.runs import prepare_sale_run
from tests.conftest import ChainClient
from tests.support.bad_input import everything_written, speak
from tests.support.cast import Cast, Person, bearer, sign_in
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_bid, make_sale, make_tender

CAST = Cast()
ALONE = CAST.everything
WORDS = {
    "es": "Otra persona debe hacer esto: usted hizo el paso anterior.",
    "en": "Another person must do this: you did the step before.",
}


@pytest.fixture
def steps(session: Session, now: datetime, set_clock: Callable[[datetime], None]) -> dict[str, str]:
    """What the same person weighed, prepared and offered; the address of the second step without its prefix."""
    lot = make_lot(session, now, fibre(make_producer(session, now), now), ALONE.actor)
    sale = make_sale(session, now - timedelta(days=2))
    run = prepare_sale_run(session, actor=ALONE.actor, now=now, run_id=new_id(), sale_id=sale.id)
    tender = make_tender(session, now - timedelta(days=1), actor=ALONE.actor)
    make_bid(session, now - timedelta(hours=1), tender, 12_000)
    set_clock(now + timedelta(hours=1))
    return {
        "grade": f"lots/{lot.id}/grade",
        "approve": f"settlement-runs/{run.id}/approve",
        "accept": f"tenders/{tender.id}/accept",
        "close": f"tenders/{tender.id}/close",
    }


def post(client: ChainClient, person: Person, path: str) -> Any:
    return client.post(f"/api/v1/{path}", json={}, headers=bearer(person))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(
    ("step", "other"), [("grade", CAST.grader), ("approve", CAST.treasurer), ("accept", CAST.seller)]
)
def test_the_second_step_needs_another_person(
    client: ChainClient, session: Session, steps: dict[str, str], step: str, other: Person, language: str
) -> None:
    if step == "accept":
        assert post(client, ALONE, steps["close"]).status_code == 200
    speak(session, ALONE, language)
    before = everything_written(session)
    refused = post(client, ALONE, steps[step])
    assert (refused.status_code, refused.json["code"]) == (403, "same_person")
    assert refused.json["message"] == WORDS[language]
    assert everything_written(session) == before
    assert post(client, other, steps[step]).status_code == 200


@pytest.mark.parametrize("step", ["grade", "approve", "accept"])
def test_the_pages_refuse_it_too(
    client: ChainClient, session: Session, steps: dict[str, str], step: str
) -> None:
    if step == "accept":
        assert post(client, ALONE, steps["close"]).status_code == 200
    sign_in(client, ALONE)
    before = everything_written(session)
    path = steps[step].replace("settlement-runs/", "settlement/runs/")
    refused = client.post(f"/{path}", data={"id": str(new_id()), "key": "baby"}, follow_redirects=True)
    assert WORDS["es"] in refused.text
    assert everything_written(session) == before
