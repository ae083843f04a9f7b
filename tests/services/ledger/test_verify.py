"""The statement inside the database and the exact look at an entry say the same, and a large chain takes little time."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.ledger_books import fill_books
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services import chain_sql, verify
from chain.ledger.services.chain_sql import follow
from chain.ledger.services.verify import verify_ledger, verify_range
from tests.services.ledger.test_ledger import drop_triggers
from tests.support.cast import Cast
from tests.support.ledger import moved, post

ODD = 'Ñandú "x" \\ / \x7f é \u2028 ✓ 😀 \t tab'


def test_texts_of_every_kind_hash_alike_in_python_and_in_the_database(
    session: Session, cast: Cast, now: datetime
) -> None:
    for place, words in enumerate((ODD, "a\nb\rc\x01\x1f\x08\x0c", "", "<b>&'")):
        post(session, cast, now, moved(place + 1), description=words, key=f"{place}:{words}")
    post(
        session,
        cast,
        now.replace(microsecond=123_456),
        [
            *moved(3),
            LedgerLine(AccountCode.BANK, 7, cast.mill.id, "USD"),
            LedgerLine(AccountCode.CASH, -7, None, "USD"),
        ],
        kind=EntryKind.EXCHANGE,
    )
    found = follow(session, cast.centre.id)
    assert (found.entries, found.postings, found.suspect, found.mixed) == (5, 12, None, 1)


def test_a_suspect_that_proves_sound_raises_no_alarm(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        post(session, cast, now, moved(5))
    real: Callable[..., chain_sql.Followed] = chain_sql.follow

    def doubting(
        session: Session, organisation_id: object, after: int = 0, until: int = chain_sql.NO_END
    ) -> chain_sql.Followed:
        found = real(session, organisation_id, after, until)
        return chain_sql.Followed(found.entries, found.postings, after + 1 if after < 3 else None, 0)

    monkeypatch.setattr(verify, "follow", doubting)
    report = verify_ledger(session, cast.centre.id)
    assert report.is_whole
    assert (report.entries, report.postings) == (3, 6)
    assert verify_range(session, cast.centre.id, 1, 3)


def test_two_currencies_that_hide_each_other_are_found(session: Session, cast: Cast, now: datetime) -> None:
    lines = [LedgerLine(AccountCode.BANK, 7, None, "USD"), LedgerLine(AccountCode.CASH, -7, None, "USD")]
    post(session, cast, now, [*moved(7), *lines])
    drop_triggers(session, "posting")
    session.execute(text("UPDATE posting SET amount_minor = amount_minor + 1 WHERE line = 1"))
    session.execute(text("UPDATE posting SET amount_minor = amount_minor - 1 WHERE line = 3"))
    problems = verify_ledger(session, cast.centre.id).problems
    assert (problems[0].sequence, problems[0].message.msgid) == (1, "The entry does not balance.")


def test_ranges_are_held_apart(session: Session, cast: Cast, now: datetime) -> None:
    for _ in range(4):
        post(session, cast, now, moved(5))
    drop_triggers(session, "journal_entry")
    session.execute(text("UPDATE journal_entry SET kind = 'loan' WHERE sequence = 2"))
    assert [verify_range(session, cast.centre.id, one, one + 1) for one in range(4)] == [
        True,
        False,
        True,
        True,
    ]
    assert not verify_range(session, cast.centre.id, 0, 4)
    assert not verify_range(session, cast.centre.id, 3, 5)


def test_six_thousand_postings_are_whole(session: Session, cast: Cast) -> None:
    written = fill_books(session, cast.centre.id, "PEN", 6_000, seed=1)
    report = verify_ledger(session, cast.centre.id)
    assert report.is_whole
    assert report.postings == written
