"""Two people at once around one delivery: one correction, one original, every bag, one photo too many."""

from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic
from chain.core.ids import new_id
from chain.lots.bags import Bag
from chain.lots.models import (
    GoodsNote,
    GoodsNotePrint,
    Lot,
    LotPhoto,
    OpenWeighing,
    ProducerNotice,
    Rejection,
)
from chain.lots.photo_files import read_photo
from chain.lots.reject_rules import NewRejection
from chain.lots.services import cancel_lot
from chain.lots.services.corrections import correct_lot
from chain.lots.services.goods_notes import print_goods_note
from chain.lots.services.photos import MAX_PHOTOS, attach_photo
from chain.lots.services.rejections import collect_rejected, reject_goods
from chain.lots.services.weighings import NewWeighing, add_bag, close_weighing, start_weighing
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.photos import picture

Race = Any


def prepared(app: Flask, now: datetime) -> tuple[Any, Any]:
    with app.app_context(), atomic() as session:
        producer = make_producer(session, now)
        return producer, make_lot(session, now, fibre(producer, now)).id


def counted(app: Flask, model: type) -> int:
    with app.app_context(), atomic() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_of_two_corrections_at_once_one_stands(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    producer, lot_id = prepared(fresh_app, now)

    def correct(tare: int) -> Any:
        def run() -> object:
            with atomic() as session:
                return correct_lot(
                    session,
                    actor=cast.clerk.actor,
                    now=now,
                    lot_id=lot_id,
                    delivery=fibre(producer, now, tare_g=tare),
                    reason="Otra tara",
                ).new.id

        return run

    outcomes = race(correct(600), correct(700))
    assert sum(one.won for one in outcomes) == 1
    assert {one.error.code for one in outcomes if not one.won} == {"already_corrected"}
    assert (counted(fresh_app, Lot), counted(fresh_app, ProducerNotice)) == (2, 1)


def test_the_same_correction_twice_at_once_is_one(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    producer, lot_id = prepared(fresh_app, now)
    right = fibre(producer, now, tare_g=700)

    def correct() -> object:
        with atomic() as session:
            return correct_lot(
                session, actor=cast.clerk.actor, now=now, lot_id=lot_id, delivery=right, reason="Otra tara"
            ).duplicate

    outcomes = race(correct, correct)
    assert sorted(one.value for one in outcomes) == [False, True]
    assert (counted(fresh_app, Lot), counted(fresh_app, ProducerNotice)) == (2, 1)


def test_a_correction_and_a_cancellation_do_not_both_happen(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    producer, lot_id = prepared(fresh_app, now)

    def correct() -> object:
        with atomic() as session:
            return correct_lot(
                session,
                actor=cast.clerk.actor,
                now=now,
                lot_id=lot_id,
                delivery=fibre(producer, now, tare_g=700),
                reason="Otra tara",
            ).new.id

    def cancel() -> object:
        with atomic() as session:
            return cancel_lot(
                session, actor=cast.second_clerk.actor, now=now, lot_id=lot_id, reason="Error"
            ).id

    outcomes = race(correct, cancel)
    assert sum(one.won for one in outcomes) == 1
    assert counted(fresh_app, ProducerNotice) == 1


def test_of_two_prints_at_once_exactly_one_is_the_original(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    _, lot_id = prepared(fresh_app, now)

    def print_it() -> object:
        with atomic() as session:
            return print_goods_note(
                session, actor=cast.clerk.actor, now=now, lot_id=lot_id, print_id=new_id(), paper="w80"
            ).copy

    outcomes = race(print_it, print_it, print_it)
    assert sorted(one.value for one in outcomes) == [0, 1, 2]
    assert (counted(fresh_app, GoodsNote), counted(fresh_app, GoodsNotePrint)) == (1, 3)


def test_bags_of_two_clerks_at_once_are_both_kept(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    weighing = new_id()
    with fresh_app.app_context(), atomic() as session:
        producer = make_producer(session, now)
        start_weighing(
            session,
            actor=cast.clerk.actor,
            now=now,
            weighing=NewWeighing(id=weighing, producer_id=producer, commodity="alpaca-fibre"),
        )

    def add(person: Any, gross: int) -> Any:
        def run() -> object:
            with atomic() as session:
                row = add_bag(
                    session,
                    actor=person.actor,
                    now=now,
                    weighing_id=weighing,
                    bag_id=new_id(),
                    bag=Bag(gross_g=gross),
                )
                return len(row.bags)

        return run

    outcomes = race(add(cast.clerk, 10_000), add(cast.second_clerk, 7_000))
    assert sorted(one.value for one in outcomes) == [1, 2]

    def close() -> object:
        with atomic() as session:
            return close_weighing(
                session, actor=cast.clerk.actor, now=now, weighing_id=weighing, delivery=fibre(new_id(), now)
            ).duplicate

    assert sorted(one.value for one in race(close, close)) == [False, True]
    with fresh_app.app_context(), atomic() as session:
        assert session.get_one(Lot, weighing).quantity == 17_000
        assert session.get_one(OpenWeighing, weighing).state == "closed"


def test_the_last_free_place_for_a_photo_is_taken_once(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    _, lot_id = prepared(fresh_app, now)

    def add(width: int) -> Any:
        photo = read_photo(picture(width, 50))

        def run() -> object:
            with atomic() as session:
                return attach_photo(
                    session, actor=cast.clerk.actor, now=now, photo_id=new_id(), lot_id=lot_id, photo=photo
                ).id

        return run

    with fresh_app.app_context():
        for width in range(60, 60 + MAX_PHOTOS - 1):
            add(width)()
    outcomes = race(add(90), add(91))
    assert sum(one.won for one in outcomes) == 1
    assert counted(fresh_app, LotPhoto) == MAX_PHOTOS


def test_goods_refused_twice_at_once_are_one_record_and_collected_once(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    producer, _ = prepared(fresh_app, now)
    sent = NewRejection(
        id=new_id(),
        producer_id=producer,
        commodity="alpaca-fibre",
        quantity=900,
        cause="wet",
        disposition="to_collect",
        collect_by=now.date(),
    )

    def reject() -> object:
        with atomic() as session:
            return reject_goods(session, actor=cast.clerk.actor, now=now, rejection=sent).id

    outcomes = race(reject, reject)
    assert all(one.won or one.error.code == "conflict" for one in outcomes)
    assert (counted(fresh_app, Rejection), counted(fresh_app, ProducerNotice)) == (1, 1)

    def collect() -> object:
        with atomic() as session:
            return collect_rejected(session, actor=cast.clerk.actor, now=now, rejection_id=sent.id).id

    assert all(one.won for one in race(collect, collect))
