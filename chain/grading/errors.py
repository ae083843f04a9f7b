"""Refusals of grading."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class SchemeNotChoosable(DomainError):
    """The scheme or edition does not exist, or cannot class this commodity."""

    code = "scheme_not_choosable"
    kind = Kind.INVALID
    text = N_("This norm and edition cannot be chosen for this product.")
    field = "scheme"


class ChoiceDateOutOfRange(DomainError):
    """The first day is before any season of the product or more than a year ahead: a slip in the year."""

    code = "choice_date_out_of_range"
    kind = Kind.INVALID
    text = N_("The first day must lie from %(first)s to %(last)s.")
    field = "valid_from"


class ChoiceDateTaken(Conflict):
    """Another choice for the same product begins on the same day."""

    code = "choice_date_taken"
    text = N_("Another choice for this product already begins on that day. Take another day.")
    field = "valid_from"
