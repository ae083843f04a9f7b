from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.income.queries.overview import all_producers_of_season, overview, producers_of_season
from chain.income.queries.passbook import passbook
from chain.income.rules import BaselineTerms, EarlierSeason, baseline_amount
from chain.income.services.baselines import set_baseline
from chain.income.services.earlier import bring_in_earlier_seasons
from chain.papers.models import Paper
from chain.producers.rules import Sex
from tests.support.cast import Cast
from tests.support.income import Paid, pay_period, pay_sale
from tests.support.lots import make_producer
from tests.support.queries import Queries

Counting = Callable[[], AbstractContextManager[Queries]]


def terms(season: int = 2025, price: int = 4169, commodity: str = "alpaca-fibre") -> BaselineTerms:
    return BaselineTerms(
        commodity, season, price, "Boletín de precios", "Precio medio de tres acopiadores", "published"
    )


def baseline(session: Session, cast: Cast, now: datetime) -> None:
    set_baseline(session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=terms())


def test_a_passbook_shows_what_the_receipts_say(session: Session, cast: Cast, now: datetime) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 143_750, 646_875, fee_minor=12_938, advance_minor=20_000)])
    pay_period(session, [Paid(rosa, 10_010, 45_045)], to=date(2025, 6, 30))
    baseline(session, cast, now)
    (season,) = passbook(session, rosa, cast.centre.id)
    (row,) = season.rows
    received = session.scalar(select(func.sum(Paper.amount_minor)).where(Paper.party_id == rosa))
    assert season.year == 2025
    assert row.net_minor == season.net["PEN"] == received == sum(one.net_minor for one in season.payments)
    assert row.baseline_minor == baseline_amount(153_760, 4169)
    assert row.gain_minor == row.gross_minor - baseline_amount(153_760, 4169)
    assert [(one.kind, one.amount_minor) for one in season.deductions] == [
        ("fee", 12_938),
        ("advance", 20_000),
    ]
    assert [one.receipt_number for one in season.payments] == ["R001-00000002", "R001-00000001"]


def test_what_is_prepared_or_approved_is_not_yet_income(session: Session, cast: Cast, now: datetime) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 1000, 4500)], state="approved")
    assert passbook(session, rosa, cast.centre.id) == []
    assert overview(session, cast.accountant.actor) == []


def test_a_sale_on_new_year_s_eve_in_lima_belongs_to_the_old_year(
    session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    pay_sale(session, [Paid(rosa, 1000, 4500)], agreed_at=datetime(2026, 1, 1, 3, 0, tzinfo=UTC))
    pay_sale(session, [Paid(rosa, 1000, 4700)], agreed_at=datetime(2026, 1, 1, 6, 0, tzinfo=UTC))
    assert [(one.year, one.net) for one in passbook(session, rosa)] == [
        (2026, {"PEN": 4700}),
        (2025, {"PEN": 4500}),
    ]


def test_earlier_books_and_settlements_stand_side_by_side(
    session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    row = EarlierSeason(2024, "alpaca-fibre", 100_000, 310_000, 6_200, "Libro de caja", producer_id=rosa)
    bring_in_earlier_seasons(session, actor=cast.accountant.actor, now=now, rows=[row])
    pay_period(session, [Paid(rosa, 110_000, 495_000, fee_minor=9_900)])
    new, old = passbook(session, rosa)
    assert old.rows[0].earlier_source == "Libro de caja"
    assert old.rows[0].baseline is None
    assert old.rows[0].gain_minor is None
    assert [(one.kind, one.amount_minor) for one in old.deductions] == [("earlier", 6_200)]
    assert old.change == {}
    assert new.change == {"PEN": 495_000 - 9_900 - (310_000 - 6_200)}


def test_the_own_passbook_covers_all_associations_and_a_centre_sees_its_own(
    session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 1000, 4500)])
    pay_period(session, [Paid(rosa, 2000, 9900)], house=cast.other_centre)
    (everywhere,) = passbook(session, rosa)
    assert everywhere.net == {"PEN": 4500, "BOB": 9900}
    (here,) = passbook(session, rosa, cast.centre.id)
    assert here.net == {"PEN": 4500}
    assert {one.organisation.id for one in here.payments} == {cast.centre.id}


def test_the_overview_is_the_sum_of_its_members(session: Session, cast: Cast, now: datetime) -> None:
    members = [make_producer(session, now, name=f"Socia Número {number}") for number in range(5)]
    paid = [Paid(one, 10_005 + at, 45_023 + at, fee_minor=900) for at, one in enumerate(members)]
    pay_period(session, paid)
    baseline(session, cast, now)
    (season,) = overview(session, cast.accountant.actor)
    rows = all_producers_of_season(session, cast.accountant.actor, 2025)
    assert season.all.producers == len(rows) == 5
    assert season.all.net_minor == sum(one.net_minor for one in rows) == sum(one.net_minor for one in paid)
    assert season.all.gain_minor == sum(one.gain_minor or 0 for one in rows)
    assert season.all.baseline_minor == sum(baseline_amount(one.quantity, 4169) for one in paid)
    assert season.producers_of(Sex.FEMALE) == 5
    assert season.net_of(Sex.MALE) == 0


def test_an_outsider_s_overview_is_empty(session: Session, cast: Cast, now: datetime) -> None:
    pay_period(session, [Paid(make_producer(session, now), 1000, 4500)])
    assert overview(session, cast.outsider.actor) == []
    assert all_producers_of_season(session, cast.outsider.actor, 2025) == []


def test_the_producers_of_a_season_are_found_sorted_and_paged(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = [make_producer(session, now, name=name) for name in ("Rosa Quispe", "Ñusta Mamani", "Luis Choque")]
    pay_period(session, [Paid(one, 1000, 4500 + at) for at, one in enumerate(ids)])
    actor = cast.accountant.actor
    by_net = producers_of_season(session, actor, 2025, PageRequest(page_size=2, sort="-net"))
    assert [one.full_name for one in by_net.items] == ["Luis Choque", "Ñusta Mamani"]
    assert by_net.total == 3
    found = producers_of_season(session, actor, 2025, PageRequest(), text="nusta")
    assert [one.full_name for one in found.items] == ["Ñusta Mamani"]
    assert producers_of_season(session, actor, 2024, PageRequest()).items == []


def test_reads_take_the_same_number_of_statements_whatever_the_size(
    session: Session, cast: Cast, now: datetime, query_count: Counting
) -> None:
    members = [make_producer(session, now, name=f"Socia Número {number}") for number in range(12)]
    for month in range(1, 7):
        pay_period(session, [Paid(one, 1000, 4500) for one in members], to=date(2025, month, 28))
    with query_count() as queries:
        passbook(session, members[0])
    assert queries.count <= 5, str(queries)
    with query_count() as queries:
        overview(session, cast.accountant.actor)
    assert queries.count <= 2, str(queries)
