"""Goods that were not taken: causes, what becomes of them, the right of return, causes that come again."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.lots.attributes import SPECS
from chain.lots.errors import RejectionClosed
from chain.lots.queries.notices import notices_of
from chain.lots.queries.rejections import (
    RejectionFilters,
    count_to_collect,
    list_rejections,
    rejections_of_lots,
    repeated_causes,
)
from chain.lots.reject_rules import CAUSES, PLANT_CLOSED, Disposition, NewRejection
from chain.lots.services.rejections import collect_rejected, reject_goods
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer


def wet(producer: UUID, **changes: Any) -> NewRejection:
    values: dict[str, Any] = {
        "id": new_id(),
        "producer_id": producer,
        "commodity": "alpaca-fibre",
        "quantity": 2_500,
        "cause": "wet",
        "disposition": "returned",
    }
    return NewRejection(**(values | changes))


def test_every_product_has_causes_and_one_that_is_nobody_s_fault() -> None:
    assert set(CAUSES) == set(SPECS)
    assert all(PLANT_CLOSED in causes and "other" in causes for causes in CAUSES.values())


def test_what_was_not_taken_stands_with_the_lot(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    reject_goods(session, actor=cast.clerk.actor, now=now, rejection=wet(producer, lot_id=lot.id))
    (row,) = rejections_of_lots(session, [lot.id])
    assert (row.quantity, row.unit, row.cause, row.lot_number) == (2_500, "g", "wet", lot.number)


def test_the_same_record_again_is_one(session: Session, cast: Cast, now: datetime) -> None:
    sent = wet(make_producer(session, now))
    first = reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent)
    assert reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent).id == first.id
    with pytest.raises(IdempotencyConflict):
        reject_goods(session, actor=cast.clerk.actor, now=now, rejection=replace(sent, quantity=9))
    with pytest.raises(IdempotencyConflict):
        reject_goods(session, actor=cast.outsider.actor, now=now, rejection=sent)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -5}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"cause": "alcohol"}, "cause"),
        ({"cause": "other"}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"disposition": "collected"}, "disposition"),
        ({"disposition": "sold"}, "disposition"),
        ({"disposition": "to_collect"}, "collect_by"),
        ({"disposition": "to_collect", "collect_by": date(2026, 3, 15)}, "collect_by"),
        ({"disposition": "to_collect", "collect_by": date(2027, 3, 15)}, "collect_by"),
        ({"collect_by": date(2026, 3, 20)}, "collect_by"),
        ({"commodity": "gold"}, "commodity"),
        ({"producer_id": new_id()}, "producer_id"),
        ({"lot_id": new_id()}, "lot_id"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, cast: Cast, now: datetime, changes: dict[str, Any], field: str
) -> None:
    sent = wet(make_producer(session, now), **changes)
    with pytest.raises(ValidationFailed) as refused:
        reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent)
    assert field in refused.value.errors


def test_a_lot_of_another_person_is_not_the_same_delivery(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    sent = wet(make_producer(session, now, name="Juana Mamani"), lot_id=lot.id)
    with pytest.raises(ValidationFailed) as refused:
        reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent)
    assert set(refused.value.errors) == {"lot_id"}


def test_kept_goods_are_told_and_collected_once(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    sent = wet(producer, disposition="to_collect", collect_by=date(2026, 3, 30))
    kept = reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent)
    assert count_to_collect(session, cast.clerk.actor) == 1
    (told,) = notices_of(session, producer)
    assert told.message.params["day"] == date(2026, 3, 30)
    for _ in range(2):
        collect_rejected(session, actor=cast.second_clerk.actor, now=now, rejection_id=kept.id)
    assert (kept.disposition, kept.collected_at) == ("collected", now)
    assert count_to_collect(session, cast.clerk.actor) == 0
    with pytest.raises(RejectionClosed):
        collect_rejected(
            session,
            actor=cast.clerk.actor,
            now=now,
            rejection_id=kept.id,
            disposition=Disposition.DISCARDED,
        )
    again = reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent)
    assert again.disposition == "collected"


def test_returned_goods_cannot_be_collected(session: Session, cast: Cast, now: datetime) -> None:
    row = reject_goods(session, actor=cast.clerk.actor, now=now, rejection=wet(make_producer(session, now)))
    with pytest.raises(RejectionClosed):
        collect_rejected(session, actor=cast.clerk.actor, now=now, rejection_id=row.id)
    with pytest.raises(ValidationFailed):
        collect_rejected(
            session, actor=cast.clerk.actor, now=now, rejection_id=row.id, disposition=Disposition.RETURNED
        )


def test_causes_that_come_again_are_counted_within_a_year(
    session: Session, cast: Cast, now: datetime
) -> None:
    rosa, juana = make_producer(session, now), make_producer(session, now, name="Juana Mamani")
    long_ago = now - timedelta(days=366)
    for producer, cause, moment in (
        (rosa, "wet", now),
        (rosa, "wet", now - timedelta(days=30)),
        (rosa, "paint", now),
        (juana, "wet", now),
        (juana, "wet", long_ago),
        (juana, PLANT_CLOSED, now),
        (juana, PLANT_CLOSED, now),
    ):
        reject_goods(session, actor=cast.clerk.actor, now=moment, rejection=wet(producer, cause=cause))
    (found,) = repeated_causes(session, cast.clerk.actor, now)
    assert (found.producer_id, found.cause, found.times, found.quantity) == (rosa, "wet", 2, 5_000)
    assert repeated_causes(session, cast.clerk.actor, now, juana) == []
    assert repeated_causes(session, cast.outsider.actor, now) == []


def test_the_list_is_filtered_and_paged(session: Session, cast: Cast, now: datetime) -> None:
    rosa = make_producer(session, now)
    reject_goods(session, actor=cast.clerk.actor, now=now, rejection=wet(rosa))
    reject_goods(session, actor=cast.clerk.actor, now=now, rejection=wet(rosa, cause="paint"))

    def found(**filters: Any) -> int:
        wanted = RejectionFilters(**filters)
        return list_rejections(session, cast.clerk.actor, wanted, PageRequest(page_size=1)).total

    assert found() == 2
    assert found(cause="paint") == 1
    assert found(text="quispe rosa") == 2
    assert found(text="nobody") == 0
    assert found(disposition="to_collect") == 0
    assert found(producer_id=rosa, commodity="alpaca-fibre") == 2


def test_only_clerks_of_the_house_write(session: Session, cast: Cast, now: datetime) -> None:
    row = reject_goods(session, actor=cast.clerk.actor, now=now, rejection=wet(make_producer(session, now)))
    with pytest.raises(Forbidden):
        reject_goods(session, actor=cast.grader.actor, now=now, rejection=wet(row.producer_id))
    with pytest.raises(NotFound):
        collect_rejected(session, actor=cast.outsider.actor, now=now, rejection_id=row.id)
