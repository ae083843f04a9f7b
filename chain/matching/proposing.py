"""Words and bounds of offers to matching, pools, runs and proposals. Pure."""

from datetime import timedelta
from enum import StrEnum

from chain.core.i18n import N_

DEFAULT_HOURS = 72
MAX_HOURS = 720
MAX_PRICE_MINOR = 10**9
MAX_LOTS = 5000
MAX_MEMBERS = 100
MAX_OFFER = timedelta(days=366)
TITLE_LENGTH = (3, 200)


class OfferState(StrEnum):
    """Where an offer to matching stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    TAKEN = "taken"


OFFER_STATE_LABELS = {
    OfferState.OPEN: N_("Offered to matching"),
    OfferState.WITHDRAWN: N_("Withdrawn"),
    OfferState.TAKEN: N_("Taken by a proposal"),
}


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    REFUSED = "refused"
    EXPIRED = "expired"
    #: its lots were sold otherwise
    STALE = "stale"
    #: both sides accepted: the lots are reserved, the award waits for the officers
    AWARDED = "awarded"
    SOLD = "sold"
    #: the award was declined, or lapsed
    FALLEN = "fallen"


PROPOSAL_STATE_LABELS = {
    ProposalState.OPEN: N_("To be answered"),
    ProposalState.REFUSED: N_("Refused"),
    ProposalState.EXPIRED: N_("Time is over"),
    ProposalState.STALE: N_("Lots gone"),
    ProposalState.AWARDED: N_("Accepted by both sides"),
    ProposalState.SOLD: N_("Sold"),
    ProposalState.FALLEN: N_("Not confirmed"),
}
PROPOSAL_TONES = {
    ProposalState.OPEN: "warning",
    ProposalState.REFUSED: "neutral",
    ProposalState.EXPIRED: "neutral",
    ProposalState.STALE: "neutral",
    ProposalState.AWARDED: "info",
    ProposalState.SOLD: "success",
    ProposalState.FALLEN: "error",
}


class MemberState(StrEnum):
    """Where an association stands in a pool."""

    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"


MEMBER_STATE_LABELS = {
    MemberState.INVITED: N_("Invited"),
    MemberState.JOINED: N_("Joined"),
    MemberState.LEFT: N_("Left"),
}


class Side(StrEnum):
    """Whose answer it is."""

    SELLER = "seller"
    BUYER = "buyer"


SIDE_LABELS = {Side.SELLER: N_("the seller"), Side.BUYER: N_("the buyer")}

#: Why a proposal came to nothing without anybody's answer; msgids.
LOT_GONE = N_("Too little is left of lot %(number)s: another proposal took it.")
