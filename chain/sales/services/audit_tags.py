"""Tags of the audit trail."""

from enum import StrEnum


class SalesAudit(StrEnum):
    """What happens to awards and sales."""

    AWARD_MADE = "sales:award:made"
    AWARD_ANSWERED = "sales:award:answered"
    AWARD_CONFIRMED = "sales:award:confirmed"
    AWARD_DECLINED = "sales:award:declined"
    AWARD_LAPSED = "sales:award:lapsed"
    SALE_MADE = "sales:sale:made"
    SALE_CANCELLED = "sales:sale:cancelled"
    SALE_DEFAULTED = "sales:sale:defaulted"
    RULE_CHANGED = "sales:rule:changed"
    TERMS_CHANGED = "sales:terms:changed"
    REGRADED = "sales:regrade:recorded"
    CLAIM_MADE = "sales:claim:made"
    CLAIM_ANSWERED = "sales:claim:answered"
    BIDDER_EXCLUDED = "sales:bidder:excluded"
    BIDDER_READMITTED = "sales:bidder:readmitted"
