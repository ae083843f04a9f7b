"""Lists come in bounded pages with a stable order."""

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chain.core.models import InstallationMark
from chain.core.paging import MAX_PAGE_SIZE, PageRequest, UnknownSort, order_by, paginate

COLUMNS = {"key": InstallationMark.key, "value": InstallationMark.value}


@pytest.fixture
def marks(session: Session) -> Session:
    session.add_all([InstallationMark(key=f"k{number:02d}", value=str(number % 3)) for number in range(25)])
    session.flush()
    return session


def statement_for(sort: str | None) -> Select[tuple[InstallationMark]]:
    wanted = select(InstallationMark).where(InstallationMark.key.like("k%")).order_by(InstallationMark.key)
    return order_by(wanted, sort, COLUMNS, InstallationMark.key)


def test_pages_hold_everything_once(marks: Session) -> None:
    keys: list[str] = []
    for number in range(1, 4):
        page = paginate(marks, statement_for("-value"), PageRequest(page=number, page_size=10))
        assert (page.total, page.pages) == (25, 3)
        keys += [mark.key for mark in page.items]
    assert sorted(keys) == [f"k{number:02d}" for number in range(25)]


def test_a_page_is_bounded_and_never_before_the_first(marks: Session) -> None:
    page = paginate(marks, statement_for(None), PageRequest(page=-4, page_size=10**9))
    assert (page.page, page.page_size) == (1, MAX_PAGE_SIZE)
    assert not page.has_prev
    assert not page.has_next


def test_an_unknown_order_is_refused(marks: Session) -> None:
    del marks
    with pytest.raises(UnknownSort, match="password"):
        statement_for("password")
