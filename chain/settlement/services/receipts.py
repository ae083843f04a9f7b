"""Issuing receipts with the payment, and noting each print. What a receipt says is frozen here, once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import NotFound
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.producers.queries import ProducerName, names_of
from chain.sales.models import Sale
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import TooManyReceipts
from chain.settlement.models import (
    DeductionRule,
    Receipt,
    ReceiptCounter,
    ReceiptPrint,
    SettlementItem,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.receipt_rules import SERIES, amount_in_words, new_check_code, serial
from chain.settlement.rules import ItemKind, RunKind

#: The form of the frozen content; a later form gets a later number and both stay readable.
CONTENT_VERSION = 1
MAX_PRINTED_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Printed:
    """A receipt that is being printed, and which copy it is: 0 is the original."""

    receipt: Receipt
    copy: int


def issue_receipts(
    session: Session, *, actor: Actor, now: datetime, run: SettlementRun, chain_hash: str | None
) -> int:
    """Issue a receipt for each line of a run that is being paid; return how many.

    The numbers follow the roll of members. Taking them is one UPDATE of the counter, inside the payment's
    transaction: a payment that fails leaves no gap, and two payments wait for each other.
    """
    lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
    if not lines:  # a sale of the organisation's own goods
        return 0
    organisation = get_organisation(session, run.organisation_id)
    names = names_of(session, run.organisation_id, [line.producer_id for line in lines])
    items = _items_by_line(session, run)
    shared = _shared_content(session, actor, now, run, organisation) | {"ledger_hash": chain_hash}
    lines = sorted(lines, key=lambda line: (names[line.producer_id].member_code, line.producer_id))
    first = _take_numbers(session, organisation.id, len(lines)) - len(lines) + 1
    rows = []
    for number, line in enumerate(lines, first):
        content = _content(shared, number, line, items[line.id], names[line.producer_id])
        rows.append(
            {
                "id": new_id(),
                "organisation_id": run.organisation_id,
                "series": SERIES,
                "number": number,
                "line_id": line.id,
                "producer_id": line.producer_id,
                "issued_at": now,
                "issued_by": actor.user_id,
                "currency": run.currency,
                "net_minor": line.net_minor,
                "content": content,
                "content_hash": content_hash(content),
                "check_code": new_check_code(),
                "printed": 0,
            }
        )
    session.execute(insert(Receipt), rows)
    return len(rows)


def print_receipts(
    session: Session, *, actor: Actor, now: datetime, receipt_ids: Sequence[UUID]
) -> list[Printed]:
    """Note a print of each receipt, in the order of their numbers; the first of each is the original.

    Raises:
        Forbidden: the actor may not print.
        NotFound: one of them is not a receipt of the organisation.
        TooManyReceipts: more than 2,000 at once.
    """
    actor.require(Permission.RECEIPTS_PRINT)
    if len(receipt_ids) > MAX_PRINTED_AT_ONCE:
        raise TooManyReceipts(limit=MAX_PRINTED_AT_ONCE)
    found = session.scalars(
        select(Receipt)
        .where(Receipt.id.in_(receipt_ids), Receipt.organisation_id == actor.org)
        .order_by(Receipt.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(set(receipt_ids)) or not found:
        raise NotFound
    receipts = sorted(found, key=lambda one: (one.series, one.number))
    printed = [Printed(receipt, receipt.printed) for receipt in receipts]
    session.execute(
        insert(ReceiptPrint),
        [
            {
                "id": new_id(),
                "receipt_id": one.receipt.id,
                "copy": one.copy,
                "printed_at": now,
                "printed_by": actor.user_id,
            }
            for one in printed
        ],
    )
    session.execute(
        update(Receipt)
        .where(Receipt.id.in_(receipt_ids))
        .values(printed=Receipt.printed + 1)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        tag=SettlementAudit.RECEIPTS_PRINTED,
        actor=actor,
        now=now,
        subject_type="receipt",
        subject_id=receipts[0].id,
        after={
            "first": serial(receipts[0].series, receipts[0].number),
            "last": serial(receipts[-1].series, receipts[-1].number),
            "count": len(receipts),
        },
    )
    for receipt in receipts:
        session.expire(receipt, ["printed"])
    return printed


def _take_numbers(session: Session, organisation_id: UUID, count: int) -> int:
    """Take the next numbers of the series and return the last of them."""
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(ReceiptCounter)
        .values(organisation_id=organisation_id, series=SERIES, last_number=0)
        .on_conflict_do_nothing(index_elements=["organisation_id", "series"])
    )
    last = session.scalar(
        update(ReceiptCounter)
        .where(ReceiptCounter.organisation_id == organisation_id, ReceiptCounter.series == SERIES)
        .values(last_number=ReceiptCounter.last_number + count)
        .returning(ReceiptCounter.last_number)
        .execution_options(synchronize_session=False)
    )
    assert last is not None, "the counter was inserted above"  # noqa: S101 - an invariant
    return last


def _items_by_line(session: Session, run: SettlementRun) -> Mapping[UUID, list[Any]]:
    rows = session.execute(
        select(
            SettlementItem.line_id,
            SettlementItem.kind,
            SettlementItem.label,
            SettlementItem.quantity,
            SettlementItem.price_minor_per_unit,
            SettlementItem.basis_points,
            SettlementItem.amount_minor,
            DeductionRule.decided_by,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .outerjoin(DeductionRule, DeductionRule.id == SettlementItem.deduction_rule_id)
        .where(SettlementLine.run_id == run.id)
        .order_by(SettlementItem.line_id, SettlementItem.position)
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.line_id].append(row)
    return found


def _shared_content(
    session: Session, actor: Actor, now: datetime, run: SettlementRun, organisation: Organisation
) -> dict[str, Any]:
    """Return what all receipts of a run say alike."""
    payer = session.get(User, actor.user_id) if actor.user_id else None
    content: dict[str, Any] = {
        "version": CONTENT_VERSION,
        "series": SERIES,
        "organisation": {
            "name": organisation.name,
            "code": organisation.code,
            "tax_id": organisation.tax_id,
            "place": organisation.place,
            "country": organisation.country,
        },
        "run": {"number": run.number, "kind": run.kind, "commodity": run.commodity},
        "currency": run.currency,
        "unit": run.unit,
        "issued_at": now.isoformat(),
        "issued_on": local_date(now, organisation.timezone).isoformat(),
        "paid_by": payer.display_name if payer else None,
    }
    if run.kind == RunKind.SALE:
        sale = session.get_one(Sale, run.sale_id)
        buyer = get_organisation(session, sale.buyer_id)
        content["run"] |= {"sale_number": sale.number, "buyer": buyer.name}
    else:
        content["run"] |= {
            "period_from": run.period_from.isoformat() if run.period_from else None,
            "period_to": run.period_to.isoformat() if run.period_to else None,
        }
    return content


def _content(
    shared: Mapping[str, Any], number: int, line: SettlementLine, items: Sequence[Any], name: ProducerName
) -> dict[str, Any]:
    deliveries = [
        {
            "label": item.label,
            "quantity": item.quantity,
            "price_minor_per_unit": item.price_minor_per_unit,
            "amount_minor": item.amount_minor,
        }
        for item in items
        if item.kind == ItemKind.DELIVERY
    ]
    deductions = [
        {
            "kind": item.kind,
            "name": item.label,
            "basis_points": item.basis_points,
            "decided_by": item.decided_by,
            "amount_minor": -item.amount_minor,
        }
        for item in items
        if item.kind != ItemKind.DELIVERY
    ]
    assert sum(one["amount_minor"] for one in deliveries) == line.gross_minor  # noqa: S101 - an invariant
    assert sum(one["amount_minor"] for one in deductions) == line.deductions_minor  # noqa: S101 - an invariant
    return {
        **shared,
        "serial": serial(SERIES, number),
        "number": number,
        "producer": {
            "name": name.full_name,
            "member_code": name.member_code,
            "community": name.community,
        },
        "lots": line.lots,
        "quantity": line.quantity,
        "deliveries": deliveries,
        "deductions": deductions,
        "gross_minor": line.gross_minor,
        "deductions_minor": line.deductions_minor,
        "net_minor": line.net_minor,
        "net_in_words": amount_in_words(line.net_minor, shared["currency"]),
    }
