"""An accounted run, ready to be paid out, and the steps of its payments."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payout.models import Payout, PayoutBatch
from chain.payout.rules import Rail
from chain.payout.services.batches import approve_batch, prepare_batch, send_batch
from chain.payout.services.details import confirm_detail, set_detail
from chain.sales.models import Sale
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import account_run, approve_run
from tests.support.cast import Cast
from tests.support.settling import Member, prepare_sale, sold_lots


def accounted_run(
    session: Session, cast: Cast, now: datetime, grams: list[list[int]]
) -> tuple[SettlementRun, list[Member]]:
    """Settle a sale of the lots of new members and bring it into the books."""
    sale, members = sold_lots(session, grams)
    return accounted(session, cast, now, sale), members


def accounted(session: Session, cast: Cast, now: datetime, sale: Sale) -> SettlementRun:
    """Settle a sale and bring it into the books."""
    run = prepare_sale(session, cast, now, sale)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    return run


def batch_of(
    session: Session,
    cast: Cast,
    now: datetime,
    run: SettlementRun | None,
    rail: Rail = Rail.CASH,
    *,
    sent: bool = True,
    collector: UUID | None = None,
    lines: Collection[UUID] | None = None,
) -> PayoutBatch:
    """Prepare a batch for a run, or for everything that is open, and unless told otherwise approve and send it."""
    batch = prepare_batch(
        session,
        actor=cast.accountant.actor,
        now=now,
        batch_id=new_id(),
        rail=rail,
        pay_on=now.date(),
        run_id=run.id if run else None,
        collector_id=collector,
        line_ids=lines,
    )
    if sent:
        approve_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
        send_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
    return batch


def payments_of(session: Session, batch: PayoutBatch) -> list[Payout]:
    """Return the payments of a batch in their order."""
    return list(session.scalars(select(Payout).where(Payout.batch_id == batch.id).order_by(Payout.position)))


def add_account(
    session: Session,
    cast: Cast,
    now: datetime,
    member: Member,
    rail: Rail = Rail.BANK,
    account: str = "00219300123456789012",
) -> None:
    """Write down and confirm where a member wants the money."""
    row = set_detail(
        session,
        actor=cast.accountant.actor,
        now=now,
        detail_id=new_id(),
        producer_id=member.id,
        rail=rail,
        provider="Banco",
        account=account,
        holder="Titular",
    )
    confirm_detail(session, actor=cast.treasurer.actor, now=now, detail_id=row.id)
