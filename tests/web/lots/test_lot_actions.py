"""What one can do with a lot, on its page: two doors open, the rest folded away."""

from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import fibre, make_lot, make_producer


@pytest.fixture
def lot(session: Session, now: datetime) -> Lot:
    return make_lot(session, now, fibre(make_producer(session, now), now))


def page_of(client: ChainClient, lot: Lot) -> str:
    answer = client.get(f"/lots/{lot.id}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_two_actions_stand_open_and_the_rest_is_folded(client: ChainClient, cast: Cast, lot: Lot) -> None:
    sign_in(client, cast.clerk)
    before, _, after = page_of(client, lot).partition("Más acciones")
    folded, _, _ = after.partition("</details>")
    assert f"/lots/{lot.id}/note" in before
    assert f"/lots/labels?lot={lot.id}" in before
    assert f"/lots/{lot.id}/correct" in folded
    assert f"/lots/{lot.id}/photos" in folded
    assert "Retenido" not in before


def test_a_lot_on_hold_says_so_at_the_top(
    client: ChainClient, session: Session, cast: Cast, lot: Lot
) -> None:
    sign_in(client, cast.clerk)
    session.execute(update(Lot).where(Lot.id == lot.id).values(is_held=True))
    session.commit()
    top, _, _ = page_of(client, lot).partition("govuk-summary-list")
    assert "Retenido" in top
