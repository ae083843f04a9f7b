"""What producers owe together is shared out once, whatever pays their deliveries."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.services.rules import set_group_charge
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.runs import discard_run, prepare_gate_run
from tests.support.cast import Cast
from tests.support.settling import DAY, add_lot, add_members, add_price, prepare_fortnight

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def shared(session: Session, run: SettlementRun) -> int:
    """Return what a run takes of group charges."""
    total = session.scalar(
        select(func.sum(-SettlementItem.amount_minor))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementItem.kind == "group")
    )
    return int(total or 0)


def test_a_group_charge_is_shared_out_once_and_by_nobody_at_the_gate(
    session: Session, cast: Cast, now: datetime
) -> None:
    lots = [
        add_lot(session, one, 20_000, commodity="raw-milk", state="registered")
        for one in add_members(session, 3)
    ]
    add_price(session, cast, now, 175, *MARCH)
    set_group_charge(
        session, actor=cast.everything.actor, now=now, charge_id=new_id(), name="Sereno", amount_minor=1_000,
        charged_on=DAY, decided_by="Asamblea",
    )  # fmt: skip
    gate = prepare_gate_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lots[0].id]
    )
    assert shared(session, gate) == 0  # one family does not pay what all owe together
    first = prepare_fortnight(session, cast, now)
    assert shared(session, first) == 1_000
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=gate.id, reason="Mal anotado")
    second = prepare_fortnight(session, cast, now)  # pays what the gate did not
    assert shared(session, second) == 0
    for run in (first, second):
        discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Mal anotado")
    assert shared(session, prepare_fortnight(session, cast, now)) == 1_000
