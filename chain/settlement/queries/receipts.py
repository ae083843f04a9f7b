"""Receipts by their settlement; everything else that is read of them is in chain.papers.queries."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest
from chain.papers.models import Paper
from chain.papers.queries.papers import PaperFilters, PaperRow, list_papers
from chain.papers.rules import PaperKind
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.paper_subjects import LINE, TAX_LINE
from chain.settlement.queries.runs import get_run_for


def lines_of(run_id: UUID) -> Select[tuple[UUID]]:
    """Select the lines of a run, which its receipts are about."""
    return select(SettlementLine.id).where(SettlementLine.run_id == run_id)


def list_receipts(
    session: Session, actor: Actor, request: PageRequest, *, text: str = "", run_id: UUID | None = None
) -> Page[PaperRow]:
    """Return the receipts of the actor's organisation, by number, member code or name, or those of one run."""
    filters = PaperFilters(
        kind=PaperKind.RECEIPT,
        text=text,
        subject_type=LINE,
        subject_ids=lines_of(run_id) if run_id is not None else None,
    )
    return list_papers(session, actor, request, filters)


def runs_of(session: Session, papers: Sequence[Paper]) -> dict[UUID, UUID]:
    """Return the run of each paper about a line, by the paper's id."""
    rows = session.execute(
        select(SettlementLine.id, SettlementLine.run_id).where(
            SettlementLine.id.in_([paper.subject_id for paper in papers])
        )
    )
    runs = {row.id: row.run_id for row in rows}
    return {paper.id: runs[paper.subject_id] for paper in papers if paper.subject_id in runs}


def receipt_ids_of_run(session: Session, actor: Actor, run_id: UUID) -> list[UUID]:
    """Return the standing receipts of a run in the order of their numbers.

    Raises:
        NotFound: the run is not one of the organisation's, or the actor may not read it.
    """
    run = get_run_for(session, actor, run_id)
    return list(session.scalars(_standing(run.organisation_id).where(Paper.subject_id.in_(lines_of(run.id)))))


def count_tax_papers(session: Session, run: SettlementRun) -> int:
    """Return how many tax papers of a run stand."""
    standing = select(func.count()).where(
        Paper.organisation_id == run.organisation_id,
        Paper.subject_type == TAX_LINE,
        Paper.subject_id.in_(lines_of(run.id)),
        Paper.voided_at.is_(None),
    )
    return session.scalar(standing) or 0


def receipt_ids_by_number(session: Session, organisation_id: UUID, run_number: int) -> list[UUID]:
    """Return the standing receipts of an organisation's run by the run's number."""
    lines = (
        select(SettlementLine.id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(SettlementRun.organisation_id == organisation_id, SettlementRun.number == run_number)
    )
    return list(session.scalars(_standing(organisation_id).where(Paper.subject_id.in_(lines))))


def _standing(organisation_id: UUID) -> Select[tuple[UUID]]:
    return (
        select(Paper.id)
        .where(
            Paper.organisation_id == organisation_id,
            Paper.kind == PaperKind.RECEIPT.value,
            Paper.subject_type == LINE,
            Paper.voided_at.is_(None),
        )
        .order_by(Paper.series, Paper.number)
    )
