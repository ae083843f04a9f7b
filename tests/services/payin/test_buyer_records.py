"""Days from delivery to money, and what a paid sale frees of the buyer's limit."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from chain.buyers.models import LimitHold
from chain.core.ids import new_id
from chain.payin.queries.records import buyer_records, days_between, median_days
from chain.payin.services.payments import record_buyer_payment
from chain.sales.models import Sale
from chain.settlement.services.runs import approve_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_sale
from tests.support.selling import arrive, lots_of, send

CAST = Cast()


def _pay(session: Session, now: datetime, sale: Sale, amount: int, days: int) -> None:
    record_buyer_payment(
        session,
        actor=CAST.treasurer.actor,
        now=now + timedelta(days=60),
        payment_id=new_id(),
        sale_id=sale.id,
        amount_minor=amount,
        paid_on=now.date() + timedelta(days=days),
    )


def test_the_median_of_three_payments_is_published_and_the_last_one_frees_the_limit(
    session: Session, now: datetime
) -> None:
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})
    run = prepare_sale_run(session, actor=CAST.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    assert sale.award_id is not None
    hold = session.get_one(LimitHold, sale.award_id)
    for amount, days in ((100_000, 5), (100_000, 12)):
        _pay(session, now, sale, amount, days)
    (record,) = buyer_records(session)
    assert (record.payments, record.median_days, hold.released_at) == (2, None, None)
    _pay(session, now, sale, sale.proceeds_minor - 200_000, 40)
    (record,) = buyer_records(session)
    assert (record.payments, record.median_days, record.counts.sales) == (3, Decimal(12), 1)
    assert hold.released_at is not None


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([2, 5], None),
        ([2, 5, 9], Decimal(5)),
        ([30, 2, 9, 5], Decimal(7)),
        ([1, 2, 2, 3, 3, 4], Decimal("2.5")),
    ],
)
def test_the_median_needs_three_payments(days: list[int], expected: Decimal | None) -> None:
    assert median_days(days) == expected


def test_who_pays_before_the_delivery_pays_on_the_day() -> None:
    assert days_between(date(2026, 3, 16), date(2026, 3, 1)) == 0
    assert days_between(date(2026, 3, 16), date(2026, 4, 1)) == 16
