"""Counting the stock: what should be there is frozen when the sheet is opened, what is found is added look by look.

Closing a sheet changes no stock: a difference suggests a loss or a gain, which a person records.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.text import tidy
from chain.custody.errors import CountNotOpen, LotNotHere, UnknownLotNumber
from chain.custody.models import StockCount, StockCountEntry, StockCountLine
from chain.custody.queries.places import get_site_for
from chain.custody.queries.stock import lying_here, scanned_lot
from chain.custody.rules.words import CountState
from chain.custody.services.steps import CustodyAudit, Series, clean_note, next_number, note_change
from chain.lots.models import Lot
from chain.lots.products import PRODUCTS
from chain.lots.queries import get_lot_for
from chain.lots.rules import LotState

MAX_QUANTITY = 1_000_000_000
MAX_NUMBER = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCount:
    """What is counted: a place (None: all of them) and a product (None: all of them)."""

    id: UUID
    site_id: UUID | None = None
    commodity: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """One look at a lot, by its id or by the number that was typed or scanned. `counted` None: seen, not weighed."""

    id: UUID
    count_id: UUID
    lot_id: UUID | None = None
    number: str | None = None
    counted: int | None = None
    note: str | None = None


def open_count(session: Session, *, actor: Actor, now: datetime, count: NewCount) -> StockCount:
    """Open a count sheet with the lots that should be there now. The same id with the same content returns the first.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    actor.require(Permission.STOCK_WRITE)
    errors = FieldErrors()
    note = clean_note(errors, "note", count.note)
    if count.commodity is not None and count.commodity not in PRODUCTS:
        errors.add("commodity", N_("Choose one of the options."))
    errors.raise_any()
    if count.site_id is not None:
        get_site_for(session, actor, count.site_id)
    number = next_number(session, actor.org, Series.COUNT)
    known = session.get(StockCount, count.id)
    if known is not None:
        same = (known.organisation_id, known.site_id, known.commodity, known.note) == (
            actor.org,
            count.site_id,
            count.commodity,
            note,
        )
        if same:
            return known
        raise IdempotencyConflict
    row = StockCount(
        id=count.id,
        organisation_id=actor.org,
        number=number,
        site_id=count.site_id,
        commodity=count.commodity,
        state=CountState.OPEN.value,
        note=note,
        opened_at=now,
        opened_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    expected = _freeze(session, actor, row)
    note_change(
        session,
        tag=CustodyAudit.COUNT_OPENED,
        actor=actor,
        now=now,
        subject="stock_count",
        subject_id=row.id,
        after={
            "number": number,
            "site_id": row.site_id,
            "commodity": row.commodity,
            "lots": expected,
        },
    )
    return row


def _freeze(session: Session, actor: Actor, row: StockCount) -> int:
    """Write down what should be there; return how many lots that is."""
    wanted = select(Lot.id, Lot.quantity).where(Lot.organisation_id == actor.org, lying_here())
    if row.site_id is not None:
        wanted = wanted.where(Lot.site_id == row.site_id)
    if row.commodity is not None:
        wanted = wanted.where(Lot.commodity == row.commodity)
    lines = [
        {"id": new_id(), "count_id": row.id, "lot_id": lot_id, "expected": quantity}
        for lot_id, quantity in session.execute(wanted.order_by(Lot.number))
    ]
    if lines:
        session.execute(insert(StockCountLine), lines)
    return len(lines)


def record_count(session: Session, *, actor: Actor, now: datetime, entry: NewEntry) -> StockCountEntry:
    """Add one look at a lot to an open sheet; looks of two people at one lot both stay, the latest counts.

    A lot of the organisation that was not expected is added with nothing expected.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
        UnknownLotNumber: nothing here has that number.
        LotNotHere: the lot was used up, has left or was cancelled.
        CountNotOpen: the sheet is closed.
    """
    actor.require(Permission.STOCK_WRITE)
    count = lock_count(session, actor, entry.count_id)
    lot = _find_lot(session, actor, entry)
    errors = FieldErrors()
    note = clean_note(errors, "note", entry.note)
    if entry.counted is not None and not 0 <= entry.counted <= MAX_QUANTITY:
        errors.add("counted", N_("This figure cannot be right. Check it and its unit."))
    errors.raise_any()
    is_weighed = entry.counted is not None
    counted = lot.quantity if entry.counted is None else entry.counted
    known = session.get(StockCountEntry, entry.id)
    if known is not None:
        same = (known.count_id, known.lot_id, known.counted, known.is_weighed, known.note) == (
            count.id,
            lot.id,
            counted,
            is_weighed,
            note,
        )
        if same:
            return known
        raise IdempotencyConflict
    if count.state != CountState.OPEN:
        raise CountNotOpen(number=count.number)
    line = session.scalar(
        select(StockCountLine)
        .where(StockCountLine.count_id == count.id, StockCountLine.lot_id == lot.id)
        .execution_options(populate_existing=True)
    )
    if line is None:
        _refuse_impossible(lot)
        line = StockCountLine(id=new_id(), count_id=count.id, lot_id=lot.id, expected=0)
        session.add(line)
    line.counted, line.is_weighed, line.note = counted, is_weighed, note
    line.counted_at, line.counted_by = now, actor.user_id
    row = StockCountEntry(
        id=entry.id,
        count_id=count.id,
        lot_id=lot.id,
        counted=counted,
        is_weighed=is_weighed,
        note=note,
        counted_at=now,
        counted_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    return row


def _find_lot(session: Session, actor: Actor, entry: NewEntry) -> Lot:
    if entry.lot_id is not None:
        return get_lot_for(session, actor, entry.lot_id)
    lot_id = scanned_lot(session, actor, entry.number or "")
    if lot_id is None:
        raise UnknownLotNumber(value=tidy(entry.number)[:MAX_NUMBER])
    return get_lot_for(session, actor, lot_id)


def _refuse_impossible(lot: Lot) -> None:
    if lot.used_by_event_id is not None or lot.left_at is not None or lot.state == LotState.CANCELLED:
        raise LotNotHere(number=lot.number)


def close_count(session: Session, *, actor: Actor, now: datetime, count_id: UUID) -> StockCount:
    """Close a sheet; what nobody found stays without a figure. The stock does not change. Again changes nothing."""
    return _end(session, actor, now, count_id, state=CountState.CLOSED, tag=CustodyAudit.COUNT_CLOSED)


def discard_count(session: Session, *, actor: Actor, now: datetime, count_id: UUID) -> StockCount:
    """Give a sheet up that was opened by mistake. Again changes nothing."""
    return _end(session, actor, now, count_id, state=CountState.DISCARDED, tag=CustodyAudit.COUNT_DISCARDED)


def _end(
    session: Session, actor: Actor, now: datetime, count_id: UUID, *, state: CountState, tag: CustodyAudit
) -> StockCount:
    actor.require(Permission.STOCK_WRITE)
    row = lock_count(session, actor, count_id)
    if row.state == state:
        return row
    if row.state != CountState.OPEN:
        raise CountNotOpen(number=row.number)
    row.state, row.closed_at, row.closed_by = state.value, now, actor.user_id
    session.flush()
    note_change(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject="stock_count",
        subject_id=row.id,
        before={"state": CountState.OPEN.value},
        after={"state": row.state, "number": row.number},
    )
    return row


def lock_count(session: Session, actor: Actor, count_id: UUID) -> StockCount:
    """Lock a sheet of the own organisation, so that looks and the closing come one after the other.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(StockCount)
        .where(StockCount.id == count_id, StockCount.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found
