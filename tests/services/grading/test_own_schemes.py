from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.grading import queries
from chain.grading.errors import EditionTaken, SchemeNotChoosable, WordRefused
from chain.grading.models import OwnScheme
from chain.grading.scheme import ALPACA_FIBRE, MicronScheme
from chain.grading.services import (
    choose_colour_list,
    choose_scheme,
    save_own_scheme,
    share_own_scheme,
    withdraw_own_scheme,
)
from chain.lots.grades import class_name, class_names
from tests.support.cast import Cast, Person
from tests.support.own_schemes import colour_document, fibre_document


def save(session: Session, person: Person, now: datetime, **changes: Any) -> OwnScheme:
    wanted: dict[str, Any] = {"document": fibre_document(), "word": "Finas", **changes}
    return save_own_scheme(session, actor=person.actor, now=now, **wanted)


def test_a_saved_scheme_is_found_everywhere_by_its_key(session: Session, cast: Cast, now: datetime) -> None:
    row = save(session, cast.grader, now)
    assert row.key.startswith(f"{cast.centre.code.lower()}-finas-")
    assert row.edition == "1"
    found = queries.find_scheme(session, row.key, "1")
    assert isinstance(found, MicronScheme)
    assert [one.key for one in found.classes] == ["fina_a", "fina_b", "resto"]
    assert class_name(row.key, "1", "fina_b", "es") == "Fina B"
    assert list(class_names(row.key, "1")) == ["fina_a", "fina_b", "resto"]


def test_a_key_that_is_not_there_yet_is_not_remembered_as_missing(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = save(session, cast.grader, now)
    assert class_names(row.key, "2") == {}
    save(session, cast.grader, now, key=row.key, document=fibre_document(("Todo", "")))
    queries.find_scheme(session, row.key, "2")
    assert list(class_names(row.key, "2")) == ["todo"]


def test_an_edition_never_changes_and_the_next_one_is_counted(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = save(session, cast.grader, now)
    second = save(session, cast.grader, now, key=row.key, edition=2, document=fibre_document(("Una", "20.0")))
    assert (second.key, second.edition) == (row.key, "2")
    with pytest.raises(EditionTaken):
        save(session, cast.grader, now, key=row.key, edition=2)
    newest = queries.load_own_scheme(session, row.key, None)
    assert newest is not None
    assert newest.edition == "2"


def test_sending_twice_saves_once(session: Session, cast: Cast, now: datetime) -> None:
    scheme_id = new_id()
    first = save(session, cast.grader, now, scheme_id=scheme_id)
    assert save(session, cast.grader, now, scheme_id=scheme_id) is first
    with pytest.raises(IdempotencyConflict):
        save(session, cast.grader, now, scheme_id=scheme_id, is_shared=True)
    with pytest.raises(IdempotencyConflict):
        save(session, cast.outsider, now, scheme_id=scheme_id)


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ((("A", "22.0"), ("B", "21.0")), "document.classes[1].upper_micron"),
        ((("A", "22.05"),), "document.classes[0].upper_micron"),
        ((("A", "x"),), "document.classes[0].upper_micron"),
        ((("A", "1e999999"),), "document"),
        ((("A", "900"),), "document.classes[0].upper_micron"),
        ((("A", "22"), ("A", "23")), "document.classes"),
        ((("", "22"),), "document.classes[0].key"),
        ((("A", ""), ("B", "23")), "document.classes[0].upper_micron"),
    ],
)
def test_the_reader_of_the_norms_refuses_at_the_row(
    session: Session, cast: Cast, now: datetime, rows: tuple[tuple[str, str], ...], path: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        save(session, cast.grader, now, document=fibre_document(*rows))
    assert list(refused.value.errors) == [path]


@pytest.mark.parametrize(
    "changes",
    [{"kind": "fleece-categories"}, {"commodity": "raw-milk"}, {"label": {"es": "x" * 501, "en": "y"}}],
)
def test_what_an_organisation_may_not_write(
    session: Session, cast: Cast, now: datetime, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValidationFailed):
        save(session, cast.grader, now, document={**fibre_document(), **changes})


def test_a_word_without_letters_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(WordRefused):
        save(session, cast.grader, now, word="¿?")


def test_a_clerk_writes_no_schemes(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        save(session, cast.clerk, now)


def test_a_stranger_neither_sees_nor_chooses_an_unshared_scheme(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = save(session, cast.buyer, now)
    with pytest.raises(NotFound):
        queries.get_scheme_for(session, cast.grader.actor, row.key, "1")
    with pytest.raises(NotFound):
        save(session, cast.grader, now, key=row.key)
    assert queries.list_own_schemes(session, cast.grader.actor, PageRequest()).total == 0
    assert row.key not in {one.key for one in queries.offered_schemes(session, cast.centre.id)}
    with pytest.raises(SchemeNotChoosable):
        choose(session, cast, now, row)


def test_a_mill_shares_its_classes_and_a_centre_uses_them(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = save(session, cast.buyer, now)
    share_own_scheme(session, actor=cast.buyer.actor, now=now, key=row.key, edition="1", is_shared=True)
    assert row.key in {one.key for one in queries.offered_schemes(session, cast.centre.id)}
    choose(session, cast, now, row)
    assert queries.scheme_in_force(session, cast.centre.id, ALPACA_FIBRE, now.date()).key == row.key
    with pytest.raises(NotFound):
        withdraw_own_scheme(session, actor=cast.grader.actor, now=now, key=row.key, edition="1")


def choose(session: Session, cast: Cast, now: datetime, row: OwnScheme) -> None:
    choose_scheme(
        session,
        actor=cast.grader.actor,
        now=now,
        commodity=ALPACA_FIBRE,
        scheme=row.key,
        edition=row.edition,
        valid_from=now.date(),
    )


def test_a_withdrawn_scheme_can_no_longer_be_chosen_and_stays_where_it_is_in_use(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = save(session, cast.grader, now)
    choose(session, cast, now, row)
    withdraw_own_scheme(session, actor=cast.grader.actor, now=now, key=row.key, edition="1")
    assert queries.scheme_in_force(session, cast.centre.id, ALPACA_FIBRE, now.date()).key == row.key
    assert row.key not in {one.key for one in queries.offered_schemes(session, cast.centre.id)}
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.subject_id == row.id))
    assert sorted(tags) == ["grading:own_scheme:saved", "grading:own_scheme:withdrawn"]


def test_a_colour_list_is_chosen_from_a_day_on(session: Session, cast: Cast, now: datetime) -> None:
    row = save(session, cast.grader, now, document=colour_document(), word="colores")
    assert queries.colour_list_in_force(session, cast.centre.id, now.date()) is None
    choose_colour_list(
        session, actor=cast.grader.actor, now=now, scheme=row.key, edition="1", valid_from=now.date()
    )
    found = queries.colour_list_in_force(session, cast.centre.id, now.date())
    assert found is not None
    assert [(one.letters, one.stands_for) for one in found.colours] == [
        ("B", "white"),
        ("LFX", "light_fawn"),
        ("LFY", "light_fawn"),
    ]
    with pytest.raises(SchemeNotChoosable):
        choose_colour_list(
            session, actor=cast.outsider.actor, now=now, scheme=row.key, edition="1", valid_from=now.date()
        )
