"""Whatever changes what a producer is owed tells the producer: rules, charges, the cap and prices, before and after."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import chain.settlement.handlers  # noqa: F401 - registers what the worker runs
from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.dues.rules import DueKind
from chain.dues.services.rules import (
    confirm_deduction,
    end_deduction,
    set_deduction,
    set_group_charge,
    set_recovery_cap,
    withdraw_group_charge,
)
from chain.lots.models import ProducerNotice
from chain.lots.queries.notices import notices_of
from chain.pricing.models import PriceVersion
from chain.pricing.services.flat import set_price
from chain.pricing.services.schemes import write_version
from chain.pricing.services.states import activate_version, end_version, withdraw_version
from chain.producers.models import Membership
from chain.settlement.fortnight.models import MilkZone, MilkZoneRoute
from chain.settlement.services.dues_told import CAP_SET, CHARGE_SET, CHARGE_WITHDRAWN, RULE_ENDED, RULE_SET
from chain.settlement.services.prices_told import (
    CHANGED,
    LAST_ONES,
    PRICE_ENDED,
    PRICE_SET,
    PRICE_WITHDRAWN,
    UNPRICED,
)
from tests.support.cast import CENTRE, Cast
from tests.support.dairy import add_route
from tests.support.pricing import add_milk, flat
from tests.support.settling import (
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_sale,
    book,
    prepare_sale,
)

ASSEMBLY = "Asamblea del 10 de marzo"
Tell = Callable[[], list[ProducerNotice]]


@pytest.fixture
def tell(session: Session, now: datetime) -> Tell:
    """Work off the outbox and return the notices that came of it, in the order of the producers."""
    seen: set[UUID] = set()

    def work() -> list[ProducerNotice]:
        while run_next(session, now=now):
            pass
        failed = session.scalars(select(OutboxMessage.last_error).where(OutboxMessage.last_error != "")).all()
        assert not failed
        rows = session.scalars(select(ProducerNotice).order_by(ProducerNotice.producer_id)).all()
        fresh = [row for row in rows if row.id not in seen]
        seen.update(row.id for row in fresh)
        return fresh

    return work


def _params(notice: ProducerNotice, name: str) -> dict[str, Any]:
    """Return the values of a sentence inside a notice."""
    found = notice.params[name]
    return dict(found["params"]) if found else {}


def _fee(session: Session, cast: Cast, now: datetime, first: date, points: int, **more: Any) -> UUID:
    facts: dict[str, Any] = {"name": "Aporte", "basis_points": points, "valid_to": None, **more}
    return set_deduction(
        session, actor=cast.accountant.actor, now=now, rule_id=new_id(), valid_from=first, decided_by=ASSEMBLY,
        **facts,
    ).id  # fmt: skip


def test_a_fee_that_follows_another_is_told_with_what_it_makes_of_the_last_payment(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    paid, unpaid, away = add_members(session, 3)
    rule_id = add_fee(session, cast, now, 200)
    sale = add_sale(session, [add_lot(session, paid, 10_000)])
    book(session, cast, now, prepare_sale(session, cast, now, sale))
    add_lot(session, unpaid, 5_000)
    tell()
    end_deduction(session, actor=cast.accountant.actor, now=now, rule_id=rule_id, last_day=date(2026, 3, 31))
    ended = tell()
    assert {one.msgid for one in ended} == {RULE_ENDED}
    assert [one.producer_id for one in ended] == sorted([paid.id, unpaid.id])
    assert away.id not in {one.producer_id for one in ended}
    _fee(session, cast, now, date(2026, 4, 1), 350)
    begun = {one.producer_id: one for one in tell()}
    assert begun[paid.id].msgid == RULE_SET
    assert _params(begun[paid.id], "example") == {
        "gross_minor": 45_000, "before_minor": 900, "after_minor": 1_575,
    }  # fmt: skip
    assert begun[unpaid.id].params["example"] == ""
    shown = {row.id: row for row in notices_of(session, paid.id)}[begun[paid.id].id].message
    assert "Aporte: from 2026-04-01 on, 3.5 % of the amount" in str(shown)


def test_a_tax_is_told_when_it_is_confirmed_and_a_repeated_end_once(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 1_000)
    tax = _fee(session, cast, now, date(2026, 3, 1), 80, name="IUE", kind=DueKind.WITHHOLDING)
    assert tell() == []
    confirm_deduction(session, actor=cast.accountant.actor, now=now, rule_id=tax)
    assert [one.msgid for one in tell()] == [RULE_SET]
    for _ in range(2):
        end_deduction(session, actor=cast.accountant.actor, now=now, rule_id=tax, last_day=date(2026, 6, 30))
    assert [one.msgid for one in tell()] == [RULE_ENDED]
    end_deduction(session, actor=cast.accountant.actor, now=now, rule_id=tax, last_day=date(2026, 5, 31))
    (moved,) = tell()
    assert _params(moved, "planned") == {"planned_day": "2026-06-30"}
    with pytest.raises(ValidationFailed):  # a longer time needs another decision
        end_deduction(session, actor=cast.accountant.actor, now=now, rule_id=tax, last_day=date(2026, 7, 31))


def test_another_cap_is_told_to_those_who_owe(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    debtor, free = add_members(session, 2)
    sale = add_sale(session, [add_lot(session, debtor, 10_000), add_lot(session, free, 10_000)])
    book(session, cast, now, prepare_sale(session, cast, now, sale))
    add_advance(session, cast, now, debtor, 5_000)
    tell()
    facts: dict[str, Any] = {"valid_from": date(2026, 4, 1), "decided_by": ASSEMBLY}
    for points in (2_000, 4_000):  # the first is what the platform leaves anyway
        set_recovery_cap(
            session, actor=cast.accountant.actor, now=now, cap_id=new_id(), left_basis_points=points, **facts
        )
    (told,) = tell()
    assert (told.msgid, told.producer_id, told.params["open_minor"]) == (CAP_SET, debtor.id, 5_000)
    assert (told.params["before_bp"], told.params["after_bp"]) == (2_000, 4_000)
    assert _params(told, "example") == {"gross_minor": 45_000, "before_minor": 9_000, "after_minor": 18_000}


def test_a_charge_of_a_zone_is_told_to_its_producers_and_its_withdrawal_too(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    near, far = add_members(session, 2)
    route = add_route(session, "R2")
    zones = [
        MilkZone(id=new_id(), organisation_id=CENTRE.id, code=code, name=code, is_default=code == "Z1", created_at=now)
        for code in ("Z1", "Z2")
    ]  # fmt: skip
    session.add_all(zones)
    session.flush()
    session.add(MilkZoneRoute(route_id=route, zone_id=zones[1].id))
    add_milk(session, near, date(2026, 3, 10))
    add_milk(session, far, date(2026, 3, 10)).route_id = route
    session.flush()
    facts: dict[str, Any] = {"name": "Alcohol", "charged_on": date(2026, 3, 12), "decided_by": ASSEMBLY}
    charges = [
        set_group_charge(
            session, actor=cast.accountant.actor, now=now, charge_id=new_id(), amount_minor=700, zone_id=zone, **facts
        ).id
        for zone in (zones[0].id, zones[1].id, None)
    ]  # fmt: skip
    told = tell()
    assert {one.msgid for one in told} == {CHARGE_SET}
    assert [(one.producer_id == near.id, one.params["after_minor"]) for one in told].count((True, 700)) == 2
    assert len(told) == 4
    withdraw_group_charge(session, actor=cast.accountant.actor, now=now, charge_id=charges[1])
    (gone,) = tell()
    assert (gone.msgid, gone.producer_id) == (CHARGE_WITHDRAWN, far.id)
    assert (gone.params["before_minor"], gone.params["after_minor"]) == (700, 0)


def _price(session: Session, cast: Cast, now: datetime, minor: int, first: date, last: date) -> UUID:
    return set_price(
        session, actor=cast.accountant.actor, now=now, price_id=new_id(), commodity="raw-milk",
        price_minor_per_unit=minor, valid_from=first, valid_to=last, decided_by=ASSEMBLY,
    ).id  # fmt: skip


def test_another_price_is_told_with_what_the_last_deliveries_would_bring(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    dairy, herder = add_members(session, 2)
    add_lot(session, herder, 1_000)
    _price(session, cast, now, 170, date(2026, 3, 1), date(2026, 3, 31))
    for day in (10, 11, 12, 13):
        add_milk(session, dairy, date(2026, 3, day), litres=day)
    tell()
    _price(session, cast, now, 180, date(2026, 4, 1), date(2026, 4, 30))
    (told,) = tell()
    assert (told.msgid, told.producer_id) == (PRICE_SET, dairy.id)
    assert _params(told, "before")["price_minor"] == 170
    assert told.params["example"]["msgid"] == LAST_ONES
    assert _params(told, "example") == {"count": 3, "before_minor": 6_120, "after_minor": 6_480}
    before = session.scalar(select(func.count()).select_from(ProducerNotice))
    _price(
        session, cast, now, 180, date(2026, 5, 1), date(2026, 5, 31)
    )  # the same price again changes nothing
    assert tell() == []
    assert session.scalar(select(func.count()).select_from(ProducerNotice)) == before


def test_a_price_that_is_withdrawn_and_corrected_changes_what_unpaid_deliveries_are_owed(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    (member,) = add_members(session, 1)
    wrong = _price(session, cast, now, 17, date(2026, 3, 1), date(2026, 3, 31))
    add_milk(session, member, date(2026, 3, 10), litres=100)
    tell()
    withdraw_version(session, actor=cast.treasurer.actor, now=now, version_id=wrong, reason="Se tecleó mal")
    (gone,) = tell()
    assert (gone.msgid, gone.params["reason"]) == (PRICE_WITHDRAWN, "Se tecleó mal")
    assert gone.params["example"]["msgid"] == UNPRICED
    assert _params(gone, "example")["before_minor"] == 1_700
    _price(session, cast, now, 170, date(2026, 3, 1), date(2026, 3, 31))
    (right,) = tell()
    assert right.params["example"]["msgid"] == CHANGED
    assert _params(right, "example") == {"count": 1, "before_minor": 1_700, "after_minor": 17_000}


def test_a_version_that_ends_early_is_told_and_one_that_ends_the_other_is_told_once(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    add_milk(session, member, date(2026, 3, 10))
    first = _price(session, cast, now, 170, date(2026, 3, 1), date(2026, 12, 31))
    tell()
    end_version(session, actor=actor, now=now, version_id=first, last_day=date(2026, 6, 30))
    (ended,) = tell()
    assert (ended.msgid, ended.params["last_day"]) == (PRICE_ENDED, "2026-06-30")
    assert _params(ended, "planned") == {"planned_day": "2026-12-31"}
    scheme = session.get_one(PriceVersion, first).scheme_id
    for minor, month in ((180, 7), (190, 8)):
        version = write_version(
            session, actor=actor, now=now, version_id=new_id(), scheme_id=scheme, content=flat(minor),
            valid_from=date(2026, month, 1), valid_to=None, decided_by=ASSEMBLY,
        )  # fmt: skip
        activate_version(session, actor=actor, now=now, version_id=version.id, ends_previous=True)
        (told,) = tell()
        assert (told.msgid, _params(told, "after")["price_minor"]) == (PRICE_SET, minor)


def test_nobody_of_another_organisation_and_nobody_who_left_is_told(
    session: Session, cast: Cast, now: datetime, tell: Tell
) -> None:
    stays, left = add_members(session, 2)
    (stranger,) = add_members(session, 1, cast.other_centre)
    for member in (stays, left):
        add_milk(session, member, now.date() - timedelta(days=3))
    add_milk(session, stranger, now.date() - timedelta(days=3), house=cast.other_centre)
    gone = session.scalars(select(Membership).where(Membership.producer_id == left.id)).one()
    gone.left_on = date(2026, 3, 15)
    session.flush()
    _fee(session, cast, now, date(2026, 4, 1), 100)
    told = tell()
    assert [(one.producer_id, one.organisation_id) for one in told] == [(stays.id, CENTRE.id)]
