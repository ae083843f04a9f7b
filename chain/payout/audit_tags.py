"""Tags of the audit trail of payout."""

from enum import StrEnum


class PayoutAudit(StrEnum):
    """area:subject:action."""

    DETAIL_SET = "payout:detail:set"
    DETAIL_CONFIRMED = "payout:detail:confirmed"
    DETAIL_ENDED = "payout:detail:ended"
    LIMIT_SET = "payout:limit:set"
    LIMIT_CONFIRMED = "payout:limit:confirmed"
    LAYOUT_SET = "payout:layout:set"
    LAYOUT_ENDED = "payout:layout:ended"
    BATCH_PREPARED = "payout:batch:prepared"
    BATCH_APPROVED = "payout:batch:approved"
    BATCH_SENT = "payout:batch:sent"
    BATCH_DONE = "payout:batch:done"
    BATCH_DISCARDED = "payout:batch:discarded"
    FILE_MADE = "payout:file:made"
    CASH_COUNTED = "payout:cash:counted"
    PAYOUT_PAID = "payout:payment:paid"
    PAYOUT_RETURNED = "payout:payment:returned"
    PAYOUT_CANCELLED = "payout:payment:cancelled"
    PAYOUT_CONFIRMED = "payout:payment:confirmed"
