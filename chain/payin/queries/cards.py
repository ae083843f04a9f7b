"""The provider's balance against the books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.ledger.models import LedgerAccount
from chain.ledger.rules import AccountCode
from chain.payin.models import CardDispute, CardMovement
from chain.payin.rules import DisputeState

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class CardCheck:
    """One currency: what we kept of the provider's movements, what the provider says, what the books say."""

    currency: str
    kept_minor: int
    provider_minor: int | None
    book_minor: int | None

    @property
    def difference_minor(self) -> int | None:
        """What the provider has more than our movements: movements that we have not seen."""
        return None if self.provider_minor is None else self.provider_minor - self.kept_minor

    @property
    def book_difference_minor(self) -> int | None:
        """What the books have more than our movements."""
        return None if self.book_minor is None else self.book_minor - self.kept_minor


def card_checks(
    session: Session, organisation_id: UUID, balances: Mapping[str, int] | None
) -> list[CardCheck]:
    """Compare, by currency, the movements that are kept with the provider's balance and with the books."""
    kept = {
        row.currency: int(row.minor)
        for row in session.execute(
            select(CardMovement.currency, func.sum(CardMovement.net_minor).label("minor"))
            .where(CardMovement.organisation_id == organisation_id)
            .group_by(CardMovement.currency)
        )
    }
    books = {
        row.currency: int(row.balance_minor)
        for row in session.execute(
            select(LedgerAccount.currency, LedgerAccount.balance_minor).where(
                LedgerAccount.organisation_id == organisation_id,
                LedgerAccount.code == AccountCode.CARD_CLEARING.value,
            )
        )
    }
    currencies = sorted({*kept, *books, *(balances or {})})
    return [
        CardCheck(
            one,
            kept.get(one, 0),
            None if balances is None else balances.get(one, 0),
            books.get(one, 0) if one in books or one in kept else None,
        )
        for one in currencies
    ]


def unbooked_movements(session: Session, organisation_id: UUID) -> Sequence[CardMovement]:
    """Return movements that no entry of the books explains, the latest first."""
    return session.scalars(
        select(CardMovement)
        .where(CardMovement.organisation_id == organisation_id, CardMovement.entry_id.is_(None))
        .order_by(CardMovement.made_at.desc(), CardMovement.provider_id)
        .limit(MOST_ROWS)
    ).all()


def latest_movements(session: Session, organisation_id: UUID) -> Sequence[CardMovement]:
    """Return the latest movements."""
    return session.scalars(
        select(CardMovement)
        .where(CardMovement.organisation_id == organisation_id)
        .order_by(CardMovement.made_at.desc(), CardMovement.provider_id)
        .limit(MOST_ROWS)
    ).all()


def open_disputes(session: Session, organisation_id: UUID) -> Sequence[CardDispute]:
    """Return the disputes that the bank has not decided."""
    return session.scalars(
        select(CardDispute)
        .where(CardDispute.organisation_id == organisation_id, CardDispute.state == DisputeState.OPEN.value)
        .order_by(CardDispute.opened_at)
        .limit(MOST_ROWS)
    ).all()
