"""Refusals of the ledger."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class EntryDoesNotBalance(DomainError):
    """The postings of an entry do not sum to zero in some currency, or there are none."""

    code = "entry_does_not_balance"
    kind = Kind.INVALID
    text = N_("The entry does not balance: in %(currency)s the sides differ by %(difference)s.")


class EntryAlreadyReversed(Conflict):
    """An entry is reversed at most once."""

    code = "entry_already_reversed"
    text = N_("This entry was already reversed.")


class PeriodClosed(DomainError):
    """The day lies in a month of the books that is closed, or before one. A correction is posted in an open month."""

    code = "period_closed"
    kind = Kind.REFUSED
    text = N_("The books are closed up to %(until)s. Choose a later day.")
    field = "occurred_on"


class UnknownAccount(DomainError):
    """The account is neither of the common chart nor one of the organisation's own."""

    code = "unknown_account"
    kind = Kind.INVALID
    text = N_("There is no account “%(account)s” in the chart.")
    field = "account"
