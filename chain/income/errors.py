"""Refusals of income."""

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_


class TooManySeasons(DomainError):
    """One call brings more seasons from earlier books than are taken at a time."""

    code = "too_many_seasons"
    kind = Kind.TOO_LARGE
    text = N_("At most %(limit)s rows at a time.")
