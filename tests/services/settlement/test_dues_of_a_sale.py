"""What a sale's settlement takes: a kilogram is charged once, and a debt counts up to the day of the payment."""

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.rules import Basis, DueKind
from chain.dues.services.movements import give_advance
from chain.dues.services.rules import set_deduction
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from tests.services.settlement.test_second_payment import gate, share_scheme
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members, add_sale, book, let_take_all, prepare_sale, sold_lots

FREIGHT, QUOTA, BANK = "Flete", "Cuota", "Transferencia"


def charge(
    session: Session, cast: Cast, now: datetime, name: str, kind: DueKind, basis: Basis, value: int
) -> None:
    set_deduction(
        session, actor=cast.accountant.actor, now=now, rule_id=new_id(), name=name, kind=kind, basis=basis, value=value,
        valid_from=date(2026, 1, 1), valid_to=None, decided_by="Asamblea de enero",
    )  # fmt: skip


def taken(session: Session, run: SettlementRun) -> dict[str, int]:
    rows = session.execute(
        select(SettlementItem.label, SettlementItem.amount_minor)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementItem.kind.in_(["fee", "movement"]))
    )
    return {row.label: -row.amount_minor for row in rows}


@pytest.fixture
def charges(session: Session, cast: Cast, now: datetime) -> None:
    share_scheme(session, cast, now, share=10_000, floor=1_000)
    charge(session, cast, now, FREIGHT, DueKind.FREIGHT_FEE, Basis.PER_UNIT, 100)
    charge(session, cast, now, QUOTA, DueKind.FEE, Basis.FIXED, 500)
    charge(session, cast, now, BANK, DueKind.BANK_FEE, Basis.FIXED, 50)


@pytest.mark.usefixtures("charges")
def test_the_rest_of_a_floor_price_is_no_second_delivery(session: Session, cast: Cast, now: datetime) -> None:
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000)
    floor = book(session, cast, now, gate(session, cast, now, lot))
    assert taken(session, floor) == {FREIGHT: 1_000, QUOTA: 500, BANK: 50}
    run = prepare_sale(session, cast, now, add_sale(session, [lot], 4_000))
    assert taken(session, run) == {BANK: 50}
    assert run.net_minor == 40_000 - 10_000 - 50


@pytest.mark.usefixtures("charges")
def test_what_a_sale_pays_for_the_first_time_is_charged(session: Session, cast: Cast, now: datetime) -> None:
    (ana,) = add_members(session, 1)
    before, new = add_lot(session, ana, 10_000), add_lot(session, ana, 5_000)
    book(session, cast, now, gate(session, cast, now, before))
    run = prepare_sale(session, cast, now, add_sale(session, [before, new], 4_000))
    assert taken(session, run) == {FREIGHT: 500, QUOTA: 500, BANK: 50}
    told = session.scalars(
        select(SettlementItem)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementItem.label == FREIGHT)
    ).one()
    assert told.explanation is not None
    assert told.explanation["params"] == {"quantity_g": 5_000, "rate_minor": 100, "asked_minor": 500}


def test_an_advance_between_a_sale_and_its_settlement_is_paid_back_by_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    let_take_all(session, cast, now)
    sale, (ana,) = sold_lots(session, [[10_000]])  # agreed on 10 March; today is the 16th
    for day, minor in ((date(2026, 3, 14), 5_000), (date(2026, 3, 16), 700)):
        give_advance(
            session, actor=cast.accountant.actor, now=now, advance_id=new_id(), producer_id=ana.id, amount_minor=minor,
            given_on=day, note=f"Adelanto {day.day}",
        )  # fmt: skip
    run = prepare_sale(session, cast, now, sale)
    assert taken(session, run) == {"Adelanto 14": 5_000, "Adelanto 16": 700}
    assert book(session, cast, now, run).net_minor == 45_000 - 5_700
