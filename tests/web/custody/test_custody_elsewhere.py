"""What other areas learn of custody, and custody of the market."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.custody.models import Dispatch
from chain.custody.services import NewMovement, move_containers
from chain.genealogy.receivers import receivers_of
from chain.lots.note_facts import note_facts
from chain.lots.panels import actions_for, panels_for
from chain.sales.models import SaleLine
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.custody import hold, lot, lots_in, make_cans, send
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_sale


@pytest.fixture(autouse=True)
def _at(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


def test_the_goods_note_tells_what_the_producer_has_of_ours(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    producer, cans = make_producer(session, now), make_cans(session, now)
    one = make_lot(session, now, fibre(producer, now))
    assert note_facts(session, cast.clerk.actor, one) == []
    movement = NewMovement(
        id=new_id(),
        producer_id=producer,
        container_type_id=cans.id,
        kind="lent",
        count=2,
        happened_on=now.date(),
    )
    move_containers(session, actor=cast.clerk.actor, now=now, movement=movement)
    (fact,) = note_facts(session, cast.clerk.actor, one)
    assert fact["params"] == {"count": 2, "name": "Porongo 20 l"}


def test_the_recall_list_learns_where_lots_went(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    gone, stayed, called_back = lots_in(session, now, None, 3)
    send(session, now, [gone], destination="Feria de Juliaca")
    send(session, now, [called_back]).state = "cancelled"
    session.flush()
    found = receivers_of(session, [gone, stayed, called_back])
    assert {key: (one.name, one.reference) for key, one in found.items()} == {
        gone: ("Feria de Juliaca", "Despacho 1")
    }


def test_a_lot_s_page_offers_what_may_be_done(
    app: Flask, session: Session, cast: Cast, now: datetime
) -> None:
    (one,) = lots_in(session, now, None, 1)

    def offered() -> set[str]:
        with app.app_context():
            return {action.endpoint for action in actions_for(cast.everything.actor, lot(session, one))}

    assert {"custody.hold_form", "custody.dispatch_form"} <= offered()
    hold(session, now, [one])
    assert "custody.dispatch_form" not in offered()
    templates = [name for name, _ in panels_for(session, cast.clerk.actor, lot(session, one))]
    assert "custody/_lot_panel.html" in templates


def test_sold_lots_are_dispatched_to_their_buyer_only(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = make_sale(session, now - timedelta(days=2))
    ids = session.scalars(select(SaleLine.lot_id).where(SaleLine.sale_id == sale.id)).all()
    sign_in(client, cast.seller)
    data = {"id": str(new_id()), "lot": [str(one) for one in ids]}
    path = "/stock/dispatches/new"
    refused = client.post(path, data=data | {"to_organisation_id": str(cast.rival_mill.id)})
    assert refused.status_code == 422
    assert "fue vendido a otra organización" in refused.text
    assert client.post(path, data=data | {"to_organisation_id": str(sale.buyer_id)}).status_code == 302
    assert session.scalars(select(Dispatch.sale_id)).one() == sale.id
