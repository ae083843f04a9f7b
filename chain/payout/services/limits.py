"""What rails take at most, and the layouts of banks' files: settings of the organisation, dated and never changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import plain
from chain.core.i18n import N_
from chain.payout.audit_tags import PayoutAudit
from chain.payout.bank_files import check_layout
from chain.payout.models import BankLayout, PayoutLimit
from chain.payout.rules import MAX_NAME, LimitKind
from chain.settlement.rules import MAX_AMOUNT_MINOR


def set_limit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    limit_id: UUID,
    kind: LimitKind,
    amount_minor: int,
    valid_from: date,
    source: str,
) -> PayoutLimit:
    """Write down what a rail takes at most from a day on; it is applied once an accountant has confirmed it.

    Raises:
        Forbidden: the actor prepares no payments.
        ValidationFailed: a field cannot be used, or the kind has another limit from that day.
        IdempotencyConflict: the id was used for another limit.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    content = {
        "kind": kind.value,
        "amount_minor": amount_minor,
        "valid_from": valid_from,
        "source": " ".join(source.split()),
    }
    known = session.get(PayoutLimit, limit_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, name) == value for name, value in content.items()
        ):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        errors.add(
            "amount", N_("The amount must be above zero and at most %(most)s."), most=MAX_AMOUNT_MINOR // 100
        )
    if not 1 <= len(str(content["source"])) <= MAX_NAME:
        errors.add("source", N_("Write where the figure comes from."))
    taken = select(PayoutLimit.id).where(
        PayoutLimit.organisation_id == actor.org,
        PayoutLimit.kind == kind.value,
        PayoutLimit.valid_from == valid_from,
    )
    if session.scalar(taken) is not None:
        errors.add("valid_from", N_("From this day on there is another figure already."))
    errors.raise_any()
    row = PayoutLimit(
        id=limit_id,
        organisation_id=actor.org,
        currency=get_own_organisation(session, actor).currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    session.add(row)
    session.flush()
    _note(session, PayoutAudit.LIMIT_SET, actor, now, "payout_limit", row.id, content)
    return row


def confirm_limit(session: Session, *, actor: Actor, now: datetime, limit_id: UUID) -> PayoutLimit:
    """Confirm a limit, as whoever answers for the law: from then on batches keep it. Twice changes nothing.

    Raises:
        Forbidden: the actor confirms no rates.
        NotFound: it is not the organisation's.
    """
    actor.require(Permission.TAXES_CONFIRM)
    row = session.scalars(
        select(PayoutLimit)
        .where(PayoutLimit.id == limit_id, PayoutLimit.organisation_id == actor.org)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound
    if row.confirmed_at is None:
        row.confirmed_at, row.confirmed_by = now, actor.user_id
        session.flush()
        said = {"kind": row.kind, "amount_minor": row.amount_minor, "valid_from": row.valid_from}
        _note(session, PayoutAudit.LIMIT_CONFIRMED, actor, now, "payout_limit", row.id, said)
    return row


def set_layout(
    session: Session, *, actor: Actor, now: datetime, layout_id: UUID, name: str, layout: Mapping[str, Any]
) -> BankLayout:
    """Keep the columns of a bank's file under a name; one of the same name takes its place.

    Raises:
        Forbidden: the actor prepares no payments.
        ValidationFailed: the name is missing or a column cannot be used.
        IdempotencyConflict: the id was used for another layout.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    title = " ".join(name.split())
    kept = plain(layout)
    known = session.get(BankLayout, layout_id)
    if known is not None:
        if known.organisation_id == actor.org and (known.name, known.layout) == (title, kept):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    if not 1 <= len(title) <= MAX_NAME:
        errors.add("name", N_("Write the name of the bank."))
    for problem in check_layout(layout):
        errors.add("columns", problem.msgid, **problem.params)
    errors.raise_any()
    for earlier in session.scalars(
        select(BankLayout)
        .where(
            BankLayout.organisation_id == actor.org,
            BankLayout.name == title,
            BankLayout.ended_at.is_(None),
        )
        .with_for_update()
    ):
        earlier.ended_at = now
    row = BankLayout(
        id=layout_id,
        organisation_id=actor.org,
        name=title,
        layout=kept,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    _note(session, PayoutAudit.LAYOUT_SET, actor, now, "bank_layout", row.id, {"name": title, **kept})
    return row


def end_layout(session: Session, *, actor: Actor, now: datetime, layout_id: UUID) -> BankLayout:
    """Take a layout out of use. Twice changes nothing.

    Raises:
        Forbidden: the actor prepares no payments.
        NotFound: it is not the organisation's.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    row = session.get(BankLayout, layout_id, with_for_update=True)
    if row is None or row.organisation_id != actor.org:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = now
        session.flush()
        _note(session, PayoutAudit.LAYOUT_ENDED, actor, now, "bank_layout", row.id, {"name": row.name})
    return row


def _note(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: PayoutAudit,
    actor: Actor,
    now: datetime,
    subject: str,
    subject_id: UUID,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        session, tag=tag, actor=actor, now=now, subject_type=subject, subject_id=subject_id, after=after
    )
