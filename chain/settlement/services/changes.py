"""What producers are told of a sale or run that differs from what they were told before: at a credit note, and when it is accounted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from chain.accounts.queries import get_organisation
from chain.core.clock import local_date
from chain.core.errors import DomainError
from chain.core.money import split_largest_remainder
from chain.lots.models import ProducerNotice
from chain.sales.models import Sale, SaleAdjustment, SaleLine
from chain.sales.queries import sale_deliveries
from chain.sales.queries.due import adjustments_of, is_kept
from chain.sales.rules import SaleState
from chain.settlement.models import RunLot, RunReversal, SettlementLine, SettlementRun
from chain.settlement.queries.earlier import paid_parts
from chain.settlement.rules import RunKind
from chain.settlement.services.notices import (
    RUN_AGAIN,
    SALE_CHANGED,
    SALE_CREDITED,
    OwedChange,
    notify_owed_change,
)
from chain.settlement.services.prepare import BY_VALUE, shared_parts
from chain.settlement.sharing import Sold

MILLION = 1_000_000


def tell_changes(session: Session, now: datetime, run: SettlementRun) -> None:
    """Tell the producers of a run that is being accounted what differs: a sale's price, or an amount that was taken back."""
    if run.kind == RunKind.SALE:
        _tell_of_sale(session, now, run)
    _tell_again(session, now, run)


def _tell_again(session: Session, now: datetime, run: SettlementRun) -> None:
    """Whose earlier settlement of the same deliveries was taken back is told the new amount beside the old one."""
    reversals = select(RunReversal.id).join(SettlementRun, SettlementRun.id == RunReversal.run_id)
    if session.scalar(reversals.where(SettlementRun.organisation_id == run.organisation_id).limit(1)) is None:
        return
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
    is_by_value = run.facts.get("sharing") == BY_VALUE and not run.own_minor
    _tell_of_parts(
        session, now, sale, after, is_by_value=is_by_value, msgid=SALE_CHANGED, reason=_reasons(changes)
    )


def tell_of_credit_note(session: Session, *, now: datetime, sale: Sale, serial: str, reason: str) -> int:
    """Tell the producers of a sale that is not settled yet that it brings less than agreed; return how many.

    A credit note of a settled sale is borne by the organisation: nobody is owed less.
    """
    if sale.state != SaleState.AGREED or not adjustments_of(session, sale.id):
        return 0
    day = local_date(sale.agreed_at, get_organisation(session, sale.organisation_id).timezone)
    sold, is_by_value = shared_parts(session, sale, sale_deliveries(session, sale.id), day)
    bought = _bought(session, sale, sold)
    after: dict[UUID, int] = {}
    for one in sold:
        if one.source_id not in bought:
            after[one.producer_id] = after.get(one.producer_id, 0) + one.amount_minor
    return _tell_of_parts(
        session,
        now,
        sale,
        after,
        is_by_value=is_by_value and not bought,
        msgid=SALE_CREDITED,
        reason=reason,
        serial=serial,
    )


def _bought(session: Session, sale: Sale, sold: Sequence[Sold]) -> Collection[UUID]:
    """Return the deliveries that the organisation bought itself; none while a run that may be discarded holds some of them."""
    try:
        return paid_parts(session, sale.organisation_id, sold).bought
    except DomainError:
        return ()


def _tell_of_parts(
    session: Session,
    now: datetime,
    sale: Sale,
    after: Mapping[UUID, int],
    *,
    is_by_value: bool,
    msgid: str,
    **words: str,
) -> int:
    """Tell each producer the part of a sale as it is, beside what was told last, at first the part as agreed."""
    before = {**_as_agreed(session, sale, after, is_by_value=is_by_value), **_told_last(session, sale)}
    return notify_owed_change(
        session,
        organisation_id=sale.organisation_id,
        now=now,
        currency=sale.book_currency,
        changes=[OwedChange(key, before.get(key, 0), minor) for key, minor in sorted(after.items())],
        msgid=msgid,
        sale=sale.number,
        sale_id=str(sale.id),
        buyer=get_organisation(session, sale.buyer_id).name,
        **words,
    )


def _told_last(session: Session, sale: Sale) -> dict[UUID, int]:
    """Return the part of a sale that each producer was told last."""
    rows = session.execute(
        select(ProducerNotice.producer_id, ProducerNotice.params)
        .where(
            ProducerNotice.organisation_id == sale.organisation_id,
            ProducerNotice.msgid.in_((SALE_CREDITED, SALE_CHANGED)),
            ProducerNotice.created_at >= sale.agreed_at,
            ProducerNotice.params["sale_id"].as_string() == str(sale.id),
        )
        .order_by(ProducerNotice.created_at, ProducerNotice.id)
    )
    return {row.producer_id: int(row.params["after_minor"]) for row in rows}


def _as_agreed(
    session: Session, sale: Sale, after: Mapping[UUID, int], *, is_by_value: bool
) -> Mapping[UUID, int]:
    """Return what each producer would have got of the agreed amounts, shared as those that are due are."""
    agreed = {
        row.lot_id: (2 * row.amount_minor * sale.rate_millionths + MILLION) // (2 * MILLION)
        for row in session.execute(
            select(SaleLine.lot_id, SaleLine.amount_minor).where(SaleLine.sale_id == sale.id, is_kept())
        )
    }
    if is_by_value:
        order = sorted(after)
        split = split_largest_remainder(sum(agreed.values()), [after[key] for key in order], order)
        return dict(zip(order, split, strict=True))
    parts = sale_deliveries(session, sale.id)
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
