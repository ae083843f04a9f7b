"""Refusals of awards and sales."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class ReasonMissing(DomainError):
    """A step that others will ask about was taken without saying why."""

    code = "reason_missing"
    kind = Kind.INVALID
    text = N_("Write the reason.")
    field = "reason"


class AwardStateRefused(Conflict):
    """The award was answered, lapsed or withdrawn meanwhile."""

    code = "award_state_refused"
    text = N_("The award is now “%(state)s”. This step is not possible any more.")


class AlreadyAnswered(Conflict):
    """The same officer gave the other answer before."""

    code = "award_already_answered"
    text = N_("You have answered this award. Another officer must do the next step.")


class BidderExcluded(DomainError):
    """The market manager excluded the buyer from this seller's market, with a logged reason."""

    code = "bidder_excluded"
    kind = Kind.FORBIDDEN
    text = N_("You are excluded from this market. The reason was: %(reason)s")


class LogBroken(DomainError):
    """A market log does not hang together: an entry was changed or is missing."""

    code = "market_log_broken"
    text = N_("The log of this event was changed at entry %(sequence)s.")


class RateMissing(Conflict):
    """A price in another currency than the seller's books, without the exchange rate that the contract freezes."""

    code = "rate_missing"
    text = N_(
        "The price is in %(currency)s and your books are in %(books)s. Write the exchange rate in your terms of sale first."
    )


class TermsBound(Conflict):
    """A buyer has bid on the terms as they are: they hold until the end of the event."""

    code = "terms_bound"
    text = N_("Somebody has already bid on these terms. They cannot change until the end.")


class TermsFixed(Conflict):
    """The event has ended in an award: its terms are those of the award now."""

    code = "terms_fixed"
    text = N_("This event has ended in an award. Its terms cannot change any more.")


class SaleStateRefused(Conflict):
    """The sale was settled or ended, or its lots are not where the step needs them."""

    code = "sale_state_refused"
    text = N_("The sale is now “%(state)s”. This step is not possible any more.")


class NotArrived(Conflict):
    """Something was to be said of a lot that has not arrived."""

    code = "lot_not_arrived"
    text = N_("Lot %(number)s has not arrived yet. Record its arrival first.")


class ClaimTooLate(Conflict):
    """The days in which a buyer may claim are over."""

    code = "claim_too_late"
    text = N_("The time to claim ended on %(day)s.")


class ClaimOpen(Conflict):
    """Another claim on the same lot waits for its answer."""

    code = "claim_open"
    text = N_("A claim on lot %(number)s waits for its answer.")


class ClaimAnswered(Conflict):
    """The claim was answered before."""

    code = "claim_answered"
    text = N_("The claim is now “%(state)s”. This step is not possible any more.")


class NoPriceOfClass(DomainError):
    """The contract has no price for the class that the mill found."""

    code = "no_price_of_class"
    kind = Kind.INVALID
    text = N_("The contract has no price for this class. Write the amount that you ask for.")
    field = "amount"


class TooEarlyToDefault(Conflict):
    """A side was called in default before the time for delivery is over."""

    code = "too_early_to_default"
    text = N_("The time for delivery is not over. This step is possible from %(day)s.")


class SaleWaits(Conflict):
    """Claims of the sale are not answered, or a load is in dispute, so that what is due is not known."""

    code = "sale_waits"
    text = N_(
        "Sale no. %(number)s has claims or loads in dispute. Answer them first: they change what is due."
    )


class GoodsNotAccepted(Conflict):
    """The buyer's money is held until the goods of the sale are accepted; until then it is not shared out."""

    code = "goods_not_accepted"
    text = N_(
        "The buyer of sale no. %(number)s paid before the goods left. The money is shared out once all goods have arrived and the buyer confirms them, or the days to claim are over."
    )


class NothingToEnd(Conflict):
    """A sale was to be ended of which every lot has left: what was delivered is settled, not cancelled."""

    code = "nothing_to_end"
    text = N_("All lots of this sale have left. Differences are settled by claim.")


class EndingAsked(Conflict):
    """A cancellation was asked for before and waits for the other side."""

    code = "ending_asked"
    text = N_("A cancellation of this sale waits for the other side's answer.")


class AlreadyExcluded(Conflict):
    """The buyer is excluded already, from the same event or from the whole market."""

    code = "bidder_already_excluded"
    text = N_("This buyer is excluded already.")


class AlreadyReadmitted(Conflict):
    """Somebody lifted the exclusion before."""

    code = "bidder_already_readmitted"
    text = N_("This exclusion was lifted already.")
