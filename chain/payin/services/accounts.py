"""Closing a bank account of the organisation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.payin.audit_tags import PayinAudit
from chain.payin.models import BankAccount
from chain.payin.queries.statements import get_bank_account_for


def close_bank_account(session: Session, *, actor: Actor, now: datetime, account_id: UUID) -> BankAccount:
    """Close a bank account: it is offered for nothing new, its statements and payments stay. Again: nothing changes.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is no account of the organisation.
    """
    actor.require(Permission.PAYIN_WRITE)
    account = get_bank_account_for(session, actor, account_id)
    if account.closed_at is not None:
        return account
    account.closed_at = now
    session.flush()
    audit.record(
        session,
        tag=PayinAudit.ACCOUNT_CLOSED,
        actor=actor,
        now=now,
        subject_type="bank_account",
        subject_id=account.id,
        after={"number": account.number},
    )
    return account
