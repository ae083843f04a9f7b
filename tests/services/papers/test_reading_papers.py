"""The register finds papers by every filter, shows an organisation its own only, and a producer the own ones."""

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.clock import local_date
from chain.core.errors import Forbidden, NotFound
from chain.core.paging import PageRequest
from chain.papers.queries.papers import (
    PaperFilters,
    find_paper_by_code,
    get_paper_for,
    list_papers,
    own_papers,
    paper_ids_by_serial,
    papers_of_subjects,
)
from chain.papers.rules import PaperKind, PaperState
from chain.papers.services.voiding import void_papers
from tests.support.cast import CENTRE, SINCE, Cast
from tests.support.papers import SUBJECT, draft, issue
from tests.support.settling import Member, add_members

#: The day of issue where the centre is.
DAY = local_date(SINCE, "America/Lima")


@pytest.fixture
def members(session: Session, cast: Cast) -> list[Member]:
    return add_members(session, 2, user_id=cast.producer.id)


@pytest.fixture
def issued(session: Session, cast: Cast, members: list[Member], now: datetime) -> None:
    drafts = [draft(party_id=members[0].id), draft(party_id=members[1].id), draft()]
    issue(session, cast, drafts)
    issue(session, cast, [draft(party_id=members[1].id)], kind=PaperKind.PURCHASE_LIQUIDATION)
    issue(session, cast, [draft()], house=cast.other_centre)
    void_papers(
        session, actor=cast.treasurer.actor, now=now, organisation_id=CENTRE.id, subject_type=SUBJECT,
        subject_ids=[drafts[1].subject_id], reason="Repetido",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (PaperFilters(), ["L001-1", "R001-3", "R001-2", "R001-1"]),
        (PaperFilters(kind=PaperKind.PURCHASE_LIQUIDATION), ["L001-1"]),
        (PaperFilters(series="r001"), ["R001-3", "R001-2", "R001-1"]),
        (PaperFilters(text="R001-00000002"), ["R001-2"]),
        (PaperFilters(text="1"), ["L001-1", "R001-1"]),
        (PaperFilters(text="numero 002"), ["L001-1", "R001-2"]),
        (PaperFilters(text=f"{CENTRE.code}-0001"), ["R001-1"]),
        (PaperFilters(text="nobody"), []),
        (PaperFilters(text="100%"), []),
        (PaperFilters(state=PaperState.VOIDED), ["R001-2"]),
        (PaperFilters(state=PaperState.VALID), ["L001-1", "R001-3", "R001-1"]),
        (
            PaperFilters(first_day=DAY, last_day=DAY),
            ["L001-1", "R001-3", "R001-2", "R001-1"],
        ),
        (PaperFilters(last_day=date(2019, 1, 1)), []),
        (PaperFilters(subject_type="another"), []),
    ],
)
def test_the_register_finds_papers(
    session: Session, cast: Cast, issued: None, filters: PaperFilters, found: list[str]
) -> None:
    page = list_papers(session, cast.treasurer.actor, PageRequest(1), filters)
    assert [f"{row.paper.series}-{row.paper.number}" for row in page.items] == found


def test_a_producer_sees_the_own_papers_and_nobody_elses(
    session: Session, cast: Cast, issued: None, members: list[Member]
) -> None:
    page = own_papers(session, cast.producer.actor, PageRequest(1))
    assert [row.paper.party_id for row in page.items] == [members[0].id]
    assert get_paper_for(session, cast.producer.actor, page.items[0].paper.id).party_name == members[0].name
    others = list_papers(session, cast.treasurer.actor, PageRequest(1), PaperFilters(party_id=members[1].id))
    for actor in (cast.producer.actor, cast.outsider.actor, cast.buyer.actor):
        with pytest.raises(NotFound):
            get_paper_for(session, actor, others.items[0].paper.id)
    with pytest.raises(Forbidden):
        own_papers(session, cast.treasurer.actor, PageRequest(1))


def test_papers_are_found_by_subject_code_and_number(session: Session, cast: Cast) -> None:
    drafts = [draft(), draft()]
    papers = issue(session, cast, drafts)
    subjects = [one.subject_id for one in drafts]
    assert papers_of_subjects(session, CENTRE.id, SUBJECT, subjects, kind=PaperKind.RECEIPT) == papers
    assert find_paper_by_code(session, papers[1].check_code) is papers[1]
    assert find_paper_by_code(session, "A" * 16) is None
    assert paper_ids_by_serial(session, CENTRE.id, ["R001-2", "R001-9", "x"]) == (
        [papers[1].id],
        ["R001-9", "x"],
    )
