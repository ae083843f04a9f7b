"""Tags of the audit trail of payin."""

from enum import StrEnum


class PayinAudit(StrEnum):
    """area:subject:action."""

    INVOICE_ISSUED = "payin:invoice:issued"
    INVOICE_VOIDED = "payin:invoice:voided"
    CREDIT_NOTE_ISSUED = "payin:credit_note:issued"
    PAYMENT_RECORDED = "payin:payment:recorded"
    PAYMENT_APPLIED = "payin:payment:applied"
    PAYMENT_RELEASED = "payin:payment:released"
    REFUND_ASKED = "payin:refund:asked"
    REFUND_APPROVED = "payin:refund:approved"
    REFUND_DECLINED = "payin:refund:declined"
    REFUND_DONE = "payin:refund:done"
    REFUND_FAILED = "payin:refund:failed"
    ACCOUNT_ADDED = "payin:bank_account:added"
    ACCOUNT_CHANGED = "payin:bank_account:changed"
    ACCOUNT_CLOSED = "payin:bank_account:closed"
    STATEMENT_IMPORTED = "payin:statement:imported"
    LINE_MATCHED = "payin:statement_line:matched"
    LINE_SET_ASIDE = "payin:statement_line:set_aside"
    CARD_ASKED = "payin:card:asked"
    CARD_PAID = "payin:card:paid"
    DISPUTE_OPENED = "payin:dispute:opened"
    DISPUTE_CLOSED = "payin:dispute:closed"
