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
