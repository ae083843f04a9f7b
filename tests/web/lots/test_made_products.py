"""Pages of lots that were made: nothing was recorded of them at a delivery."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.rules import Lost, Made, ProcessRun
from chain.genealogy.services import process_lots
from chain.lots.labels import attribute_pairs, short_attributes
from chain.lots.products import PRODUCTS, SCOURED_FIBRE
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import fibre, make_lot, make_producer


@pytest.mark.parametrize("commodity", sorted(PRODUCTS))
def test_every_product_has_its_words_even_without_a_form_of_delivery(commodity: str) -> None:
    assert attribute_pairs(commodity, {}) == []
    assert not short_attributes(commodity, {})


def test_the_page_of_scoured_fibre_opens(
    client: ChainClient, cast: Cast, session: Session, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    made = Made(id=new_id(), commodity=SCOURED_FIBRE, quantity=lot.quantity - 1_000)
    run = ProcessRun(
        id=new_id(),
        happened_at=now,
        process="scour",
        lot_ids=(lot.id,),
        outputs=(made,),
        losses=(Lost(cause="dust", quantity=1_000),),
    )
    process_lots(session, actor=cast.clerk.actor, now=now, event=run)
    sign_in(client, cast.clerk)
    assert client.get(f"/lots/{made.id}").status_code == 200
