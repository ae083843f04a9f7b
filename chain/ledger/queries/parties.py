"""Reads of the sub-ledgers: what each producer and buyer owes or is owed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.errors import NotFound
from chain.core.i18n import N_
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.queries.chart import ChartRow, chart_rows
from chain.ledger.rules import PARTY_ACCOUNTS
from chain.producers.models import Membership, Producer
from chain.producers.queries import producers_by_member_code
from chain.producers.rules import search_form

PRODUCER, BUYER, OTHER = "producer", "buyer", "other"
PARTY_LABELS = {PRODUCER: N_("Producer"), BUYER: N_("Buyer"), OTHER: N_("Other party")}


@dataclass(frozen=True, slots=True)
class Party:
    """A producer, a buyer, or a person who holds money of the organisation."""

    id: UUID
    name: str
    #: member code or code of the organisation
    code: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class PartyRow:
    """What a party owes (positive) or is owed (negative) on an account."""

    party: Party
    account: ChartRow
    currency: str
    balance_minor: int


@dataclass(frozen=True, slots=True)
class ControlRow:
    """An account with sub-ledgers: its balance is the sum of the parties' and of what names no party."""

    account: ChartRow
    currency: str
    balance_minor: int
    parties_minor: int
    without_party_minor: int
    parties: int

    @property
    def agrees(self) -> bool:
        """Whether the parties sum to the account."""
        return self.balance_minor == self.parties_minor + self.without_party_minor


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A posting on a statement; the balance is what stands after it."""

    entry_id: UUID
    sequence: int
    occurred_on: date
    kind: str
    description: str
    account: ChartRow
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class StatementFilters:
    """Which part of a party's account is wanted; without a currency that of the books."""

    currency: str | None = None
    account: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of account of a party in one currency; debit positive."""

    party: Party
    currency: str
    currencies: Sequence[str]
    accounts: Sequence[ChartRow]
    opening_minor: int
    debit_minor: int
    credit_minor: int
    page: Page[StatementRow]

    @property
    def closing_minor(self) -> int:
        """The balance at the end of the period."""
        return self.opening_minor + self.debit_minor - self.credit_minor


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


# --- Names ------------------------------------------------------------------------------------------------------------


def parties_by_code(session: Session, organisation_id: UUID, codes: Iterable[str]) -> dict[str, UUID]:
    """Return members and buying organisations by the codes as given; unknown ones are missing."""
    wanted = {code for code in codes if code.strip()}
    found = producers_by_member_code(session, organisation_id, wanted)
    rest = {code.strip().upper(): code for code in wanted - found.keys()}
    if rest:
        rows = session.execute(
            select(Organisation.code, Organisation.id).where(
                Organisation.kind == OrganisationKind.BUYER.value, Organisation.code.in_(sorted(rest))
            )
        )
        found |= {rest[row.code]: row.id for row in rows}
    return found


def parties_named(session: Session, organisation_id: UUID, ids: Collection[UUID]) -> dict[UUID, Party]:
    """Return what is known of parties, by id."""
    if not ids:
        return {}
    found: dict[UUID, Party] = {}
    listed = sorted(ids)
    for start in range(0, len(listed), 500):
        columns, joined = _named(
            select(Posting.party_id.label("party_id"))
            .where(Posting.party_id.in_(listed[start : start + 500]))
            .distinct()
            .subquery(),
            organisation_id,
        )
        for row in session.execute(select(*columns).select_from(joined)):
            found[row.party_id] = _party(row)
    return found


def _named(parties: Subquery, organisation_id: UUID) -> tuple[Sequence[ColumnElement[Any]], Any]:
    """Return the columns that name the parties of a subquery, and the join that brings them."""
    joined = (
        parties.outerjoin(
            Membership,
            and_(Membership.producer_id == parties.c.party_id, Membership.organisation_id == organisation_id),
        )
        .outerjoin(Producer, Producer.id == Membership.producer_id)
        .outerjoin(Organisation, Organisation.id == parties.c.party_id)
        .outerjoin(User, User.id == parties.c.party_id)
    )
    kind = case((Producer.id.is_not(None), PRODUCER), (Organisation.id.is_not(None), BUYER), else_=OTHER)
    columns = (
        parties.c.party_id,
        func.coalesce(Producer.full_name, Organisation.name, User.display_name, "").label("name"),
        func.coalesce(Membership.member_code, Organisation.code).label("party_code"),
        kind.label("party_kind"),
    )
    return columns, joined


def _party(row: Any) -> Party:
    return Party(row.party_id, row.name or str(row.party_id), row.party_code, row.party_kind)


# --- Lists ------------------------------------------------------------------------------------------------------------


def list_parties(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    account: str | None = None,
    text: str | None = None,
    with_settled: bool = False,
) -> Page[PartyRow]:
    """Return the balances of all parties, by name; those whose balance is zero only on request.

    Raises:
        Forbidden: the actor may not read the books.
    """
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    statement = _balances_statement(actor.org, account, text, with_settled=with_settled)
    columns = statement.selected_columns
    sorts = {"balance": columns["balance"], "account": columns["code"]}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, columns["party_id"]), request)
    chart = chart_rows(session, organisation.id, organisation.country)
    rows = [PartyRow(_party(row), chart[row.code], row.currency, int(row.balance)) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def _balances_statement(
    organisation_id: UUID, account: str | None, text: str | None, *, with_settled: bool
) -> Select[Any]:
    total = func.sum(Posting.amount_minor)
    sums = (
        select(
            Posting.party_id.label("party_id"),
            LedgerAccount.code.label("code"),
            LedgerAccount.currency.label("currency"),
            total.label("balance"),
        )
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(LedgerAccount.organisation_id == organisation_id, Posting.party_id.is_not(None))
        .group_by(Posting.party_id, LedgerAccount.code, LedgerAccount.currency)
    )
    if account:
        sums = sums.where(LedgerAccount.code == account)
    if not with_settled:
        sums = sums.having(total != 0)
    parties = sums.subquery()
    columns, joined = _named(parties, organisation_id)
    statement = select(*columns, parties.c.code, parties.c.currency, parties.c.balance).select_from(joined)
    if text and text.strip():
        wanted = search_form(text)
        statement = statement.where(
            or_(
                Producer.search_name.contains(wanted, autoescape=True),
                Organisation.name.icontains(text.strip(), autoescape=True),
                Membership.member_code.icontains(text.strip(), autoescape=True),
                Organisation.code.icontains(text.strip(), autoescape=True),
            )
        )
    return statement.order_by(
        func.lower(func.coalesce(Producer.search_name, Organisation.name, User.display_name, "")),
        parties.c.party_id,
        parties.c.code,
        parties.c.currency,
    )


def control_accounts(session: Session, actor: Actor) -> list[ControlRow]:
    """Return every account that has sub-ledgers, with the sum of its parties beside its balance."""
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    named = case((Posting.party_id.is_not(None), Posting.amount_minor), else_=0)
    rows = session.execute(
        select(
            LedgerAccount.code,
            LedgerAccount.currency,
            LedgerAccount.balance_minor,
            func.sum(named).label("named"),
            func.sum(Posting.amount_minor - named).label("unnamed"),
            func.count(Posting.party_id.distinct()).label("parties"),
        )
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.organisation_id == actor.org)
        .group_by(LedgerAccount.id, LedgerAccount.code, LedgerAccount.currency, LedgerAccount.balance_minor)
    ).all()
    chart = chart_rows(session, organisation.id, organisation.country)
    order = list(chart)
    found = [
        ControlRow(
            chart[row.code], row.currency, row.balance_minor, int(row.named), int(row.unnamed), row.parties
        )
        for row in rows
        if row.parties or row.code in PARTY_ACCOUNTS
    ]
    return sorted(found, key=lambda one: (order.index(one.account.code), one.currency))


# --- Statement of account ---------------------------------------------------------------------------------------------


def statement_of(
    session: Session, actor: Actor, party_id: UUID, filters: StatementFilters, request: PageRequest
) -> Statement:
    """Return the statement of account of a party with the actor's organisation, oldest first.

    Raises:
        Forbidden: the actor may not read the books.
        NotFound: nothing was ever posted for it, and it is no member.
    """
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    chart = chart_rows(session, organisation.id, organisation.country)
    touched = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency)
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.organisation_id == actor.org, Posting.party_id == party_id)
        .distinct()
    ).all()
    party = _party_of(session, actor, party_id, is_known=bool(touched))
    currency = filters.currency or organisation.currency
    lines = _lines(actor.org, party_id, currency, filters)
    opening, debit, credit = _sums(session, lines, filters.first)
    wanted = select(lines).order_by(lines.c.occurred_on, lines.c.sequence, lines.c.line)
    if filters.first:
        wanted = wanted.where(lines.c.occurred_on >= filters.first)
    sorts = {"occurred_on": lines.c.occurred_on, "amount": lines.c.amount_minor}
    page = paginate_rows(session, order_by(wanted, request.sort, sorts, lines.c.sequence), request)
    rows = [_statement_row(row, chart) for row in page.items]
    codes = {row.code for row in touched}
    return Statement(
        party,
        currency,
        sorted({row.currency for row in touched} | {organisation.currency}),
        [row for code, row in chart.items() if code in codes],
        opening,
        debit,
        credit,
        Page(rows, page.page, page.page_size, page.total),
    )


def _party_of(session: Session, actor: Actor, party_id: UUID, *, is_known: bool) -> Party:
    if is_known:
        return parties_named(session, actor.org, [party_id])[party_id]
    row = session.execute(
        select(Producer.full_name, Membership.member_code)
        .join(Membership, Membership.producer_id == Producer.id)
        .where(Membership.organisation_id == actor.org, Producer.id == party_id)
    ).first()
    if row is None:
        raise NotFound
    return Party(party_id, row.full_name, row.member_code, PRODUCER)


def _lines(organisation_id: UUID, party_id: UUID, currency: str, filters: StatementFilters) -> Subquery:
    order = (JournalEntry.occurred_on, JournalEntry.sequence, Posting.line)
    statement = (
        select(
            JournalEntry.id.label("entry_id"),
            JournalEntry.sequence,
            JournalEntry.occurred_on,
            JournalEntry.kind,
            JournalEntry.description,
            LedgerAccount.code,
            Posting.line,
            Posting.amount_minor,
            func.sum(Posting.amount_minor).over(order_by=order).label("balance"),
        )
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            Posting.party_id == party_id,
            Posting.currency == currency,
            JournalEntry.organisation_id == organisation_id,
        )
    )
    if filters.account:
        statement = statement.where(LedgerAccount.code == filters.account)
    if filters.last:
        statement = statement.where(JournalEntry.occurred_on <= filters.last)
    return statement.subquery()


def _sums(session: Session, lines: Subquery, first: date | None) -> tuple[int, int, int]:
    amount = lines.c.amount_minor
    is_before = lines.c.occurred_on < first if first else None
    within = ~is_before if is_before is not None else lines.c.line > 0
    row = session.execute(
        select(
            func.sum(amount).filter(is_before) if is_before is not None else func.sum(0 * amount),
            func.sum(amount).filter(within, amount > 0),
            func.sum(amount).filter(within, amount < 0),
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0), -int(row[2] or 0)


def _statement_row(row: Any, chart: dict[str, ChartRow]) -> StatementRow:
    return StatementRow(
        row.entry_id,
        row.sequence,
        row.occurred_on,
        row.kind,
        row.description,
        chart[row.code],
        row.amount_minor,
        int(row.balance),
    )
