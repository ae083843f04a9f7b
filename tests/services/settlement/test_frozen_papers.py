"""What was delivered, sold, calculated, lent and printed stays as it was written, whoever has the keys of the database."""

from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.models import Receipt
from chain.settlement.services.advances import give_advance
from chain.settlement.services.receipts import print_receipts
from chain.settlement.services.runs import approve_run, pay_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.settling import DAY, sold_lots

#: Changes that somebody with the keys of the database might try.
FORGERIES = (
    "UPDATE receipt SET content = '{}'",
    "UPDATE receipt SET net_minor = net_minor + 1",
    "UPDATE receipt SET number = number + 1000",
    "DELETE FROM receipt",
    "UPDATE run_lot SET amount_minor = 1",
    "DELETE FROM run_lot",
    "UPDATE settlement_line SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
    "UPDATE settlement_item SET amount_minor = 1",
    "DELETE FROM settlement_item",
    "UPDATE settlement_run SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
    "UPDATE settlement_run SET prepared_by = NULL",
    "UPDATE sale SET proceeds_minor = 1",
    "UPDATE sale_line SET amount_minor = 1",
    "UPDATE advance SET amount_minor = amount_minor + 1",
    "DELETE FROM advance",
    "UPDATE lot SET quantity = quantity + 1",
    "UPDATE lot SET claim = 'organic'",
)


@pytest.fixture
def paid(session: Session, cast: Cast, now: datetime) -> Receipt:
    sale, members = sold_lots(session, [[2000, 3000], [1500]])
    give_advance(
        session,
        actor=cast.accountant.actor,
        now=now,
        advance_id=new_id(),
        producer_id=members[0].id,
        amount_minor=500,
        given_on=DAY,
        note="Sal mineral",
    )
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    return session.scalars(select(Receipt).order_by(Receipt.number).limit(1)).one()


@pytest.mark.parametrize("statement", FORGERIES)
def test_a_paper_cannot_be_forged(session: Session, paid: Receipt, statement: str) -> None:
    assert paid.number
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_prints_are_still_counted(session: Session, cast: Cast, now: datetime, paid: Receipt) -> None:
    for copy in (0, 1):
        (printed,) = print_receipts(session, actor=cast.treasurer.actor, now=now, receipt_ids=[paid.id])
        assert printed.copy == copy
    assert paid.printed == 2
