"""Loans to producers: given with a schedule, cancelled while nothing was taken. `early.py` holds their early payment."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.dues.audit_tags import DuesAudit
from chain.dues.loan_rules import (
    MAX_INSTALMENTS,
    MAX_INTEREST_BASIS_POINTS,
    Every,
    Instalment,
    schedule,
)
from chain.dues.models import Loan, Movement
from chain.dues.rules import (
    IN_MONEY,
    MAX_NAME,
    SOURCE_ACCOUNTS,
    DueKind,
    Source,
)
from chain.dues.services.changes import cancel_locked
from chain.dues.services.checks import (
    DAY_OUT_OF_RANGE,
    WRITE_DECISION,
    check_amount,
    check_past_day,
    check_reason,
    check_text,
    tidy,
)
from chain.dues.services.debt_notices import tell_of_cancelled_loan, tell_of_loan
from chain.dues.services.movements import WRITE_NOTE, NewMovement, movement_values, next_number
from chain.ledger.held_money import check_free_money
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.producers.queries import member_ids_among, names_of

LOAN_SOURCES = (Source.CASH, Source.BANK, Source.OPENING)
#: The first instalment falls due within a year.
MAX_FIRST_DUE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class NewLoan:
    """A loan to give."""

    id: UUID
    producer_id: UUID
    principal_minor: int
    interest_basis_points_a_month: int
    instalments: int
    every: Every
    given_on: date
    first_due_on: date
    note: str
    decided_by: str
    source: Source = Source.CASH

    @property
    def plan(self) -> list[Instalment]:
        """The schedule."""
        return schedule(
            self.principal_minor,
            self.interest_basis_points_a_month,
            self.instalments,
            self.every,
            self.first_due_on,
        )


def check_loan(new: NewLoan, today: date) -> None:
    """Refuse a loan that cannot be given; the preview of the schedule asks too.

    Raises:
        ValidationFailed: a field cannot be used.
    """
    errors = FieldErrors()
    check_amount(errors, new.principal_minor, "principal")
    if not 0 <= new.interest_basis_points_a_month <= MAX_INTEREST_BASIS_POINTS:
        errors.add(
            "interest",
            N_("The interest is at least 0 and at most %(most)s %% a month."),
            most=MAX_INTEREST_BASIS_POINTS // 100,
        )
    if not 0 < new.instalments <= MAX_INSTALMENTS:
        errors.add("instalments", N_("A loan has 1 to %(most)s instalments."), most=MAX_INSTALMENTS)
    elif new.principal_minor < new.instalments:
        errors.add("instalments", N_("There are more instalments than cents."))
    check_past_day(errors, "given_on", new.given_on, today)
    given = min(new.given_on, today)
    latest = given + MAX_FIRST_DUE
    if not new.given_on < new.first_due_on <= latest:
        errors.add("first_due_on", DAY_OUT_OF_RANGE, first=given + timedelta(days=1), last=latest)
    if new.source not in LOAN_SOURCES:
        errors.add("source", N_("Choose what was given."))
    check_text(errors, "note", tidy(new.note), WRITE_NOTE)
    check_text(errors, "decided_by", tidy(new.decided_by), WRITE_DECISION)
    errors.raise_any()


def give_loan(session: Session, *, actor: Actor, now: datetime, new: NewLoan) -> Loan:
    """Give a loan and post it; each instalment is a debt that payments take from the day on which it falls due.

    Interest has debts of its own, taken with the instalment, and counts as income when it is paid.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the producer is no present member of the organisation.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another loan.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    content = asdict(new)
    del content["id"]
    digest = content_hash(content)
    known = session.get(Loan, new.id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    if new.producer_id not in member_ids_among(session, actor.org, [new.producer_id]):
        raise NotFound
    organisation = get_own_organisation(session, actor)
    check_loan(new, local_date(now, organisation.timezone))
    loan = Loan(
        **content | {"every": new.every.value, "source": new.source.value},
        id=new.id,
        organisation_id=actor.org,
        currency=organisation.currency,
        entry_id=_post_loan(session, actor, now, new),
        content_hash=digest,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(loan)
    session.flush()
    _add_instalments(session, actor, now, organisation, new, loan.entry_id)
    audit.record(
        session,
        tag=DuesAudit.LOAN_GIVEN,
        actor=actor,
        now=now,
        subject_type="producer_loan",
        subject_id=loan.id,
        after=content,
    )
    tell_of_loan(session, now, loan, sum(part.interest_minor for part in new.plan))
    return loan


def _post_loan(session: Session, actor: Actor, now: datetime, new: NewLoan) -> UUID:
    code = names_of(session, actor.org, [new.producer_id])[new.producer_id].member_code
    if new.source in IN_MONEY:
        check_free_money(
            session, actor.org, get_own_organisation(session, actor).currency, new.principal_minor
        )
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=new.given_on,
        kind=EntryKind.LOAN,
        description=f"Préstamo · {code} · {new.note}"[:MAX_NAME],
        idempotency_key=f"loan:{new.id}",
        lines=[
            LedgerLine(AccountCode.LOANS_TO_PRODUCERS, new.principal_minor, new.producer_id),
            LedgerLine(SOURCE_ACCOUNTS[new.source], -new.principal_minor),
        ],
    )
    return entry.id


def _add_instalments(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    organisation: Organisation,
    new: NewLoan,
    entry_id: UUID | None,
) -> None:
    """Add the debts: of one day interest has the lower number, so that it is taken first."""
    number = next_number(session, actor.org)
    rows = []
    for part in new.plan:
        for kind, amount in (
            (DueKind.LOAN_INTEREST, part.interest_minor),
            (DueKind.LOAN_INSTALMENT, part.principal_minor),
        ):
            if not amount:
                continue
            note = f"{new.note} {part.number}/{new.instalments}"[:MAX_NAME]
            debt = NewMovement(
                new_id(), new.producer_id, kind, amount, part.due_on, note, new.source, tidy(new.decided_by)
            )
            booked = entry_id if kind is DueKind.LOAN_INSTALMENT else None
            rows.append(
                movement_values(
                    actor, now, organisation, debt, number, booked, loan_id=new.id, instalment=part.number
                )
            )
            number += 1
    session.execute(insert(Movement), rows)


def cancel_loan(session: Session, *, actor: Actor, now: datetime, loan_id: UUID, reason: str) -> Loan:
    """Cancel a loan that was written down by mistake and of which nothing was taken; its debts are cancelled with it.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the organisation has no such loan.
        ValidationFailed: the reason is missing.
        MovementTaken: something of an instalment was taken, or the loan is cancelled.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    loan = get_own_loan(session, actor, loan_id)
    why = tidy(reason)
    errors = FieldErrors()
    check_reason(errors, "reason", why)
    errors.raise_any()
    today = local_date(now, get_own_organisation(session, actor).timezone)
    gone = sum(
        cancel_locked(session, actor, now, debt, today, why).amount_minor
        for debt in debts_of(session, loan, lock=True)
    )
    tell_of_cancelled_loan(session, now, loan, gone, why)
    record_loan(session, DuesAudit.LOAN_CANCELLED, actor, now, loan, {"reason": why})
    return loan


def get_own_loan(session: Session, actor: Actor, loan_id: UUID) -> Loan:
    """Return a loan of the actor's organisation.

    Raises:
        NotFound: it has no such loan.
    """
    loan = session.get(Loan, loan_id)
    if loan is None or loan.organisation_id != actor.organisation_id:
        raise NotFound
    return loan


def debts_of(session: Session, loan: Loan, *, lock: bool = False) -> Sequence[Movement]:
    """Return the debts of a loan by number."""
    statement = (
        select(Movement)
        .where(Movement.loan_id == loan.id)
        .order_by(Movement.id)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(statement.with_for_update() if lock else statement).all()
    return sorted(found, key=lambda one: one.number)


def record_loan(  # noqa: PLR0917 - private; one line of facts
    session: Session, tag: DuesAudit, actor: Actor, now: datetime, loan: Loan, after: dict[str, object]
) -> None:
    """Write the audit record of a change of a loan."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="producer_loan",
        subject_id=loan.id,
        after={"producer_id": loan.producer_id, "principal_minor": loan.principal_minor, **after},
    )
