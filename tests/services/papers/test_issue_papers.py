"""Papers get numbers without a gap, content that stays, a check code and a signature."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.signing import Signer, signer, use_signer
from chain.ledger.queries.days import daily_hash
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.papers.codes import Verdict, check_code, holder_mark
from chain.papers.drawing.sheets import signed_code_of
from chain.papers.errors import BadSeries, PaperStands, SeriesOfAnotherKind
from chain.papers.models import Paper, PaperCounter, PaperKey
from chain.papers.queries.keys import old_keys, own_key
from chain.papers.queries.series import count_series
from chain.papers.rules import PaperKind
from chain.papers.services.issue import issue_papers
from chain.papers.services.voiding import void_papers
from chain.producers.models import Producer
from tests.support.cast import CENTRE, SINCE, Cast
from tests.support.papers import SUBJECT, draft, issue, receipt_content

SERIES = ("R001", "R002", "R101")
#: Changes that somebody with the keys of the database might try.
FORGERIES = (
    "UPDATE paper SET content = '{}'",
    "UPDATE paper SET amount_minor = amount_minor + 1",
    "UPDATE paper SET number = number + 1000",
    "UPDATE paper SET signature = NULL, key_id = NULL",
    "UPDATE paper SET issued_on = '2020-01-01'",
    "DELETE FROM paper",
    "UPDATE paper_key SET public_key = 'A'",
    "DELETE FROM paper_key",
)


def test_papers_are_numbered_in_the_order_of_their_drafts(session: Session, cast: Cast) -> None:
    drafts = [draft(content=receipt_content(name)) for name in ("Zoila", "Ana", "Mario")]
    papers = issue(session, cast, drafts)
    assert [(one.series, one.number) for one in papers] == [("R001", 1), ("R001", 2), ("R001", 3)]
    assert [one.content["party"]["name"] for one in papers] == ["Zoila", "Ana", "Mario"]
    assert [one.content["serial"] for one in papers] == ["R001-00000001", "R001-00000002", "R001-00000003"]
    assert issue(session, cast, [draft()])[0].number == 4
    assert issue(session, cast, []) == []


def test_what_a_paper_says_is_hashed_signed_and_can_be_checked(session: Session, cast: Cast) -> None:
    producer = Producer(
        full_name="Rosa Quispe", search_name="rosa quispe", sex="female", country="PE", document_kind="dni",
        document_number="45678912", created_at=SINCE,
    )  # fmt: skip
    session.add(producer)
    session.flush()
    (paper,) = issue(session, cast, [draft(party_id=producer.id)])
    assert paper.content_hash == content_hash(paper.content)
    code = signed_code_of(paper)
    assert code is not None
    found = check_code(code, own_key())
    assert found.verdict is Verdict.GENUINE
    assert found.statement is not None
    assert (found.statement.serial, found.statement.amount_minor) == ("R001-00000001", paper.amount_minor)
    assert found.statement.issued_on == paper.issued_on
    # whoever knows the salt proves whose paper it is; the number itself is nowhere
    assert paper.salt is not None
    assert found.statement.holder_mark == holder_mark("45678912", paper.salt)
    assert "45678912" not in code + str(paper.content)


def test_series_of_houses_and_kinds_do_not_mix(session: Session, cast: Cast) -> None:
    issue(session, cast, [draft(), draft()])
    (slip,) = issue(session, cast, [draft()], kind=PaperKind.PURCHASE_LIQUIDATION)
    assert (slip.series, slip.number) == ("L001", 1)
    (foreign,) = issue(session, cast, [draft()], house=cast.other_centre)
    assert (foreign.series, foreign.number) == ("R001", 1)
    with pytest.raises(SeriesOfAnotherKind), session.begin_nested():
        issue(session, cast, [draft()], kind=PaperKind.PURCHASE_LIQUIDATION, series="R001")
    with pytest.raises(BadSeries):
        issue(session, cast, [draft()], series="recibo-1")


def test_one_paper_of_a_kind_stands_for_a_subject(session: Session, cast: Cast, now: datetime) -> None:
    subject = new_id()
    issue(session, cast, [draft(subject_id=subject)])
    with pytest.raises(PaperStands):
        issue(session, cast, [draft(subject_id=subject)])
    with pytest.raises(PaperStands):
        issue(session, cast, [draft(subject_id=(twice := new_id())), draft(subject_id=twice)])
    assert issue(session, cast, [draft(subject_id=subject)], kind=PaperKind.PURCHASE_LIQUIDATION)
    void_papers(
        session, actor=cast.treasurer.actor, now=now, organisation_id=CENTRE.id, subject_type=SUBJECT,
        subject_ids=[subject], reason="Peso mal anotado", kind=PaperKind.RECEIPT,
    )  # fmt: skip
    (second,) = issue(session, cast, [draft(subject_id=subject)])
    assert second.number == 2


@pytest.mark.parametrize("statement", FORGERIES)
def test_a_paper_cannot_be_forged(session: Session, cast: Cast, statement: str) -> None:
    issue(session, cast, [draft()])
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_issuing_is_audited_once_with_its_span(session: Session, cast: Cast) -> None:
    issue(session, cast, [draft(), draft(), draft()])
    record = session.scalars(select(AuditRecord).where(AuditRecord.tag == "papers:paper:issued")).one()
    assert record.after is not None
    assert (record.after["first"], record.after["last"], record.after["count"]) == (
        "R001-00000001",
        "R001-00000003",
        3,
    )


def test_an_old_key_stays_published_and_its_papers_stay_genuine(session: Session, cast: Cast) -> None:
    mine = signer()
    (old,) = issue(session, cast, [draft()])
    try:
        use_signer(Signer("another key, after the first was lost"))
        (new,) = issue(session, cast, [draft()])
    finally:
        use_signer(mine)
    keys = old_keys(session)
    for paper in (old, new):
        code = signed_code_of(paper)
        assert code is not None
        assert check_code(code, keys).verdict is Verdict.GENUINE
    followed = {one.key_id: one.followed_at for one in session.scalars(select(PaperKey))}
    assert followed[old.key_id or ""] == SINCE
    assert followed[new.key_id or ""] is None


class Induced(Exception):
    """A failure of the test's own after the numbers were taken."""


def fail_if(*, is_wanted: bool) -> None:
    if is_wanted:
        raise Induced


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(SERIES), st.booleans(), st.booleans()), max_size=10)
)
def test_no_series_has_a_gap_whatever_fails_or_is_voided(
    session: Session, cast: Cast, steps: list[tuple[int, str, bool, bool]]
) -> None:
    transaction = session.begin_nested()
    issued: list[UUID] = []
    for count, series, fails, voids in steps:
        drafts = [draft() for _ in range(count)]
        try:
            with session.begin_nested():
                papers = issue(session, cast, drafts, series=series)
                fail_if(is_wanted=fails)
        except Induced:
            continue
        issued += [one.id for one in papers]
        if voids:
            void_papers(
                session, actor=cast.treasurer.actor, now=SINCE, organisation_id=CENTRE.id,
                subject_type=SUBJECT, subject_ids=[one.subject_id for one in drafts], reason="Prueba",
            )  # fmt: skip
    held = session.execute(
        select(Paper.series, func.min(Paper.number), func.max(Paper.number), func.count())
        .where(Paper.organisation_id == CENTRE.id)
        .group_by(Paper.series)
    ).all()
    assert all((row[1], row[2]) == (1, row[3]) for row in held)
    assert sum(row[3] for row in held) == len(issued)
    assert all(one.has_no_gap for one in count_series(session, CENTRE.id))
    transaction.rollback()


def test_a_missing_number_is_named(session: Session, cast: Cast) -> None:
    issue(session, cast, [draft(), draft()])
    session.execute(
        PaperCounter.__table__.update().values(last_number=4)  # type: ignore[attr-defined]  # a table
    )
    (found,) = count_series(session, CENTRE.id)
    assert not found.has_no_gap
    assert found.missing == (3, 4)


def test_a_paper_carries_the_mark_of_the_books_of_the_day_before(
    session: Session, cast: Cast, now: datetime
) -> None:
    before = daily_hash(session, CENTRE.id, date(2026, 3, 15))
    post_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=CENTRE.id,
        now=now,
        occurred_on=now.date(),
        kind=EntryKind.OPENING,
        description="Saldo inicial",
        idempotency_key="opening",
        lines=[
            LedgerLine(AccountCode.CASH, 100, None, "PEN"),
            LedgerLine(AccountCode.OPENING_EQUITY, -100, None, "PEN"),
        ],
    )
    today, later = (
        issue_papers(
            session, actor=cast.treasurer.actor, now=moment, organisation_id=CENTRE.id, kind=PaperKind.RECEIPT,
            drafts=[draft()],
        )[0]
        for moment in (now, now + timedelta(days=1))
    )  # fmt: skip
    assert (today.content["ledger_day"], today.content["ledger_hash"]) == ("2026-03-15", before)
    assert later.content["ledger_day"] == "2026-03-16"
    assert later.content["ledger_hash"] == daily_hash(session, CENTRE.id, date(2026, 3, 16)) != before
