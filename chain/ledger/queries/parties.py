"""Reads of the sub-ledgers: what each producer and buyer owes or is owed."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.ledger.models import LedgerAccount, Posting


def party_balance(
    session: Session, organisation_id: UUID, account: str, party_id: UUID, currency: str
) -> int:
    """Return the balance of a party on an account, in minor units, debit positive."""
    total = session.scalar(
        select(func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.code == str(account),
            LedgerAccount.currency == currency,
            Posting.party_id == party_id,
        )
    )
    return int(total or 0)
