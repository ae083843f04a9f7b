"""Refusals of buyers."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class NotABuyer(DomainError):
    """Standing demands are posted by organisations of kind buyer."""

    code = "not_a_buyer"
    kind = Kind.FORBIDDEN
    text = N_("Only buying organisations post demands.")


class NotVetted(DomainError):
    """The platform has not vetted the buying organisation, suspended it, or the vetting ran out."""

    code = "buyer_not_vetted"
    kind = Kind.FORBIDDEN
    text = N_("Your organisation is not vetted as a buyer: %(status)s. Ask the operator of the platform.")


class LimitExceeded(DomainError):
    """The amount is above what the buyer may still commit with the seller: credit plus deposit minus commitments."""

    code = "trading_limit_exceeded"
    kind = Kind.REFUSED
    text = N_(
        "This is %(by)s more than you may still commit with this seller (%(free)s). "
        "Pay a deposit or ask the seller for credit."
    )


class HoldElsewhere(Conflict):
    """The same thing was held before for another buyer, seller or currency."""

    code = "hold_elsewhere"
    text = N_("This commitment was kept for another buyer or in another currency.")


class NotASeller(DomainError):
    """Limits are set by organisations that sell."""

    code = "not_a_seller"
    kind = Kind.FORBIDDEN
    text = N_("Only organisations that sell set limits.")


class DepositTooSmall(DomainError):
    """More of a deposit is to go out than is free: the rest covers commitments, or there is no deposit."""

    code = "deposit_too_small"
    kind = Kind.REFUSED
    text = N_("Of the deposit %(free)s is free. The rest covers what the buyer has committed.")
    field = "amount"


class ReturnStateRefused(Conflict):
    """The return of a deposit was asked for, is due or was paid before."""

    code = "return_state_refused"
    text = N_("The return of the deposit is now “%(state)s”. This step is not possible.")
