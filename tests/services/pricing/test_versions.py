"""Versions: drafts, into force, frozen, ended, withdrawn; overlaps are refused with the other's dates."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.pricing.errors import DeliveriesServed, PriceOverlaps, SchemeKeyTaken, VersionStateRefused
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.queries import class_values, schemes_between
from chain.pricing.rules import PriceContent
from chain.pricing.rules.content import ClassPrice, PayUnit, SchemeKind
from chain.pricing.rules.states import Lane
from chain.pricing.services.flat import set_price
from chain.pricing.services.schemes import change_version, create_scheme, discard_draft, write_version
from chain.pricing.services.states import activate_version, end_version, withdraw_version
from tests.support.cast import Cast
from tests.support.pricing import add_milk, flat
from tests.support.settling import add_members

MARCH, APRIL = (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))
DECISION = "Asamblea del 1 de marzo"


def scheme(session: Session, cast: Cast, now: datetime, **more: Any) -> PriceScheme:
    """Open a price list of milk."""
    values = {"key": "leche", "name": "Leche", "commodity": "raw-milk", **more}
    return create_scheme(session, actor=cast.accountant.actor, now=now, scheme_id=new_id(), **values)


def version(
    session: Session,
    cast: Cast,
    now: datetime,
    scheme_id: UUID,
    content: PriceContent | None = None,
    days: tuple[date, date | None] = MARCH,
    *,
    is_in_force: bool = True,
) -> PriceVersion:
    """Write a version, in force at once unless told otherwise."""
    written = write_version(
        session,
        actor=cast.accountant.actor,
        now=now,
        version_id=new_id(),
        scheme_id=scheme_id,
        content=content or flat(175),
        valid_from=days[0],
        valid_to=days[1],
        decided_by=DECISION,
    )
    if is_in_force:
        activate_version(session, actor=cast.accountant.actor, now=now, version_id=written.id)
    return written


def test_a_draft_prices_nothing_until_it_is_in_force(session: Session, cast: Cast, now: datetime) -> None:
    one = scheme(session, cast, now)
    draft = version(session, cast, now, one.id, is_in_force=False)
    centre = session.get_one(Organisation, cast.centre.id)
    assert schemes_between(session, centre, "raw-milk", *MARCH) == []
    activate_version(session, actor=cast.accountant.actor, now=now, version_id=draft.id)
    activate_version(session, actor=cast.accountant.actor, now=now, version_id=draft.id)
    (span,) = schemes_between(session, centre, "raw-milk", date(2026, 3, 31), date(2026, 4, 2))
    assert (span.version_id, span.content, span.number, span.currency) == (draft.id, flat(175), 1, "PEN")
    assert schemes_between(session, centre, "raw-milk", *APRIL) == []
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.subject_id == draft.id)).all()
    assert sorted(tags) == ["pricing:version:activated", "pricing:version:written"]


def test_an_overlap_is_refused_with_the_dates_of_the_other(
    session: Session, cast: Cast, now: datetime
) -> None:
    one, other = scheme(session, cast, now), scheme(session, cast, now, key="otra")
    version(session, cast, now, one.id)
    draft = version(session, cast, now, other.id, days=(date(2026, 3, 31), None), is_in_force=False)
    with pytest.raises(PriceOverlaps) as refused:
        activate_version(session, actor=cast.accountant.actor, now=now, version_id=draft.id)
    assert (refused.value.params["valid_from"], refused.value.params["valid_to"]) == MARCH
    assert draft.state == "draft"


def test_a_new_version_may_end_the_one_that_runs(session: Session, cast: Cast, now: datetime) -> None:
    one = scheme(session, cast, now)
    running = version(session, cast, now, one.id, days=(MARCH[0], None))
    following = version(session, cast, now, one.id, flat(190), (APRIL[0], None), is_in_force=False)
    with pytest.raises(PriceOverlaps):
        activate_version(session, actor=cast.accountant.actor, now=now, version_id=following.id)
    activate_version(
        session, actor=cast.accountant.actor, now=now, version_id=following.id, ends_previous=True
    )
    assert (running.state, running.valid_to) == ("ended", MARCH[1])
    centre = session.get_one(Organisation, cast.centre.id)
    spans = schemes_between(session, centre, "raw-milk", MARCH[0], APRIL[1])
    assert [one.content.base_minor for one in spans] == [175, 190]


def test_a_share_of_the_sale_stands_beside_a_price(session: Session, cast: Cast, now: datetime) -> None:
    one = scheme(session, cast, now, key="fibra", commodity="alpaca-fibre")
    version(session, cast, now, one.id, flat(900, PayUnit.KILOGRAM))
    values = PriceContent(
        kind=SchemeKind.SHARE,
        unit=PayUnit.KILOGRAM,
        share_basis_points=9_000,
        grades_from=("ntp-231.301", "2014"),
        classes=(ClassPrice("baby", None, 2_200), ClassPrice("fleece", "white", 1_600)),
    )
    version(session, cast, now, one.id, values)
    assert class_values(session, cast.centre.id, "alpaca-fibre", MARCH[0]) == {
        ("baby", None): 2_200,
        ("fleece", "white"): 1_600,
    }
    centre = session.get_one(Organisation, cast.centre.id)
    for lane, kind in ((Lane.PRICE, SchemeKind.FLAT), (Lane.SHARE, SchemeKind.SHARE)):
        (span,) = schemes_between(session, centre, "alpaca-fibre", *MARCH, lane=lane)
        assert span.content.kind is kind
    assert class_values(session, cast.centre.id, "raw-milk", MARCH[0]) == {}


def test_classes_are_checked_against_their_grading_scheme(
    session: Session, cast: Cast, now: datetime
) -> None:
    one = scheme(session, cast, now, key="fibra", commodity="alpaca-fibre")
    content = PriceContent(
        kind=SchemeKind.CLASSES,
        unit=PayUnit.KILOGRAM,
        grades_from=("ntp-231.301", "2014"),
        classes=(ClassPrice("apta", None, 2_200),),
    )
    with pytest.raises(ValidationFailed) as refused:
        version(session, cast, now, one.id, content)
    assert set(refused.value.errors) == {"classes.0.grade"}
    nowhere = PriceContent(
        kind=SchemeKind.CLASSES,
        unit=PayUnit.KILOGRAM,
        grades_from=("of-nobody", "1"),
        classes=content.classes,
    )
    with pytest.raises(ValidationFailed) as refused:
        version(session, cast, now, one.id, nowhere)
    assert set(refused.value.errors) == {"grades_from"}


def test_a_draft_changes_and_goes_a_version_in_force_does_neither(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor = cast.accountant.actor
    one = scheme(session, cast, now)
    draft = version(session, cast, now, one.id, is_in_force=False)
    new: dict[str, Any] = {
        "content": flat(180),
        "valid_from": MARCH[0],
        "valid_to": None,
        "decided_by": "Acta 7",
    }
    change_version(session, actor=actor, now=now, version_id=draft.id, **new)
    assert (draft.content["base_minor"], draft.valid_to, draft.decided_by) == (180, None, "Acta 7")
    activate_version(session, actor=actor, now=now, version_id=draft.id)
    with pytest.raises(VersionStateRefused):
        change_version(session, actor=actor, now=now, version_id=draft.id, **new)
    with pytest.raises(VersionStateRefused):
        discard_draft(session, actor=actor, now=now, version_id=draft.id)
    other = version(session, cast, now, one.id, days=APRIL, is_in_force=False)
    discard_draft(session, actor=actor, now=now, version_id=other.id)
    assert session.get(PriceVersion, other.id) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE price_version SET decided_by = 'x'",
        "UPDATE price_version SET valid_from = '2026-01-01'",
        "DELETE FROM price_version",
        "UPDATE price_scheme SET commodity = 'alpaca-fibre'",
        "DELETE FROM price_scheme",
    ],
)
def test_the_database_itself_keeps_what_is_in_force(
    session: Session, cast: Cast, now: datetime, statement: str
) -> None:
    version(session, cast, now, scheme(session, cast, now).id)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_an_end_comes_earlier_never_later(session: Session, cast: Cast, now: datetime) -> None:
    actor = cast.accountant.actor
    one = version(session, cast, now, scheme(session, cast, now).id)
    for last_day in (APRIL[0], date(2026, 2, 28)):
        with pytest.raises(ValidationFailed):
            end_version(session, actor=actor, now=now, version_id=one.id, last_day=last_day)
    end_version(session, actor=actor, now=now, version_id=one.id, last_day=date(2026, 3, 15))
    end_version(session, actor=actor, now=now, version_id=one.id, last_day=date(2026, 3, 15))
    centre = session.get_one(Organisation, cast.centre.id)
    assert schemes_between(session, centre, "raw-milk", date(2026, 3, 16), MARCH[1]) == []
    assert len(schemes_between(session, centre, "raw-milk", *MARCH)) == 1


def test_a_wrong_version_is_withdrawn_with_a_reason_and_another_takes_its_days(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor = cast.accountant.actor
    one = scheme(session, cast, now)
    wrong = version(session, cast, now, one.id)
    with pytest.raises(ValidationFailed):
        withdraw_version(session, actor=actor, now=now, version_id=wrong.id, reason=" ")
    withdraw_version(session, actor=actor, now=now, version_id=wrong.id, reason="Error de tipeo")
    right = version(session, cast, now, one.id, flat(185))
    assert (wrong.state, wrong.end_reason, right.number) == ("withdrawn", "Error de tipeo", 2)
    with pytest.raises(VersionStateRefused):
        end_version(session, actor=actor, now=now, version_id=wrong.id, last_day=MARCH[0])


def test_the_same_id_again_changes_nothing_and_other_content_is_a_conflict(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor, price_id = cast.accountant.actor, new_id()
    price: dict[str, Any] = {
        "commodity": "raw-milk",
        "price_minor_per_unit": 175,
        "valid_from": MARCH[0],
        "valid_to": MARCH[1],
        "decided_by": DECISION,
    }
    first = set_price(session, actor=actor, now=now, price_id=price_id, **price)
    assert set_price(session, actor=actor, now=now, price_id=price_id, **price) == first
    with pytest.raises(IdempotencyConflict):
        set_price(session, actor=actor, now=now, price_id=price_id, **price | {"price_minor_per_unit": 1})
    with pytest.raises(PriceOverlaps):
        set_price(session, actor=actor, now=now, price_id=new_id(), **price)
    later = {**price, "valid_from": APRIL[0], "valid_to": APRIL[1]}
    set_price(session, actor=actor, now=now, price_id=new_id(), **later)
    assert [one.number for one in session.scalars(select(PriceVersion).order_by(PriceVersion.number))] == [
        1,
        2,
    ]
    assert session.scalars(select(PriceScheme.key)).all() == ["flat-raw-milk"]


def test_a_scheme_has_a_key_of_its_own_and_is_opened_once(
    session: Session, cast: Cast, now: datetime
) -> None:
    one = scheme(session, cast, now)
    with pytest.raises(SchemeKeyTaken):
        scheme(session, cast, now)
    again: dict[str, Any] = {"key": "leche", "name": "Leche", "commodity": "raw-milk"}
    actor = cast.accountant.actor
    assert create_scheme(session, actor=actor, now=now, scheme_id=one.id, **again) is one
    with pytest.raises(IdempotencyConflict):
        create_scheme(session, actor=actor, now=now, scheme_id=one.id, **again | {"name": "Otra"})
    with pytest.raises(ValidationFailed) as refused:
        scheme(session, cast, now, key="Ñandú!", name=" ", commodity="cheese")
    assert set(refused.value.errors) == {"key", "name", "commodity"}


def test_only_those_who_set_prices_do_and_others_schemes_do_not_exist(
    session: Session, cast: Cast, now: datetime
) -> None:
    one = scheme(session, cast, now)
    draft = version(session, cast, now, one.id, is_in_force=False)
    with pytest.raises(Forbidden):
        activate_version(session, actor=cast.clerk.actor, now=now, version_id=draft.id)
    with pytest.raises(NotFound):
        activate_version(session, actor=cast.outsider.actor, now=now, version_id=draft.id)
    with pytest.raises(NotFound):
        write_version(
            session,
            actor=cast.outsider.actor,
            now=now,
            version_id=new_id(),
            scheme_id=one.id,
            content=flat(1),
            valid_from=MARCH[0],
            valid_to=None,
            decided_by=DECISION,
        )


def test_dates_and_decision_are_checked(session: Session, cast: Cast, now: datetime) -> None:
    one = scheme(session, cast, now)
    with pytest.raises(ValidationFailed) as refused:
        write_version(
            session,
            actor=cast.accountant.actor,
            now=now,
            version_id=new_id(),
            scheme_id=one.id,
            content=flat(1),
            valid_from=date(1999, 1, 1),
            valid_to=date(1998, 1, 1),
            decided_by=" ",
        )
    assert set(refused.value.errors) == {"valid_from", "valid_to", "decided_by"}


def test_deliveries_keep_the_price_of_their_day_and_a_wrong_price_needs_another_person(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor = cast.accountant.actor
    one = scheme(session, cast, now)
    running = version(session, cast, now, one.id, days=(MARCH[0], None))
    (member,) = add_members(session, 1)
    delivered = add_milk(session, member, date(2026, 3, 10), litres=40)
    with pytest.raises(DeliveriesServed) as refused:
        end_version(session, actor=actor, now=now, version_id=running.id, last_day=date(2026, 3, 9))
    assert refused.value.params["last"] == date(2026, 3, 10)
    lower = version(session, cast, now, one.id, flat(100), (date(2026, 3, 5), None), is_in_force=False)
    with pytest.raises(DeliveriesServed):
        activate_version(session, actor=actor, now=now, version_id=lower.id, ends_previous=True)
    assert (running.state, lower.state) == ("in_force", "draft")
    with pytest.raises(SamePerson):
        withdraw_version(session, actor=actor, now=now, version_id=running.id, reason="Mal")
    with pytest.raises(Forbidden):
        withdraw_version(session, actor=cast.clerk.actor, now=now, version_id=running.id, reason="Mal")
    delivered.state = "settled"  # a price of what is settled may end, which changes no amount
    end_version(session, actor=actor, now=now, version_id=running.id, last_day=date(2026, 3, 9))
    add_milk(session, member, date(2026, 3, 4), litres=40)
    withdraw_version(session, actor=cast.treasurer.actor, now=now, version_id=running.id, reason="Mal")
    activate_version(session, actor=actor, now=now, version_id=lower.id)
    assert (running.state, lower.state) == ("withdrawn", "in_force")
