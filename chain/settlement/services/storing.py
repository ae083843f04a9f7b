"""Writing a prepared run: head, blocks, lines, items and lots, each with one insert of many rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.hashing import plain
from chain.core.ids import new_id
from chain.core.many_rows import insert_many
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.lines import BlockSums, Item, Line
from chain.settlement.models import RunLot, SettlementBlock, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import RunKind, RunMethod, RunState


@dataclass(frozen=True, slots=True)
class Basis:
    """What a run settles, and what it was calculated from."""

    kind: RunKind
    method: RunMethod
    commodity: str
    currency: str
    unit: str
    sale_id: UUID | None = None
    period_from: date | None = None
    period_to: date | None = None
    own_quantity: int = 0
    own_minor: int = 0
    rest_basis_points: int | None = None
    rest_decided_by: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def known_run(session: Session, actor: Actor, run_id: UUID, digest: str) -> SettlementRun | None:
    """Return the run that this id prepared before.

    Raises:
        IdempotencyConflict: the id was used for something else.
    """
    known = session.get(SettlementRun, run_id)
    if known is None:
        return None
    if known.organisation_id != actor.org or known.content_hash != digest:
        raise IdempotencyConflict
    return known


def store_run(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    digest: str,
    basis: Basis,
    lines: Sequence[Line],
    blocks: Sequence[BlockSums],
) -> SettlementRun:
    """Write a run that was calculated; the books are locked. Its sums are those of its blocks."""
    last = session.scalar(
        select(func.max(SettlementRun.number)).where(SettlementRun.organisation_id == actor.org)
    )
    run = SettlementRun(
        id=run_id,
        organisation_id=actor.org,
        number=(last or 0) + 1,
        kind=basis.kind.value,
        method=basis.method.value,
        commodity=basis.commodity,
        sale_id=basis.sale_id,
        period_from=basis.period_from,
        period_to=basis.period_to,
        currency=basis.currency,
        quantity=sum(line.quantity for line in lines),
        unit=basis.unit,
        own_quantity=basis.own_quantity,
        own_minor=basis.own_minor,
        goods_minor=sum(one.goods_minor for one in blocks),
        gross_minor=sum(one.gross_minor for one in blocks),
        deductions_minor=sum(one.deductions_minor for one in blocks),
        additions_minor=sum(one.additions_minor for one in blocks),
        net_minor=sum(one.net_minor for one in blocks),
        rest_basis_points=basis.rest_basis_points,
        rest_decided_by=basis.rest_decided_by,
        facts=plain(dict(basis.facts)),
        state=RunState.PREPARED.value,
        round=1,
        prepared_at=now,
        prepared_by=actor.user_id,
        content_hash=digest,
    )
    session.add(run)
    session.flush()
    _insert(session, run.id, lines, blocks)
    audit.record(
        session,
        tag=SettlementAudit.RUN_PREPARED,
        actor=actor,
        now=now,
        subject_type="settlement_run",
        subject_id=run.id,
        after={
            "number": run.number,
            "gross_minor": run.gross_minor,
            "deductions_minor": run.deductions_minor,
            "net_minor": run.net_minor,
            "producers": len(lines),
        },
    )
    return run


def _insert(session: Session, run_id: UUID, lines: Iterable[Line], blocks: Iterable[BlockSums]) -> None:
    line_rows: list[dict[str, Any]] = []
    item_rows: list[dict[str, Any]] = []
    lot_rows: list[dict[str, Any]] = []
    for line in lines:
        line_id = new_id()
        line_rows.append(_line_row(run_id, line_id, line))
        item_rows += [_item_row(line_id, position, item) for position, item in enumerate(line.items, 1)]
        lot_rows += [
            {
                "run_id": run_id,
                "lot_id": lot_id,
                "source_id": source_id,
                "line_id": line_id,
                "amount_minor": amount,
            }
            for (lot_id, source_id), amount in line.lots.items()
        ]
    block_rows = [_block_row(run_id, position, sums) for position, sums in enumerate(blocks, 1)]
    for model, rows in (
        (SettlementBlock, block_rows),
        (SettlementLine, line_rows),
        (SettlementItem, item_rows),
        (RunLot, lot_rows),
    ):
        insert_many(session, cast("Table", model.__table__), rows)


def _line_row(run_id: UUID, line_id: UUID, line: Line) -> dict[str, Any]:
    gross, deductions, additions = line.gross_minor, line.deductions_minor, line.additions_minor
    return {
        "id": line_id,
        "run_id": run_id,
        "producer_id": line.producer_id,
        "zone_id": line.zone_id,
        "quantity": line.quantity,
        "lots": line.deliveries or len({source_id for _, source_id in line.lots}),
        "goods_minor": line.goods_minor,
        "gross_minor": gross,
        "deductions_minor": deductions,
        "additions_minor": additions,
        "net_minor": gross - deductions + additions,
        "paid_minor": 0,
    }


def _item_row(line_id: UUID, position: int, item: Item) -> dict[str, Any]:
    row = item._asdict()
    row |= {"id": new_id(), "line_id": line_id, "position": position, "kind": item.kind.value}
    return row


def _block_row(run_id: UUID, position: int, sums: BlockSums) -> dict[str, Any]:
    zone_id, block = sums.key
    return {
        "id": new_id(),
        "run_id": run_id,
        "position": position,
        "zone_id": zone_id,
        "zone_name": sums.zone_name,
        "block": block,
        "producers": sums.producers,
        "quantity": sums.quantity,
        "goods_minor": sums.goods_minor,
        "gross_minor": sums.gross_minor,
        "deductions_minor": sums.deductions_minor,
        "additions_minor": sums.additions_minor,
        "net_minor": sums.net_minor,
        "kinds": sums.kinds,
        "explanation": sums.explanation,
    }
