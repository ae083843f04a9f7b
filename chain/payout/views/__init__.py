"""Pages of payout: batches and their payments, how producers want their money, limits and layouts."""

from typing import Any

from flask import Blueprint
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.i18n import N_
from chain.payout.models import PaymentDetail, PayoutBatch
from chain.payout.rules import (
    BATCH_STATE_LABELS,
    CONFIRMATION_LABELS,
    LIMIT_LABELS,
    PAYOUT_STATE_LABELS,
    RAIL_LABELS,
    BatchState,
    PayoutState,
)
from chain.web.navigation import PAYMENTS, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("payout", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Payments"),
        "payout.batch_list",
        Permission.RUNS_READ,
        order=51,
        about=N_("Cash, collectors, banks and wallets: what was paid and what came back"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("Money to hand over"),
        "payout.own_batches",
        Permission.PAYOUTS_DELIVER,
        order=52,
        about=N_("The batches that you carry"),
        group=PAYMENTS,
        unless=Permission.RUNS_READ,
    ),
]

BATCH_TONES = {
    BatchState.PREPARED: "warning",
    BatchState.APPROVED: "info",
    BatchState.SENT: "info",
    BatchState.DONE: "success",
    BatchState.DISCARDED: "neutral",
}
PAYOUT_TONES = {
    PayoutState.PLANNED: "neutral",
    PayoutState.SENT: "info",
    PayoutState.PAID: "success",
    PayoutState.RETURNED: "error",
    PayoutState.CANCELLED: "neutral",
}


def _to_approve(session: Session, actor: Actor) -> int:
    return _count(
        session,
        PayoutBatch.organisation_id == actor.org,
        PayoutBatch.state == BatchState.PREPARED.value,
        PayoutBatch.prepared_by != actor.user_id,
    )


def _carried(session: Session, actor: Actor) -> int:
    return _count(
        session,
        PayoutBatch.organisation_id == actor.org,
        PayoutBatch.state == BatchState.SENT.value,
        PayoutBatch.collector_id == actor.user_id,
    )


def _details_to_confirm(session: Session, actor: Actor) -> int:
    statement = select(func.count()).select_from(PaymentDetail)
    return int(
        session.scalar(
            statement.where(
                PaymentDetail.organisation_id == actor.org,
                PaymentDetail.confirmed_at.is_(None),
                PaymentDetail.ended_at.is_(None),
                PaymentDetail.created_by != actor.user_id,
            )
        )
        or 0
    )


def _count(session: Session, *conditions: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(PayoutBatch).where(*conditions)) or 0)


register_waiting(
    Permission.PAYOUTS_WRITE, N_("Batches of payments to approve"), "payout.batch_list", _to_approve
)
register_waiting(
    Permission.PAYOUTS_DELIVER, N_("Batches of money that you carry"), "payout.own_batches", _carried
)
register_waiting(
    Permission.PAYOUTS_WRITE,
    N_("Accounts of producers to confirm"),
    "payout.detail_list",
    _details_to_confirm,
)


@blueprint.context_processor
def payout_words() -> dict[str, Any]:
    """Give the templates of this area the words for rails and states."""
    return {
        "rail_labels": RAIL_LABELS,
        "batch_state_labels": BATCH_STATE_LABELS,
        "batch_tones": BATCH_TONES,
        "payout_state_labels": PAYOUT_STATE_LABELS,
        "payout_tones": PAYOUT_TONES,
        "confirmation_labels": CONFIRMATION_LABELS,
        "limit_labels": LIMIT_LABELS,
    }


from chain.payout.views import batches, payments, settings  # noqa: E402, F401 - they register their routes on the blueprint above
