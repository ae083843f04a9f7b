"""Books for tests: members with codes, entries of every kind, and a season of them."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.producers.services import register_producer
from tests.support.cast import Cast

DAY = date(2026, 3, 16)


def add_member(session: Session, cast: Cast, now: datetime, code: str, name: str = "Juana Mamani") -> UUID:
    """Register a member of the centre."""
    producer_id = new_id()
    register_producer(
        session,
        actor=cast.clerk.actor,
        now=now,
        id=producer_id,
        full_name=name,
        sex="female",
        member_code=code,
    )
    return producer_id


def post(
    session: Session,
    cast: Cast,
    now: datetime,
    lines: list[LedgerLine],
    *,
    day: date = DAY,
    kind: EntryKind = EntryKind.ADVANCE,
    description: str = "Prueba",
    key: str | None = None,
    organisation_id: UUID | None = None,
) -> JournalEntry:
    """Post an entry as a service would."""
    return post_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=organisation_id or cast.centre.id,
        now=now,
        occurred_on=day,
        kind=kind,
        description=description,
        idempotency_key=key or str(new_id()),
        lines=lines,
    )


def moved(amount: int) -> list[LedgerLine]:
    """Return the lines of money brought to the bank."""
    return [LedgerLine(AccountCode.BANK, amount), LedgerLine(AccountCode.CASH, -amount)]


def post_season(session: Session, cast: Cast, now: datetime, members: list[UUID]) -> None:
    """Post three months: opening, advances, a sale in two currencies, payments; with words that want escaping."""
    january = date(2026, 1, 5)
    post(
        session,
        cast,
        now,
        [LedgerLine(AccountCode.CASH, 5_000_00), LedgerLine(AccountCode.OPENING_EQUITY, -5_000_00)],
        day=january,
        kind=EntryKind.OPENING,
        description="Saldos iniciales",
    )
    for place, member in enumerate(members):
        post(
            session,
            cast,
            now,
            [
                LedgerLine(AccountCode.ADVANCES_TO_PRODUCERS, 100_00 + place, member),
                LedgerLine(AccountCode.CASH, -100_00 - place),
            ],
            day=january + timedelta(days=20 + place),
            description='=HYPERLINK("http://x"); adelanto | a  «Ñusta», \\ "3" kg',
        )
    sale = [LedgerLine(AccountCode.RECEIVABLE_BUYERS, 3_000_01, cast.mill.id)]
    sale += [LedgerLine(AccountCode.PAYABLE_PRODUCERS, -1_000_00, member) for member in members]
    sale.append(LedgerLine(AccountCode.FEE_INCOME, -(3_000_01 - 1_000_00 * len(members))))
    post(
        session,
        cast,
        now,
        sale,
        day=date(2026, 2, 10),
        kind=EntryKind.RUN_ACCOUNT,
        description="(a) * ! = venta",
    )
    post(
        session,
        cast,
        now,
        [
            LedgerLine(AccountCode.BANK, 500_00, None, "USD"),
            LedgerLine(AccountCode.BUYER_PREPAYMENTS, -500_00, cast.mill.id, "USD"),
        ],
        day=date(2026, 2, 11),
        kind=EntryKind.BUYER_PAYMENT,
    )
    for member in members:
        post(
            session,
            cast,
            now,
            [
                LedgerLine(AccountCode.PAYABLE_PRODUCERS, 900_00, member),
                LedgerLine(AccountCode.CASH, -900_00),
            ],
            day=date(2026, 3, 2),
            kind=EntryKind.PAYOUT,
        )
