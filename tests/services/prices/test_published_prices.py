"""Published prices are read from sales, claims and paid settlements; consent names a seller."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Role
from chain.buyers.errors import NotASeller
from chain.core.errors import Forbidden
from chain.core.ids import new_id
from chain.dues.services.rules import set_deduction
from chain.grading.models import OwnScheme
from chain.prices.queries import PriceFilters, published_prices
from chain.prices.rules import Week
from chain.prices.services import set_consent
from chain.sales.models import SaleAdjustment, SaleLine
from chain.settlement.services.runs import pay_run, prepare_sale_run
from tests.support.cast import CENTRE, OTHER_CENTRE, Cast, Person
from tests.support.settling import add_lot, add_members, add_sale, book, sold_lots

FILTERS = PriceFilters(Week(2026, 1), Week(2026, 20))


def test_a_sale_is_published_in_the_week_of_its_day(session: Session) -> None:
    (member,) = add_members(session, 1)
    lots = [
        add_lot(session, member, 10_000, grade_key="baby"),
        add_lot(session, member, 30_000, grade_key="fleece"),
    ]
    add_sale(session, lots, 4_500)
    baby, fleece = published_prices(session, FILTERS)
    assert (str(baby.week), baby.grade, baby.mean_minor, baby.quantity, baby.seller) == (
        "2026-W11",
        "ntp-231.301/2014/baby",
        4_500,
        10_000,
        None,
    )
    assert fleece.quantity == 30_000
    (only,) = published_prices(session, replace(FILTERS, grade="ntp-231.301/2014/fleece"))
    assert only == fleece
    assert published_prices(session, replace(FILTERS, first=Week(2026, 12))) == []
    assert published_prices(session, replace(FILTERS, commodity="raw-milk")) == []


def test_a_class_of_an_own_scheme_does_not_tell_the_seller(
    session: Session, cast: Cast, now: datetime
) -> None:
    key, word = f"{cast.centre.code.lower()}-fina-12", "ab"
    session.add(
        OwnScheme(
            organisation_id=cast.centre.id,
            key=key,
            edition="1",
            kind="micron-classes",
            commodity="alpaca-fibre",
            document={},
            created_at=now,
            content_hash=word * 32,
        )
    )
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, grade_key="a")
    lot.grade_scheme, lot.grade_edition = key, "1"
    add_sale(session, [lot], 4_500)
    (line,) = published_prices(session, FILTERS)
    assert (line.grade, line.mean_minor) == (None, 4_500)
    assert published_prices(session, replace(FILTERS, grade=f"{key}/1/a")) == []
    set_consent(session, actor=cast.admin.actor, now=now, is_named=True)
    (line,) = published_prices(session, replace(FILTERS, grade=f"{key}/1/a"))
    assert line.grade == f"{key}/1/a"


def test_cancelled_and_defaulted_sales_do_not_count(session: Session) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    for ended in ("cancelled", "defaulted"):
        sale.ended = ended
        session.flush()
        assert published_prices(session, FILTERS) == []


def test_a_claim_lowers_the_price(session: Session, now: datetime) -> None:
    sale, _ = sold_lots(session, [[10_000]], 4_500)
    (line,) = published_prices(session, FILTERS)
    assert line.mean_minor == 4_500
    lot_id = session.scalars(select(SaleLine.lot_id).where(SaleLine.sale_id == sale.id)).one()
    session.add(
        SaleAdjustment(
            organisation_id=CENTRE.id,
            sale_id=sale.id,
            lot_id=lot_id,
            kind="class",
            source_id=new_id(),
            amount_minor=-5_000,
            basis={},
            made_at=now,
        )
    )
    session.flush()
    (line,) = published_prices(session, FILTERS)
    assert line.mean_minor == 4_000


def test_what_producers_got_is_told_once_they_were_paid(session: Session, cast: Cast, now: datetime) -> None:
    set_deduction(
        session,
        actor=cast.accountant.actor,
        now=now,
        rule_id=new_id(),
        name="Aporte",
        basis_points=1_000,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        decided_by="Asamblea",
    )
    sale, _ = sold_lots(session, [[10_000], [20_000]], 4_500)
    run = prepare_sale_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id)
    book(session, cast, now, run)
    (line,) = published_prices(session, FILTERS)
    assert line.producer_minor is None
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    (line,) = published_prices(session, FILTERS)
    assert (line.producer_minor, line.producer_quantity) == (4_050, 30_000)


def test_a_seller_is_named_while_it_consents(session: Session, cast: Cast, now: datetime) -> None:
    sold_lots(session, [[10_000]])
    (member,) = add_members(session, 1, OTHER_CENTRE)
    add_sale(session, [add_lot(session, member, 10_000, house=OTHER_CENTRE)], 4_000, house=OTHER_CENTRE)
    assert [line.seller for line in published_prices(session, FILTERS)] == [None, None]  # two currencies
    for _ in range(2):
        row = set_consent(session, actor=cast.admin.actor, now=now, is_named=True)
    assert row.changed_at == now
    assert {line.seller for line in published_prices(session, FILTERS)} == {CENTRE.name, None}
    (found,) = published_prices(session, replace(FILTERS, centre="cc01"))
    assert found.seller == CENTRE.name
    assert published_prices(session, replace(FILTERS, centre="CC02")) == []
    set_consent(session, actor=cast.admin.actor, now=now, is_named=False)
    assert {line.seller for line in published_prices(session, FILTERS)} == {None}


def test_only_administrators_of_sellers_consent(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        set_consent(session, actor=cast.seller.actor, now=now, is_named=True)
    admin_of_a_mill = Person(cast.buyer.id, "x", "x", cast.mill, (Role.ADMIN,))
    with pytest.raises(NotASeller):
        set_consent(session, actor=admin_of_a_mill.actor, now=now, is_named=True)
