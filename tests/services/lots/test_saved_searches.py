from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.lots.errors import SearchNameTaken, TooManySearches
from chain.lots.models import SavedSearch
from chain.lots.queries import get_search_for, saved_searches
from chain.lots.services import delete_search, rename_search, save_search
from tests.support.cast import Cast, Person


def save(
    session: Session, now: datetime, person: Person, name: str = "Baby", query: str = "grade_key=baby"
) -> SavedSearch:
    return save_search(session, actor=person.actor, now=now, id=new_id(), name=name, query=query)[0]


def test_a_search_keeps_the_filters_of_an_address(session: Session, cast: Cast, now: datetime) -> None:
    search = save(
        session, now, cast.clerk, " Baby  blanca ", "/lots?colour=white&colour=beige&after=abc&x=1&text="
    )
    assert (search.name, search.query) == ("Baby blanca", "colour=white&colour=beige")
    assert [one.id for one in saved_searches(session, cast.clerk.actor)] == [search.id]


def test_searches_are_of_one_person_in_one_house(session: Session, cast: Cast, now: datetime) -> None:
    search = save(session, now, cast.clerk)
    for stranger in (cast.grader, cast.outsider):
        assert saved_searches(session, stranger.actor) == []
        with pytest.raises(NotFound):
            get_search_for(session, stranger.actor, search.id)
        with pytest.raises(NotFound):
            rename_search(session, actor=stranger.actor, search_id=search.id, name="Mía")
        with pytest.raises(NotFound):
            delete_search(session, actor=stranger.actor, search_id=search.id)
    with pytest.raises(Forbidden):
        save(session, now, cast.buyer)


def test_the_same_id_is_answered_again_and_other_content_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    search = save(session, now, cast.clerk)
    again: dict[str, Any] = {
        "actor": cast.clerk.actor,
        "now": now,
        "id": search.id,
        "name": "Baby",
        "query": "grade_key=baby",
    }
    assert save_search(session, **again) == (search, False)
    for change in ({"query": "grade_key=fleece"}, {"actor": cast.grader.actor}):
        with pytest.raises(IdempotencyConflict):
            save_search(session, **(again | change))


def test_names_are_taken_once_and_can_be_changed(session: Session, cast: Cast, now: datetime) -> None:
    first, second = save(session, now, cast.clerk), save(session, now, cast.clerk, "Leche")
    save(session, now, cast.grader)
    with pytest.raises(SearchNameTaken):
        save(session, now, cast.clerk)
    with pytest.raises(SearchNameTaken):
        rename_search(session, actor=cast.clerk.actor, search_id=second.id, name="Baby")
    rename_search(session, actor=cast.clerk.actor, search_id=second.id, name="Otra")
    assert {one.name for one in saved_searches(session, cast.clerk.actor)} == {"Baby", "Otra"}
    delete_search(session, actor=cast.clerk.actor, search_id=first.id)
    assert [one.name for one in saved_searches(session, cast.clerk.actor)] == ["Otra"]


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        (" ", "", "name"),
        ("x" * 81, "", "name"),
        ("Baby", "commodity=gold", "commodity"),
        ("Baby", "&".join(f"colour={'x' * 300}" for _ in range(9)), "query"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    session: Session, cast: Cast, now: datetime, name: str, query: str, field: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        save(session, now, cast.clerk, name, query)
    assert field in refused.value.errors


def test_there_is_an_end_to_how_many_one_keeps(session: Session, cast: Cast, now: datetime) -> None:
    for number in range(50):
        save(session, now, cast.clerk, f"Búsqueda {number}")
    with pytest.raises(TooManySearches):
        save(session, now, cast.clerk, "Una más")
