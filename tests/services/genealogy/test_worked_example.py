"""The example of docs/genealogy.md: three producers' fleece merged, sorted, scoured and sold; to the gram."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.queries.shares import producer_shares, shares_of
from chain.genealogy.rules import Lost, Made, ProcessRun
from chain.genealogy.services import process_lots
from chain.lots.models import Lot
from chain.lots.queries import history_of
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, lot_of, merge, sort, split
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.settling import add_lot, add_members

CAST = Cast()
HOUR = timedelta(hours=1)


def deliveries(session: Session, now: datetime) -> list[Lot]:
    rosa, juan, nelly = (make_producer(session, now, name=name) for name in ("Rosa", "Juan", "Nelly"))
    brought = [
        (rosa, 41_300, "white", "22.4"),
        (juan, 27_500, "white", "25.1"),
        (nelly, 31_200, "beige", "21.0"),
    ]
    return [
        make_lot(
            session,
            now,
            fibre(
                producer,
                now,
                gross_g=grams + 500,
                attributes={"colour": colour, "micron": micron, "length_mm": "85"},
            ),
        )
        for producer, grams, colour, micron in brought
    ]


def parts(session: Session, lot: Lot) -> list[int]:
    return [one.quantity for one in shares_of(session, [lot.id])[lot.id]]


def test_three_fleeces_are_merged_sorted_and_scoured_to_the_gram(session: Session, now: datetime) -> None:
    rosa, juan, nelly = deliveries(session, now)
    bulk = merge(session, now + HOUR, rosa, juan, nelly)
    assert (bulk.quantity, bulk.number[-6:], bulk.origin, bulk.state) == (
        100_000,
        "000004",
        "derived",
        "registered",
    )
    assert parts(session, bulk) == [41_300, 27_500, 31_200]
    assert bulk.mix is not None
    assert bulk.mix["micron"] == {"mean": "22.7057", "quantity": 100_000}
    assert bulk.mix["colour"] == [{"key": "white", "quantity": 68_800}, {"key": "beige", "quantity": 31_200}]
    assert (bulk.micron_tenths, bulk.colour, bulk.claim) == (227, None, "conventional")

    made = sort(
        session,
        now + 2 * HOUR,
        bulk,
        {"baby": 60_001, "fleece": 30_003, "huarizo": 7_000},
        losses=(Lost(cause="dust", quantity=2_996),),
    )
    assert parts(session, made["baby"]) == [24_781, 16_500, 18_720]
    assert parts(session, made["fleece"]) == [12_391, 8_251, 9_361]
    assert parts(session, made["huarizo"]) == [2_891, 1_925, 2_184]
    assert made["baby"].grade_key == "baby"
    assert (made["baby"].state, made["baby"].grade_confirmed) == ("registered", False)

    scoured = Made(id=new_id(), commodity="scoured-fibre", quantity=54_000)
    run = ProcessRun(
        id=new_id(),
        happened_at=now + 3 * HOUR,
        process="scour",
        lot_ids=(made["baby"].id,),
        outputs=(scoured,),
        losses=(Lost(cause="dust", quantity=6_001),),
    )
    process_lots(session, actor=CLERK, now=now + 3 * HOUR, event=run)
    clean = lot_of(session, scoured.id)
    assert parts(session, clean) == [22_302, 14_850, 16_848]
    assert [(one.full_name, one.quantity) for one in producer_shares(session, CLERK, clean.id)] == [
        ("Rosa", 22_302),
        ("Nelly", 16_848),
        ("Juan", 14_850),
    ]
    assert lot_of(session, made["baby"].id).used_by_event_id == run.id


def test_the_history_of_a_made_lot_tells_who_made_it(session: Session, now: datetime) -> None:
    members = add_members(session, 2)
    bulk = merge(session, now, *[add_lot(session, one, 1_000) for one in members])
    parts = split(session, now, bulk, 1_600, 400)
    steps = history_of(session, bulk.id, bulk.made_by_event_id, parts[0].made_by_event_id)
    assert [one.tag for one in steps] == ["genealogy:event:merged", "genealogy:event:split"]
    assert all(one.actor_name for one in steps)
