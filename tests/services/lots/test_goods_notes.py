"""Goods-received notes: frozen when first issued, counted at each printing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.lots import note_facts
from chain.lots.bags import Bag
from chain.lots.errors import NoNote
from chain.lots.queries.goods_notes import prints_of
from chain.lots.reject_rules import NewRejection
from chain.lots.services import cancel_lot, confirm_grade
from chain.lots.services.corrections import correct_lot
from chain.lots.services.goods_notes import issue_goods_note, print_goods_note
from chain.lots.services.rejections import reject_goods
from chain.producers.models import Producer
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.registration import make_container, make_route


def test_a_note_says_everything_of_the_delivery(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    bags = (Bag(gross_g=10_000, container_type_id=make_container(session), code="7"), Bag(gross_g=3_000))
    delivery = fibre(producer, now, gross_g=None, tare_g=None, bags=bags, route_id=make_route(session))
    lot = make_lot(session, now, delivery)
    rejection = NewRejection(
        id=new_id(),
        producer_id=producer,
        commodity="alpaca-fibre",
        quantity=500,
        cause="wet",
        disposition="returned",
        lot_id=lot.id,
    )
    reject_goods(session, actor=cast.clerk.actor, now=now, rejection=rejection)
    note = issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=lot.id)
    content = note.content
    assert note.content_hash == content_hash(content)
    assert (content["number"], content["quantity"], content["tare_g"]) == (lot.number, 12_550, 450)
    assert [(one["container"], one["code"], one["net"]) for one in content["bags"]] == [
        ("Saco de yute", "7", 9_550),
        (None, None, 3_000),
    ]
    assert content["rejected"][0]["cause"] == "wet"
    assert (content["producer"]["name"], content["weighed_by"]) == ("Rosa Quispe Mamani", cast.clerk.name)
    assert content["class"]["es"]
    assert content["class"]["sentence"]
    assert content["route"] == {"code": "R1", "name": "Ruta norte"}


def test_the_content_stays_whatever_happens_later(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    first = issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=lot.id)
    before = dict(first.content)
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    session.get_one(Producer, producer).full_name = "Otro Nombre"
    session.flush()
    again = issue_goods_note(
        session, actor=cast.second_clerk.actor, now=now + timedelta(days=400), lot_id=lot.id
    )
    session.refresh(again)
    assert (again.id, again.content) == (first.id, before)


def test_the_first_sheet_is_the_original_and_the_others_are_copies(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))

    def printed(paper: str, print_id: Any = None) -> int:
        return print_goods_note(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=lot.id,
            print_id=print_id or new_id(),
            paper=paper,
        ).copy

    same = new_id()
    assert [printed("w80", same), printed("w80", same), printed("a5"), printed("w58")] == [0, 0, 1, 2]
    note = issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=lot.id)
    assert [one.paper for one in prints_of(session, note.id)] == ["w80", "a5", "w58"]
    with pytest.raises(IdempotencyConflict):
        printed("a5", same)
    with pytest.raises(ValidationFailed):
        printed("letter")


def test_the_note_of_a_correction_names_what_it_corrects(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    old = make_lot(session, now, fibre(producer, now))
    old_note = issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=old.id)
    new = correct_lot(
        session,
        actor=cast.clerk.actor,
        now=now,
        lot_id=old.id,
        delivery=fibre(producer, now, tare_g=800),
        reason="Otra tara",
    ).new
    note = issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=new.id)
    assert note.content["corrects"] == {
        "number": old.number,
        "quantity": 12_500,
        "unit": "g",
        "reason": "Otra tara",
    }
    again = print_goods_note(
        session, actor=cast.clerk.actor, now=now, lot_id=old.id, print_id=new_id(), paper="a5"
    )
    assert again.note.id == old_note.id


def test_a_cancelled_lot_gets_no_new_note(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason="Error de dedo")
    with pytest.raises(NoNote):
        issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=lot.id)


def test_other_areas_add_their_lines(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = {"msgid": "Sacks that you have: %(num)s", "params": {"num": 3}}
    monkeypatch.setattr(note_facts, "_loaders", {"custody": lambda *_: [line]})
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    assert issue_goods_note(session, actor=cast.clerk.actor, now=now, lot_id=lot.id).content["facts"] == [
        line
    ]


def test_notes_are_their_house_s_own(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    with pytest.raises(NotFound):
        issue_goods_note(session, actor=cast.outsider.actor, now=now, lot_id=lot.id)
    with pytest.raises(Forbidden):
        issue_goods_note(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
