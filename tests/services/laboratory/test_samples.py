from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.laboratory.codes import is_code, new_code, shown_code
from chain.laboratory.errors import NotASampleCode, SampleStaysSealed, UnknownSample
from chain.laboratory.queries.samples import get_sample_row, samples_of_lot
from chain.laboratory.services import ask_second_opinion, take_sample, unseal_sample
from chain.lots.queries import history_of
from tests.support.cast import Cast
from tests.support.laboratory import graded_lot, make_sample
from tests.support.lots import fibre, make_lot, make_producer


def test_a_sample_gets_a_code_that_tells_nothing_of_its_lot(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    sample = make_sample(session, now, lot, mass_g=60, sent_to=" Laboratorio  de fibras ")
    assert is_code(sample.code)
    assert sample.code not in lot.number
    row = get_sample_row(session, cast.clerk.actor, shown_code(sample.code).lower())
    assert (row.commodity, row.mass_g, row.sent_to) == ("alpaca-fibre", 60, "Laboratorio de fibras")
    assert (row.lot_id, row.lot_number) == (None, None)


def test_the_same_sample_sent_again_is_the_first_one(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    actor, wanted = cast.clerk.actor, new_id()
    first, is_new = take_sample(session, actor=actor, now=now, id=wanted, lot_id=lot.id, mass_g=60)
    again, is_again_new = take_sample(session, actor=actor, now=now, id=wanted, lot_id=lot.id, mass_g=60)
    assert (first.code, is_new, is_again_new) == (again.code, True, False)
    with pytest.raises(IdempotencyConflict):
        take_sample(session, actor=actor, now=now, id=wanted, lot_id=lot.id, mass_g=61)


def test_who_may_take_samples_and_of_what(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    with pytest.raises(Forbidden):
        take_sample(session, actor=cast.accountant.actor, now=now, id=new_id(), lot_id=lot.id)
    with pytest.raises(NotFound):
        take_sample(session, actor=cast.outsider.actor, now=now, id=new_id(), lot_id=lot.id)
    with pytest.raises(ValidationFailed) as refused:
        take_sample(
            session,
            actor=cast.clerk.actor,
            now=now,
            id=new_id(),
            lot_id=lot.id,
            purpose="second_opinion",
            mass_g=0,
        )
    assert set(refused.value.errors) == {"purpose", "mass_g"}


def test_opening_the_seal_is_recorded_and_shows_the_lot(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    sample = make_sample(session, now, lot)
    unseal_sample(session, actor=cast.clerk.actor, now=now, code=sample.code)
    unseal_sample(session, actor=cast.clerk.actor, now=now, code=sample.code)
    assert get_sample_row(session, cast.clerk.actor, sample.code).lot_number == lot.number
    tags = session.scalars(
        select(AuditRecord.tag).where(AuditRecord.tag == "laboratory:sample:unsealed")
    ).all()
    assert len(tags) == 1


def test_codes_of_others_and_codes_that_are_none(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    sample = make_sample(session, now, lot)
    with pytest.raises(UnknownSample):
        get_sample_row(session, cast.outsider.actor, sample.code)
    with pytest.raises(UnknownSample):
        get_sample_row(session, cast.clerk.actor, new_code())
    with pytest.raises(NotASampleCode):
        get_sample_row(session, cast.clerk.actor, lot.number)


def test_the_code_of_an_open_second_opinion_is_not_shown_with_its_lot_to_graders(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = graded_lot(session, now)
    ask_second_opinion(
        session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot.id, reason="No conforme"
    )
    (sample,) = samples_of_lot(session, cast.second_clerk.actor, lot.id)
    assert samples_of_lot(session, cast.grader.actor, lot.id) == []
    assert "laboratory:sample:taken" not in {one.tag for one in history_of(session, lot.id)}
    with pytest.raises(SampleStaysSealed):
        unseal_sample(session, actor=cast.grader.actor, now=now, code=sample.code)
