"""Holds: a lot that is held is not moved, used, offered or sold. A pledge gives a simple storage receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import Conflict, FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.custody.errors import HoldOfDispatch, HoldReleased
from chain.custody.models import LotHold, StorageReceipt
from chain.custody.rules.words import CHOOSABLE_REASONS, MAX_LOTS, MAX_NAME, HoldReason
from chain.custody.services.steps import (
    CustodyAudit,
    Series,
    clean_name,
    clean_note,
    next_number,
    note_change,
)
from chain.lots.errors import LotCancelled, LotGone, LotUsed
from chain.lots.models import Lot, Site
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.stock import check_available


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """Lots to be held together. `holder`: of a pledge, who lent on them."""

    id: UUID
    lot_ids: Sequence[UUID]
    reason: str
    note: str
    holder: str | None = None


def hold_lots(session: Session, *, actor: Actor, now: datetime, hold: NewHold) -> list[LotHold]:
    """Hold lots. Lots that stand on offer may be held (the sale then waits) but not pledged.

    The same id with the same content returns the first holds.

    Raises:
        Forbidden: the actor may not hold lots.
        ValidationFailed: no lots, an unknown reason, no note, a pledge without its holder.
        NotFound: one of the lots is not here.
        LotUsed, LotGone, LotCancelled, and for a pledge every refusal of `stock`.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.HOLDS_WRITE)
    asked = _checked(hold)
    lots = lock_lots(session, actor.org, asked.lot_ids)
    known = list(
        session.scalars(select(LotHold).where(LotHold.group_id == asked.id).order_by(LotHold.lot_id))
    )
    if known:
        return _same_or_conflict(known, actor, asked)
    for lot in lots:
        _check_holdable(lot, asked.reason)
    holds = place_holds(
        session,
        actor=actor,
        now=now,
        group_id=asked.id,
        lots=lots,
        reason=HoldReason(asked.reason),
        note=asked.note,
        holder=asked.holder,
    )
    if asked.reason == HoldReason.PLEDGED:
        _issue_receipt(session, actor, now, asked, lots)
    return holds


def _checked(hold: NewHold) -> NewHold:
    errors = FieldErrors()
    note = clean_note(errors, "note", hold.note, needed=True) or ""
    lot_ids = sorted(set(hold.lot_ids))
    if not lot_ids:
        errors.add("lot_ids", N_("Choose at least one lot."))
    elif len(lot_ids) > MAX_LOTS:
        errors.add("lot_ids", N_("Choose at most %(limit)s lots at once."), limit=MAX_LOTS)
    if hold.reason not in CHOOSABLE_REASONS:
        errors.add("reason", N_("Choose one of the options."))
    is_pledge = hold.reason == HoldReason.PLEDGED
    holder = clean_name(errors, "holder", hold.holder, MAX_NAME, needed=is_pledge) or None
    if holder and not is_pledge:
        errors.add("holder", N_("Only a pledge has somebody who lent on it."))
    errors.raise_any()
    return NewHold(id=hold.id, lot_ids=lot_ids, reason=str(hold.reason), note=note, holder=holder)


def _same_or_conflict(known: list[LotHold], actor: Actor, asked: NewHold) -> list[LotHold]:
    first = known[0]
    same = (
        first.organisation_id == actor.org
        and [one.lot_id for one in known] == list(asked.lot_ids)
        and (first.reason, first.note, first.holder) == (asked.reason, asked.note, asked.holder)
    )
    if not same:
        raise IdempotencyConflict
    return known


def _check_holdable(lot: Lot, reason: str) -> None:
    if reason == HoldReason.PLEDGED:
        check_available(lot)
    if lot.state == LotState.CANCELLED.value:
        raise LotCancelled(number=lot.number)
    if lot.used_by_event_id is not None:
        raise LotUsed(number=lot.number)
    if lot.left_at is not None:
        raise LotGone(number=lot.number)


def place_holds(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    group_id: UUID,
    lots: Sequence[Lot],
    reason: HoldReason,
    note: str,
    holder: str | None = None,
) -> list[LotHold]:
    """Hold lots that the caller has locked and checked."""
    holds = []
    for lot in lots:
        hold = LotHold(
            id=new_id(),
            organisation_id=actor.org,
            lot_id=lot.id,
            group_id=group_id,
            reason=reason.value,
            note=note,
            holder=holder,
            placed_at=now,
            placed_by=actor.user_id,
        )
        session.add(hold)
        lot.is_held = True
        holds.append(hold)
    session.flush()
    for hold in holds:
        note_change(
            session,
            tag=CustodyAudit.LOT_HELD,
            actor=actor,
            now=now,
            subject="lot",
            subject_id=hold.lot_id,
            after={"hold_id": hold.id, "hold": hold.reason, "reason": note, "holder": holder},
        )
    return holds


def release_lot(session: Session, *, actor: Actor, now: datetime, hold_id: UUID, note: str) -> LotHold:
    """Release one hold of a lot; the lot stays held while another one stands. The same note again changes nothing.

    Raises:
        Forbidden, NotFound, ValidationFailed.
        HoldOfDispatch: the lot is on the way.
        HoldReleased: it was released before, with another note.
    """
    actor.require(Permission.HOLDS_WRITE)
    errors = FieldErrors()
    why = clean_note(errors, "note", note, needed=True)
    errors.raise_any()
    lot_id = session.scalar(
        select(LotHold.lot_id).where(LotHold.id == hold_id, LotHold.organisation_id == actor.org)
    )
    if lot_id is None:
        raise NotFound
    (lot,) = lock_lots(session, actor.org, [lot_id])
    hold = session.get(LotHold, hold_id, populate_existing=True)
    if hold is None:
        raise NotFound
    if hold.reason == HoldReason.ON_THE_WAY:
        raise HoldOfDispatch
    if hold.released_at is not None:
        if hold.release_note == why:
            return hold
        raise HoldReleased
    lift_holds(session, actor=actor, now=now, holds=[hold], lots=[lot], note=why or "")
    return hold


def lift_holds(
    session: Session, *, actor: Actor, now: datetime, holds: Sequence[LotHold], lots: Sequence[Lot], note: str
) -> None:
    """Release holds of lots that the caller has locked, and say anew which lots are held."""
    for hold in holds:
        if hold.released_at is not None:
            raise Conflict
        hold.released_at, hold.released_by, hold.release_note = now, actor.user_id, note
    session.flush()
    for lot in lots:
        lot.is_held = is_held_by_anything(session, lot.id)
    session.flush()
    for hold in holds:
        note_change(
            session,
            tag=CustodyAudit.LOT_RELEASED,
            actor=actor,
            now=now,
            subject="lot",
            subject_id=hold.lot_id,
            before={"hold_id": hold.id, "hold": hold.reason},
            after={"reason": note},
        )


def is_held_by_anything(session: Session, lot_id: UUID) -> bool:
    """Tell whether a hold stands on a lot that the caller has locked."""
    standing = exists().where(LotHold.lot_id == lot_id, LotHold.released_at.is_(None))
    return bool(session.scalar(select(standing)))


def _issue_receipt(
    session: Session, actor: Actor, now: datetime, hold: NewHold, lots: Sequence[Lot]
) -> StorageReceipt:
    """Issue the simple receipt of pledged lots, with its content as it is now."""
    organisation = get_own_organisation(session, actor)
    sites: dict[UUID, str] = {
        key: f"{code} · {name}"
        for key, code, name in session.execute(
            select(Site.id, Site.code, Site.name).where(Site.id.in_({lot.site_id for lot in lots}))
        )
    }
    user = session.get(User, actor.user_id) if actor.user_id else None
    number = next_number(session, actor.org, Series.RECEIPT)
    content: dict[str, Any] = {
        "number": number,
        "organisation": organisation.name,
        "organisation_code": organisation.code,
        "tax_id": organisation.tax_id,
        "place": organisation.place,
        "issued_on": local_date(now, organisation.timezone).isoformat(),
        "issued_at": now.isoformat(),
        "issued_by": user.display_name if user else None,
        "holder": hold.holder,
        "note": hold.note,
        "lots": [lot_facts(lot, sites.get(lot.site_id) if lot.site_id else None) for lot in lots],
    }
    receipt = StorageReceipt(
        id=hold.id,
        organisation_id=actor.org,
        number=number,
        holder=hold.holder or "",
        content=content,
        content_hash=content_hash(content),
        issued_at=now,
        issued_by=actor.user_id,
    )
    session.add(receipt)
    session.flush()
    note_change(
        session,
        tag=CustodyAudit.RECEIPT_ISSUED,
        actor=actor,
        now=now,
        subject="storage_receipt",
        subject_id=receipt.id,
        after={"number": number, "holder": hold.holder, "content_hash": receipt.content_hash},
    )
    return receipt


def lot_facts(lot: Lot, place: str | None) -> dict[str, Any]:
    """Return what a paper says of a lot."""
    return {
        "lot_id": str(lot.id),
        "number": lot.number,
        "commodity": lot.commodity,
        "label": lot.label,
        "quantity": lot.quantity,
        "unit": lot.unit,
        "grade_scheme": lot.grade_scheme,
        "grade_edition": lot.grade_edition,
        "grade_key": lot.grade_key,
        "claim": lot.claim,
        "colour": lot.colour,
        "place": place,
    }
