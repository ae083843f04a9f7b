"""What the receipts of a settlement say, frozen when they are issued; papers number, sign, void and print them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor
from chain.papers.contents import VERSION, check_sums
from chain.papers.rules import PaperKind
from chain.papers.services.issue import PaperDraft, issue_unread
from chain.papers.words import amount_in_words, masked
from chain.producers.models import Producer
from chain.producers.queries import ProducerName, names_of
from chain.sales.models import Sale
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.paper_subjects import LINE
from chain.settlement.rules import ItemKind, RunKind

#: Kinds of items that add to what was earned; what is paid besides stands apart, the others are taken off.
EARNED = frozenset({"delivery", "premium", "penalty", "missing", "weighing", "reserve"})
OTHER_INCOME = "other_income"
#: A floor price, as papers name it.
PAID_BEFORE = "Pagado antes, liquidación n.º %s"


def issue_receipts(session: Session, *, actor: Actor, now: datetime, run: SettlementRun) -> None:
    """Issue a receipt for each line of a run, in the order of the roll of members.

    Call it last in the transaction: the numbers are held until its end.
    """
    lines = _lines(session, run)
    if not lines:  # a sale of the organisation's own goods
        return
    organisation = get_organisation(session, run.organisation_id)
    names = names_of(session, run.organisation_id, [line.producer_id for line in lines])
    documents = _documents(session, run)
    items = _items_by_line(session, run)
    shared = _shared_content(session, run, organisation)
    lines.sort(key=lambda line: (names[line.producer_id].member_code, line.producer_id))
    drafts = [
        PaperDraft(
            subject_type=LINE,
            subject_id=line.id,
            party_id=line.producer_id,
            currency=run.currency,
            amount_minor=line.net_minor,
            content=_content(
                shared, line, items[line.id], names[line.producer_id], documents.get(line.producer_id)
            ),
        )
        for line in lines
    ]
    issue_unread(
        session,
        actor=actor,
        now=now,
        organisation_id=run.organisation_id,
        kind=PaperKind.RECEIPT,
        drafts=drafts,
    )


def _lines(session: Session, run: SettlementRun) -> list[Any]:
    """Return what receipts say of each line; rows, not objects: there are thousands."""
    found = SettlementLine
    return list(
        session.execute(
            select(
                found.id,
                found.producer_id,
                found.lots,
                found.quantity,
                found.gross_minor,
                found.additions_minor,
                found.deductions_minor,
                found.net_minor,
            ).where(found.run_id == run.id)
        )
    )


def _documents(session: Session, run: SettlementRun) -> dict[UUID, str | None]:
    rows = session.execute(
        select(Producer.id, Producer.document_number)
        .join(SettlementLine, SettlementLine.producer_id == Producer.id)
        .where(SettlementLine.run_id == run.id)
    )
    return {row.id: row.document_number for row in rows}


def _items_by_line(session: Session, run: SettlementRun) -> Mapping[UUID, list[Any]]:
    rows = session.execute(
        select(
            SettlementItem.line_id,
            SettlementItem.kind,
            SettlementItem.due_kind,
            SettlementItem.block,
            SettlementItem.label,
            SettlementItem.quantity,
            SettlementItem.price_minor_per_unit,
            SettlementItem.basis_points,
            SettlementItem.amount_minor,
            SettlementItem.decided_by,
            SettlementItem.carried_minor,
            SettlementItem.explanation,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id)
        .order_by(SettlementItem.line_id, SettlementItem.position)
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.line_id].append(row)
    return found


def _shared_content(session: Session, run: SettlementRun, organisation: Organisation) -> dict[str, Any]:
    """Return what all receipts of a run say alike."""
    wanted = {run.prepared_by, run.approved_by, run.accounted_by} - {None}
    people = {
        row.id: row.display_name
        for row in session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    }
    about: dict[str, Any] = {
        "number": run.number,
        "kind": run.kind,
        "commodity": run.commodity,
        "period_from": run.period_from.isoformat() if run.period_from else None,
        "period_to": run.period_to.isoformat() if run.period_to else None,
    }
    if run.kind == RunKind.SALE:
        sale = session.get_one(Sale, run.sale_id)
        about |= {"sale_number": sale.number, "buyer": get_organisation(session, sale.buyer_id).name}
    return {
        "version": VERSION,
        "organisation": {
            "name": organisation.name,
            "code": organisation.code,
            "tax_id": organisation.tax_id,
            "address": organisation.place,
            "country": organisation.country,
        },
        "run": about,
        "currency": run.currency,
        "unit": run.unit,
        "prepared_by": people.get(run.prepared_by) if run.prepared_by else None,
        "approved_by": people.get(run.approved_by) if run.approved_by else None,
        "accounted_by": people.get(run.accounted_by) if run.accounted_by else None,
        "rate": run.facts.get("rate"),
        "notes": [],
    }


def _content(
    shared: Mapping[str, Any],
    line: Any,
    items: Sequence[Any],
    name: ProducerName,
    document: str | None,
) -> dict[str, Any]:
    blocks = _blocks([item for item in items if item.kind in EARNED])
    deductions = [
        {
            "kind": item.due_kind or item.kind,
            "name": PAID_BEFORE % item.label if item.kind == ItemKind.PAID_BEFORE else item.label,
            "basis_points": item.basis_points,
            "amount_minor": -item.amount_minor,
            "decided_by": item.decided_by,
            "note": None,
            "explanation": item.explanation,
        }
        for item in items
        if item.kind not in EARNED and item.kind != OTHER_INCOME
    ]
    content = {
        **shared,
        "party": {
            "name": name.full_name,
            "member_code": name.member_code,
            "community": name.community,
            "document_masked": masked(document),
        },
        "deliveries": line.lots,
        "quantity": line.quantity,
        "blocks": blocks,
        "earned_minor": sum(block["subtotal_minor"] for block in blocks),
        "deductions": deductions,
        "debts_left": [
            {"name": item.label, "balance_minor": item.carried_minor} for item in items if item.carried_minor
        ],
        "other_income": [
            {"name": item.label, "amount_minor": item.amount_minor, "note": None}
            for item in items
            if item.kind == OTHER_INCOME
        ],
        "gross_minor": line.gross_minor + line.additions_minor,
        "deductions_minor": line.deductions_minor,
        "net_minor": line.net_minor,
        "net_in_words": amount_in_words(line.net_minor, shared["currency"]),
    }
    check_sums(content)
    return content


def _is_told(item: Any) -> bool:
    """Tell whether the slip says how an amount came about: a price times a quantity speaks for itself, but for a note."""
    return item.kind != ItemKind.DELIVERY or bool((item.explanation or {}).get("note"))


def _blocks(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return what was earned under its headings, in the order of the items; one heading alone needs no name."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        lines[item.block or "deliveries"].append(
            {
                "label": item.label,
                "quantity": item.quantity,
                "price_minor_per_unit": item.price_minor_per_unit,
                "amount_minor": item.amount_minor,
                "note": None,
                "explanation": item.explanation if _is_told(item) else None,
            }
        )
    return [
        {
            "key": key,
            "label": key if len(lines) > 1 else None,
            "lines": rows,
            "subtotal_minor": sum(row["amount_minor"] for row in rows),
        }
        for key, rows in lines.items()
    ]
