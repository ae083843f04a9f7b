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


class WordRefused(DomainError):
    """The short word of an own scheme or price grid has neither a letter nor a digit."""

    code = "own_word_refused"
    kind = Kind.INVALID
    text = N_("Write one short word, such as fine or milk.")
    field = "word"


class EditionTaken(Conflict):
    """Another person saved this edition of an own scheme or price grid meanwhile, or it is not the next one."""

    code = "edition_taken"
    text = N_(
        "Edition %(edition)s was saved meanwhile; the newest is %(newest)s. Copy that one and change it."
    )


class ValueNotConfirmable(DomainError):
    """The scheme has no unconfirmed value under this key."""

    code = "value_not_confirmable"
    kind = Kind.INVALID
    text = N_("This norm has no unconfirmed value of that name.")
    field = "value_key"


class OtherValueConfirmed(Conflict):
    """What the person saw is not what stands in the scheme."""

    code = "other_value_confirmed"
    text = N_("Another value stands there: %(value)s. Load the page again.")
    field = "value"


class AlreadyConfirmed(Conflict):
    """The organisation vouches for the value already."""

    code = "already_confirmed"
    text = N_("The organisation has confirmed this value already.")
