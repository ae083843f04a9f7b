"""What papers need to know of settlement lines: that a receipt falls with its settlement, when it was paid, where it is shown."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.core.clock import local_date
from chain.core.i18n import N_, Message
from chain.lots.products import PRODUCT_LABELS
from chain.papers.labels import register_labels
from chain.papers.models import Paper
from chain.papers.rules import serial
from chain.papers.subjects import Subject, register_subject
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun

#: `Paper.subject_type` of receipts.
LINE = "settlement_line"
#: The same of tax papers (chain/settlement/legal), which may be voided alone unless a later one counts it as an advance.
TAX_LINE = "tax_settlement_line"
#: Contents before version 2 were frozen when the money was handed over.
ISSUED_WHEN_ACCOUNTED = 2

VOID_LATER_FIRST = N_("The paper %(number)s counts it as an advance: void that one first.")
REVERSE_FIRST = N_("Reverse the settlement: its receipts are voided with it.")


def _why_not_void(session: Session, paper: Paper) -> Message:
    del session, paper
    return Message(REVERSE_FIRST)


def later_tax_papers(session: Session, line_ids: Sequence[UUID] | Select[tuple[UUID]]) -> dict[UUID, str]:
    """Return, by line that paid a floor price, the number of a standing tax paper over the rest of the same goods."""
    rows = session.execute(
        select(SettlementItem.earlier_line_id, Paper.series, Paper.number)
        .join(Paper, Paper.subject_id == SettlementItem.line_id)
        .where(
            SettlementItem.earlier_line_id.in_(line_ids),
            Paper.subject_type == TAX_LINE,
            Paper.voided_at.is_(None),
        )
        .order_by(Paper.series, Paper.number)
    )
    return {row.earlier_line_id: serial(row.series, row.number) for row in rows}


def _why_not_void_tax(session: Session, paper: Paper) -> Message | None:
    later = later_tax_papers(session, [paper.subject_id]).get(paper.subject_id)
    return Message(VOID_LATER_FIRST, {"number": later}) if later else None


def _tax_path(session: Session, paper: Paper) -> str | None:
    path = _path(session, paper)
    return f"{path}/tax-papers" if path else None


def _paid_on(session: Session, paper: Paper) -> date | None:
    if paper.subject_type == LINE and paper.content.get("version", 1) < ISSUED_WHEN_ACCOUNTED:
        return paper.issued_on
    paid_at = session.scalar(
        select(SettlementRun.paid_at)
        .join(SettlementLine, SettlementLine.run_id == SettlementRun.id)
        .where(SettlementLine.id == paper.subject_id)
    )
    if paid_at is None:
        return None
    return local_date(paid_at, get_organisation(session, paper.organisation_id).timezone)


def _path(session: Session, paper: Paper) -> str | None:
    run_id = session.scalar(select(SettlementLine.run_id).where(SettlementLine.id == paper.subject_id))
    return f"/settlement/runs/{run_id}" if run_id else None


register_subject(LINE, Subject(_why_not_void, _paid_on, _path, N_("Settlement")))
register_subject(TAX_LINE, Subject(_why_not_void_tax, _paid_on, _tax_path, N_("Tax papers")))
register_labels(PRODUCT_LABELS)
