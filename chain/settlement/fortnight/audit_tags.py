"""Tags of the audit trail of the dairy."""

from enum import StrEnum


class FortnightAudit(StrEnum):
    """area:subject:action."""

    ZONE_ADDED = "settlement:milk_zone:added"
    ZONE_CHANGED = "settlement:milk_zone:changed"
    ROUTE_PLACED = "settlement:milk_zone:route_placed"
    READING_RECORDED = "settlement:scale_reading:recorded"
    READING_CORRECTED = "settlement:scale_reading:corrected"
    QUOTA_SET = "settlement:milk_quota:set"
    QUOTA_ENDED = "settlement:milk_quota:ended"
    LICENCE_ADDED = "settlement:tax_licence:added"
    RESERVE_SET = "settlement:milk_reserve:set"
    RESERVE_ENDED = "settlement:milk_reserve:ended"
    INCOME_ADDED = "settlement:other_income:added"
    INCOME_WITHDRAWN = "settlement:other_income:withdrawn"
    BANK_FEE_ADDED = "settlement:bank_fee:added"
    BANK_FEE_WITHDRAWN = "settlement:bank_fee:withdrawn"
    CHOICES_SET = "settlement:fortnight:choices_set"
    HOLIDAYS_SET = "settlement:fortnight:holidays_set"
