"""Processes: products, densities, recipes, claims; and what was settled by period may still be used."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.genealogy.errors import (
    ClaimedGain,
    MixedProducts,
    NotConserved,
    NotInRecipe,
    RecipeDoesNotFit,
    WrongProduct,
    YieldOutsideBand,
)
from chain.genealogy.models import LotEvent
from chain.genealogy.queries.shares import shares_of
from chain.genealogy.rules import Added, Gain, Lost, Made, NewRecipe, ProcessRun, YieldBand
from chain.genealogy.services import archive_recipe, process_lots, record_gain, write_recipe
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.models import Lot
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, certify, lot_of, merge, split
from tests.support.lots import FIBRE, carcass, fibre, make_lot, make_producer, milk

CAST = Cast()


def run(
    session: Session, now: datetime, process: str, lots: list[Lot], *outputs: Made, **changes: Any
) -> LotEvent:
    order = ProcessRun(
        id=new_id(),
        happened_at=now,
        process=process,
        lot_ids=tuple(lot.id for lot in lots),
        outputs=outputs,
        **changes,
    )
    return process_lots(session, actor=CLERK, now=now, event=order)


def made(commodity: str, quantity: int, **values: Any) -> Made:
    return Made(id=new_id(), commodity=commodity, quantity=quantity, **values)


def lost(quantity: int) -> tuple[Lost, ...]:
    return (Lost(cause="waste", quantity=quantity),)


def test_milk_becomes_cheese_by_its_density_and_shares_follow(session: Session, now: datetime) -> None:
    cans = [
        make_lot(session, now, milk(make_producer(session, now, name=name), now, quantity=litres * 1_000))
        for name, litres in (("Rosa", 61), ("Juan", 39))
    ]
    tank = merge(session, now, *cans)
    cheese = made("cheese", 11_500, label="Queso paria", best_before=now.date() + timedelta(days=20))
    whey = made("whey", 90_000)
    event = run(session, now, "cheese", [tank], cheese, whey, density="1.030", losses=lost(1_500))
    assert (event.balance_unit, event.input_total, event.density) == ("g", 103_000, "1.030")
    lot = lot_of(session, cheese.id)
    assert (lot.unit, lot.label, lot.grade_scheme, lot.state) == ("g", "Queso paria", None, "registered")
    assert [one.quantity for one in shares_of(session, [lot.id])[lot.id]] == [7_015, 4_485]
    assert verify_genealogy(session, CAST.centre.id).is_whole


def test_milk_without_a_density_is_not_weighed(session: Session, now: datetime) -> None:
    can = make_lot(session, now, milk(make_producer(session, now), now))
    with pytest.raises(ValidationFailed) as refused:
        run(session, now, "cheese", [can], made("cheese", 2_000))
    assert "density" in refused.value.errors


def test_milk_that_was_paid_by_the_fortnight_may_still_be_used(session: Session, now: datetime) -> None:
    can = make_lot(session, now, milk(make_producer(session, now), now, quantity=10_000))
    can.state = "settled"
    session.flush()
    run(session, now, "yoghurt", [can], made("yoghurt", 10_300), density="1.03")
    assert lot_of(session, can.id).state == "settled"


def test_a_carcass_is_cut_and_dried_with_salt(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, carcass(make_producer(session, now), now))
    leg, rest = made("meat-cut", 12_000, label="Pierna"), made("meat-cut", 44_000)
    run(session, now, "cut", [lot], leg, rest, losses=lost(2_000))
    dried = made("charque", 5_000)
    salt = (Added(cause="salt", quantity=1_200),)
    event = run(session, now, "dry", [lot_of(session, leg.id)], dried, gains=salt, losses=lost(8_200))
    assert (event.gain_total, lot_of(session, dried.id).commodity) == (1_200, "charque")


def test_processes_keep_to_their_products_and_families(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    alpaca = make_lot(session, now, fibre(producer, now))
    llama = make_lot(
        session, now, fibre(producer, now, commodity="llama-fibre", attributes={**FIBRE, "breed": "qara"})
    )
    with pytest.raises(WrongProduct):
        run(session, now, "cheese", [alpaca], made("cheese", 12_500), density="1.03")
    with pytest.raises(WrongProduct):
        run(session, now, "scour", [alpaca], made("yarn", 12_500))
    with pytest.raises(MixedProducts):
        run(session, now, "scour", [alpaca, llama], made("scoured-fibre", 25_000))
    clean = [made("scoured-fibre", 12_500) for _ in range(2)]
    for lot, one in zip((alpaca, llama), clean, strict=True):
        run(session, now, "scour", [lot], one)
    with pytest.raises(MixedProducts):
        merge(session, now, *(lot_of(session, one.id) for one in clean))
    assert (lot_of(session, clean[0].id).mix or {})["family"] == "alpaca"


def test_scouring_keeps_the_fineness_and_dehairing_forgets_it(session: Session, now: datetime) -> None:
    lots = [make_lot(session, now, fibre(make_producer(session, now), now)) for _ in range(2)]
    clean = made("scoured-fibre", 12_500)
    run(session, now, "scour", lots[:1], clean)
    assert lot_of(session, clean.id).micron_tenths == 224
    fine, coarse = made("dehaired-fibre", 9_000), made("coarse-hair", 3_500)
    run(session, now, "dehair", lots[1:], fine, coarse)
    assert [lot_of(session, one.id).micron_tenths for one in (fine, coarse)] == [None, None]


def recipe(session: Session, now: datetime, **changes: Any) -> NewRecipe:
    values: dict[str, Any] = {
        "id": new_id(),
        "name": "Lavado",
        "process": "scour",
        "input_commodity": "alpaca-fibre",
        "outputs": (YieldBand(commodity="scoured-fibre", low_bp=8700, expected_bp=9100, high_bp=9500),),
    }
    order = NewRecipe(**(values | changes))
    write_recipe(session, actor=CAST.grader.actor, now=now, recipe=order)
    return order


def test_a_yield_outside_its_band_asks_for_a_reason(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    known = recipe(session, now)
    short = {"recipe_id": known.id, "losses": lost(2_500)}
    clean = made("scoured-fibre", 10_000)
    with pytest.raises(YieldOutsideBand):
        run(session, now, "scour", [lot], clean, **short)
    with pytest.raises(YieldOutsideBand):
        run(session, now, "scour", [lot], clean, reason=" x ", **short)
    event = run(session, now, "scour", [lot], clean, reason="vellón muy sucio", **short)
    assert (event.recipe_id, event.reason) == (known.id, "vellón muy sucio")


def test_a_recipe_for_something_else_or_out_of_use_is_refused(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    llama = recipe(session, now, input_commodity="llama-fibre")
    old = recipe(session, now)
    archive_recipe(session, actor=CAST.grader.actor, now=now, recipe_id=old.id)
    for recipe_id in (llama.id, old.id, new_id()):
        with pytest.raises(RecipeDoesNotFit):
            run(session, now, "scour", [lot], made("scoured-fibre", 12_500), recipe_id=recipe_id)


def test_a_product_that_the_recipe_does_not_name_asks_for_a_reason(session: Session, now: datetime) -> None:
    can = make_lot(session, now, milk(make_producer(session, now), now, quantity=10_000))
    bands = (YieldBand(commodity="cheese"),)
    known = recipe(session, now, process="cheese", input_commodity="raw-milk", outputs=bands)
    outputs = (made("cheese", 1_300), made("whey", 9_000))
    with pytest.raises(NotInRecipe):
        run(session, now, "cheese", [can], *outputs, density="1.03", recipe_id=known.id)


def test_what_does_not_sum_is_refused_before_the_yield_is_looked_at(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    with pytest.raises(NotConserved):
        run(session, now, "scour", [lot], made("scoured-fibre", 10_000), recipe_id=recipe(session, now).id)


def test_certified_goods_never_become_more_unless_the_claim_is_given_up(
    session: Session, now: datetime
) -> None:
    producer = make_producer(session, now)
    certify(session, now, producer, "full")
    lot = make_lot(session, now, fibre(producer, now))
    assert lot.claim == "organic"
    order = {"happened_at": now, "lot_id": lot.id, "quantity": 10, "cause": "moisture", "output_id": new_id()}
    with pytest.raises(ClaimedGain):
        record_gain(session, actor=CLERK, now=now, event=Gain(id=new_id(), **order))  # type: ignore[arg-type]
    dropped = Gain(id=new_id(), drop_claim=True, **order)  # type: ignore[arg-type]
    record_gain(session, actor=CLERK, now=now, event=dropped)
    more = lot_of(session, dropped.output_id)
    assert (more.claim, more.certificate_id, more.quantity) == ("conventional", None, 12_510)
    assert (more.mix or {})["claim"] == [{"key": "conventional", "quantity": 12_510}]


def test_salt_leaves_the_claim_as_long_as_no_more_comes_out_than_went_in(
    session: Session, now: datetime
) -> None:
    producer = make_producer(session, now)
    certify(session, now, producer, "full")
    lot = make_lot(session, now, carcass(producer, now))
    first, second = split(session, now, lot, 29_000, 29_000)
    salt = (Added(cause="salt", quantity=3_000),)
    dried = made("charque", 12_000)
    run(session, now, "dry", [first], dried, gains=salt, losses=lost(20_000))
    assert lot_of(session, dried.id).claim == "organic"
    assert lot_of(session, dried.id).certificate_id == lot.certificate_id
    with pytest.raises(ClaimedGain):
        run(session, now, "dry", [second], made("charque", 31_000), gains=salt, losses=lost(1_000))
    found = (Added(cause="found", quantity=3_000),)
    with pytest.raises(ClaimedGain):
        run(session, now, "dry", [second], made("charque", 12_000), gains=found, losses=lost(20_000))


def test_a_gram_of_conventional_fibre_makes_all_of_it_conventional(session: Session, now: datetime) -> None:
    rosa, juan = (make_producer(session, now, name=name) for name in ("Rosa", "Juan"))
    certify(session, now, rosa, "full")
    organic = make_lot(session, now, fibre(rosa, now, gross_g=4_900_500))
    other = make_lot(session, now, fibre(juan, now, gross_g=550))
    bulk = merge(session, now, organic, other)
    parts = split(session, now, bulk, *[10_001] * 20, bulk.quantity - 20 * 10_001)
    assert {one.claim for one in [bulk, *parts]} == {"conventional"}
