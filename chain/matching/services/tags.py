"""Tags of the audit trail."""

from enum import StrEnum


class MatchAudit(StrEnum):
    """What matching writes into the audit trail. No record tells a reserve."""

    FREIGHT_ENTERED = "matching:freight:entered"
    LOTS_OFFERED = "matching:lots:offered"
    LOTS_WITHDRAWN = "matching:lots:withdrawn"
    POOL_OPENED = "matching:pool:opened"
    POOL_JOINED = "matching:pool:joined"
    POOL_LEFT = "matching:pool:left"
    POOL_CLOSED = "matching:pool:closed"
    RUN_MADE = "matching:run:made"
    PROPOSAL_ACCEPTED = "matching:proposal:accepted"
    PROPOSAL_REFUSED = "matching:proposal:refused"
    PROPOSAL_EXPIRED = "matching:proposal:expired"
    PROPOSAL_STALE = "matching:proposal:stale"
    PROPOSAL_AWARDED = "matching:proposal:awarded"
    PROPOSAL_ENDED = "matching:proposal:ended"
