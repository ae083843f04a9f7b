"""What was delivered, sold, calculated, lent and printed stays as it was written, whoever has the keys of the database."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.services.movements import give_advance
from chain.settlement.models import SettlementRun
from chain.settlement.services.prepare import prepare_sale_run
from chain.settlement.services.runs import account_run, approve_run
from tests.support.cast import Cast
from tests.support.settling import DAY, sold_lots

#: Changes that somebody with the keys of the database might try.
FORGERIES = (
    "UPDATE run_lot SET amount_minor = 1",
    "DELETE FROM run_lot",
    "UPDATE settlement_line SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
    "UPDATE settlement_item SET amount_minor = 1",
    "DELETE FROM settlement_item",
    "UPDATE settlement_run SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
    "UPDATE settlement_run SET prepared_by = NULL",
    "UPDATE sale SET proceeds_minor = 1",
    "UPDATE sale_line SET amount_minor = 1",
    "UPDATE due_movement SET amount_minor = amount_minor + 1",
    "DELETE FROM due_movement",
    "UPDATE lot SET quantity = quantity + 1",
    "UPDATE lot SET claim = 'organic'",
)


@pytest.fixture
def paid(session: Session, cast: Cast, now: datetime) -> SettlementRun:
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
    return account_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


@pytest.mark.parametrize("statement", FORGERIES)
def test_a_paper_cannot_be_forged(session: Session, paid: SettlementRun, statement: str) -> None:
    assert paid.number
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))
