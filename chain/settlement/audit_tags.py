"""Tags of the audit trail of settlement."""

from enum import StrEnum


class SettlementAudit(StrEnum):
    """area:subject:action."""

    DEDUCTION_SET = "settlement:deduction:set"
    DEDUCTION_ENDED = "settlement:deduction:ended"
    ADVANCE_GIVEN = "settlement:advance:given"
    RUN_PREPARED = "settlement:run:prepared"
    RUN_APPROVED = "settlement:run:approved"
    RUN_ACCOUNTED = "settlement:run:accounted"
    RUN_REVERSED = "settlement:run:reversed"
    GATE_RULE_SET = "settlement:gate_rule:set"
    GATE_RULE_ENDED = "settlement:gate_rule:ended"
    RUN_PAID = "settlement:run:paid"
    RUN_PAYMENT_TAKEN_BACK = "settlement:run:payment_taken_back"
    RUN_DISCARDED = "settlement:run:discarded"
    RECEIPTS_PRINTED = "settlement:receipt:printed"
    TAX_SETTING_ENTERED = "settlement:tax_setting:entered"
    TAX_SETTING_CONFIRMED = "settlement:tax_setting:confirmed"
    TAX_FACT_RECORDED = "settlement:tax_fact:recorded"
    TAX_PAPERS_ISSUED = "settlement:tax_papers:issued"
