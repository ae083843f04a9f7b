"""Reads of bank accounts, statements, their lines and what they may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate, paginate_rows
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import AccountCode
from chain.payin.models import BankAccount, BankStatement, BuyerPayment, BuyerRefund, Invoice, StatementLine
from chain.payin.rules import LineState, Means, OpenInvoice, Proposal, RefundState, propose
from chain.sales.models import Sale

#: Open invoices that the lines of one page are compared with.
MAX_OPEN = 2000
#: Payments written down by hand that are offered for lines of one page.
MAX_RECORDED = 200
STATEMENT_SORT: SortColumns = {
    "imported_at": BankStatement.imported_at,
    "last_on": BankStatement.last_on,
}
ACCOUNT_SORT: SortColumns = {"bank": BankAccount.bank, "number": BankAccount.number}
LINE_SORT: SortColumns = {"booked_on": StatementLine.booked_on, "amount": StatementLine.amount_minor}


def bank_accounts(session: Session, organisation_id: UUID) -> Sequence[BankAccount]:
    """Return the open bank accounts of an organisation, by bank and number."""
    return session.scalars(
        select(BankAccount)
        .where(BankAccount.organisation_id == organisation_id, BankAccount.closed_at.is_(None))
        .order_by(BankAccount.bank, BankAccount.number)
    ).all()


def list_bank_accounts(
    session: Session, actor: Actor, request: PageRequest, *, with_closed: bool = False
) -> Page[BankAccount]:
    """Return the bank accounts of the actor's organisation, by bank and number."""
    actor.require(Permission.INVOICES_READ)
    statement = select(BankAccount).where(BankAccount.organisation_id == actor.org)
    if not with_closed:
        statement = statement.where(BankAccount.closed_at.is_(None))
    statement = statement.order_by(BankAccount.bank, BankAccount.number)
    return paginate(
        session, order_by(statement, request.sort, ACCOUNT_SORT, BankAccount.id.expression), request
    )


def get_bank_account_for(session: Session, actor: Actor, account_id: UUID) -> BankAccount:
    """Return a bank account of the actor's organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.get(BankAccount, account_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement with its account and how many of its lines wait."""

    statement: BankStatement
    account: BankAccount
    open_lines: int


def list_statements(session: Session, actor: Actor, request: PageRequest) -> Page[StatementRow]:
    """Return the statements of the actor's organisation, the latest first."""
    actor.require(Permission.PAYIN_WRITE)
    waiting = (
        select(StatementLine.statement_id, func.count().label("count"))
        .where(
            StatementLine.organisation_id == actor.org,
            StatementLine.state == LineState.OPEN.value,
        )
        .group_by(StatementLine.statement_id)
        .subquery()
    )
    statement = (
        select(BankStatement, BankAccount, func.coalesce(waiting.c.count, 0).label("waiting"))
        .join(BankAccount, BankAccount.id == BankStatement.bank_account_id)
        .outerjoin(waiting, waiting.c.statement_id == BankStatement.id)
        .where(BankStatement.organisation_id == actor.org)
        .order_by(BankStatement.imported_at.desc(), BankStatement.id)
    )
    statement = order_by(statement, request.sort, STATEMENT_SORT, BankStatement.id.expression)
    page = paginate_rows(session, statement, request)
    items = [StatementRow(row[0], row[1], int(row.waiting)) for row in page.items]
    return Page(items, page.page, page.page_size, page.total)


def get_statement_for(session: Session, actor: Actor, statement_id: UUID) -> BankStatement:
    """Return a statement of the actor's organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.get(BankStatement, statement_id)
    if (
        found is None
        or found.organisation_id != actor.organisation_id
        or not actor.may(Permission.PAYIN_WRITE)
    ):
        raise NotFound
    return found


def get_line_for(session: Session, actor: Actor, line_id: UUID) -> StatementLine:
    """Return a line of a statement of the actor's organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.get(StatementLine, line_id)
    if (
        found is None
        or found.organisation_id != actor.organisation_id
        or not actor.may(Permission.PAYIN_WRITE)
    ):
        raise NotFound
    return found


def list_lines(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    statement_id: UUID | None = None,
    state: LineState | None = None,
    only_in: bool = False,
) -> Page[StatementLine]:
    """Return lines of statements, the latest day first; all, of one statement, in one state, or only money in."""
    actor.require(Permission.PAYIN_WRITE)
    statement = (
        select(StatementLine)
        .where(StatementLine.organisation_id == actor.org)
        .order_by(StatementLine.booked_on.desc(), StatementLine.position, StatementLine.id)
    )
    if statement_id is not None:
        statement = statement.where(StatementLine.statement_id == statement_id)
    if state is not None:
        statement = statement.where(StatementLine.state == state.value)
    if only_in:
        statement = statement.where(StatementLine.amount_minor > 0)
    return paginate(
        session, order_by(statement, request.sort, LINE_SORT, StatementLine.id.expression), request
    )


def open_invoices(session: Session, organisation_id: UUID, currency: str) -> list[OpenInvoice]:
    """Return the open invoices of an organisation in a currency, for matching, the oldest day first."""
    rows = session.execute(
        select(Invoice, Organisation.name, Sale.number)
        .join(Organisation, Organisation.id == Invoice.buyer_id)
        .join(Sale, Sale.id == Invoice.sale_id)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.currency == currency,
            Invoice.voided_at.is_(None),
            Invoice.amount_minor - Invoice.credited_minor - Invoice.paid_minor > 0,
        )
        .order_by(Invoice.due_on, Invoice.serial)
        .limit(MAX_OPEN)
    )
    return [
        OpenInvoice(
            key=row.Invoice.id,
            buyer=row.Invoice.buyer_id,
            buyer_name=row.name,
            serial=row.Invoice.serial,
            sale_number=row.number,
            open_minor=row.Invoice.amount_minor - row.Invoice.credited_minor - row.Invoice.paid_minor,
            currency=row.Invoice.currency,
            due_on=row.Invoice.due_on,
        )
        for row in rows
    ]


def proposals_for(
    session: Session, organisation_id: UUID, lines: Sequence[StatementLine]
) -> Mapping[UUID, list[Proposal]]:
    """Return what open lines with money in may pay, the likeliest first."""
    accounts = {line.bank_account_id for line in lines}
    currencies = {
        row.id: row.currency
        for row in session.execute(
            select(BankAccount.id, BankAccount.currency).where(BankAccount.id.in_(accounts))
        )
    }
    invoices = {money: open_invoices(session, organisation_id, money) for money in set(currencies.values())}
    return {
        line.id: propose(
            line.text, line.counterparty, line.amount_minor, invoices[currencies[line.bank_account_id]]
        )
        for line in lines
        if line.state == LineState.OPEN and line.amount_minor > 0
    }


@dataclass(frozen=True, slots=True)
class BankCheck:
    """The bank in the books against the statements, in one currency. `difference_minor` is None without a closing balance."""

    currency: str
    on: date | None
    book_minor: int
    statement_minor: int | None
    #: lines that are in no entry of the books yet
    open_in_minor: int
    open_out_minor: int
    open_lines: int
    #: payments by bank that no line of a statement confirms
    unconfirmed_minor: int

    @property
    def difference_minor(self) -> int | None:
        """What the bank has more than the books."""
        return None if self.statement_minor is None else self.statement_minor - self.book_minor

    @property
    def unexplained_minor(self) -> int | None:
        """What neither open lines nor unconfirmed payments explain."""
        if self.difference_minor is None:
            return None
        return self.difference_minor - self.open_in_minor - self.open_out_minor + self.unconfirmed_minor


def bank_checks(session: Session, organisation_id: UUID) -> list[BankCheck]:
    """Compare the bank account of the books with the latest closing balances of the statements, by currency."""
    closings = _closings(session, organisation_id)
    return [
        _bank_check(session, organisation_id, currency, found) for currency, found in sorted(closings.items())
    ]


def _closings(session: Session, organisation_id: UUID) -> dict[str, list[tuple[date | None, int | None]]]:
    """Return day and closing balance of the latest statement of each account, by currency."""
    found: dict[str, list[tuple[date | None, int | None]]] = {}
    for account in bank_accounts(session, organisation_id):
        row = session.execute(
            select(BankStatement.last_on, BankStatement.closing_minor)
            .where(BankStatement.bank_account_id == account.id, BankStatement.closing_minor.is_not(None))
            .order_by(BankStatement.last_on.desc(), BankStatement.imported_at.desc())
            .limit(1)
        ).first()
        found.setdefault(account.currency, []).append(
            (None, None) if row is None else (row.last_on, row.closing_minor)
        )
    return found


def _bank_check(
    session: Session,
    organisation_id: UUID,
    currency: str,
    closings: Sequence[tuple[date | None, int | None]],
) -> BankCheck:
    days = [day for day, _ in closings if day is not None]
    known = [minor for _, minor in closings if minor is not None]
    on = max(days, default=None)
    book = (
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.code == AccountCode.BANK.value,
            LedgerAccount.currency == currency,
        )
    )
    unconfirmed = select(func.coalesce(func.sum(BuyerPayment.amount_minor), 0)).where(
        BuyerPayment.organisation_id == organisation_id,
        BuyerPayment.means == "bank",
        BuyerPayment.currency == currency,
        BuyerPayment.id.not_in(select(StatementLine.payment_id).where(StatementLine.payment_id.is_not(None))),
    )
    lines = (
        select(StatementLine.amount_minor)
        .join(BankAccount, BankAccount.id == StatementLine.bank_account_id)
        .where(
            StatementLine.organisation_id == organisation_id,
            StatementLine.state == LineState.OPEN.value,
            BankAccount.currency == currency,
        )
    )
    if on is not None:
        book = book.where(JournalEntry.occurred_on <= on)
        unconfirmed = unconfirmed.where(BuyerPayment.paid_on <= on)
        lines = lines.where(StatementLine.booked_on <= on)
    waiting = [int(minor) for minor in session.scalars(lines)]
    return BankCheck(
        currency=currency,
        on=on,
        book_minor=int(session.scalar(book) or 0),
        statement_minor=sum(known) if known else None,
        open_in_minor=sum(minor for minor in waiting if minor > 0),
        open_out_minor=sum(minor for minor in waiting if minor < 0),
        open_lines=len(waiting),
        unconfirmed_minor=int(session.scalar(unconfirmed) or 0),
    )


def recorded_by_hand(
    session: Session, actor: Actor, lines: Sequence[StatementLine], account: BankAccount
) -> Sequence[BuyerPayment]:
    """Return payments of the amounts of open lines that somebody wrote down and that no line confirms, the latest first.

    Booked from a line too, such a payment would stand in the books twice.
    """
    amounts = {line.amount_minor for line in lines if line.state == LineState.OPEN and line.amount_minor > 0}
    if not amounts:
        return []
    confirmed = select(StatementLine.payment_id).where(
        StatementLine.organisation_id == actor.org, StatementLine.payment_id.is_not(None)
    )
    never_was = select(BuyerRefund.payment_id).where(
        BuyerRefund.organisation_id == actor.org,
        BuyerRefund.is_mistake.is_(True),
        BuyerRefund.state == RefundState.DONE.value,
    )
    statement = (
        select(BuyerPayment)
        .where(
            BuyerPayment.organisation_id == actor.org,
            BuyerPayment.means == Means.BANK.value,
            BuyerPayment.currency == account.currency,
            BuyerPayment.amount_minor.in_(amounts),
            BuyerPayment.id.not_in(confirmed),
            BuyerPayment.id.not_in(never_was),
        )
        .order_by(BuyerPayment.paid_on.desc(), BuyerPayment.id)
        .limit(MAX_RECORDED)
    )
    return session.scalars(statement).all()
