from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.certification.models import Certificate
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.grading.models import SchemeChoice
from chain.lots.errors import BatchTooLarge
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import MAX_BATCH
from chain.lots.services import ItemStatus, register_lots
from tests.support.cast import Cast
from tests.support.lots import FIBRE, carcass, fibre, make_producer, milk
from tests.support.queries import Queries


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_batch_gives_one_answer_per_delivery_in_their_order(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    known = fibre(producer, now)
    register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[known])
    batch = [
        fibre(producer, now),
        fibre(producer, now, gross_g=-1),
        known,
        replace(known, gross_g=99_000),
        fibre(new_id(), now),
        milk(producer, now),
    ]
    results = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=batch)
    assert [one.id for one in results] == [one.id for one in batch]
    assert [one.status.value for one in results] == [
        "stored",
        "rejected",
        "duplicate",
        "conflict",
        "rejected",
        "stored",
    ]
    assert results[2].number == "CC01-000001"
    assert list(results[1].errors) == ["gross_g"]
    assert list(results[4].errors) == ["producer_id"]
    assert [results[0].number, results[5].number] == ["CC01-000002", "CC01-000003"]
    assert count(session, Lot) == 3


def test_an_id_that_stands_twice_in_a_batch_is_stored_once(
    session: Session, cast: Cast, now: datetime
) -> None:
    one = fibre(make_producer(session, now), now)
    batch = [one, one, replace(one, gross_g=20_000)]
    results = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=batch)
    assert [result.status.value for result in results] == ["stored", "duplicate", "conflict"]
    assert count(session, Lot) == 1


def test_a_row_of_a_file_that_was_read_before_is_a_duplicate_under_any_id(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    first = fibre(producer, now, source_key="row-1")
    again = fibre(producer, now, source_key="row-1")
    results = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[first, again])
    assert [result.status.value for result in results] == ["stored", "duplicate"]
    third = fibre(producer, now, source_key="row-1")
    (result,) = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[third])
    assert result.status is ItemStatus.DUPLICATE
    assert count(session, Lot) == 1


def test_each_stored_lot_has_one_proposal_and_one_audit_record(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    deliveries = [fibre(producer, now) for _ in range(20)] + [carcass(producer, now) for _ in range(5)]
    register_lots(session, actor=cast.clerk.actor, now=now, deliveries=deliveries)
    assert count(session, Lot) == count(session, LotGrade) == 25
    audited = select(func.count()).where(AuditRecord.tag == "lots:lot:registered")
    assert session.scalar(audited) == 25


def test_the_number_of_statements_does_not_grow_with_the_batch(
    session: Session,
    cast: Cast,
    now: datetime,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    producers = [make_producer(session, now, name=f"Productora Número {number}") for number in range(3)]
    deliveries = [fibre(producers[number % 3], now - timedelta(days=number % 30)) for number in range(200)]
    with query_count() as queries:
        register_lots(session, actor=cast.clerk.actor, now=now, deliveries=deliveries)
    assert queries.count <= 9, str(queries)


def test_the_norm_in_force_on_the_day_of_delivery_decides(
    session: Session, cast: Cast, now: datetime
) -> None:
    session.add(
        SchemeChoice(
            organisation_id=cast.centre.id,
            commodity="alpaca-fibre",
            scheme="ntp-231.301",
            edition="2004",
            valid_from=date(2026, 3, 10),
            chosen_at=now,
            chosen_by=cast.grader.id,
        )
    )
    session.flush()
    producer = make_producer(session, now)
    before, after = fibre(producer, now - timedelta(days=20)), fibre(producer, now)
    register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[before, after])
    editions = {lot.id: lot.grade_edition for lot in session.scalars(select(Lot))}
    assert editions == {before.id: "2014", after.id: "2004"}


def test_the_claim_is_that_of_the_delivery_date(session: Session, cast: Cast, now: datetime) -> None:
    producer, other = make_producer(session, now), make_producer(session, now, name="Otra Persona")
    certificate = Certificate(
        producer_id=producer,
        issuer_id=cast.guarantee.id,
        scheme="spg-peru",
        level="full",
        number="SPG-1",
        issued_by="Comité",
        valid_from=date(2026, 3, 1),
        valid_to=date(2026, 3, 31),
        created_at=now,
    )
    session.add(certificate)
    session.flush()
    batch = [fibre(producer, now), fibre(producer, now - timedelta(days=30)), fibre(other, now)]
    register_lots(session, actor=cast.clerk.actor, now=now, deliveries=batch)
    lots = {lot.id: (lot.claim, lot.certificate_id) for lot in session.scalars(select(Lot))}
    assert lots[batch[0].id] == ("organic", certificate.id)
    assert lots[batch[1].id] == lots[batch[2].id] == ("conventional", None)


def test_free_text_stays_text(session: Session, cast: Cast, now: datetime) -> None:
    words = "'); DROP TABLE lot;-- <b>"
    sent = carcass(make_producer(session, now), now, attributes={"finish": words, "conformation": "a\x00b"})
    register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[sent])
    lot = session.get_one(Lot, sent.id)
    assert lot.attributes == {"finish": words, "conformation": "ab"}


def test_more_than_a_thousand_at_once_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    one = fibre(new_id(), now)
    with pytest.raises(BatchTooLarge):
        register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[one] * (MAX_BATCH + 1))


def test_a_batch_of_rejected_deliveries_writes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    before = count(session, AuditRecord)
    deliveries = [fibre(producer, now, attributes={**FIBRE, "micron": "80"}) for _ in range(3)]
    results = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=deliveries)
    assert {one.status for one in results} == {ItemStatus.REJECTED}
    assert (count(session, Lot), count(session, AuditRecord)) == (0, before)
    assert register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[]) == []
