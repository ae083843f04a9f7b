"""PostgreSQL's planner learns of a mass load before a statement over all of it is planned."""

from sqlalchemy.orm import Session

from chain.core.planner import known_rows, refresh_statistics
from chain.lots.models import Lot
from tests.support.databases import Kind
from tests.support.settling import add_lot, add_members


def test_a_table_is_counted_when_the_planner_believes_in_less_than_half(
    session: Session, database_kind: Kind
) -> None:
    (member,) = add_members(session, 1)
    for _ in range(6):
        add_lot(session, member, 1_000)
    if database_kind == "sqlite":
        assert not refresh_statistics(session, Lot, 1_000_000)
        return
    believed = max(known_rows(session, Lot), 0)
    assert refresh_statistics(session, Lot, int(believed) * 2 + 1_000)
    assert known_rows(session, Lot) >= 6
    assert not refresh_statistics(session, Lot, 6)
