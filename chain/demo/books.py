"""Opening balances of the demonstration's books."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry


def open_books(session: Session, *, actor: Actor, amount_minor: int, now: datetime) -> None:
    """Post the cash that an organisation begins with (drawn)."""
    post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=now.date(),
        kind=EntryKind.OPENING,
        description="Saldo inicial de caja (demostración)",
        idempotency_key="demo:opening",
        lines=[
            LedgerLine(AccountCode.CASH, amount_minor),
            LedgerLine(AccountCode.OPENING_EQUITY, -amount_minor),
        ],
    )
