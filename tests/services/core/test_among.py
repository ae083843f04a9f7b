"""Thousands of ids in one statement."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.among import among
from chain.core.ids import new_id
from tests.support.cast import Cast


def test_a_column_is_found_among_thousands_of_ids(session: Session, cast: Cast) -> None:
    known = {cast.centre.id, cast.mill.id}
    wanted = [new_id() for _ in range(5_000)] + sorted(known)
    found = session.scalars(select(Organisation.id).where(among(session, Organisation.id, wanted)))
    assert set(found) == known


def test_nothing_is_among_no_ids(session: Session) -> None:
    assert session.scalars(select(Organisation.id).where(among(session, Organisation.id, []))).all() == []
