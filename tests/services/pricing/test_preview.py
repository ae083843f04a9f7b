"""The last three deliveries under new prices, with the results that count for them and those before."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.lots.models import Lot
from chain.pricing.errors import NoPriceForClass
from chain.pricing.queries.preview import Preview, preview
from chain.pricing.queries.results import earlier_results, price_with_results
from chain.pricing.rules import DeliveryFacts, PriceContent
from chain.pricing.rules.content import Basis, ClassPrice, Composition, PayUnit, SchemeKind
from tests.services.pricing.test_versions import scheme, version
from tests.support.cast import Cast
from tests.support.pricing import add_milk, flat, milk, span
from tests.support.settling import Member, add_lot, add_members

FAT = Composition(parameter="fat_pct", basis=Basis.POINT, rate_minor=20, reference=Decimal("3.5"))


def milk_lot(
    session: Session, member: Member, day: int, fat: str | None = None, litres: int = 10, **more: Any
) -> Lot:
    results = {} if fat is None else {"fat_pct": fat}
    return add_milk(session, member, date(2026, 3, day), litres=litres, results=results, **more)


def looked_at(session: Session, cast: Cast, content: PriceContent, commodity: str = "raw-milk") -> Preview:
    centre = session.get_one(Organisation, cast.centre.id)
    return preview(session, centre, commodity, span(content, date(2027, 1, 1), None))


def test_the_last_three_deliveries_of_each_are_compared(session: Session, cast: Cast, now: datetime) -> None:
    one, other, newcomer = add_members(session, 3)
    for day in (1, 2, 3, 4):
        milk_lot(session, one, day, litres=day)
    milk_lot(session, other, 3)
    milk_lot(session, newcomer, 20)
    version(
        session, cast, now, scheme(session, cast, now).id, flat(100), (date(2026, 3, 1), date(2026, 3, 10))
    )
    found = looked_at(session, cast, flat(90))
    assert [(row.deliveries, row.quantity, row.before_minor, row.after_minor) for row in found.rows] == [
        (3, 9_000, 900, 810),
        (1, 10_000, 1_000, 900),
        (1, 10_000, None, 900),
    ]
    assert (found.before_minor, found.after_minor, found.losing, found.gaining) == (1_900, 1_710, 2, 0)
    assert found.rows[2].difference_minor is None


def test_nobody_else_s_deliveries_are_looked_at(session: Session, cast: Cast, now: datetime) -> None:
    (stranger,) = add_members(session, 1, cast.other_centre)
    milk_lot(session, stranger, 2, house=cast.other_centre)
    assert looked_at(session, cast, flat(90)).rows == ()


def test_results_that_count_and_earlier_ones_decide(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    for day, fat in ((1, "9.0"), (2, "3.6"), (3, "3.8"), (4, "4.0")):
        milk_lot(session, member, day, fat)
    measured = milk_lot(session, member, 10, "3.5", measured={"fat_pct": "4.5"})
    plain = milk_lot(session, member, 9)
    facts = [
        DeliveryFacts(
            lot.id, lot.id, member.id, lot.delivered_on, lot.quantity, "ml", "raw-milk", "raw-milk",
            attributes=lot.attributes,
        )
        for lot in (measured, plain)
    ]  # fmt: skip
    content = milk(450, composition=(FAT,))
    march = span(content, date(2026, 3, 1), date(2026, 3, 31))
    history = earlier_results(session, cast.centre.id, facts, ["fat_pct"])
    assert sorted(one.value for one in history) == [
        Decimal("3.6"),
        Decimal("3.8"),
        Decimal("4.0"),
        Decimal("9.0"),
    ]
    (group,) = price_with_results(session, cast.centre.id, [march], facts)
    assert group.lots == {(measured.id, measured.id): 4_700, (plain.id, plain.id): 4_560}


def test_an_analysis_counts_however_often_milk_came_since(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    milk_lot(session, member, 1, "3.2")
    milk_lot(session, member, 1, measured={"fat_pct": "3.6"})
    for day in range(2, 20):
        milk_lot(session, member, day)
    late = milk_lot(session, member, 20)
    facts = [
        DeliveryFacts(
            late.id, late.id, member.id, late.delivered_on, late.quantity, "ml", "raw-milk", "raw-milk"
        )
    ]
    history = earlier_results(session, cast.centre.id, facts, ["fat_pct", "protein_pct"])
    assert sorted(one.value for one in history) == [Decimal("3.2"), Decimal("3.6")]


def test_a_class_without_a_price_is_named(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 5_000, grade_key="gruesa")
    content = PriceContent(
        kind=SchemeKind.CLASSES,
        unit=PayUnit.KILOGRAM,
        grades_from=("ntp-231.301", "2014"),
        classes=(ClassPrice("baby", None, 2_000),),
    )
    with pytest.raises(NoPriceForClass, match="gruesa"):
        looked_at(session, cast, content, "alpaca-fibre")


def test_a_simple_version_asks_for_no_results(
    session: Session, cast: Cast, now: datetime, query_count: Any
) -> None:
    for member in add_members(session, 5):
        milk_lot(session, member, 2)
    version(session, cast, now, scheme(session, cast, now).id, flat(100))
    session.expire_all()
    with query_count() as queries:
        looked_at(session, cast, flat(120))
    assert queries.count <= 4, str(queries)
