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
