"""Opening a tender: the lots go on offer, or nothing happens."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord, OutboxMessage
from chain.lots.models import Lot
from chain.market.errors import LotNotOfferable, LotTaken, MixedLots
from chain.market.models import Tender, TenderLot
from tests.support.cast import OTHER_CENTRE, Cast
from tests.support.market import DAY, add_graded_lots, make_tender


def _states(session: Session) -> set[str]:
    return set(session.scalars(select(Lot.state)))


def test_the_lots_go_on_offer_and_the_closing_is_put_in_the_outbox(session: Session, now: datetime) -> None:
    tender = make_tender(session, now)
    assert (tender.number, tender.state, tender.quantity, tender.currency) == (1, "open", 60_000, "PEN")
    assert _states(session) == {"offered"}
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "market.close_tender")).one()
    assert message.available_at == tender.closes_at
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.subject_id == tender.id)).all()
    assert tags == ["market:tender:opened"]


def test_numbers_count_up_per_organisation(session: Session, now: datetime, cast: Cast) -> None:
    numbers = [make_tender(session, now).number for _ in range(3)]
    lots = add_graded_lots(session, now, house=OTHER_CENTRE)
    theirs = make_tender(session, now, lots, actor=cast.outsider.actor)
    assert (numbers, theirs.number, theirs.currency) == ([1, 2, 3], 1, "BOB")


def test_the_same_command_again_answers_the_same_tender(session: Session, now: datetime) -> None:
    lots, tender_id = add_graded_lots(session, now), new_id()
    first = make_tender(session, now, lots, id=tender_id)
    again = make_tender(session, now + timedelta(minutes=1), lots, id=tender_id, closes_at=first.closes_at)
    assert again.id == first.id
    assert session.scalar(select(func.count()).select_from(TenderLot)) == 3
    with pytest.raises(IdempotencyConflict):
        make_tender(session, now, lots, id=tender_id, title="Otro título")


def test_lots_of_another_organisation_are_not_found(session: Session, now: datetime) -> None:
    theirs = add_graded_lots(session, now, house=OTHER_CENTRE)
    with pytest.raises(NotFound):
        make_tender(session, now, theirs)
    assert session.scalar(select(func.count()).select_from(Tender)) == 0


def test_a_lot_without_a_confirmed_class_is_refused(session: Session, now: datetime) -> None:
    lots = add_graded_lots(session, now, 1, grade_confirmed=False, state="registered")
    with pytest.raises(LotNotOfferable):
        make_tender(session, now, lots)
    assert _states(session) == {"registered"}


@pytest.mark.parametrize("state", ["offered", "sold", "settled", "cancelled"])
def test_a_lot_that_is_taken_is_refused(session: Session, now: datetime, state: str) -> None:
    with pytest.raises(LotTaken):
        make_tender(session, now, add_graded_lots(session, now, 2, state=state))


def test_different_products_do_not_go_together(session: Session, now: datetime) -> None:
    fibre = add_graded_lots(session, now, 1)
    milk = add_graded_lots(session, now, 1, commodity="raw-milk", unit="ml")
    with pytest.raises(MixedLots):
        make_tender(session, now, [*fibre, *milk])


def test_everything_that_is_wrong_with_the_terms_is_told_at_once(session: Session, now: datetime) -> None:
    with pytest.raises(ValidationFailed) as refused:
        make_tender(session, now, title=" ", reserve_minor_per_unit=0, closes_at=now - DAY)
    assert set(refused.value.errors) == {"title", "reserve", "closes_at"}
    with pytest.raises(ValidationFailed) as refused:
        make_tender(session, now, [])
    assert set(refused.value.errors) == {"lots"}


def test_who_may_not_offer_lots_is_refused(session: Session, now: datetime, cast: Cast) -> None:
    for person in (cast.clerk, cast.treasurer, cast.auditor, cast.buyer):
        with pytest.raises(Forbidden):
            make_tender(session, now, [], actor=person.actor)
