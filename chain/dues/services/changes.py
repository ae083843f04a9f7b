"""What happens to a debt outside of a settlement: paid back in cash, written off, cancelled, or an amount given back to it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.money import Money
from chain.dues.audit_tags import DuesAudit
from chain.dues.errors import (
    ApplicationRestored,
    MovementOfLoan,
    MovementTaken,
    NotByHand,
    NotOpenThatMuch,
)
from chain.dues.models import Application, Movement
from chain.dues.rules import (
    MAX_NAME,
    MOVEMENT_ACCOUNTS,
    OFF_BOOKS,
    SOURCE_ACCOUNTS,
    ApplicationKind,
    DueKind,
    Source,
)
from chain.dues.services.checks import check_amount, check_past_day, check_reason, tidy
from chain.dues.services.debt_notices import CANCELLED, GIVEN_BACK, REPAID, WRITTEN_OFF, tell_of_debt
from chain.dues.services.movements import ENTRY_WORDS
from chain.dues.services.takings import application_row, write_applications
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lines_of, lock_books, post_entry, reverse_entry

#: Where cash that comes back goes.
REPAID_INTO = {Source.CASH: AccountCode.CASH, Source.BANK: AccountCode.BANK}


def repay_movement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    application_id: UUID,
    movement_id: UUID,
    amount_minor: int,
    paid_on: date,
    into: Source = Source.CASH,
) -> Application:
    """Record money that a producer brought for a debt, outside of any settlement; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the organisation has no such debt.
        ValidationFailed: a field cannot be used.
        NotOpenThatMuch: less than that is open.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.ADVANCES_WRITE)
    movement, organisation = lock_movement(session, actor, movement_id)
    known = _known(session, actor, application_id, movement_id, ApplicationKind.REPAYMENT)
    if known is not None:
        went_to = _debited(session, known.entry_id)
        if (known.amount_minor, known.applied_on) != (amount_minor, paid_on) or went_to != REPAID_INTO.get(
            into
        ):
            raise IdempotencyConflict
        return known
    errors = FieldErrors()
    check_amount(errors, amount_minor)
    check_past_day(errors, "paid_on", paid_on, local_date(now, organisation.timezone))
    if into not in REPAID_INTO:
        errors.add("into", N_("Choose where the money went."))
    errors.raise_any()
    if amount_minor > movement.balance_minor:
        raise NotOpenThatMuch(open=Money(movement.balance_minor, movement.currency))
    before = movement.balance_minor
    entry_id = post_change(
        session,
        actor,
        now,
        movement,
        REPAID_INTO[into],
        amount_minor,
        paid_on,
        f"repay:{application_id}",
        "Devolución",
    )
    found = _apply(
        session,
        actor,
        now,
        movement,
        ApplicationKind.REPAYMENT,
        amount_minor,
        paid_on,
        id=application_id,
        entry_id=entry_id,
    )
    tell_of_debt(session, now, movement, REPAID, amount_minor, before)
    _record(session, DuesAudit.MOVEMENT_REPAID, actor, now, movement, before, amount_minor=amount_minor)
    return found


def write_off_movement(
    session: Session, *, actor: Actor, now: datetime, application_id: UUID, movement_id: UUID, decision: str
) -> Application:
    """Let go what is open of a debt, by a decision of the assembly or committee; the producer is told.

    Raises:
        Forbidden: the actor may not set deductions.
        NotFound: the organisation has no such debt.
        ValidationFailed: the decision is missing.
        NotOpenThatMuch: nothing is open.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    movement, organisation = lock_movement(session, actor, movement_id)
    why = tidy(decision)
    known = _known(session, actor, application_id, movement_id, ApplicationKind.WRITE_OFF)
    if known is not None:
        if known.reason != why:
            raise IdempotencyConflict
        return known
    errors = FieldErrors()
    check_reason(errors, "decision", why)
    errors.raise_any()
    before = movement.balance_minor
    if not before:
        raise NotOpenThatMuch(open=Money(0, movement.currency))
    today = local_date(now, organisation.timezone)
    entry_id = None
    if DueKind(movement.kind) not in OFF_BOOKS:
        entry_id = post_change(
            session, actor, now, movement, AccountCode.OTHER_EXPENSE, before, today, f"write-off:{application_id}",
            "Condonación",
        )  # fmt: skip
    found = _apply(
        session,
        actor,
        now,
        movement,
        ApplicationKind.WRITE_OFF,
        before,
        today,
        id=application_id,
        entry_id=entry_id,
        reason=why,
    )
    tell_of_debt(session, now, movement, WRITTEN_OFF, before, before, reason=why)
    _record(session, DuesAudit.MOVEMENT_WRITTEN_OFF, actor, now, movement, before, reason=why)
    return found


def cancel_movement(
    session: Session, *, actor: Actor, now: datetime, movement_id: UUID, reason: str
) -> Application:
    """Cancel a debt that was written down by mistake and of which nothing was taken; both stay visible, the producer is told.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the organisation has no such debt.
        ValidationFailed: the reason is missing.
        MovementTaken: something of it was taken or written off.
        MovementOfLoan: it is an instalment.
    """
    actor.require(Permission.ADVANCES_WRITE)
    movement, organisation = lock_movement(session, actor, movement_id)
    if movement.loan_id is not None:
        raise MovementOfLoan
    why = tidy(reason)
    errors = FieldErrors()
    check_reason(errors, "reason", why)
    errors.raise_any()
    found = cancel_locked(session, actor, now, movement, local_date(now, organisation.timezone), why)
    tell_of_debt(session, now, movement, CANCELLED, found.amount_minor, found.amount_minor, reason=why)
    return found


def cancel_locked(  # noqa: PLR0917 - the callers have locked the books and the debt
    session: Session, actor: Actor, now: datetime, movement: Movement, today: date, why: str
) -> Application:
    """Cancel a debt that is locked; the callers tell the producer.

    Raises:
        MovementTaken: something of it was taken.
    """
    if movement.balance_minor != movement.amount_minor:
        raise MovementTaken
    before = movement.balance_minor
    entry_id = None
    if DueKind(movement.kind) not in OFF_BOOKS:
        account = SOURCE_ACCOUNTS[Source(movement.source)]
        entry_id = post_change(
            session, actor, now, movement, account, before, today, f"cancel:{movement.id}", "Anulación",
            kind=EntryKind.REVERSAL,
        )  # fmt: skip
    found = _apply(
        session, actor, now, movement, ApplicationKind.REVERSAL, before, today, entry_id=entry_id, reason=why
    )
    _record(session, DuesAudit.MOVEMENT_CANCELLED, actor, now, movement, before, reason=why)
    return found


def restore_application(
    session: Session, *, actor: Actor, now: datetime, application_id: UUID, reason: str
) -> Application:
    """Give back to a debt what a repayment or a writing off took by mistake; both stay visible, the producer is told.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the organisation has no such amount.
        NotByHand: a settlement or a cancellation took it.
        ApplicationRestored: it was given back before.
        ValidationFailed: the reason is missing.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    taken = session.get(Application, application_id)
    if taken is None or taken.organisation_id != actor.org:
        raise NotFound
    if taken.kind not in {ApplicationKind.REPAYMENT, ApplicationKind.WRITE_OFF}:
        raise NotByHand
    if taken.kind == ApplicationKind.WRITE_OFF:
        actor.require(Permission.DEDUCTIONS_WRITE)
    movement, organisation = lock_movement(session, actor, taken.movement_id)
    if session.scalar(select(Application.id).where(Application.restores_id == taken.id)) is not None:
        raise ApplicationRestored
    why = tidy(reason)
    errors = FieldErrors()
    check_reason(errors, "reason", why)
    errors.raise_any()
    before = movement.balance_minor
    today = local_date(now, organisation.timezone)
    entry_id = reverse_change(session, actor, now, taken.entry_id, today, movement)
    found = _apply(
        session,
        actor,
        now,
        movement,
        ApplicationKind.RESTORED,
        -taken.amount_minor,
        today,
        restores_id=taken.id,
        entry_id=entry_id,
        reason=why,
    )
    tell_of_debt(session, now, movement, GIVEN_BACK, taken.amount_minor, before, reason=why)
    _record(session, DuesAudit.APPLICATION_RESTORED, actor, now, movement, before, reason=why)
    return found


def lock_movement(session: Session, actor: Actor, movement_id: UUID) -> tuple[Movement, Organisation]:
    """Lock the books, then a debt, and return it as it is now.

    Raises:
        NotFound: the organisation has no such debt.
    """
    lock_books(session, actor.org)
    movement = session.scalars(
        select(Movement)
        .where(Movement.id == movement_id, Movement.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if movement is None:
        raise NotFound
    return movement, get_own_organisation(session, actor)


def post_change(  # noqa: PLR0917 - private to this area; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    movement: Movement,
    debit: AccountCode,
    amount_minor: int,
    day: date,
    key: str,
    words: str,
    *,
    kind: EntryKind | None = None,
) -> UUID:
    """Post what makes a debt smaller: debit where the money or the loss goes, credit the account of the debt."""
    account = MOVEMENT_ACCOUNTS[DueKind(movement.kind)]
    is_off_books = DueKind(movement.kind) in OFF_BOOKS
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=movement.organisation_id,
        now=now,
        occurred_on=day,
        kind=kind or EntryKind.CHARGE,
        description=f"{words} · {ENTRY_WORDS[DueKind(movement.kind)]} n.º {movement.number} · {movement.note}"[
            :MAX_NAME
        ],
        idempotency_key=key,
        lines=[
            LedgerLine(debit, amount_minor, None, movement.currency),
            LedgerLine(
                account, -amount_minor, None if is_off_books else movement.producer_id, movement.currency
            ),
        ],
    )
    return entry.id


def reverse_change(  # noqa: PLR0917 - private to this area; one line of facts
    session: Session, actor: Actor, now: datetime, entry_id: UUID | None, day: date, movement: Movement
) -> UUID | None:
    """Post the opposite of the entry of an amount that is given back."""
    if entry_id is None:
        return None
    reversed_by = reverse_entry(
        session,
        actor=actor,
        organisation_id=movement.organisation_id,
        now=now,
        entry_id=entry_id,
        occurred_on=day,
        description=f"Anulación · {ENTRY_WORDS[DueKind(movement.kind)]} n.º {movement.number}",
    )
    return reversed_by.id


def _apply(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    movement: Movement,
    kind: ApplicationKind,
    amount_minor: int,
    day: date,
    **more: object,
) -> Application:
    row = application_row(
        actor=actor,
        now=now,
        organisation_id=movement.organisation_id,
        movement_id=movement.id,
        kind=kind,
        amount_minor=amount_minor,
        applied_on=day,
        **more,
    )
    write_applications(session, [row])
    found = session.get(Application, row["id"])
    assert found is not None  # noqa: S101 - it was just written
    return found


def _known(
    session: Session, actor: Actor, application_id: UUID, movement_id: UUID, kind: ApplicationKind
) -> Application | None:
    known = session.get(Application, application_id)
    if known is None:
        return None
    if (known.organisation_id, known.movement_id, known.kind) == (actor.org, movement_id, kind.value):
        return known
    raise IdempotencyConflict


def _debited(session: Session, entry_id: UUID | None) -> str | None:
    """Return the account that an entry of this area debits."""
    if entry_id is None:
        return None
    return next(str(line.account) for line in lines_of(session, entry_id) if line.amount_minor > 0)


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: DuesAudit,
    actor: Actor,
    now: datetime,
    movement: Movement,
    before_minor: int,
    **more: object,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="due_movement",
        subject_id=movement.id,
        before={"balance_minor": before_minor},
        after={"balance_minor": movement.balance_minor, "number": movement.number, **more},
    )
