"""Refusals of buyers."""

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_


class NotABuyer(DomainError):
    """Standing demands are posted by organisations of kind buyer."""

    code = "not_a_buyer"
    kind = Kind.FORBIDDEN
    text = N_("Only buying organisations post demands.")
