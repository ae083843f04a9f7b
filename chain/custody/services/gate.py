"""The gate: a ticket per arrival. The order of a day is that of the database, so a power cut changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.custody.errors import VisitOver
from chain.custody.models import GateVisit
from chain.custody.rules.words import MAX_CODE, MAX_NAME, GatePurpose
from chain.custody.services.steps import CustodyAudit, Series, clean_name, next_number, note_change
from chain.producers.queries import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """Who or what came. With a producer the name may be left out."""

    id: UUID
    purpose: str
    visitor: str | None = None
    producer_id: UUID | None = None
    vehicle: str | None = None


def register_arrival_at_gate(session: Session, *, actor: Actor, now: datetime, visit: NewVisit) -> GateVisit:
    """Give the next ticket of the day. The same id with the same content returns the first ticket.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict.
    """
    actor.require(Permission.STOCK_WRITE)
    content = _checked(session, actor, visit)
    next_number(session, actor.org, Series.GATE)  # whoever comes at the same time waits here
    known = session.get(GateVisit, visit.id)
    if known is not None:
        same = known.organisation_id == actor.org and all(
            getattr(known, name) == value for name, value in content.items()
        )
        if same:
            return known
        raise IdempotencyConflict
    day = local_date(now, get_own_organisation(session, actor).timezone)
    last = session.scalar(
        select(func.max(GateVisit.ticket)).where(GateVisit.organisation_id == actor.org, GateVisit.day == day)
    )
    row = GateVisit(
        id=visit.id,
        organisation_id=actor.org,
        day=day,
        ticket=(last or 0) + 1,
        arrived_at=now,
        recorded_by=actor.user_id,
        **content,
    )
    session.add(row)
    session.flush()
    _note(session, CustodyAudit.VISIT_ARRIVED, actor, now, row, after={"ticket": row.ticket, **content})
    return row


def _checked(session: Session, actor: Actor, visit: NewVisit) -> dict[str, object]:
    errors = FieldErrors()
    name = clean_name(errors, "visitor", visit.visitor, MAX_NAME, needed=visit.producer_id is None)
    vehicle = clean_name(errors, "vehicle", visit.vehicle, MAX_CODE, needed=False) or None
    if visit.purpose not in set(GatePurpose):
        errors.add("purpose", N_("Choose one of the options."))
    if visit.producer_id is not None:
        found = names_of(session, actor.org, [visit.producer_id]).get(visit.producer_id)
        if found is None:
            errors.add("producer_id", N_("We do not know this producer in your organisation."))
        else:
            name = name or found.full_name
    errors.raise_any()
    return {
        "visitor": name,
        "producer_id": visit.producer_id,
        "vehicle": vehicle,
        "purpose": str(visit.purpose),
    }


def serve_visit(session: Session, *, actor: Actor, now: datetime, visit_id: UUID) -> GateVisit:
    """Call a ticket; calling it again changes nothing.

    Raises:
        Forbidden, NotFound.
        VisitOver: the visitor has left.
    """
    row = _locked(session, actor, visit_id)
    if row.served_at is not None:
        return row
    if row.left_at is not None:
        raise VisitOver(ticket=row.ticket)
    row.served_at = now
    session.flush()
    _note(session, CustodyAudit.VISIT_SERVED, actor, now, row, after={"ticket": row.ticket})
    return row


def leave_gate(session: Session, *, actor: Actor, now: datetime, visit_id: UUID) -> GateVisit:
    """Record that a visitor left, served or not; again changes nothing.

    Raises:
        Forbidden, NotFound.
    """
    row = _locked(session, actor, visit_id)
    if row.left_at is None:
        row.left_at = now
        session.flush()
        _note(session, CustodyAudit.VISIT_LEFT, actor, now, row, after={"ticket": row.ticket})
    return row


def _locked(session: Session, actor: Actor, visit_id: UUID) -> GateVisit:
    actor.require(Permission.STOCK_WRITE)
    found = session.scalar(
        select(GateVisit)
        .where(GateVisit.id == visit_id, GateVisit.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _note(
    session: Session,
    tag: CustodyAudit,
    actor: Actor,
    now: datetime,
    row: GateVisit,
    *,
    after: dict[str, object],
) -> None:
    note_change(session, tag=tag, actor=actor, now=now, subject="gate_visit", subject_id=row.id, after=after)
