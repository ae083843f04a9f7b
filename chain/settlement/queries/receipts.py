"""Reads of receipts: the organisation's, the producer's own, and the public check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.producers.models import Membership, Producer
from chain.producers.queries import producer_of_user
from chain.producers.rules import search_form
from chain.settlement.models import (
    Receipt,
    ReceiptPrint,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.queries.runs import get_run_for
from chain.settlement.receipt_rules import parse_serial

RECEIPT_SORT: SortColumns = {
    "number": Receipt.number,
    "issued_at": Receipt.issued_at,
    "net": Receipt.net_minor,
}


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt in a list."""

    receipt: Receipt
    full_name: str
    member_code: str | None
    run_id: UUID
    run_number: int


def _receipt_rows() -> Select[Any]:
    return (
        select(Receipt, Producer.full_name, Membership.member_code, SettlementRun.id, SettlementRun.number)
        .join(SettlementLine, SettlementLine.id == Receipt.line_id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .join(Producer, Producer.id == Receipt.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Receipt.producer_id)
            & (Membership.organisation_id == Receipt.organisation_id),
        )
    )


def _receipts(session: Session, statement: Select[Any], request: PageRequest) -> Page[ReceiptRow]:
    statement = order_by(statement, request.sort, RECEIPT_SORT, Receipt.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [ReceiptRow(row[0], row[1], row[2], row[3], row[4]) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def list_receipts(
    session: Session, actor: Actor, request: PageRequest, *, text: str = "", run_id: UUID | None = None
) -> Page[ReceiptRow]:
    """Return the receipts of the actor's organisation, the latest first, by serial number, member code or name."""
    statement = (
        _receipt_rows()
        .where(Receipt.organisation_id == actor.org)
        .order_by(Receipt.series, Receipt.number.desc())
    )
    if run_id is not None:
        statement = statement.where(SettlementRun.id == run_id)
    wanted = text.strip()
    number = parse_serial(wanted)
    if number is not None:
        statement = statement.where(Receipt.series == number[0], Receipt.number == number[1])
    elif wanted:
        like = Producer.search_name.contains(search_form(wanted), autoescape=True)
        statement = statement.where(or_(like, func.lower(Membership.member_code) == wanted.lower()))
    return _receipts(session, statement, request)


def own_receipts(session: Session, actor: Actor, request: PageRequest) -> Page[ReceiptRow]:
    """Return the receipts of the producer who is signed in, of every organisation; nobody else's."""
    actor.require(Permission.OWN_INCOME_READ)
    producer = producer_of_user(session, actor.user_id) if actor.user_id else None
    if producer is None:
        return Page([], request.number, request.limit, 0)
    statement = (
        _receipt_rows()
        .where(Receipt.producer_id == producer.id)
        .order_by(Receipt.issued_at.desc(), Receipt.id)
    )
    return _receipts(session, statement, request)


def get_receipt_for(session: Session, actor: Actor, receipt_id: UUID) -> ReceiptRow:
    """Return a receipt of the actor's organisation, or the actor's own.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_receipt_rows().where(Receipt.id == receipt_id)).first()
    if row is None:
        raise NotFound
    found = ReceiptRow(row[0], row[1], row[2], row[3], row[4])
    if found.receipt.organisation_id == actor.organisation_id and actor.may(Permission.RECEIPTS_READ):
        return found
    if actor.may(Permission.OWN_INCOME_READ) and actor.user_id is not None:
        own = producer_of_user(session, actor.user_id)
        if own is not None and own.id == found.receipt.producer_id:
            return found
    raise NotFound


def receipt_ids_of_run(session: Session, actor: Actor, run_id: UUID) -> list[UUID]:
    """Return the receipts of a run in the order of their numbers.

    Raises:
        NotFound: the run is not one of the organisation's, or the actor may not read it.
    """
    run = get_run_for(session, actor, run_id)
    return list(
        session.scalars(
            select(Receipt.id)
            .join(SettlementLine, SettlementLine.id == Receipt.line_id)
            .where(SettlementLine.run_id == run.id)
            .order_by(Receipt.series, Receipt.number)
        )
    )


def prints_of(session: Session, receipt_id: UUID) -> Sequence[tuple[int, datetime, str | None]]:
    """Return copy, moment and person of each print of a receipt."""
    rows = session.execute(
        select(ReceiptPrint.copy, ReceiptPrint.printed_at, User.display_name)
        .outerjoin(User, User.id == ReceiptPrint.printed_by)
        .where(ReceiptPrint.receipt_id == receipt_id)
        .order_by(ReceiptPrint.copy)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def find_receipt_by_code(session: Session, check_code: str) -> Receipt | None:
    """Return the receipt with a check code, for the public page."""
    return session.scalar(select(Receipt).where(Receipt.check_code == check_code))


def receipt_ids_by_number(session: Session, organisation_id: UUID, run_number: int) -> list[UUID]:
    """Return the receipts of an organisation's run by the run's number."""
    return list(
        session.scalars(
            select(Receipt.id)
            .join(SettlementLine, SettlementLine.id == Receipt.line_id)
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(SettlementRun.organisation_id == organisation_id, SettlementRun.number == run_number)
            .order_by(Receipt.series, Receipt.number)
        )
    )


def receipt_ids_by_serial(
    session: Session, organisation_id: UUID, serials: Sequence[str]
) -> tuple[list[UUID], list[str]]:
    """Return the receipts with printed numbers, and the numbers that do not exist."""
    found: list[UUID] = []
    missing: list[str] = []
    for text in serials:
        parsed = parse_serial(text)
        receipt_id = parsed and session.scalar(
            select(Receipt.id).where(
                Receipt.organisation_id == organisation_id,
                Receipt.series == parsed[0],
                Receipt.number == parsed[1],
            )
        )
        if receipt_id:
            found.append(receipt_id)
        else:
            missing.append(text)
    return found, missing
