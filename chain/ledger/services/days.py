"""The marks of days: writing those that are over, and checking one against the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.ledger.days import DayMark, day_hash
from chain.ledger.models import JournalEntry, LedgerHead
from chain.ledger.queries.days import day_mark, is_kept
from chain.ledger.rules import GENESIS
from chain.ledger.services.posting import keep_day, lock_books
from chain.ledger.services.verify import verify_range

#: Fewer characters of a mark say nothing.
SHORTEST_MARK = 8


@dataclass(frozen=True, slots=True)
class DayProof:
    """What the books say of a day, computed anew from its entries and postings."""

    mark: DayMark
    #: whether the day is over, so that the mark does not change any more
    is_final: bool
    #: whether it was written down when the day was over
    is_kept: bool
    #: the first entry posted on the day and the hash before it; without entries the numbers are equal
    before_sequence: int
    before_hash: str
    #: the hashes of the day's entries, in order
    entry_hashes: Sequence[str]
    #: whether the entries and postings of the day give these hashes
    is_whole: bool
    #: whether the mark that was asked for is the day's; None: none was asked for
    agrees: bool | None
    #: the entry after which the mark was printed, while the day was running
    agrees_at: int | None


def keep_ended_day(session: Session, *, now: datetime, organisation_id: UUID) -> bool:
    """Write the mark of the last day with entries, once it is over; the worker calls it."""
    timezone = session.scalar(select(Organisation.timezone).where(Organisation.id == organisation_id))
    if timezone is None or session.get(LedgerHead, organisation_id) is None:
        return False
    head = lock_books(session, organisation_id)
    return keep_day(session, organisation_id, head, local_date(now, timezone))


def check_day(session: Session, *, actor: Actor, now: datetime, day: date, mark: str = "") -> DayProof:
    """Return the proof of a day, and whether a mark from a paper agrees with it; its first digits are enough.

    Raises:
        Forbidden: the actor may not read the books.
    """
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    found = day_mark(session, actor.org, day)
    earlier = _before(session, actor.org, day, found.sequence)
    rows = session.execute(
        select(JournalEntry.sequence, JournalEntry.hash)
        .where(
            JournalEntry.organisation_id == actor.org,
            JournalEntry.sequence > earlier.sequence,
            JournalEntry.sequence <= found.sequence,
        )
        .order_by(JournalEntry.sequence)
    ).all()
    hashes = [row.hash for row in rows]
    is_whole = verify_range(session, actor.org, earlier.sequence, found.sequence)
    agrees, agrees_at = _agreement(found, [(earlier.sequence, earlier.chain_hash), *map(tuple, rows)], mark)
    return DayProof(
        found,
        local_date(now, organisation.timezone) > day,
        is_kept(session, actor.org, day),
        earlier.sequence,
        earlier.chain_hash,
        hashes,
        is_whole and (hashes[-1] if hashes else earlier.chain_hash) == found.chain_hash,
        agrees,
        agrees_at,
    )


def _before(session: Session, organisation_id: UUID, day: date, most: int) -> DayMark:
    if day == date.min:
        return DayMark(organisation_id, day, 0, GENESIS)
    earlier = day_mark(session, organisation_id, date.fromordinal(day.toordinal() - 1))
    return earlier if earlier.sequence <= most else DayMark(organisation_id, day, 0, GENESIS)


def _agreement(found: DayMark, steps: Sequence[tuple[int, str]], mark: str) -> tuple[bool | None, int | None]:
    wanted = mark.strip().lower()
    if not wanted:
        return None, None
    if len(wanted) < SHORTEST_MARK:
        return False, None
    if found.hash.startswith(wanted):
        return True, found.sequence
    for sequence, chain_hash in reversed(steps):
        if day_hash(found.organisation_id, found.day, sequence, chain_hash).startswith(wanted):
            return True, sequence
    return False, None
