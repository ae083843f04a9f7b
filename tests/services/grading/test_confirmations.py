from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.grading import queries
from chain.grading.errors import AlreadyConfirmed, OtherValueConfirmed, ValueNotConfirmable
from chain.grading.models import LimitConfirmation
from chain.grading.scheme_files import get_scheme
from chain.grading.services import confirm_value, withdraw_confirmation
from chain.grading.unconfirmed import unconfirmed_values
from chain.lots.grades import WARN_OWN_WORD
from chain.lots.services.schemes import choosable_classes, open_house
from tests.support.cast import Cast, Person

MILK = ("ntp-202.001", "2003")


def fat() -> tuple[str, str]:
    values = unconfirmed_values(get_scheme(*MILK))
    found = next(one for one in values if one.key == "fat")
    return found.key, found.value


def confirm(session: Session, who: Person, now: datetime, **changes: Any) -> LimitConfirmation:
    key, value = fat()
    wanted: dict[str, Any] = {
        "scheme": MILK[0],
        "edition": MILK[1],
        "value_key": key,
        "value": value,
        "person": "Rosa Quispe",
        "basis": "Our own copy of the norm, page 7",
        **changes,
    }
    return confirm_value(session, actor=who.actor, now=now, **wanted)


def verdict(session: Session, cast: Cast, now: datetime, fat_pct: str) -> tuple[str | None, bool]:
    _, book = open_house(session, cast.centre.id)
    proposal = book.proposer("raw-milk", now.date()).propose({"fat_pct": fat_pct}, None)
    return proposal.key, any(one["msgid"] == WARN_OWN_WORD for one in proposal.reasons)


def test_a_value_counts_once_a_named_person_vouches_for_it_and_the_result_says_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    assert verdict(session, cast, now, "1.0") == (None, False)
    row = confirm(session, cast.grader, now)
    assert queries.confirmed_values(session, cast.centre.id, *MILK) == {"fat"}
    assert verdict(session, cast, now, "1.0") == ("reject", True)
    withdraw_confirmation(session, actor=cast.grader.actor, now=now, confirmation_id=row.id)
    assert verdict(session, cast, now, "1.0") == (None, False)


def test_it_counts_in_this_organisation_only(session: Session, cast: Cast, now: datetime) -> None:
    row = confirm(session, cast.grader, now)
    assert queries.confirmed_values(session, cast.other_centre.id, *MILK) == frozenset()
    with pytest.raises(NotFound):
        withdraw_confirmation(session, actor=cast.outsider.actor, now=now, confirmation_id=row.id)


def test_what_the_person_saw_must_be_what_stands_there(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(OtherValueConfirmed):
        confirm(session, cast.grader, now, value="≥ 9.9")
    with pytest.raises(ValueNotConfirmable):
        confirm(session, cast.grader, now, value_key="charm")
    with pytest.raises(NotFound):
        confirm(session, cast.grader, now, edition="1999")


def test_a_value_is_confirmed_once_and_may_be_confirmed_again_after_withdrawal(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = confirm(session, cast.grader, now)
    with pytest.raises(AlreadyConfirmed):
        confirm(session, cast.grader, now)
    withdraw_confirmation(session, actor=cast.grader.actor, now=now, confirmation_id=row.id)
    again = confirm(session, cast.grader, now)
    assert [one.id for one in queries.confirmations_of(session, cast.centre.id, *MILK)] == [again.id, row.id]


def test_sending_twice_confirms_once(session: Session, cast: Cast, now: datetime) -> None:
    confirmation_id = new_id()
    first = confirm(session, cast.grader, now, confirmation_id=confirmation_id)
    assert confirm(session, cast.grader, now, confirmation_id=confirmation_id) is first
    with pytest.raises(IdempotencyConflict):
        confirm(session, cast.grader, now, confirmation_id=confirmation_id, person="Another Person")


def test_person_and_ground_are_needed(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(ValidationFailed) as refused:
        confirm(session, cast.grader, now, person=" ", basis="yes")
    assert set(refused.value.errors) == {"person", "basis"}
    with pytest.raises(Forbidden):
        confirm(session, cast.clerk, now)


def test_the_audit_trail_keeps_who_and_why(session: Session, cast: Cast, now: datetime) -> None:
    row = confirm(session, cast.grader, now)
    record = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == row.id)).one()
    assert record.tag == "grading:value:confirmed"
    assert record.after is not None
    assert record.after["person"] == "Rosa Quispe"


def test_a_class_of_the_sorter_may_be_set_once_it_is_confirmed(
    session: Session, cast: Cast, now: datetime
) -> None:
    norm = ("ntp-231.301", "2014")
    assert "corta" not in choosable_classes(session, cast.centre.id, *norm)
    confirm(session, cast.grader, now, scheme=norm[0], edition=norm[1], value_key="sorter:corta", value="")
    assert "corta" in choosable_classes(session, cast.centre.id, *norm)
    assert "corta" not in choosable_classes(session, cast.other_centre.id, *norm)
