"""Sales whose buyers pay before the goods leave: what stays, what is held, when it is shared out, and by when producers are paid."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.dues.rules import DueKind, Source
from chain.dues.services.movements import NewMovement, add_movement
from chain.ledger.errors import MoneyHeld
from chain.ledger.rules import AccountCode
from chain.lots.models import Lot
from chain.papers.models import Paper
from chain.payin.errors import GoodsNotPaid
from chain.payin.queries.secured import SecuredSale, held_in, list_secured, secured_of
from chain.payin.services.payments import record_buyer_payment
from chain.payin.services.secured import sales_to_share, share_accepted
from chain.payout.rules import BatchState
from chain.payout.services.batches import approve_batch, send_batch
from chain.sales.contract_papers import sections
from chain.sales.errors import GoodsNotAccepted
from chain.sales.models import Sale, SaleContract
from chain.sales.services.claims import Found, record_finding
from chain.sales.terms import Terms, read_terms
from chain.settlement.models import SettlementRun
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run, pay_run, prepare_sale_run
from chain.web.i18n import using_language
from tests.support.cast import Cast
from tests.support.market import make_sale
from tests.support.payin import PROCEEDS, balance, check_books, invoiced
from tests.support.paying import accounted_run, batch_of
from tests.support.queries import Queries
from tests.support.selling import arrive, lots_of, send, terms
from tests.support.settling import add_members

CAST = Cast()
#: The three lots of `make_sale`: 10, 20 and 30 kg at 120.00.
LOTS = (120_000, 240_000, 360_000)
DAY = timedelta(days=1)


@pytest.fixture
def sale(session: Session, now: datetime) -> Sale:
    """A secured sale, with the producers' money promised on the day after the acceptance."""
    terms(session, now, secured=True, producer_days=1, claim_days=5)
    return make_sale(session, now)


def _pay(session: Session, now: datetime, sale: Sale, amount: int) -> None:
    record_buyer_payment(
        session,
        actor=CAST.treasurer.actor,
        now=now,
        payment_id=new_id(),
        sale_id=sale.id,
        amount_minor=amount,
        paid_on=now.date(),
    )


def _state(session: Session, sale: Sale) -> SecuredSale:
    found = secured_of(session, sale)
    assert found is not None
    return found


def _delivered(session: Session, now: datetime, sale: Sale) -> None:
    _pay(session, now, sale, PROCEEDS)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})


def _confirm(session: Session, now: datetime, sale: Sale, lots: int = 3) -> None:
    for lot_id in lots_of(session, sale)[:lots]:
        record_finding(
            session,
            actor=CAST.buyer.actor,
            now=now,
            found=Found(
                id=new_id(),
                sale_id=sale.id,
                lot_id=lot_id,
                found_key=session.get_one(Lot, lot_id).grade_key,
            ),
        )


def _books(session: Session, now: datetime, run: SettlementRun) -> None:
    approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=CAST.accountant.actor, now=now, run_id=run.id)


def test_lots_leave_as_far_as_they_are_paid_for(session: Session, sale: Sale, now: datetime) -> None:
    first, second, third = lots_of(session, sale)
    with pytest.raises(GoodsNotPaid) as refused:
        send(session, now, sale, [first])
    assert refused.value.params["needed"].minor == LOTS[0]
    assert refused.value.params["paid"].minor == 0
    _pay(session, now, sale, LOTS[0] + LOTS[1])
    send(session, now, sale, [first])
    with pytest.raises(GoodsNotPaid) as refused:
        send(session, now, sale, [third])  # what has left counts too
    assert refused.value.params["needed"].minor == LOTS[0] + LOTS[2]
    send(session, now, sale, [second])
    state = _state(session, sale)
    assert (state.left_minor, state.paid_minor, state.missing_minor) == (360_000, 360_000, 360_000)
    _pay(session, now, sale, LOTS[2])
    send(session, now, sale, [third])
    assert _state(session, sale).missing_minor == 0


def test_unsecured_sales_leave_unpaid_and_nothing_is_held(session: Session, now: datetime) -> None:
    unsecured = make_sale(session, now)
    send(session, now, unsecured, lots_of(session, unsecured))
    _pay(session, now, unsecured, PROCEEDS)
    assert secured_of(session, unsecured) is None
    assert held_in(session, CAST.centre.id, "PEN") == 0
    assert unsecured.id not in sales_to_share(session)


def test_the_settlement_waits_for_the_acceptance_and_is_prepared_by_itself(
    session: Session, sale: Sale, now: datetime
) -> None:
    _delivered(session, now, sale)
    with pytest.raises(GoodsNotAccepted):
        prepare_sale_run(session, actor=CAST.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    _confirm(session, now, sale, 2)
    state = _state(session, sale)
    assert state.accepted_on == now.date() + 6 * DAY  # the day after the five to claim
    assert state.pay_by == now.date() + 7 * DAY
    assert share_accepted(session, now=now + 5 * DAY, sale_id=sale.id) is None
    _confirm(session, now, sale)
    assert _state(session, sale).accepted_on == now.date()
    assert sales_to_share(session) == [sale.id]
    run = share_accepted(session, now=now, sale_id=sale.id)
    assert run is not None
    assert (run.prepared_by, run.goods_minor, sales_to_share(session)) == (None, PROCEEDS, [])
    _books(session, now, run)
    state = _state(session, sale)
    assert (state.held_minor, state.pay_by, state.is_late(now.date() + DAY)) == (0, now.date() + DAY, False)
    assert state.is_late(now.date() + 2 * DAY)
    pay_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    assert (_state(session, sale).open_minor, _state(session, sale).is_late(now.date() + 2 * DAY)) == (
        0,
        False,
    )
    assert balance(session, AccountCode.RECEIVABLE_BUYERS, sale.buyer_id) == 0
    check_books(session)


def test_without_findings_the_goods_count_as_accepted_after_the_days_to_claim(
    session: Session, sale: Sale, now: datetime
) -> None:
    _delivered(session, now, sale)
    assert share_accepted(session, now=now + 5 * DAY, sale_id=sale.id) is None
    assert share_accepted(session, now=now + 6 * DAY, sale_id=sale.id) is not None


def test_goods_on_the_way_unpaid_or_in_dispute_are_not_shared_out(
    session: Session, sale: Sale, now: datetime
) -> None:
    later = now + 30 * DAY
    lots = lots_of(session, sale)
    _pay(session, now, sale, PROCEEDS)
    load = send(session, now, sale, lots[:2])
    arrive(session, now, load, {lots[0]: 10_000, lots[1]: 20_000})
    assert share_accepted(session, now=later, sale_id=sale.id) is None  # one has not left
    load = send(session, now, sale, lots[2:])
    arrive(session, now, load, {lots[2]: 20_000})
    assert _state(session, sale).accepted_on is None
    assert share_accepted(session, now=later, sale_id=sale.id) is None  # a third of it is missing


def test_a_run_that_an_officer_discarded_is_not_prepared_again(
    session: Session, sale: Sale, now: datetime
) -> None:
    _delivered(session, now, sale)
    _confirm(session, now, sale)
    run = share_accepted(session, now=now, sale_id=sale.id)
    assert run is not None
    discard_run(session, actor=CAST.accountant.actor, now=now, run_id=run.id, reason="Falta un acuerdo")
    assert sales_to_share(session) == []
    again = prepare_sale_run(session, actor=CAST.everything.actor, now=now, run_id=new_id(), sale_id=sale.id)
    with pytest.raises(SamePerson):
        approve_run(session, actor=CAST.everything.actor, now=now, run_id=again.id)


def test_nobody_else_is_paid_with_held_money(session: Session, sale: Sale, now: datetime) -> None:
    other, _ = accounted_run(session, CAST, now, [[10_000]])
    batch = batch_of(session, CAST, now, other, sent=False)
    _delivered(session, now, sale)
    assert held_in(session, CAST.centre.id, "PEN") == PROCEEDS
    with pytest.raises(MoneyHeld) as refused:
        approve_batch(session, actor=CAST.treasurer.actor, now=now, batch_id=batch.id)
    assert (refused.value.params["held"].minor, refused.value.params["free"].minor) == (PROCEEDS, 0)
    (member,) = add_members(session, 1)
    advance = NewMovement(
        id=new_id(),
        producer_id=member.id,
        kind=DueKind.ADVANCE,
        amount_minor=100,
        dated_on=now.date(),
        note="Adelanto de campaña",
        source=Source.CASH,
    )
    with pytest.raises(MoneyHeld):
        add_movement(session, actor=CAST.everything.actor, now=now, new=advance)
    _confirm(session, now, sale)
    run = share_accepted(session, now=now, sale_id=sale.id)
    assert run is not None
    _books(session, now, run)
    approve_batch(session, actor=CAST.treasurer.actor, now=now, batch_id=batch.id)
    reverse_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id, reason="Se corrige un lote")
    assert held_in(session, CAST.centre.id, "PEN") == PROCEEDS
    with pytest.raises(MoneyHeld):
        send_batch(session, actor=CAST.treasurer.actor, now=now, batch_id=batch.id)
    assert batch.state == BatchState.APPROVED


def test_the_run_in_the_books_is_paid_from_what_was_held(session: Session, sale: Sale, now: datetime) -> None:
    other, _ = accounted_run(session, CAST, now, [[10_000]])
    _delivered(session, now, sale)
    with pytest.raises(MoneyHeld):
        pay_run(session, actor=CAST.treasurer.actor, now=now, run_id=other.id)
    _confirm(session, now, sale)
    run = share_accepted(session, now=now, sale_id=sale.id)
    assert run is not None
    _books(session, now, run)
    pay_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    check_books(session)


def test_a_day_is_promised_only_for_secured_money(session: Session, now: datetime) -> None:
    with pytest.raises(ValidationFailed) as refused:
        terms(session, now, producer_days=1)
    assert set(refused.value.errors) == {"producer_days"}
    assert not read_terms({"secured": "yes", "producer_days": 400}).secured
    assert read_terms({"producer_days": 400}).producer_days == Terms().producer_days == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "es",
            [
                "paga antes de que salga",
                "no lo usa en nada más",
                "no se entrega se devuelve",
                "al día siguiente de aceptada",
            ],
        ),
        (
            "en",
            [
                "pays before the goods leave",
                "spends it on nothing else",
                "is paid back",
                "on the day after",
            ],
        ),
    ],
)
def test_the_contract_says_it_and_no_other_day_to_pay(
    app: Flask, session: Session, sale: Sale, language: str, words: list[str]
) -> None:
    content = session.scalars(select(SaleContract.content).where(SaleContract.sale_id == sale.id)).one()
    with app.test_request_context(), using_language(language):
        said = " ".join(
            line for _, lines in sections(content, read_terms(sale.terms), language) for line in lines
        )
    assert [word for word in words if word not in said] == []
    assert "within 15 days" not in said
    assert "dentro de 15 días" not in said


def test_its_invoice_is_due_before_the_goods_leave(session: Session, sale: Sale, now: datetime) -> None:
    content = session.get_one(Paper, invoiced(session, now, sale).paper_id).content
    assert content["sale"]["secured"] is True
    terms(session, now)
    unsecured = session.get_one(Paper, invoiced(session, now, make_sale(session, now)).paper_id).content
    assert "secured" not in unsecured["sale"]


def test_a_longer_list_takes_no_more_statements(
    session: Session, sale: Sale, now: datetime, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    def read() -> int:
        with query_count() as seen:
            page = list_secured(session, CAST.treasurer.actor, PageRequest())
        assert page.total == len(page.items) >= 1
        return seen.count

    few = read()
    _delivered(session, now, sale)
    for _ in range(3):
        make_sale(session, now)
    assert read() == few
