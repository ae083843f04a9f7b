"""Money given before a payment; runs take it back, oldest first."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.producers.queries import member_ids_among, names_of
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.models import Advance
from chain.settlement.rules import MAX_AMOUNT_MINOR, MAX_NAME
from chain.settlement.services.prices import DAY_OUT_OF_RANGE, FIRST_DAY, NAME_TOO_LONG


def give_advance(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    advance_id: UUID,
    producer_id: UUID,
    amount_minor: int,
    given_on: date,
    note: str,
) -> Advance:
    """Record an advance and post it (debit advances, credit cash); the same id again changes nothing.

    Raises:
        Forbidden: the actor may not give advances.
        NotFound: the producer is no present member of the organisation.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another advance.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    note = note.strip()
    digest = content_hash(
        {"producer_id": producer_id, "amount_minor": amount_minor, "given_on": given_on, "note": note}
    )
    known = session.get(Advance, advance_id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    if producer_id not in member_ids_among(session, actor.org, [producer_id]):
        raise NotFound
    organisation = get_own_organisation(session, actor)
    _check(amount_minor, given_on, note, local_date(now, organisation.timezone))
    entry_id = _post(
        session,
        actor=actor,
        now=now,
        advance_id=advance_id,
        producer_id=producer_id,
        amount_minor=amount_minor,
        given_on=given_on,
        note=note,
    )
    advance = Advance(
        id=advance_id,
        organisation_id=actor.org,
        producer_id=producer_id,
        amount_minor=amount_minor,
        recovered_minor=0,
        currency=organisation.currency,
        given_on=given_on,
        note=note,
        entry_id=entry_id,
        content_hash=digest,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(advance)
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.ADVANCE_GIVEN,
        actor=actor,
        now=now,
        subject_type="advance",
        subject_id=advance.id,
        after={"producer_id": producer_id, "amount_minor": amount_minor, "given_on": given_on, "note": note},
    )
    return advance


def _post(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    advance_id: UUID,
    producer_id: UUID,
    amount_minor: int,
    given_on: date,
    note: str,
) -> UUID:
    name = names_of(session, actor.org, [producer_id])[producer_id]
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=given_on,
        kind=EntryKind.ADVANCE,
        description=f"Adelanto · {name.member_code} · {note}"[:MAX_NAME],
        idempotency_key=f"advance:{advance_id}",
        lines=[
            LedgerLine(AccountCode.ADVANCES_TO_PRODUCERS, amount_minor, producer_id),
            LedgerLine(AccountCode.CASH, -amount_minor),
        ],
    )
    return entry.id


def _check(amount_minor: int, given_on: date, note: str, today: date) -> None:
    errors = FieldErrors()
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        errors.add(
            "amount", N_("The amount must be above zero and at most %(most)s."), most=MAX_AMOUNT_MINOR // 100
        )
    if given_on > today:
        errors.add("given_on", N_("The day lies in the future."))
    elif given_on < FIRST_DAY:
        errors.add("given_on", DAY_OUT_OF_RANGE, first=FIRST_DAY, last=today)
    if not note:
        errors.add("note", N_("Write what the advance was for."))
    elif len(note) > MAX_NAME:
        errors.add("note", NAME_TOO_LONG, limit=MAX_NAME)
    errors.raise_any()
