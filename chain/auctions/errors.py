"""Refusals of auctions. What a bid came to (outbid, too low, closed …) is an answer, not a refusal."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class AuctionStateRefused(Conflict):
    """The auction is no longer in the state that the step needs: somebody was quicker."""

    code = "auction_state_refused"
    text = N_("The auction is now “%(state)s”. This step is not possible any more.")


class AuctionOver(DomainError):
    """A step before the end came after it."""

    code = "auction_over"
    text = N_("The auction has ended. This step is not possible any more.")


class HasBids(DomainError):
    """The seller wants to cancel an auction on which somebody has bid."""

    code = "auction_has_bids"
    text = N_("Somebody has bid. Only the market manager can cancel this auction now.")


class BidOutOfBounds(DomainError):
    """A price of zero, a negative or an absurd one."""

    code = "bid_out_of_bounds"
    kind = Kind.INVALID
    text = N_("The price must lie from %(low)s to %(high)s for each kilogram or litre.")
    field = "price"


class NotRegistered(DomainError):
    """A buyer bids without having registered for the auction."""

    code = "not_registered"
    kind = Kind.FORBIDDEN
    text = N_("Register for this auction before you bid.")


class NotABidder(DomainError):
    """Only buying organisations bid, and never on their own lots."""

    code = "not_a_bidder"
    kind = Kind.FORBIDDEN
    text = N_("Only a buying organisation can bid, and not on its own lots.")


class CeilingNeeded(DomainError):
    """The auction asks for a ceiling, which is held from the buyer's limit."""

    code = "ceiling_needed"
    kind = Kind.INVALID
    text = N_(
        "Write up to which amount you will buy in this auction. It is held from your limit until the end."
    )
    field = "ceiling"


class CeilingTooLow(DomainError):
    """A ceiling of zero or less."""

    code = "ceiling_out_of_bounds"
    kind = Kind.INVALID
    text = N_("The ceiling must be above zero.")
    field = "ceiling"


class OverCeiling(DomainError):
    """The bid, with what the buyer leads on other lots, would cost more than the ceiling registered."""

    code = "over_ceiling"
    text = N_("With this bid you could owe more than the ceiling that you registered. It was not placed.")
    field = "price"


class LotNotOfferable(DomainError):
    """A lot cannot be auctioned as it is."""

    code = "auction_lot_not_offerable"
    text = N_("Lot %(number)s has no confirmed class yet. Only lots with a confirmed class can be offered.")
    field = "lots"


class LotTaken(Conflict):
    """A lot is already on offer, sold or cancelled."""

    code = "auction_lot_taken"
    text = N_("Lot %(number)s is already on offer or sold.")
    field = "lots"


class MixedLots(DomainError):
    """The lots are of different products or units."""

    code = "auction_mixed_lots"
    kind = Kind.INVALID
    text = N_("All lots of an auction must be of the same product.")
    field = "lots"


class UnknownBuyer(DomainError):
    """Somebody was invited who is no buying organisation."""

    code = "auction_unknown_buyer"
    kind = Kind.INVALID
    text = N_("One of the invited organisations is no buyer.")
    field = "invited"
