"""Dispatches: lots leave under one waybill for an own place, another organisation or a buyer in words; and come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.custody.departures import check_departure
from chain.custody.errors import (
    DispatchStateRefused,
    LotAlreadyThere,
    NotOfSale,
    SaleNeeded,
    SoldToAnother,
)
from chain.custody.models import Dispatch, DispatchLine, LotHold
from chain.custody.queries.settings import tolerance_of
from chain.custody.rules.words import (
    DISPATCH_STATE_LABELS,
    MAX_CODE,
    MAX_LOTS,
    MAX_NAME,
    MAX_TOLERANCE_BP,
    DispatchState,
    HoldReason,
)
from chain.custody.services.holds import lift_holds, lot_facts, place_holds
from chain.custody.services.steps import (
    CustodyAudit,
    Series,
    clean_name,
    clean_note,
    next_number,
    note_change,
)
from chain.ledger.services.posting import lock_books
from chain.lots.errors import LotCancelled, LotGone, LotHeld, LotUsed
from chain.lots.models import Lot, Site
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.stock import check_available

MAX_DAYS = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SoldTo:
    """Who bought a lot, and in which sale; the edge learns it from the market, which lies above."""

    sale_id: UUID
    buyer_id: UUID
    #: the tolerance that the contract says, in hundredths of a percent; None: the sender's own
    tolerance_bp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDispatch:
    """Lots that leave. One destination: an own place, another organisation, or one in words.

    `tolerance_bp` None: the organisation's own. `sale_id`: of sold lots, which travel to their buyer only.
    """

    id: UUID
    lot_ids: Sequence[UUID]
    to_site_id: UUID | None = None
    to_organisation_id: UUID | None = None
    destination: str | None = None
    carrier: str | None = None
    vehicle: str | None = None
    driver: str | None = None
    expected_on: date | None = None
    tolerance_bp: int | None = None
    sale_id: UUID | None = None
    note: str | None = None


def dispatch_lots(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    dispatch: NewDispatch,
    sold_to: Mapping[UUID, SoldTo] | None = None,
) -> Dispatch:
    """Let lots leave under a waybill whose content is frozen. The same id with the same content returns the first one.

    Lots for others have left the house (`left_at`); lots for an own place are held until they arrive. `sold_to` names
    the buyers of sold lots, as far as the edge knows them.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict.
        NotFound: one of the lots, the place or the organisation is not there.
        LotHeld, LotUsed, LotGone, LotOffered, LotCancelled, LotAlreadyThere: a lot may not leave.
        SaleNeeded, SoldToAnother, NotOfSale: a sold lot travels to its buyer, under its one sale.
        DomainError: whoever knows the sale lets the lots not leave yet (`chain.custody.departures`).
    """
    actor.require(Permission.DISPATCHES_WRITE)
    asked, note = _checked(session, actor, now, dispatch)
    if dispatch.sale_id is not None or sold_to:
        lock_books(session, actor.org)  # before the lots, as everybody who asks for money and goods
    lots = lock_lots(session, actor.org, asked["lot_ids"])
    digest = content_hash({**asked, "tolerance_bp": dispatch.tolerance_bp, "note": note})
    known = session.get(Dispatch, dispatch.id)
    if known is not None:
        if known.organisation_id == actor.org and known.request_hash == digest:
            return known
        raise IdempotencyConflict
    sale_id = _sale_of(lots, dispatch, sold_to or {})
    for lot in lots:
        _check_dispatchable(lot, dispatch)
    if sale_id is not None:
        check_departure(session, sale_id, [lot.id for lot in lots])
    row = _insert(
        session,
        actor,
        now,
        dispatch=dispatch,
        asked=asked,
        lots=lots,
        digest=digest,
        sale_id=sale_id,
        agreed_tolerance=_tolerance_of_sale(lots, sold_to or {}),
        note=note,
    )
    _let_go(session, actor, now, row, lots)
    return row


def _let_go(session: Session, actor: Actor, now: datetime, row: Dispatch, lots: Sequence[Lot]) -> None:
    """Hold lots that go to an own place until they arrive; the others have left the house."""
    if row.to_site_id is not None:
        place_holds(
            session,
            actor=actor,
            now=now,
            group_id=row.id,
            lots=lots,
            reason=HoldReason.ON_THE_WAY,
            note=str(row.number),
        )
    else:
        for lot in lots:
            lot.left_at = now
    session.flush()
    after = {"number": row.number, "destination": row.destination, "dispatch_id": row.id}
    note_lots(
        session,
        CustodyAudit.LOT_DISPATCHED,
        actor=actor,
        now=now,
        lot_ids=[lot.id for lot in lots],
        after=after,
    )
    note_change(
        session,
        tag=CustodyAudit.DISPATCHED,
        actor=actor,
        now=now,
        subject="dispatch",
        subject_id=row.id,
        after={**after, "lots": [lot.number for lot in lots], "content_hash": row.content_hash},
    )


def _checked(
    session: Session, actor: Actor, now: datetime, dispatch: NewDispatch
) -> tuple[dict[str, Any], str | None]:
    """Return what was asked for in its canonical form, and the note."""
    errors = FieldErrors()
    lot_ids = sorted(set(dispatch.lot_ids))
    if not lot_ids:
        errors.add("lot_ids", N_("Choose at least one lot."))
    elif len(lot_ids) > MAX_LOTS:
        errors.add("lot_ids", N_("Choose at most %(limit)s lots at once."), limit=MAX_LOTS)
    words = clean_name(errors, "destination", dispatch.destination, MAX_NAME, needed=False)
    _check_destination(session, actor, dispatch, words, errors)
    if dispatch.tolerance_bp is not None and not 0 <= dispatch.tolerance_bp <= MAX_TOLERANCE_BP:
        errors.add("tolerance_bp", N_("Write a percentage from 0 to 100."))
    today = local_date(now, get_own_organisation(session, actor).timezone)
    if dispatch.expected_on is not None and not today <= dispatch.expected_on <= today + MAX_DAYS:
        errors.add("expected_on", N_("The day must lie within the next year and not in the past."))
    asked = {
        "lot_ids": lot_ids,
        "to_site_id": dispatch.to_site_id,
        "to_organisation_id": dispatch.to_organisation_id,
        "destination": words or None,
        "carrier": clean_name(errors, "carrier", dispatch.carrier, MAX_NAME, needed=False) or None,
        "vehicle": clean_name(errors, "vehicle", dispatch.vehicle, MAX_CODE, needed=False) or None,
        "driver": clean_name(errors, "driver", dispatch.driver, MAX_NAME, needed=False) or None,
        "expected_on": dispatch.expected_on,
        "sale_id": dispatch.sale_id,
    }
    note = clean_note(errors, "note", dispatch.note)
    errors.raise_any()
    return asked, note


def _check_destination(
    session: Session, actor: Actor, dispatch: NewDispatch, words: str, errors: FieldErrors
) -> None:
    if dispatch.to_site_id is not None and dispatch.to_organisation_id is not None:
        errors.add("to_organisation_id", N_("Choose one destination: an own place or another organisation."))
    elif dispatch.to_site_id is not None:
        site = session.get(Site, dispatch.to_site_id)
        if site is None or site.organisation_id != actor.org:
            raise NotFound
        if site.archived_at is not None:
            errors.add("to_site_id", N_("This place is archived."))
    elif dispatch.to_organisation_id is not None:
        if session.get(Organisation, dispatch.to_organisation_id) is None:
            raise NotFound
        if dispatch.to_organisation_id == actor.org:
            errors.add("to_organisation_id", N_("This is your own organisation: choose one of its places."))
    elif not words:
        errors.add("destination", N_("Write or choose where the lots go."))


def _sale_of(lots: Sequence[Lot], dispatch: NewDispatch, sold_to: Mapping[UUID, SoldTo]) -> UUID | None:
    """Return the one sale under which the lots travel; None: they are the organisation's own."""
    sold = [lot for lot in lots if lot.sold_at is not None]
    sale_id = dispatch.sale_id
    if not sold and sale_id is None:
        return None
    for lot in lots:
        buyer = sold_to.get(lot.id)
        if lot.sold_at is None:
            raise NotOfSale(number=lot.number)
        if buyer is None and dispatch.sale_id is None:
            raise SaleNeeded(number=lot.number)
        if buyer is not None:
            if sale_id is not None and sale_id != buyer.sale_id:
                raise NotOfSale(number=lot.number)
            sale_id = buyer.sale_id
            if dispatch.to_organisation_id not in {None, buyer.buyer_id}:
                raise SoldToAnother(number=lot.number)
    if dispatch.to_site_id is not None:
        raise SaleNeeded(number=sold[0].number)
    return sale_id


def _tolerance_of_sale(lots: Sequence[Lot], sold_to: Mapping[UUID, SoldTo]) -> int | None:
    """Return the tolerance of the contract under which lots travel, which the sender does not choose anew."""
    found = [sold_to[lot.id].tolerance_bp for lot in lots if lot.id in sold_to]
    return found[0] if found else None


def _check_dispatchable(lot: Lot, dispatch: NewDispatch) -> None:
    """Refuse a lot that may not leave; a sold one may."""
    if lot.sold_at is None:
        check_available(lot)
    if lot.state == LotState.CANCELLED.value:
        raise LotCancelled(number=lot.number)
    if lot.used_by_event_id is not None:
        raise LotUsed(number=lot.number)
    if lot.left_at is not None:
        raise LotGone(number=lot.number)
    if lot.is_held:
        raise LotHeld(number=lot.number)
    if dispatch.to_site_id is not None and lot.site_id == dispatch.to_site_id:
        raise LotAlreadyThere(number=lot.number)


def _insert(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    dispatch: NewDispatch,
    asked: Mapping[str, Any],
    lots: Sequence[Lot],
    digest: str,
    sale_id: UUID | None,
    agreed_tolerance: int | None,
    note: str | None,
) -> Dispatch:
    tolerance = dispatch.tolerance_bp if agreed_tolerance is None else agreed_tolerance
    if tolerance is None:
        tolerance = tolerance_of(session, actor.org)
    number = next_number(session, actor.org, Series.DISPATCH)
    waybill = _waybill(
        session, actor, now, asked=asked, lots=lots, number=number, tolerance=tolerance, note=note
    )
    row = Dispatch(
        id=dispatch.id,
        organisation_id=actor.org,
        number=number,
        to_site_id=dispatch.to_site_id,
        to_organisation_id=dispatch.to_organisation_id,
        destination=waybill["destination"],
        sale_id=sale_id,
        carrier=asked["carrier"],
        vehicle=asked["vehicle"],
        driver=asked["driver"],
        expected_on=dispatch.expected_on,
        state=DispatchState.ON_THE_WAY.value,
        tolerance_bp=tolerance,
        waybill=waybill,
        content_hash=content_hash(waybill),
        request_hash=digest,
        dispatched_at=now,
        dispatched_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    session.add_all(
        DispatchLine(id=new_id(), dispatch_id=row.id, lot_id=lot.id, quantity=lot.quantity, unit=lot.unit)
        for lot in lots
    )
    session.flush()
    return row


def _waybill(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    asked: Mapping[str, Any],
    lots: Sequence[Lot],
    number: int,
    tolerance: int,
    note: str | None,
) -> dict[str, Any]:
    """Return what the waybill says, for ever."""
    sender = get_own_organisation(session, actor)
    wanted = {lot.site_id for lot in lots if lot.site_id} | {asked["to_site_id"]} - {None}
    sites = {site.id: site for site in session.scalars(select(Site).where(Site.id.in_(wanted)))}
    to_site = sites.get(asked["to_site_id"])
    to = session.get(Organisation, asked["to_organisation_id"]) if asked["to_organisation_id"] else None
    user = session.get(User, actor.user_id) if actor.user_id else None
    place = f"{to_site.code} · {to_site.name}" if to_site else None
    return {
        "number": number,
        "sender": _house(sender),
        "receiver": _house(to) if to else None,
        "destination": asked["destination"] or place or (to.name if to else ""),
        "carrier": asked["carrier"],
        "vehicle": asked["vehicle"],
        "driver": asked["driver"],
        "note": note,
        "dispatched_at": now.isoformat(),
        "dispatched_on": local_date(now, sender.timezone).isoformat(),
        "dispatched_by": user.display_name if user else None,
        "expected_on": asked["expected_on"].isoformat() if asked["expected_on"] else None,
        "tolerance_bp": tolerance,
        "lots": [
            lot_facts(lot, sites[lot.site_id].name if lot.site_id in sites else None)
            for lot in sorted(lots, key=lambda one: one.number)
        ],
    }


def _house(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": organisation.name,
        "code": organisation.code,
        "tax_id": organisation.tax_id,
        "place": organisation.place,
    }


def cancel_dispatch(
    session: Session, *, actor: Actor, now: datetime, dispatch_id: UUID, note: str
) -> Dispatch:
    """Call a dispatch back before it arrives: its lots are in the house again. Again changes nothing.

    Raises:
        Forbidden, NotFound, ValidationFailed.
        DispatchStateRefused: it has arrived.
    """
    actor.require(Permission.DISPATCHES_WRITE)
    row = lock_dispatch(session, dispatch_id)
    if row.organisation_id != actor.org:
        raise NotFound
    errors = FieldErrors()
    why = clean_note(errors, "note", note, needed=True)
    errors.raise_any()
    if row.state == DispatchState.CANCELLED:
        return row
    refuse_unless(row, DispatchState.ON_THE_WAY)
    lots = lock_lots(session, row.organisation_id, lot_ids_of(session, row.id))
    bring_back(session, actor, now, row, lots, note=why or "")
    row.state, row.resolution = DispatchState.CANCELLED.value, why
    row.resolved_at, row.resolved_by = now, actor.user_id
    session.flush()
    after = {"number": row.number, "dispatch_id": row.id, "reason": why}
    note_lots(
        session,
        CustodyAudit.LOT_RETURNED,
        actor=actor,
        now=now,
        lot_ids=[lot.id for lot in lots],
        after=after,
    )
    note_change(
        session,
        tag=CustodyAudit.DISPATCH_CANCELLED,
        actor=actor,
        now=now,
        subject="dispatch",
        subject_id=row.id,
        before={"state": DispatchState.ON_THE_WAY.value},
        after={"state": row.state, **after},
    )
    return row


def bring_back(
    session: Session, actor: Actor, now: datetime, row: Dispatch, lots: Sequence[Lot], *, note: str
) -> None:
    """End the way of lots that the caller has locked: holds of the dispatch are lifted, none has left any more."""
    holds = list(
        session.scalars(select(LotHold).where(LotHold.group_id == row.id, LotHold.released_at.is_(None)))
    )
    if holds:
        lift_holds(session, actor=actor, now=now, holds=holds, lots=lots, note=note)
    for lot in lots:
        lot.left_at = None
    session.flush()


def lock_dispatch(session: Session, dispatch_id: UUID) -> Dispatch:
    """Lock a dispatch of any organisation; the caller asks whether the actor may see it.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Dispatch)
        .where(Dispatch.id == dispatch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def lot_ids_of(session: Session, dispatch_id: UUID) -> list[UUID]:
    """Return the lots of a dispatch."""
    return list(session.scalars(select(DispatchLine.lot_id).where(DispatchLine.dispatch_id == dispatch_id)))


def refuse_unless(row: Dispatch, *states: DispatchState) -> None:
    """Refuse a step that the dispatch's state does not allow.

    Raises:
        DispatchStateRefused.
    """
    if row.state not in states:
        raise DispatchStateRefused(
            number=row.number, state=Message(DISPATCH_STATE_LABELS[DispatchState(row.state)])
        )


def note_lots(
    session: Session,
    tag: CustodyAudit,
    *,
    actor: Actor,
    now: datetime,
    lot_ids: Sequence[UUID],
    after: Mapping[str, Any],
) -> None:
    """Write one audit record for each lot."""
    session.execute(
        insert(AuditRecord),
        [
            audit.record_values(
                tag=tag, actor=actor, now=now, subject_type="lot", subject_id=lot_id, after=after
            )
            for lot_id in lot_ids
        ],
    )
