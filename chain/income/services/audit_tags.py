"""Tags of the audit trail."""

from enum import StrEnum


class IncomeAudit(StrEnum):
    """What happened to income."""

    BASELINE_SET = "income:baseline:set"
    BASELINE_REPLACED = "income:baseline:replaced"
    EARLIER_BROUGHT_IN = "income:record:brought_in"
