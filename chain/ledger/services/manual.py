"""Entries by hand, and undoing them; nothing is ever edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.core.text import tidy
from chain.ledger.audit_tags import LedgerAudit
from chain.ledger.errors import ReverseAtItsOrigin
from chain.ledger.models import JournalEntry
from chain.ledger.queries.chart import chart_of
from chain.ledger.queries.journal import entry_by_key
from chain.ledger.queries.parties import parties_by_code
from chain.ledger.rules import PARTY_ACCOUNTS, REVERSIBLE_BY_HAND, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry, reverse_entry

MAX_LINES = 200
MAX_DESCRIPTION = 200
MAX_REASON = 140
#: A thousand million, in whole units.
MAX_MINOR = 10**11
OLDEST_DAY = date(2000, 1, 1)

TEXT_MISSING = N_("Say in a few words what the entry is for.")
TEXT_TOO_LONG = N_("The text has more than %(limit)s characters.")
DAY_AHEAD = N_("The day lies in the future.")
DAY_TOO_OLD = N_("The day lies before the year 2000.")
TOO_MANY_LINES = N_("An entry has at most %(limit)s lines.")
NO_ACCOUNT = N_("Choose an account of the chart.")
BAD_AMOUNT = N_("Write an amount other than zero, of at most a thousand million.")
BAD_CURRENCY = N_("Choose one of the currencies %(possible)s.")
NO_PARTY = N_("This account needs the code of a member or a buyer.")
UNKNOWN_PARTY = N_("No member and no buyer has the code “%(code)s”.")
REASON_NEEDED = N_("Say why the entry is reversed, in at most %(limit)s characters.")


@dataclass(frozen=True, slots=True)
class ManualLine:
    """A line of an entry by hand: debit positive. `party` is a member code or the code of a buyer."""

    account: str
    amount_minor: int
    party: str | None = None
    currency: str | None = None


def post_manual(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    entry_id: UUID,
    occurred_on: date,
    description: str,
    lines: Sequence[ManualLine],
) -> JournalEntry:
    """Post an entry that a person wrote; `entry_id` is the client's, the same again changes nothing.

    Raises:
        Forbidden: the actor may not write in the books.
        ValidationFailed: text, day or lines cannot be used.
        EntryDoesNotBalance: the sides differ.
        PeriodClosed: the month is closed.
        IdempotencyConflict: the id was used for another entry.
    """
    actor.require(Permission.LEDGER_WRITE)
    lock_books(session, actor.org)
    organisation = get_own_organisation(session, actor)
    errors = FieldErrors()
    description = tidy(description)
    if not description:
        errors.add("description", TEXT_MISSING)
    elif len(description) > MAX_DESCRIPTION:
        errors.add("description", TEXT_TOO_LONG, limit=MAX_DESCRIPTION)
    if occurred_on > local_date(now, organisation.timezone):
        errors.add("occurred_on", DAY_AHEAD)
    elif occurred_on < OLDEST_DAY:
        errors.add("occurred_on", DAY_TOO_OLD)
    posted = _ledger_lines(session, actor.org, lines, errors)
    errors.raise_any()
    key = f"manual:{entry_id}"
    is_first = entry_by_key(session, actor.org, key) is None
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=occurred_on,
        kind=EntryKind.MANUAL,
        description=description,
        idempotency_key=key,
        lines=posted,
    )
    if is_first:
        audit.record(
            session,
            tag=LedgerAudit.ENTRY_POSTED,
            actor=actor,
            now=now,
            subject_type="journal_entry",
            subject_id=entry.id,
            after={"sequence": entry.sequence, "description": description, "lines": len(posted)},
        )
    return entry


def _ledger_lines(
    session: Session, organisation_id: UUID, lines: Sequence[ManualLine], errors: FieldErrors
) -> list[LedgerLine]:
    if len(lines) > MAX_LINES:
        errors.add("lines", TOO_MANY_LINES, limit=MAX_LINES)
        return []
    chart = chart_of(session, organisation_id)
    parties = parties_by_code(session, organisation_id, [one.party for one in lines if one.party])
    found = []
    for place, one in enumerate(lines):
        at = f"lines.{place}"
        if one.account not in chart:
            errors.add(f"{at}.account", NO_ACCOUNT)
        if not 0 < abs(one.amount_minor) <= MAX_MINOR:
            errors.add(f"{at}.amount_minor", BAD_AMOUNT)
        if one.currency is not None and one.currency not in CURRENCIES:
            errors.add(f"{at}.currency", BAD_CURRENCY, possible=", ".join(CURRENCIES))
        party = parties.get(one.party) if one.party else None
        if one.party and party is None:
            errors.add(f"{at}.party", UNKNOWN_PARTY, code=one.party[:40])
        elif one.account in PARTY_ACCOUNTS and party is None:
            errors.add(f"{at}.party", NO_PARTY)
        found.append(LedgerLine(one.account, one.amount_minor, party, one.currency))
    return found


def reverse_by_hand(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    entry_id: UUID,
    reason: str,
    occurred_on: date | None = None,
) -> JournalEntry:
    """Post the opposite of an entry by hand or of opening balances, today unless another day is given.

    Raises:
        Forbidden: the actor may not write in the books.
        NotFound: the entry is in other books.
        ReverseAtItsOrigin: the entry belongs to a run, a payment or the like.
        EntryAlreadyReversed: it was reversed before.
        PeriodClosed: the day lies in a closed month.
        ValidationFailed: no reason, a day ahead or one before the entry's own.
    """
    actor.require(Permission.LEDGER_WRITE)
    lock_books(session, actor.org)
    entry = session.get(JournalEntry, entry_id)
    if entry is None or entry.organisation_id != actor.org:
        raise NotFound
    if EntryKind(entry.kind) not in REVERSIBLE_BY_HAND:
        raise ReverseAtItsOrigin
    today = local_date(now, get_own_organisation(session, actor).timezone)
    day = occurred_on or today
    errors = FieldErrors()
    reason = tidy(reason)
    if not 0 < len(reason) <= MAX_REASON:
        errors.add("reason", REASON_NEEDED, limit=MAX_REASON)
    if day > today:
        errors.add("occurred_on", DAY_AHEAD)
    elif day < entry.occurred_on:
        errors.add("occurred_on", N_("The day lies before that of the entry."))
    errors.raise_any()
    undone = reverse_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        entry_id=entry_id,
        occurred_on=day,
        description=f"Anula el asiento n.º {entry.sequence}: {reason}",
    )
    audit.record(
        session,
        tag=LedgerAudit.ENTRY_REVERSED,
        actor=actor,
        now=now,
        subject_type="journal_entry",
        subject_id=entry_id,
        after={"reversal_id": undone.id, "reason": reason},
    )
    return undone
