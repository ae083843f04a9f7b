"""Reads of events of any way of selling: their list, their public log with aliases, and the log run again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.i18n import N_, Message
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.sales.errors import LogBroken
from chain.sales.methods import EventName, Replayed, registered_methods
from chain.sales.models import MarketEntry
from chain.sales.queries.log import aliases, check_chain, log_of, marks_of
from chain.sales.rules import MARKET_LOG

EVENT_SORT: SortColumns = {
    "last_at": func.max(MarketEntry.at),
    "first_at": func.min(MarketEntry.at),
    "entries": func.count(),
    "kind": MarketEntry.event_kind,
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with the length of its log."""

    event_id: UUID
    event_kind: str
    #: None: the log of the seller's whole market
    name: EventName | None
    entries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log for people."""

    sequence: int
    kind: str
    at: datetime
    #: the number under which the buyer is shown
    alias: int | None
    #: the buyer's name, for the market manager only
    buyer_name: str | None
    #: of the seller's people, who acted; None: the clock or a bidder
    by_name: str | None
    data: Mapping[str, Any]
    previous_hash: str
    hash: str
    #: stand for the person and the bidder in the hash
    user_mark: str | None
    bidder_mark: str | None


def find_event(session: Session, organisation_id: UUID, event_id: UUID) -> MarketEntry:
    """Return the first line of the log of a seller's event.

    Raises:
        NotFound: the seller has no such event.
    """
    found = session.scalars(
        select(MarketEntry)
        .where(MarketEntry.event_id == event_id, MarketEntry.organisation_id == organisation_id)
        .order_by(MarketEntry.sequence)
        .limit(1)
    ).first()
    if found is None:
        raise NotFound
    return found


def _names(session: Session, kinds: Mapping[UUID, str]) -> dict[UUID, EventName]:
    """Return the names of events, one statement for each way of selling."""
    found: dict[UUID, EventName] = {}
    for method, hooks in registered_methods().items():
        ids = frozenset(event_id for event_id, kind in kinds.items() if kind == method)
        if ids:
            found |= hooks.names(session, ids)
    return found


def list_events(session: Session, actor: Actor, request: PageRequest) -> Page[EventRow]:
    """Return the events of the actor's organisation that have a log, the latest line first.

    Raises:
        NotFound: the actor may not read the own tenders.
    """
    if not actor.may(Permission.TENDERS_READ):
        raise NotFound
    statement = (
        select(
            MarketEntry.event_id,
            MarketEntry.event_kind,
            func.count().label("entries"),
            func.min(MarketEntry.at).label("first_at"),
            func.max(MarketEntry.at).label("last_at"),
        )
        .where(MarketEntry.organisation_id == actor.org)
        .group_by(MarketEntry.event_id, MarketEntry.event_kind)
        .order_by(func.max(MarketEntry.at).desc(), MarketEntry.event_id)
    )
    statement = order_by(statement, request.sort, EVENT_SORT, MarketEntry.event_id.expression)
    page = paginate_rows(session, statement, request)
    names = _names(session, {row.event_id: row.event_kind for row in page.items})
    rows = [
        _told(
            session,
            EventRow(
                row.event_id, row.event_kind, names.get(row.event_id), row.entries, row.first_at, row.last_at
            ),
        )
        for row in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)


def get_event_for(session: Session, actor: Actor, event_id: UUID) -> EventRow:
    """Return an event of the actor's organisation.

    Raises:
        NotFound: there is none here, or the actor may not read the own tenders.
    """
    if not actor.may(Permission.TENDERS_READ):
        raise NotFound
    first = find_event(session, actor.org, event_id)
    row = session.execute(
        select(func.count().label("entries"), func.max(MarketEntry.at).label("last_at")).where(
            MarketEntry.event_id == event_id
        )
    ).one()
    name = _names(session, {event_id: first.event_kind}).get(event_id)
    return _told(session, EventRow(event_id, first.event_kind, name, row.entries, first.at, row.last_at))


def _told(session: Session, event: EventRow) -> EventRow:
    """Count only the lines that may be told now: how many ask in an open round is nobody's to know."""
    last = _last_told(session, event)
    if last is None:
        return event
    last_at = session.scalar(
        select(MarketEntry.at).where(MarketEntry.event_id == event.event_id, MarketEntry.sequence == last)
    )
    return replace(event, entries=last, last_at=last_at or event.first_at)


def _last_told(session: Session, event: EventRow) -> int | None:
    hooks = registered_methods().get(event.event_kind)
    return None if hooks is None or hooks.last_told is None else hooks.last_told(session, event.event_id)


def event_log(session: Session, actor: Actor, event: EventRow) -> Sequence[LogLine]:
    """Return the log of an event that `get_event_for` has found: buyers by alias, with names for the market manager only.

    While requests of a round are awaited, the lines of that round are told to nobody.
    """
    last = _last_told(session, event)
    entries = [one for one in log_of(session, event.event_id) if last is None or one.sequence <= last]
    shown_as = aliases(entries)
    names: dict[UUID, str] = {}
    if actor.may(Permission.MARKET_MANAGE) and shown_as:
        names = {
            row.id: row.name
            for row in session.execute(
                select(Organisation.id, Organisation.name).where(Organisation.id.in_(shown_as))
            )
        }
    users = {entry.user_id for entry in entries if entry.user_id is not None}
    people = {
        row.id: row.display_name
        for row in session.execute(select(User.id, User.display_name).where(User.id.in_(users)))
    }
    lines = []
    for entry in entries:
        marks = marks_of(entry.event_id, entry.user_id, entry.buyer_id)
        is_sellers = entry.buyer_id is None or entry.kind in {"excluded", "readmitted"}
        lines.append(
            LogLine(
                entry.sequence,
                entry.kind,
                entry.at,
                shown_as.get(entry.buyer_id) if entry.buyer_id else None,
                names.get(entry.buyer_id) if entry.buyer_id else None,
                people.get(entry.user_id) if entry.user_id and is_sellers else None,
                entry.data,
                entry.previous_hash,
                entry.hash,
                marks.user,
                marks.buyer,
            )
        )
    return lines


def replay_event(session: Session, event_id: UUID, kind: str) -> Replayed:
    """Run an event's log through the rules again; of a way of selling without such rules, and of a seller's whole market,
    check that no line was changed.
    """
    replay = None if kind == MARKET_LOG else registered_methods()[kind].replay
    if replay is not None:
        return replay(session, event_id)
    entries = log_of(session, event_id)
    try:
        check_chain(entries)
    except LogBroken as broken:
        return Replayed(agrees=False, entries=len(entries), lines=(broken.message,))
    line = Message(N_("No line of the log was changed or taken out."))
    return Replayed(agrees=True, entries=len(entries), lines=(line,))
