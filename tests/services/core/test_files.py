"""Files in the database: once per content and organisation, bounded, never another organisation's."""

import hashlib
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.files import MAX_FILE_BYTES, FileEmpty, FileTooLarge, get_file, store_file
from chain.core.ids import new_id
from chain.core.models import StoredFile
from tests.support.cast import Cast, Person

CONTENT = b"micron;length\r\n19.2;82\r\n"


def _store(
    session: Session, person: Person, now: datetime, content: bytes = CONTENT, name: str = "a.csv"
) -> StoredFile:
    return store_file(
        session,
        organisation_id=person.actor.org,
        name=name,
        media_type="text/csv",
        content=content,
        now=now,
        user_id=person.id,
    )


def test_a_file_is_kept_with_its_hash_and_read_again(session: Session, cast: Cast, now: datetime) -> None:
    stored = _store(session, cast.clerk, now)
    session.expunge_all()
    found = get_file(session, organisation_id=cast.clerk.actor.org, file_id=stored.id)
    assert found.content == CONTENT
    assert (found.sha256, found.size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def test_the_same_content_again_gives_the_stored_file_whatever_its_name(
    session: Session, cast: Cast, now: datetime
) -> None:
    first = _store(session, cast.clerk, now)
    again = _store(session, cast.grader, now, name="other name.csv")
    assert (again.id, again.name) == (first.id, "a.csv")
    assert session.scalar(select(func.count()).select_from(StoredFile)) == 1


def test_each_organisation_has_its_own_copy(session: Session, cast: Cast, now: datetime) -> None:
    own, other = _store(session, cast.clerk, now), _store(session, cast.outsider, now)
    assert own.id != other.id
    with pytest.raises(NotFound):
        get_file(session, organisation_id=cast.clerk.actor.org, file_id=other.id)


def test_an_unknown_file_is_not_found(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        get_file(session, organisation_id=cast.clerk.actor.org, file_id=new_id())


def test_nothing_and_too_much_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(FileEmpty):
        _store(session, cast.clerk, now, content=b"")
    with pytest.raises(FileTooLarge):
        _store(session, cast.clerk, now, content=b"x" * (MAX_FILE_BYTES + 1))


def test_names_lose_folders_and_control_characters(session: Session, cast: Cast, now: datetime) -> None:
    assert (
        _store(session, cast.clerk, now, name="C:\\Users\\ana\\lab\x00\nresult.csv").name == "lab result.csv"
    )
    assert _store(session, cast.clerk, now, content=b"2", name="../").name == ".."
    assert _store(session, cast.clerk, now, content=b"3", name="").name == "file"


def test_a_stored_file_never_changes(session: Session, cast: Cast, now: datetime) -> None:
    stored = _store(session, cast.clerk, now)
    stored.media_type = "text/html"
    with pytest.raises(DatabaseError), session.begin_nested():
        session.flush()
