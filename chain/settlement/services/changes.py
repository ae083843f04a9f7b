"""What producers are told when a run is accounted that differs from what they were told before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from chain.accounts.queries import get_organisation
from chain.core.money import split_largest_remainder
from chain.sales.models import Sale, SaleAdjustment, SaleLine
from chain.sales.queries import sale_deliveries
from chain.sales.queries.due import adjustments_of, is_kept
from chain.settlement.models import RunLot, RunReversal, SettlementLine, SettlementRun
from chain.settlement.rules import RunKind
from chain.settlement.services.notices import RUN_AGAIN, SALE_CHANGED, OwedChange, notify_owed_change
from chain.settlement.services.prepare import BY_VALUE

MILLION = 1_000_000


def tell_changes(session: Session, now: datetime, run: SettlementRun) -> None:
    """Tell the producers of a run that is being accounted what differs: a sale's price, or an amount that was taken back."""
    if run.kind == RunKind.SALE:
        _tell_of_sale(session, now, run)
    _tell_again(session, now, run)


def _tell_again(session: Session, now: datetime, run: SettlementRun) -> None:
    """Whose earlier settlement of the same deliveries was taken back is told the new amount beside the old one."""
    mine, other = aliased(RunLot), aliased(RunLot)
    before = session.execute(
        select(SettlementLine.producer_id, SettlementLine.id, SettlementLine.net_minor)
        .join(other, other.line_id == SettlementLine.id)
        .join(mine, (mine.source_id == other.source_id) & (mine.run_id == run.id))
        .join(RunReversal, RunReversal.run_id == other.run_id)
        .distinct()
    ).all()
    if not before:
        return
    old: dict[UUID, int] = {}
    for row in before:
        old[row.producer_id] = max(old.get(row.producer_id, 0), row.net_minor)
    nets = session.execute(
        select(SettlementLine.producer_id, SettlementLine.net_minor).where(SettlementLine.run_id == run.id)
    )
    changes = [OwedChange(row.producer_id, 0, row.net_minor) for row in nets if row.producer_id in old]
    notify_owed_change(
        session,
        organisation_id=run.organisation_id,
        now=now,
        currency=run.currency,
        changes=changes,
        msgid=RUN_AGAIN,
        number=run.number,
    )


def _tell_of_sale(session: Session, now: datetime, run: SettlementRun) -> None:
    """A claim or another weight changed what a sale brings: each producer is told the part as agreed and as it is."""
    assert run.sale_id is not None  # noqa: S101 - of a sale
    sale = session.get_one(Sale, run.sale_id)
    changes = adjustments_of(session, sale.id)
    if not changes:
        return
    after = {
        row.producer_id: row.goods_minor
        for row in session.execute(
            select(SettlementLine.producer_id, SettlementLine.goods_minor).where(
                SettlementLine.run_id == run.id
            )
        )
    }
    before = _as_agreed(session, run, sale, after)
    notify_owed_change(
        session,
        organisation_id=run.organisation_id,
        now=now,
        currency=run.currency,
        changes=[OwedChange(key, before.get(key, 0), minor) for key, minor in sorted(after.items())],
        msgid=SALE_CHANGED,
        sale=sale.number,
        buyer=get_organisation(session, sale.buyer_id).name,
        reason=_reasons(changes),
    )


def _as_agreed(
    session: Session, run: SettlementRun, sale: Sale, after: Mapping[UUID, int]
) -> Mapping[UUID, int]:
    """Return what each producer would have got of the agreed amounts, shared as the run shared them."""
    agreed = {
        row.lot_id: (2 * row.amount_minor * sale.rate_millionths + MILLION) // (2 * MILLION)
        for row in session.execute(
            select(SaleLine.lot_id, SaleLine.amount_minor).where(SaleLine.sale_id == sale.id, is_kept())
        )
    }
    parts = sale_deliveries(session, sale.id)
    if run.facts.get("sharing") == BY_VALUE and not run.own_minor:
        order = sorted(after)
        split = split_largest_remainder(sum(agreed.values()), [after[key] for key in order], order)
        return dict(zip(order, split, strict=True))
    found: dict[UUID, int] = {}
    for lot_id, lot in groupby(parts, key=lambda one: one.lot_id):
        listed = list(lot)
        split = split_largest_remainder(
            agreed[lot_id], [one.quantity for one in listed], [one.source_id for one in listed]
        )
        for one, amount in zip(listed, split, strict=True):
            found[one.producer_id] = found.get(one.producer_id, 0) + amount
    return found


def _reasons(changes: Iterable[SaleAdjustment]) -> str:
    """Return the kinds of changes in Spanish, as the notice keeps them."""
    words = {"weight": "peso", "class": "clase", "micron": "finura", "amount": "monto acordado"}
    kinds = {change.kind for change in changes}
    return ", ".join(words[kind] for kind in sorted(kinds))
