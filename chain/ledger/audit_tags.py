"""Tags of the audit trail of the ledger."""

from enum import StrEnum


class LedgerAudit(StrEnum):
    """area:subject:action."""

    ENTRY_POSTED = "ledger:entry:posted"
    ENTRY_REVERSED = "ledger:entry:reversed"
    OPENING_IMPORTED = "ledger:opening:imported"
    PERIOD_CLOSED = "ledger:period:closed"
    PERIOD_REOPENED = "ledger:period:reopened"
    YEAR_CLOSED = "ledger:year:closed"
    YEAR_REOPENED = "ledger:year:reopened"
    ACCOUNT_CHANGED = "ledger:account:changed"
    ACCOUNT_ADDED = "ledger:account:added"
