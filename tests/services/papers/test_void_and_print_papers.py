"""A void keeps the number; the first print is the original and later ones are copies."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.models import AuditRecord
from chain.papers.errors import FormatNotForKind, PaperAlreadyVoided, TooManyPapers, VoidRefused
from chain.papers.models import PaperPrint
from chain.papers.queries.series import count_series
from chain.papers.rules import PaperFormat, PaperKind
from chain.papers.services import printing
from chain.papers.services.printing import print_papers
from chain.papers.services.voiding import void_paper, void_papers
from chain.papers.subjects import Subject, register_subject
from tests.support.cast import CENTRE, Cast
from tests.support.papers import SUBJECT, draft, issue


@pytest.fixture
def voidable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.papers.subjects._subjects", {})
    register_subject(SUBJECT, Subject(why_not_void=lambda _session, _paper: None))


def test_a_void_keeps_number_and_content(session: Session, cast: Cast, now: datetime) -> None:
    drafts = [draft() for _ in range(3)]
    papers = issue(session, cast, drafts)
    wanted = [drafts[0].subject_id, drafts[2].subject_id]
    numbers = void_papers(
        session, actor=cast.treasurer.actor, now=now, organisation_id=CENTRE.id, subject_type=SUBJECT,
        subject_ids=wanted, reason="  Peso   mal anotado ",
    )  # fmt: skip
    assert numbers == ["R001-00000001", "R001-00000003"]
    assert [bool(one.voided_at) for one in papers] == [True, False, True]
    assert papers[0].void_reason == "Peso mal anotado"
    assert papers[0].voided_by == cast.treasurer.id
    assert papers[0].content["serial"] == "R001-00000001"
    (series,) = count_series(session, CENTRE.id)
    assert (series.has_no_gap, series.last_number, series.voided) == (True, 3, 2)
    assert (
        len(session.scalars(select(AuditRecord).where(AuditRecord.tag == "papers:paper:voided")).all()) == 2
    )
    # a second time there is nothing left to void
    assert not void_papers(
        session, actor=cast.treasurer.actor, now=now, organisation_id=CENTRE.id, subject_type=SUBJECT,
        subject_ids=wanted, reason="Otra vez",
    )  # fmt: skip


def test_one_paper_is_voided_alone_only_where_its_subject_allows(
    session: Session, cast: Cast, now: datetime, voidable: None
) -> None:
    papers = issue(session, cast, [draft(), draft()])
    with pytest.raises(ValidationFailed):
        void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=papers[0].id, reason=" ")
    void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=papers[0].id, reason="Repetido")
    with pytest.raises(PaperAlreadyVoided):
        void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=papers[0].id, reason="Repetido")
    register_subject(SUBJECT, Subject())
    with pytest.raises(VoidRefused):
        void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=papers[1].id, reason="Repetido")


def test_only_those_who_print_may_void_and_only_their_own(
    session: Session, cast: Cast, now: datetime, voidable: None
) -> None:
    (paper,) = issue(session, cast, [draft()])
    with pytest.raises(Forbidden):
        void_paper(session, actor=cast.accountant.actor, now=now, paper_id=paper.id, reason="Repetido")
    with pytest.raises(NotFound):
        void_paper(session, actor=cast.outsider.actor, now=now, paper_id=paper.id, reason="Repetido")


def test_the_first_print_is_the_original_and_later_ones_are_copies(
    session: Session, cast: Cast, now: datetime
) -> None:
    papers = issue(session, cast, [draft(), draft()])
    ids = [one.id for one in reversed(papers)]
    first = print_papers(session, actor=cast.treasurer.actor, now=now, paper_ids=ids)
    assert [(one.paper.number, one.copy) for one in first] == [(1, 0), (2, 0)]
    (again,) = print_papers(
        session, actor=cast.treasurer.actor, now=now, paper_ids=ids[:1], fmt=PaperFormat.ROLL_80
    )
    assert (again.paper.number, again.copy) == (2, 1)
    assert [one.printed for one in papers] == [1, 2]
    noted = session.execute(select(PaperPrint.copy, PaperPrint.format).order_by(PaperPrint.id)).all()
    assert [tuple(row) for row in noted] == [(0, "a5"), (0, "a5"), (1, "roll_80")]


def test_prints_are_refused_to_others_in_other_formats_and_in_too_large_a_number(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paper,) = issue(session, cast, [draft()])
    (bill,) = issue(session, cast, [draft()], kind=PaperKind.PURCHASE_RECEIPT)
    with pytest.raises(Forbidden):
        print_papers(session, actor=cast.accountant.actor, now=now, paper_ids=[paper.id])
    with pytest.raises(NotFound):
        print_papers(session, actor=cast.outsider.actor, now=now, paper_ids=[paper.id])
    with pytest.raises(NotFound):
        print_papers(session, actor=cast.treasurer.actor, now=now, paper_ids=[])
    with pytest.raises(FormatNotForKind):
        print_papers(
            session, actor=cast.treasurer.actor, now=now, paper_ids=[bill.id], fmt=PaperFormat.ROLL_58
        )
    monkeypatch.setattr(printing, "MAX_PRINTED_AT_ONCE", 1)
    with pytest.raises(TooManyPapers):
        print_papers(session, actor=cast.treasurer.actor, now=now, paper_ids=[paper.id, bill.id])
    assert not session.scalars(select(PaperPrint)).all()
