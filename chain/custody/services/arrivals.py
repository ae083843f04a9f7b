"""What arrives: weights on arrival against those at departure, disputes and their end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission, Role
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.custody.models import Dispatch, DispatchLine
from chain.custody.rules.arrivals import Sent, is_undisputed, share_out
from chain.custody.rules.words import ArrivalBasis, ArrivalSource, DispatchState
from chain.custody.services.dispatches import bring_back, lock_dispatch, lot_ids_of, refuse_unless
from chain.custody.services.holds import is_held_by_anything
from chain.custody.services.steps import CustodyAudit, clean_note, note_change
from chain.genealogy.rules import Transfer
from chain.genealogy.services import transfer_lots
from chain.lots.queries import lock_lots

#: Kind of the outbox message that the weights of a sale's load were settled on; whoever sold the lots handles it.
SETTLED_MESSAGE = "custody.load_settled"
#: A thousand tonnes: more is a slip in the unit.
MAX_QUANTITY = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What arrived: the weight of each lot, or one total per unit ("g", "ml") when the load was weighed as a whole."""

    dispatch_id: UUID
    quantities: Mapping[UUID, int] | None = None
    totals: Mapping[str, int] | None = None
    note: str | None = None


def record_arrival(session: Session, *, actor: Actor, now: datetime, arrival: Arrival) -> Dispatch:
    """Record what arrived: within the tolerance the dispatch has arrived, beyond it is in dispute.

    The receiver records it, or the sender from the signed paper. A receiver that comes later than such a sender puts
    its own weights in their place. Lots for an own place move there. The same again changes nothing.

    Raises:
        Forbidden: neither side's permission.
        NotFound: there is no such dispatch from or to the actor's organisation.
        ValidationFailed: a lot without its weight, or a dispute without a statement.
        DispatchStateRefused: somebody recorded other weights before, or it was cancelled.
    """
    row = lock_dispatch(session, arrival.dispatch_id)
    source = _side(actor, row)
    lines = _lines(session, row.id)
    sent = [Sent(line.lot_id, line.quantity, line.unit) for line in lines]
    basis, arrived, note = _weighed(arrival, sent)
    values = (source.value, basis.value, arrived, note)
    before = (row.arrival_source, row.arrival_basis, _arrived(lines), row.arrival_note)
    if row.arrived_at is not None and values == before:
        return row
    if not _may_replace(row, source):
        refuse_unless(row, DispatchState.ON_THE_WAY)
    by_total = basis is ArrivalBasis.TOTAL
    agrees = is_undisputed(sent, arrived, row.tolerance_bp, by_total=by_total)
    if not agrees and note is None:
        errors = FieldErrors()
        errors.add("note", N_("The difference is beyond the tolerance. Write what you found."))
        errors.raise_any()
    was = row.state
    for line in lines:
        line.arrived_quantity = arrived[line.lot_id]
    row.arrival_source, row.arrival_basis, row.arrival_note = source.value, basis.value, note
    row.arrived_at, row.arrived_by = now, actor.user_id
    row.state = (DispatchState.ARRIVED if agrees else DispatchState.DISPUTED).value
    session.flush()
    if row.to_site_id is not None:
        _move(session, actor, now, row)
    note_change(
        session,
        tag=CustodyAudit.DISPATCH_ARRIVED if agrees else CustodyAudit.DISPATCH_DISPUTED,
        actor=actor,
        now=now,
        subject="dispatch",
        subject_id=row.id,
        before={"state": was, "source": before[0], "arrived": _plain(before[2])},
        after={"state": row.state, "source": source.value, "arrived": _plain(arrived), "reason": note},
    )
    return row


def _side(actor: Actor, row: Dispatch) -> ArrivalSource:
    """Return for whom the actor speaks."""
    if row.to_organisation_id is not None and row.to_organisation_id == actor.organisation_id:
        actor.require(Permission.ARRIVALS_CONFIRM)
        return ArrivalSource.RECEIVER
    if row.organisation_id != actor.org:
        raise NotFound
    if not actor.may(Permission.DISPATCHES_WRITE):
        actor.require(Permission.ARRIVALS_CONFIRM)
    return ArrivalSource.SENDER if row.to_site_id is None else ArrivalSource.RECEIVER


def _may_replace(row: Dispatch, source: ArrivalSource) -> bool:
    """Tell whether the receiver corrects what the sender typed from the paper."""
    return (
        source is ArrivalSource.RECEIVER
        and row.arrival_source == ArrivalSource.SENDER
        and row.state in {DispatchState.ARRIVED, DispatchState.DISPUTED}
    )


def _weighed(arrival: Arrival, sent: list[Sent]) -> tuple[ArrivalBasis, dict[UUID, int], str | None]:
    """Return how it was weighed and what arrived of each lot."""
    errors = FieldErrors()
    note = clean_note(errors, "note", arrival.note)
    if (arrival.quantities is None) == (arrival.totals is None):
        errors.add("quantities", N_("Write the weight of each lot, or the weight of the whole load."))
        errors.raise_any()
    if arrival.totals is not None:
        units = {one.unit for one in sent}
        if set(arrival.totals) != units:
            errors.add("totals", N_("Write the weight or the litres of the whole load."))
        _check_amounts(errors, "totals", list(arrival.totals.values()))
        errors.raise_any()
        return ArrivalBasis.TOTAL, share_out(sent, arrival.totals), note
    quantities = dict(arrival.quantities or {})
    if set(quantities) != {one.lot_id for one in sent}:
        errors.add(
            "quantities", N_("Write the weight of every lot of the waybill; 0 for one that is missing.")
        )
    _check_amounts(errors, "quantities", list(quantities.values()))
    errors.raise_any()
    return ArrivalBasis.LOTS, quantities, note


def _check_amounts(errors: FieldErrors, field: str, amounts: Sequence[int]) -> None:
    if any(not 0 <= amount <= MAX_QUANTITY for amount in amounts):
        errors.add(field, N_("This figure cannot be right. Check it and its unit."))


def _lines(session: Session, dispatch_id: UUID) -> list[DispatchLine]:
    return list(
        session.scalars(
            select(DispatchLine)
            .where(DispatchLine.dispatch_id == dispatch_id)
            .order_by(DispatchLine.lot_id)
            .execution_options(populate_existing=True)
        )
    )


def _arrived(lines: Sequence[DispatchLine]) -> dict[UUID, int | None]:
    return {line.lot_id: line.arrived_quantity for line in lines}


def _plain(quantities: Mapping[UUID, int | None]) -> dict[str, Any]:
    return {str(lot_id): quantity for lot_id, quantity in quantities.items()}


def _move(session: Session, actor: Actor, now: datetime, row: Dispatch) -> None:
    """Bring the lots to the own place they were sent to.

    A lot that was put on hold meanwhile came all the same: the move is recorded, and the hold stands.
    """
    assert row.to_site_id is not None  # noqa: S101 - the caller asked
    lot_ids = lot_ids_of(session, row.id)
    lots = lock_lots(session, row.organisation_id, lot_ids)
    bring_back(session, actor, now, row, lots, note=str(row.number))
    for lot in lots:
        lot.is_held = False
    session.flush()
    mover = Actor(
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        organisation_kind=actor.organisation_kind,
        roles=frozenset({Role.CLERK}),
    )
    event = Transfer(id=new_id(), happened_at=now, lot_ids=tuple(lot_ids), to_site_id=row.to_site_id)
    transfer_lots(session, actor=mover, now=now, event=event)
    for lot in lots:
        lot.is_held = is_held_by_anything(session, lot.id)
    session.flush()


def resolve_dispute(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    dispatch_id: UUID,
    note: str,
    agreed: Mapping[UUID, int] | None = None,
) -> Dispatch:
    """End a dispute with the weights that both sides settled on; without them, those on arrival count.

    Raises:
        Forbidden, ValidationFailed.
        NotFound: there is no such dispatch of the actor's organisation: the sender resolves.
        DispatchStateRefused: there is no dispute.
    """
    actor.require(Permission.DISPATCHES_WRITE)
    row = lock_dispatch(session, dispatch_id)
    if row.organisation_id != actor.org:
        raise NotFound
    lines = _lines(session, row.id)
    errors = FieldErrors()
    why = clean_note(errors, "note", note, needed=True)
    weights = (
        dict(agreed) if agreed is not None else {line.lot_id: line.arrived_quantity or 0 for line in lines}
    )
    if set(weights) != {line.lot_id for line in lines}:
        errors.add("agreed", N_("Write the weight of every lot of the waybill; 0 for one that is missing."))
    _check_amounts(errors, "agreed", list(weights.values()))
    errors.raise_any()
    settled = {line.lot_id: line.agreed_quantity for line in lines}
    if row.state == DispatchState.SETTLED and (row.resolution, settled) == (why, weights):
        return row
    refuse_unless(row, DispatchState.DISPUTED)
    for line in lines:
        line.agreed_quantity = weights[line.lot_id]
    row.state, row.resolution = DispatchState.SETTLED.value, why
    row.resolved_at, row.resolved_by = now, actor.user_id
    session.flush()
    if row.sale_id is not None:
        enqueue(
            session,
            kind=SETTLED_MESSAGE,
            payload={"sale_id": row.sale_id},
            now=now,
            dedupe_key=f"{SETTLED_MESSAGE}:{row.id}",
        )
    note_change(
        session,
        tag=CustodyAudit.DISPUTE_SETTLED,
        actor=actor,
        now=now,
        subject="dispatch",
        subject_id=row.id,
        before={"state": DispatchState.DISPUTED.value, "arrived": _plain(_arrived(lines))},
        after={"state": row.state, "agreed": _plain(weights), "reason": why},
    )
    return row
