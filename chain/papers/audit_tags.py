"""Tags of the audit trail of papers."""

from enum import StrEnum


class PaperAudit(StrEnum):
    """area:subject:action."""

    ISSUED = "papers:paper:issued"
    VOIDED = "papers:paper:voided"
    PRINTED = "papers:paper:printed"
    KEY_FIRST_USED = "papers:key:first_used"
    JOB_ORDERED = "papers:print_job:ordered"
    JOB_RETRIED = "papers:print_job:retried"
