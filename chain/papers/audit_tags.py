"""Tags of the audit trail of papers."""

from enum import StrEnum


class PaperAudit(StrEnum):
    """area:subject:action."""

    ISSUED = "papers:paper:issued"
    VOIDED = "papers:paper:voided"
    PRINTED = "papers:paper:printed"
    KEY_FIRST_USED = "papers:key:first_used"
