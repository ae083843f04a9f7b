"""Tags of the audit trail of pricing."""

from enum import StrEnum


class PricingAudit(StrEnum):
    """area:subject:action."""

    SCHEME_CREATED = "pricing:scheme:created"
    VERSION_WRITTEN = "pricing:version:written"
    VERSION_CHANGED = "pricing:version:changed"
    VERSION_DISCARDED = "pricing:version:discarded"
    VERSION_ACTIVATED = "pricing:version:activated"
    VERSION_ENDED = "pricing:version:ended"
    VERSION_WITHDRAWN = "pricing:version:withdrawn"
