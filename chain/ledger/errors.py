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
