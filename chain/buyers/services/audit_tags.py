"""Tags of the audit trail."""

from enum import StrEnum


class BuyersAudit(StrEnum):
    """What is noted of demands, vetting, limits and deposits."""

    DEMAND_OPENED = "buyers:demand:opened"
    DEMAND_CHANGED = "buyers:demand:changed"
    DEMAND_WITHDRAWN = "buyers:demand:withdrawn"
    VETTING_DECIDED = "buyers:vetting:decided"
    LIMIT_RULE_SET = "buyers:limit_rule:set"
    CREDIT_GRANTED = "buyers:credit:granted"
    DEPOSIT_RECORDED = "buyers:deposit:recorded"
    RETURN_ASKED = "buyers:return:asked"
    RETURN_WITHDRAWN = "buyers:return:withdrawn"
    RETURN_DUE = "buyers:return:due"
    RETURN_PAID = "buyers:return:paid"
