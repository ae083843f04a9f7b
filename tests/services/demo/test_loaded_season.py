"""The demonstration, loaded through the services, holds the published totals, and its books close."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, RoleAssignment
from chain.accounts.rules import Actor, OrganisationKind, Role
from chain.buyers.models import Demand
from chain.core.clock import utc_now
from chain.core.db import db, snapshot
from chain.core.models import OutboxMessage
from chain.core.paging import PageRequest
from chain.custody.models import Dispatch
from chain.demo import figures
from chain.demo.accounts import CENTRES, DAIRY, MILL, USERS
from chain.demo.load import load_if_empty
from chain.genealogy.models import LotEvent
from chain.genealogy.services.verify import verify_genealogy
from chain.income.models import IncomeRecord
from chain.ledger.services.posting import verify_ledger
from chain.lots.models import Lot, LotGrade
from chain.market.queries.matches import demand_matches
from chain.papers.models import Paper
from chain.sales.models import Sale, SaleLine
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from tests.support import databases

NEW_YEAR = date(2026, 1, 1)


@pytest.fixture(scope="module")
def demo_app(database_kind: databases.Kind) -> Iterator[Flask]:
    """One copy of the demonstration for all of this file: nothing here writes."""
    database = databases.create_database(database_kind, "demo")
    app = databases.make_app(database.url)
    yield app
    with app.app_context():
        db.engine.dispose()
    database.drop()


@pytest.fixture
def demo(demo_app: Flask) -> Iterator[Session]:
    with demo_app.app_context():
        yield db.session


def test_464_producers_of_nine_centres_sold_147048_pounds_to_one_mill(demo: Session) -> None:
    season = select(Lot).where(Lot.delivered_on < NEW_YEAR).subquery()
    producers, centres, grams = demo.execute(
        select(
            func.count(season.c.producer_id.distinct()),
            func.count(season.c.organisation_id.distinct()),
            func.sum(season.c.quantity),
        )
    ).one()
    assert (producers, centres, grams) == (464, 9, 66_699_851)
    sales = demo.scalars(select(Sale).where(Sale.quantity > 1_000_000)).all()
    assert sum(sale.quantity for sale in sales) == figures.FIBRE_GRAMS
    mill = demo.scalars(select(Organisation.id).where(Organisation.code == MILL)).one()
    assert {sale.buyer_id for sale in sales} == {mill}
    assert sum(sale.proceeds_minor for sale in sales) == 300_149_332


def test_every_cent_of_the_sales_reaches_producers_fees_or_advances(demo: Session) -> None:
    for sale in demo.scalars(select(Sale).where(Sale.state == "settled")):
        lines = demo.scalar(select(func.sum(SaleLine.amount_minor)).where(SaleLine.sale_id == sale.id))
        run = demo.scalars(select(SettlementRun).where(SettlementRun.sale_id == sale.id)).one()
        net, deductions = demo.execute(
            select(func.sum(SettlementLine.net_minor), func.sum(SettlementLine.deductions_minor)).where(
                SettlementLine.run_id == run.id
            )
        ).one()
        items = demo.scalar(
            select(func.sum(SettlementItem.amount_minor))
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .where(SettlementLine.run_id == run.id)
        )
        assert lines == sale.proceeds_minor == run.gross_minor == net + deductions
        assert items == net == run.net_minor


def test_56_suppliers_bring_1300_litres_every_day_of_two_fortnights(demo: Session) -> None:
    dairy = demo.scalars(select(Organisation.id).where(Organisation.code == DAIRY)).one()
    (first, _), (_, last) = figures.FORTNIGHTS
    days = demo.execute(
        select(Lot.delivered_on, func.sum(Lot.quantity), func.count(Lot.producer_id.distinct()))
        .where(Lot.organisation_id == dairy, Lot.delivered_on.between(first, last))
        .group_by(Lot.delivered_on)
    ).all()
    assert len(days) == 31
    assert {(litres, suppliers) for _, litres, suppliers in days} == {(1_300_000, 56)}


def test_fleeces_and_carcasses_are_as_the_table_of_the_document_says(demo: Session) -> None:
    fibre = demo.execute(
        select(
            Lot.quantity,
            Lot.micron_tenths,
            Lot.colour,
            Lot.attributes["length_mm"].as_string(),
            Lot.attributes["breed"].as_string(),
        ).where(Lot.delivered_on < NEW_YEAR)
    ).all()
    grams = sum(row[0] for row in fibre)
    assert len(fibre) == 6_475
    assert round(sum(row[0] * row[1] for row in fibre) / grams) == 265
    assert 11 < 100 * sum(row[0] for row in fibre if row[1] < 230) / grams < 13
    assert 48 < 100 * sum(row[0] for row in fibre if row[1] <= 265) / grams < 52
    assert 65 < 100 * sum(row[0] for row in fibre if row[2] == "white") / grams < 67
    assert 20 < 100 * sum(row[0] for row in fibre if row[2] == "multicolour") / grams < 22
    assert round(sum(int(row[3]) for row in fibre) / len(fibre)) == figures.LENGTH_MEAN_MM
    solid = [row for row in fibre if row[2] != "multicolour"]
    assert 3 < 100 * sum(row[0] for row in solid if row[4] == "suri") / sum(row[0] for row in solid) < 5

    meat = demo.execute(
        select(Lot.quantity, Lot.attributes["sarcocystis"].as_string(), Lot.delivered_on).where(
            Lot.commodity == "llama-carcass"
        )
    ).all()
    assert len(meat) == 36
    assert [row[1] for row in meat].count("present") == 11
    assert 34_000 < sum(row[0] for row in meat) / 36 < 36_000
    assert set(Counter(row[2] for row in meat).values()) <= set(range(2, 11))


def test_lots_on_offer_meet_what_the_mill_demands(demo: Session) -> None:
    mill = demo.scalars(select(Organisation.id).where(Organisation.code == MILL)).one()
    buyer = Actor(None, mill, OrganisationKind.BUYER, frozenset({Role.BUYER}))
    demands = demo.scalars(select(Demand.id).where(Demand.organisation_id == mill)).all()
    assert len(demands) == 2
    for demand in demands:
        found = demand_matches(demo, buyer, demand, PageRequest(), now=utc_now())
        assert found.matched_lots > 0
        assert not found.missing
        assert any(one.unmet for one in found.page.items)  # and some lots say why they do not


def test_no_timer_of_the_story_is_left_to_the_worker(demo: Session) -> None:
    loaded = demo.scalar(select(func.max(OutboxMessage.created_at)))
    assert loaded is not None
    waiting = demo.execute(
        select(OutboxMessage.kind, OutboxMessage.available_at).where(OutboxMessage.state == "waiting")
    ).all()
    # what is open or waits for an answer; nothing that is due on the day on which somebody looks around
    assert min(due for kind, due in waiting if kind != "ledger.day_ended") > loaded + timedelta(hours=12)
    # the books mark the end of each day, whenever the season was loaded
    assert min(due for _, due in waiting) > loaded


def test_what_is_made_of_lots_is_whole(demo: Session) -> None:
    assert not verify_genealogy(demo).problems
    kinds = Counter(demo.scalars(select(LotEvent.kind)))
    assert kinds == {"merge": 3, "sort": 1, "process": 3}
    made = {lot.commodity for lot in demo.scalars(select(Lot).where(Lot.origin == "derived"))}
    assert made == {"alpaca-fibre", "raw-milk", "cheese", "whey", "meat-cut", "charque"}
    assert demo.scalars(select(Dispatch.state)).all() == ["on_the_way"]
    assert demo.scalar(select(func.count()).select_from(Lot).where(Lot.is_held)) == 2


def test_the_books_close_and_receipts_have_no_gap(demo: Session) -> None:
    with snapshot() as session:
        report = verify_ledger(session)
    assert report.is_whole
    assert report.entries > 50
    for low, high, count in demo.execute(
        select(func.min(Paper.number), func.max(Paper.number), func.count()).group_by(
            Paper.organisation_id, Paper.series
        )
    ):
        assert (low, high) == (1, count)


def test_no_class_was_confirmed_by_who_registered_and_no_run_approved_by_who_prepared(demo: Session) -> None:
    same = select(LotGrade.id).join(Lot, Lot.id == LotGrade.lot_id)
    same = same.where(LotGrade.kind == "confirmation", LotGrade.graded_by == Lot.registered_by)
    assert demo.scalars(same).first() is None
    runs = select(SettlementRun).where(SettlementRun.approved_by == SettlementRun.prepared_by)
    assert demo.scalars(runs).first() is None


def test_every_fibre_producer_has_three_earlier_seasons(demo: Session) -> None:
    counts = demo.execute(
        select(IncomeRecord.producer_id, func.count(IncomeRecord.season.distinct())).group_by(
            IncomeRecord.producer_id
        )
    ).all()
    assert len(counts) == 464
    assert {seasons for _, seasons in counts} == {3}


def test_every_user_has_a_role_and_every_centre_its_people(demo: Session) -> None:
    assert demo.scalar(select(func.count(RoleAssignment.user_id.distinct()))) == len(USERS)
    for code in CENTRES:
        roles = demo.scalars(
            select(RoleAssignment.role.distinct())
            .join(Organisation, Organisation.id == RoleAssignment.organisation_id)
            .where(Organisation.code == code)
        ).all()
        assert {"clerk", "grader", "seller", "accountant", "treasurer", "admin"} <= set(roles)


def test_a_database_in_use_is_left_alone(demo: Session) -> None:
    before = demo.scalar(select(func.count(Lot.id)))
    assert not load_if_empty(progress=lambda _text: None)
    assert demo.scalar(select(func.count(Lot.id))) == before
