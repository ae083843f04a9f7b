"""Samples: asked, sent, judged; what was found comes back to the lot and to its producer."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.negotiation.handlers
import chain.portal.handlers  # noqa: F401 - it says which lots tenders show
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.laboratory.models import Sample
from chain.lots.models import Lot, ProducerNotice
from chain.negotiation.errors import SampleStateRefused
from chain.negotiation.models import SampleRequest
from chain.negotiation.queries.samples import count_samples_to_answer, get_sample_for, judgements_of_lot
from chain.negotiation.services import (
    Judgement,
    agree_sample,
    ask_sample,
    judge_sample,
    receive_sample,
    refuse_sample,
    send_sample,
    withdraw_sample,
)
from chain.sales.errors import ReasonMissing
from tests.support.cast import Cast
from tests.support.market import add_graded_lots, make_tender
from tests.support.negotiation import make_sample, shown


def _sent(session: Session, cast: Cast, now: datetime) -> SampleRequest:
    sample = make_sample(session, now)
    send_sample(
        session, actor=cast.seller.actor, now=now, sample_id=sample.id, grams=180, carrier="Cruz del Sur"
    )
    return sample


def test_a_sample_is_asked_agreed_sent_received_and_judged(
    session: Session, cast: Cast, now: datetime
) -> None:
    sample = make_sample(session, now)
    values: dict[str, Any] = {"now": now, "sample_id": sample.id}
    assert count_samples_to_answer(session, cast.seller.actor) == 1
    agree_sample(session, actor=cast.seller.actor, **values)
    agree_sample(session, actor=cast.seller.actor, **values)
    quantity = session.get_one(Lot, sample.lot_id).quantity
    send_sample(session, actor=cast.seller.actor, grams=180, tracking="G-1", **values)
    kept = session.get_one(Sample, sample.sample_id)
    assert (kept.mass_g, kept.is_sealed, kept.sent_to) == (180, False, cast.mill.name)
    assert session.get_one(Lot, sample.lot_id).quantity == quantity, "the lot keeps its weight"
    assert count_samples_to_answer(session, cast.buyer.actor) == 1
    receive_sample(session, actor=cast.buyer.actor, **values)
    judgement = Judgement(
        would_buy="at_price",
        grade="baby",
        micron_tenths=214,
        colour="white",
        comment="Muy limpio.",
        price_minor_per_unit=7_550,
    )
    judge_sample(session, actor=cast.buyer.actor, judgement=judgement, **values)
    judge_sample(session, actor=cast.buyer.actor, judgement=judgement, **values)
    (row,) = judgements_of_lot(session, cast.grader.actor, sample.lot_id)
    assert (row.sample.found_grade, row.sample.would_pay_minor_per_unit) == ("baby", 7_550)
    (notice,) = session.scalars(select(ProducerNotice)).all()
    lot = session.get_one(Lot, sample.lot_id)
    assert notice.producer_id == lot.producer_id
    assert notice.params["number"] == lot.number
    assert notice.params["amount"] == "75.5"
    assert "21.4 µm" in notice.params["found"]
    assert cast.mill.name not in str(notice.params), "who the buyer is, is the organisation's business"


def test_a_sample_of_a_lot_in_an_open_tender_can_be_asked_for(
    session: Session, cast: Cast, now: datetime
) -> None:
    (lot_id,) = add_graded_lots(session, now, 1)
    with pytest.raises(NotFound):
        make_sample(session, now, lot_id)
    make_tender(session, now, [lot_id])
    assert make_sample(session, now, lot_id).state == "asked"


def test_a_refusal_and_a_withdrawal_need_their_reason(session: Session, cast: Cast, now: datetime) -> None:
    sample = make_sample(session, now)
    with pytest.raises(ReasonMissing):
        refuse_sample(session, actor=cast.seller.actor, now=now, sample_id=sample.id, reason="")
    refuse_sample(session, actor=cast.seller.actor, now=now, sample_id=sample.id, reason="Ya está embalado.")
    assert sample.reason == "Ya está embalado."
    other = make_sample(session, now)
    withdraw_sample(session, actor=cast.buyer.actor, now=now, sample_id=other.id, reason="Ya compramos.")
    with pytest.raises(SampleStateRefused):
        send_sample(session, actor=cast.seller.actor, now=now, sample_id=other.id, grams=100)


def test_each_side_takes_only_its_own_steps(session: Session, cast: Cast, now: datetime) -> None:
    sample = _sent(session, cast, now)
    with pytest.raises(Forbidden):
        send_sample(session, actor=cast.buyer.actor, now=now, sample_id=sample.id, grams=1)
    with pytest.raises(Forbidden):
        receive_sample(session, actor=cast.seller.actor, now=now, sample_id=sample.id)
    for person in (cast.rival_buyer, cast.outsider, cast.clerk):
        with pytest.raises(NotFound):
            get_sample_for(session, person.actor, sample.id)


def test_a_judgement_that_cannot_be_is_refused_at_once(session: Session, cast: Cast, now: datetime) -> None:
    sample = _sent(session, cast, now)
    judgement = Judgement(
        would_buy="at_price", grade="gold", micron_tenths=0, colour="plaid", comment="x" * 2001
    )
    with pytest.raises(ValidationFailed) as refused:
        judge_sample(session, actor=cast.buyer.actor, now=now, sample_id=sample.id, judgement=judgement)
    assert set(refused.value.errors) == {"grade", "micron", "colour", "comment", "price"}


def test_the_same_wish_twice_is_one(session: Session, cast: Cast, now: datetime) -> None:
    lot_id = shown(session, now, 1)[0]
    values: dict[str, Any] = {"actor": cast.buyer.actor, "now": now, "id": new_id(), "lot_id": lot_id}
    first = ask_sample(session, grams=200, **values)
    assert ask_sample(session, grams=200, **values).id == first.id
    with pytest.raises(IdempotencyConflict):
        ask_sample(session, grams=300, **values)
    with pytest.raises(ValidationFailed):
        ask_sample(session, **(values | {"id": new_id()}), grams=0)
