from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.ledger.errors import PeriodClosed, UnknownAccount
from chain.ledger.handlers import keep_day_mark
from chain.ledger.models import JournalEntry, LedgerDay, LedgerPeriod
from chain.ledger.queries.days import daily_hash, day_mark
from chain.ledger.queries.parties import party_balance
from chain.ledger.rules import GENESIS, AccountCode, EntryKind, LedgerLine
from chain.ledger.services.days import keep_ended_day
from chain.ledger.services.posting import DAY_ENDED, post_entry
from tests.support.cast import Cast

DAY = date(2026, 3, 16)


def post(
    session: Session, cast: Cast, now: datetime, key: str, lines: list[LedgerLine], day: date = DAY
) -> JournalEntry:
    return post_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=cast.centre.id,
        now=now,
        occurred_on=day,
        kind=EntryKind.ADVANCE,
        description=f"Prueba {key}",
        idempotency_key=key,
        lines=lines,
    )


LINES = [LedgerLine(AccountCode.BANK, 500), LedgerLine(AccountCode.CASH, -500)]


def test_a_day_in_or_before_a_closed_month_is_refused_but_a_repeat_still_answers(
    session: Session, cast: Cast, now: datetime
) -> None:
    first = post(session, cast, now, "a", LINES)
    session.add(
        LedgerPeriod(
            organisation_id=cast.centre.id, first_day=DAY.replace(day=1), last_sequence=1, closed_at=now
        )
    )
    session.flush()
    for day in (DAY, date(2026, 3, 31), date(2026, 2, 1)):
        with pytest.raises(PeriodClosed):
            post(session, cast, now, "b", LINES, day)
    assert post(session, cast, now, "a", LINES).id == first.id
    assert post(session, cast, now, "b", LINES, date(2026, 4, 1)).sequence == 2


def test_an_account_that_no_chart_has_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(UnknownAccount):
        post(session, cast, now, "a", [LedgerLine("cofre", 1), LedgerLine(AccountCode.CASH, -1)])


def test_the_balance_of_a_party_is_the_sum_of_its_postings(
    session: Session, cast: Cast, now: datetime
) -> None:
    one, other = new_id(), new_id()
    code = AccountCode.ADVANCES_TO_PRODUCERS
    post(
        session,
        cast,
        now,
        "a",
        [LedgerLine(code, 500, one), LedgerLine(code, 70, other), LedgerLine(AccountCode.CASH, -570)],
    )
    post(session, cast, now, "b", [LedgerLine(code, -200, one), LedgerLine(AccountCode.CASH, 200)])
    assert party_balance(session, cast.centre.id, code, one, "PEN") == 300
    assert party_balance(session, cast.centre.id, code, one, "USD") == 0
    assert party_balance(session, cast.other_centre.id, code, one, "PEN") == 0


def test_the_mark_of_a_day_is_kept_when_a_later_day_begins(
    session: Session, cast: Cast, now: datetime
) -> None:
    organisation_id = cast.centre.id
    assert day_mark(session, organisation_id, DAY).chain_hash == GENESIS
    post(session, cast, now, "a", LINES)
    last = post(session, cast, now + timedelta(hours=1), "b", LINES)
    mark = day_mark(session, organisation_id, DAY)
    assert (mark.sequence, mark.chain_hash) == (2, last.hash)
    assert session.get(LedgerDay, (organisation_id, DAY)) is None
    post(session, cast, now + timedelta(days=3), "c", LINES)
    kept = session.get(LedgerDay, (organisation_id, DAY))
    assert kept is not None
    assert kept.hash == mark.hash == daily_hash(session, organisation_id, DAY)
    quiet = day_mark(session, organisation_id, DAY + timedelta(days=1))
    assert quiet.chain_hash == mark.chain_hash
    assert quiet.hash != mark.hash


def test_a_day_ends_at_midnight_of_the_organisation(session: Session, cast: Cast, now: datetime) -> None:
    late = now.replace(hour=23, minute=30)  # 18:30 in Lima
    night = late + timedelta(hours=2)  # the next day in UTC, the same in Lima
    post(session, cast, late, "a", LINES)
    last = post(session, cast, night, "b", LINES)
    assert day_mark(session, cast.centre.id, DAY).sequence == last.sequence


def test_the_worker_keeps_the_mark_of_a_day_that_nothing_follows(
    session: Session, cast: Cast, now: datetime
) -> None:
    post(session, cast, now, "a", LINES)
    waiting = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == DAY_ENDED)).one()
    assert waiting.available_at == datetime(2026, 3, 17, 5, tzinfo=UTC)
    assert not keep_ended_day(session, now=now, organisation_id=cast.centre.id)
    keep_day_mark(session, waiting.payload, waiting.available_at)
    assert session.get(LedgerDay, (cast.centre.id, DAY)) is not None
    assert not keep_ended_day(session, now=now, organisation_id=cast.other_centre.id)
