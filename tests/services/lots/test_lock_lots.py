"""Locking more lots than one statement takes."""

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.lots import queries
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members


def test_many_lots_are_locked_in_parts_and_in_order(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CHUNK", 2)
    (member,) = add_members(session, 1)
    ids = [add_lot(session, member, 1000).id for _ in range(5)]
    found = queries.lock_lots(session, cast.centre.id, ids[::-1])
    assert [lot.id for lot in found] == sorted(ids)
    with pytest.raises(NotFound):
        queries.lock_lots(session, cast.centre.id, [*ids, new_id()])
