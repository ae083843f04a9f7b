"""Lent containers: what goes out to a producer, what comes back, what is lost."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.custody.errors import BalanceBelowZero
from chain.custody.models import ContainerMovement
from chain.custody.rules.words import MAX_CONTAINERS, MovementKind, signed_count
from chain.custody.services.steps import CustodyAudit, clean_note, note_change
from chain.lots.models import ContainerType
from chain.producers.queries import find_membership

MAX_AGE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement:
    """Containers that changed hands. `count` is positive; of a correction it is what is added to the balance."""

    id: UUID
    producer_id: UUID
    container_type_id: UUID
    kind: str
    count: int
    happened_on: date
    note: str | None = None


def move_containers(
    session: Session, *, actor: Actor, now: datetime, movement: NewMovement
) -> ContainerMovement:
    """Record containers lent, returned, lost or corrected. The same id with the same content returns the first record.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict.
        BalanceBelowZero: more would come back than the producer has; correct the balance first.
    """
    actor.require(Permission.STOCK_WRITE)
    digest = content_hash(
        {
            "producer_id": movement.producer_id,
            "container_type_id": movement.container_type_id,
            "kind": str(movement.kind),
            "count": movement.count,
            "happened_on": movement.happened_on,
            "note": movement.note,
        }
    )
    locked = session.scalar(  # everybody who moves this kind of container waits here
        select(ContainerType)
        .where(ContainerType.id == movement.container_type_id, ContainerType.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    known = session.get(ContainerMovement, movement.id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    note, signed = _check(session, actor, now, movement, locked)
    balance = balance_of(session, actor.org, movement.producer_id, movement.container_type_id)
    if balance + signed < 0 and movement.kind != MovementKind.CORRECTED:
        raise BalanceBelowZero(balance=balance)
    row = ContainerMovement(
        id=movement.id,
        organisation_id=actor.org,
        producer_id=movement.producer_id,
        container_type_id=movement.container_type_id,
        kind=str(movement.kind),
        count=signed,
        happened_on=movement.happened_on,
        note=note,
        recorded_at=now,
        recorded_by=actor.user_id,
        content_hash=digest,
    )
    session.add(row)
    session.flush()
    note_change(
        session,
        tag=CustodyAudit.CONTAINERS_MOVED,
        actor=actor,
        now=now,
        subject="producer",
        subject_id=movement.producer_id,
        before={"balance": balance},
        after={"balance": balance + signed, "kind": row.kind, "count": signed, "reason": note},
    )
    return row


def _check(
    session: Session, actor: Actor, now: datetime, movement: NewMovement, found: ContainerType | None
) -> tuple[str | None, int]:
    """Return the tidy note and what the balance changes by."""
    errors = FieldErrors()
    if movement.kind not in set(MovementKind):
        errors.add("kind", N_("Choose one of the options."))
        errors.raise_any()
    kind = MovementKind(movement.kind)
    note = clean_note(errors, "note", movement.note, needed=kind is MovementKind.CORRECTED)
    is_correction = kind is MovementKind.CORRECTED
    if not 0 < abs(movement.count) <= MAX_CONTAINERS or (movement.count < 0 and not is_correction):
        errors.add("count", N_("Write how many, as a whole number above zero."))
    if found is None:
        errors.add("container_type_id", N_("Choose one of the options."))
    elif kind is MovementKind.LENT and (found.archived_at is not None or not found.is_lent):
        errors.add("container_type_id", N_("Containers of this kind are not lent."))
    if find_membership(session, actor.org, movement.producer_id) is None:
        errors.add("producer_id", N_("We do not know this producer in your organisation."))
    today = local_date(now, get_own_organisation(session, actor).timezone)
    if not today - MAX_AGE <= movement.happened_on <= today:
        errors.add("happened_on", N_("The day must lie within the last year and not in the future."))
    errors.raise_any()
    return note, signed_count(kind, movement.count)


def balance_of(session: Session, organisation_id: UUID, producer_id: UUID, type_id: UUID) -> int:
    """Return how many containers of a kind a producer has."""
    total = session.scalar(
        select(func.coalesce(func.sum(ContainerMovement.count), 0)).where(
            ContainerMovement.organisation_id == organisation_id,
            ContainerMovement.producer_id == producer_id,
            ContainerMovement.container_type_id == type_id,
        )
    )
    return int(total or 0)
