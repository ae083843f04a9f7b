from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import Forbidden, IdempotencyConflict
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.grading.errors import ChoiceDateOutOfRange, ChoiceDateTaken, SchemeNotChoosable
from chain.grading.models import SchemeChoice
from chain.grading.queries import list_choices, scheme_in_force, schemes_in_force
from chain.grading.services import choose_scheme
from tests.support.cast import Cast

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
TODAY = NOW.date()


def choose(session: Session, actor: Actor, **changes: object) -> SchemeChoice:
    wanted: dict[str, object] = {
        "commodity": "alpaca-fibre",
        "scheme": "ntp-231.301",
        "edition": "2022",
        "valid_from": date(2026, 11, 1),
        **changes,
    }
    return choose_scheme(session, actor=actor, now=NOW, **wanted)  # type: ignore[arg-type]


def test_without_a_choice_the_usual_schemes_of_the_country_apply(session: Session, cast: Cast) -> None:
    peru = {key: one.id for key, one in schemes_in_force(session, cast.centre.id, TODAY).items()}
    assert peru == {
        "alpaca-fibre": "ntp-231.301@2014",
        "llama-fibre": "ntp-231.301@2014",
        "raw-milk": "ntp-202.001@2003",
        "llama-carcass": "ibnorca-camelid-carcass@1997",
    }
    assert scheme_in_force(session, cast.other_centre.id, "raw-milk", TODAY).id == "nb-33013@undated"


def test_a_choice_holds_from_its_first_day(session: Session, cast: Cast) -> None:
    choose(session, cast.grader.actor)
    editions = [
        scheme_in_force(session, cast.centre.id, "alpaca-fibre", day).edition
        for day in (date(2026, 10, 31), date(2026, 11, 1), TODAY)
    ]
    assert editions == ["2014", "2022", "2022"]


def test_the_latest_first_day_wins_whatever_the_order_of_choosing(session: Session, cast: Cast) -> None:
    choose(session, cast.grader.actor)
    choose(session, cast.grader.actor, edition="2004", valid_from=date(2026, 3, 1))
    assert scheme_in_force(session, cast.centre.id, "alpaca-fibre", date(2026, 3, 2)).edition == "2004"
    assert scheme_in_force(session, cast.centre.id, "alpaca-fibre", TODAY).edition == "2022"


def test_a_choice_concerns_one_product_of_one_organisation(session: Session, cast: Cast) -> None:
    choose(session, cast.grader.actor)
    assert scheme_in_force(session, cast.centre.id, "llama-fibre", TODAY).edition == "2014"
    assert scheme_in_force(session, cast.other_centre.id, "alpaca-fibre", TODAY).edition == "2014"
    assert list_choices(session, cast.outsider.actor, PageRequest()).total == 0


def test_whoever_weighs_does_not_choose_the_norm(session: Session, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        choose(session, cast.clerk.actor)


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "ntp-999"},
        {"edition": "1999"},
        {"scheme": "nb-33013", "edition": "undated"},
        {"scheme": "ntp-231.300", "edition": "2014"},
        {"scheme": "colours-aoa", "edition": "undated"},
        {"commodity": "potatoes"},
    ],
)
def test_a_scheme_that_cannot_class_the_product_is_refused(
    session: Session, cast: Cast, changes: dict[str, object]
) -> None:
    with pytest.raises(SchemeNotChoosable):
        choose(session, cast.grader.actor, **changes)


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2027, 11, 24), date(2206, 11, 1)])
def test_a_slip_in_the_year_is_refused(session: Session, cast: Cast, day: date) -> None:
    with pytest.raises(ChoiceDateOutOfRange):
        choose(session, cast.grader.actor, valid_from=day)


def test_two_choices_cannot_begin_on_one_day(session: Session, cast: Cast) -> None:
    choose(session, cast.grader.actor)
    with pytest.raises(ChoiceDateTaken):
        choose(session, cast.grader.actor, edition="2004")
    assert scheme_in_force(session, cast.centre.id, "alpaca-fibre", TODAY).edition == "2022"


def test_sending_a_choice_twice_makes_one(session: Session, cast: Cast) -> None:
    choice_id = new_id()
    first = choose(session, cast.grader.actor, choice_id=choice_id)
    assert choose(session, cast.grader.actor, choice_id=choice_id) is first
    with pytest.raises(IdempotencyConflict):
        choose(session, cast.grader.actor, choice_id=choice_id, edition="2004")
    with pytest.raises(IdempotencyConflict):
        choose(session, cast.outsider.actor, choice_id=choice_id)


def test_a_choice_is_in_the_audit_trail_with_what_was_before(session: Session, cast: Cast) -> None:
    choice = choose(session, cast.grader.actor)
    found = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == choice.id)).one()
    assert (found.tag, found.actor_id) == ("grading:scheme_choice:made", cast.grader.id)
    assert found.before == {"scheme": "ntp-231.301", "edition": "2014"}
    assert found.after is not None
    assert found.after["edition"] == "2022"
