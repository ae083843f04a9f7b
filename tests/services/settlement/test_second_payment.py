"""A floor price at the gate and the rest after the final sale; classes shared by kilogram and value; outright purchases."""

from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.rules import Lost
from chain.income.queries.passbook import passbook
from chain.ledger.services.posting import verify_ledger
from chain.lots.models import Lot
from chain.pricing.rules import PriceContent
from chain.pricing.rules.content import Advance, ClassPrice, PayUnit, SchemeKind
from chain.pricing.services.schemes import create_scheme, write_version
from chain.pricing.services.states import activate_version
from chain.sales.models import SaleLine
from chain.settlement.errors import LaterRunStands, PeriodRunWaits
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import pay_run, prepare_gate_run
from tests.support.cast import Cast
from tests.support.genealogy import merge, sort
from tests.support.settling import (
    DAY,
    add_lot,
    add_members,
    add_price,
    add_sale,
    balances,
    book,
    prepare_sale,
)

DECIDED = "Asamblea del 5 de enero de 2026"


def share_scheme(session: Session, cast: Cast, now: datetime, *, share: int, floor: int) -> None:
    """Decide a floor of some céntimos a kilogram at the gate, and a share of what the sale brings."""
    content = PriceContent(
        kind=SchemeKind.SHARE,
        unit=PayUnit.KILOGRAM,
        advance=Advance(per_unit_minor=floor) if floor else None,
        share_basis_points=share,
    )
    _in_force(session, cast, now, content)


def class_scheme(session: Session, cast: Cast, now: datetime, values: dict[str, int]) -> None:
    """Decide what a kilogram of each class counts."""
    content = PriceContent(
        kind=SchemeKind.CLASSES,
        unit=PayUnit.KILOGRAM,
        grades_from=("ntp-231.301", "2014"),
        classes=tuple(ClassPrice(key, None, minor) for key, minor in values.items()),
    )
    _in_force(session, cast, now, content)


def _in_force(session: Session, cast: Cast, now: datetime, content: PriceContent) -> None:
    actor = cast.accountant.actor
    scheme = create_scheme(
        session,
        actor=actor,
        now=now,
        scheme_id=new_id(),
        key=f"campana-{content.kind.value}",
        name="Campaña 2026",
        commodity="alpaca-fibre",
    )
    version = write_version(
        session,
        actor=actor,
        now=now,
        version_id=new_id(),
        scheme_id=scheme.id,
        content=content,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        decided_by=DECIDED,
    )
    activate_version(session, actor=actor, now=now, version_id=version.id)


def gate(session: Session, cast: Cast, now: datetime, *lots: Lot) -> SettlementRun:
    return prepare_gate_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id for lot in lots]
    )


def nets(session: Session, run: SettlementRun) -> dict[UUID, int]:
    rows = session.execute(
        select(SettlementLine.producer_id, SettlementLine.net_minor).where(SettlementLine.run_id == run.id)
    )
    return {row.producer_id: row.net_minor for row in rows}


def test_a_floor_price_is_paid_at_the_gate_and_the_rest_after_the_sale(
    session: Session, cast: Cast, now: datetime
) -> None:
    share_scheme(session, cast, now, share=9_000, floor=1_000)
    ana, berta = add_members(session, 2)
    lots = [add_lot(session, ana, 10_000), add_lot(session, berta, 5_000)]
    floor = book(session, cast, now, gate(session, cast, now, *lots))
    assert (floor.kind, floor.rest_basis_points) == ("gate", 9_000)
    assert nets(session, floor) == {ana.id: 10_000, berta.id: 5_000}
    session.expire_all()
    assert {lot.state for lot in lots} == {"graded"}, "they are still to be sold"
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=floor.id)

    rest = prepare_sale(session, cast, now, add_sale(session, lots, 4_000))
    # 90 % of 400.00 and of 200.00, less what was paid
    assert nets(session, rest) == {ana.id: 36_000 - 10_000, berta.id: 18_000 - 5_000}
    assert rest.goods_minor == 60_000
    book(session, cast, now, rest)
    assert balances(session, cast) == {
        "cash": -15_000,
        "receivable_buyers": 60_000,
        "fee_income": -6_000,
        "payable_producers": -39_000,
    }
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=rest.id)
    assert verify_ledger(session, cast.centre.id).is_whole
    (season,) = passbook(session, ana.id)
    (row,) = season.rows
    assert (row.quantity, row.gross_minor, row.net_minor) == (10_000, 40_000, 36_000), "nothing counts twice"


def test_who_was_paid_more_than_the_sale_brought_keeps_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    share_scheme(session, cast, now, share=10_000, floor=3_000)
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000)
    book(session, cast, now, gate(session, cast, now, lot))
    rest = book(session, cast, now, prepare_sale(session, cast, now, add_sale(session, [lot], 2_500)))
    assert rest.net_minor == 0
    assert balances(session, cast)["purchases"] == 5_000, "the loss is the organisation's"
    assert balances(session, cast)["payable_producers"] == -30_000


def test_the_floor_is_not_reversed_once_a_sale_took_it_off(
    session: Session, cast: Cast, now: datetime
) -> None:
    share_scheme(session, cast, now, share=10_000, floor=1_000)
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000)
    floor = gate(session, cast, now, lot)
    sale = add_sale(session, [lot], 2_500)
    with pytest.raises(PeriodRunWaits):
        prepare_sale(session, cast, now, sale)
    lot.state = "graded"
    session.flush()
    book(session, cast, now, floor)
    lot.state = "sold"
    session.flush()
    prepare_sale(session, cast, now, sale)
    with pytest.raises(LaterRunStands):
        reverse_run(session, actor=cast.accountant.actor, now=now, run_id=floor.id, reason="Mal pesado")


def test_what_the_organisation_bought_outright_is_its_own_when_it_is_sold(
    session: Session, cast: Cast, now: datetime
) -> None:
    add_price(session, cast, now, 1_500, DAY, DAY, "alpaca-fibre")
    ana, berta = add_members(session, 2)
    bought, own = add_lot(session, ana, 10_000), add_lot(session, berta, 10_000)
    book(session, cast, now, gate(session, cast, now, bought))
    run = prepare_sale(session, cast, now, add_sale(session, [bought, own], 2_000))
    assert (run.own_minor, run.own_quantity) == (20_000, 10_000)
    assert nets(session, run) == {berta.id: 20_000}
    book(session, cast, now, run)
    assert balances(session, cast)["own_sales"] == -20_000


def test_one_price_for_mixed_classes_is_shared_by_kilogram_and_value(
    session: Session, cast: Cast, now: datetime
) -> None:
    class_scheme(session, cast, now, {"baby": 2_200, "gruesa": 775})
    ana, berta = add_members(session, 2)
    lots = [
        add_lot(session, ana, 10_000, grade_key="baby"),
        add_lot(session, berta, 10_000, grade_key="gruesa"),
    ]
    run = prepare_sale(session, cast, now, add_sale(session, lots, 5_000))
    assert nets(session, run) == {ana.id: 73_950, berta.id: 26_050}
    why = session.scalars(select(SettlementItem.explanation).order_by(SettlementItem.amount_minor)).all()
    assert [one["params"]["value_minor"] for one in why if one] == [775, 2_200]
    assert book(session, cast, now, run).state == "accounted"


def test_without_values_for_every_class_each_lot_brings_its_own_price(
    session: Session, cast: Cast, now: datetime
) -> None:
    class_scheme(session, cast, now, {"baby": 2_200})
    ana, berta = add_members(session, 2)
    lots = [
        add_lot(session, ana, 10_000, grade_key="baby"),
        add_lot(session, berta, 10_000, grade_key="gruesa"),
    ]
    run = prepare_sale(session, cast, now, add_sale(session, lots, 5_000))
    assert nets(session, run) == {ana.id: 50_000, berta.id: 50_000}


def test_a_buyer_s_premium_for_organic_is_traced_to_each_producer(
    session: Session, cast: Cast, now: datetime
) -> None:
    ana, berta = add_members(session, 2)
    plain = add_lot(session, ana, 10_000, grade_key="baby")
    organic = add_lot(session, berta, 10_000, grade_key="baby", claim="organic")
    sale = add_sale(session, [plain], 2_000)
    line = session.scalars(select(SaleLine).where(SaleLine.sale_id == sale.id)).one()
    session.add(
        SaleLine(
            sale_id=sale.id,
            lot_id=organic.id,
            quantity=10_000,
            price_minor_per_unit=2_200,
            amount_minor=22_000,
        )
    )
    organic.state = "sold"
    session.flush()
    assert line.price_minor_per_unit == 2_000
    run = prepare_sale(session, cast, now, sale)
    assert nets(session, run) == {ana.id: 20_000, berta.id: 22_000}
    premium = session.scalars(select(SettlementItem).where(SettlementItem.kind == "premium")).one()
    assert (premium.amount_minor, premium.quantity, premium.price_minor_per_unit) == (2_000, 10_000, 200)
    assert premium.explanation is not None
    assert premium.explanation["params"]["number"] == sale.number
    assert book(session, cast, now, run).state == "accounted"


def test_a_loss_or_what_was_taken_back_leaves_nothing_of_the_floor_behind(
    session: Session, cast: Cast, now: datetime
) -> None:
    """10 kg with a floor of 100.00 lose 1 kg: what is left carries all of the floor, in whatever sales."""
    share_scheme(session, cast, now, share=10_000, floor=1_000)
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000)
    book(session, cast, now, gate(session, cast, now, lot))
    parts = sort(
        session, now, lot, {"baby": 3_000, "fleece": 6_000}, losses=(Lost(cause="dust", quantity=1_000),)
    )
    first = book(
        session, cast, now, prepare_sale(session, cast, now, add_sale(session, [parts["baby"]], 4_000))
    )
    assert nets(session, first) == {ana.id: 12_000 - 3_333}
    second = prepare_sale(session, cast, now, add_sale(session, [parts["fleece"]], 4_000))
    assert nets(session, second) == {ana.id: 24_000 - 6_667}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    loss=st.integers(1, 3_000),
    baby=st.integers(1, 9_000),
    order=st.permutations(range(3)),
    at_once=st.integers(1, 3),
)
def test_the_floor_prices_come_off_to_the_cent_in_whatever_sales(
    session: Session, cast: Cast, now: datetime, loss: int, baby: int, order: list[int], at_once: int
) -> None:
    """Two families' fibre is merged, sorted with a loss and sold in parts: each floor price is taken off once, wholly."""
    outer = session.begin_nested()
    share_scheme(session, cast, now, share=8_333, floor=777)
    ana, berta = add_members(session, 2)
    lots = [add_lot(session, ana, 7_001), add_lot(session, ana, 3_333), add_lot(session, berta, 4_999)]
    floor = book(session, cast, now, gate(session, cast, now, *lots))
    bulk = merge(session, now, *lots[1:])
    losses = (Lost(cause="dust", quantity=loss),)
    left = bulk.quantity - loss
    cut = min(baby, left - 1)
    parts = [lots[0], *sort(session, now, bulk, {"baby": cut, "fleece": left - cut}, losses=losses).values()]
    wanted = [parts[place] for place in order]
    while wanted:
        sold, wanted = wanted[:at_once], wanted[at_once:]
        book(session, cast, now, prepare_sale(session, cast, now, add_sale(session, sold, 9_000)))
    taken = (
        select(SettlementLine.gross_minor, func.sum(-SettlementItem.amount_minor).label("taken"))
        .join(SettlementItem, SettlementItem.earlier_line_id == SettlementLine.id)
        .where(SettlementLine.run_id == floor.id)
        .group_by(SettlementLine.id, SettlementLine.gross_minor)
    )
    rows = session.execute(taken).all()
    assert len(rows) == 2
    assert all(row.taken == row.gross_minor for row in rows), rows
    outer.rollback()
    session.expire_all()
