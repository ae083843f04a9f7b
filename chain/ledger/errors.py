"""Refusals of the ledger."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class EntryDoesNotBalance(DomainError):
    """The postings of an entry do not sum to zero in some currency, or there are none."""

    code = "entry_does_not_balance"
    kind = Kind.INVALID
    text = N_("The entry does not balance: the sides differ by %(difference)s.")


class MoneyHeld(Conflict):
    """A payment with money that a buyer paid for goods that are not shared out yet."""

    code = "money_held"
    text = N_(
        "%(held)s are held for sales that are not shared out yet; by the books %(free)s are free to be paid. Settle those sales first, or record the money that is missing in the books."
    )


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


class MonthNotOver(DomainError):
    """A month is closed when its last day is over."""

    code = "month_not_over"
    text = N_("The month is not over. It can be closed from %(day)s on.")


class EarlierMonthOpen(DomainError):
    """Months are closed one after the other; an earlier one is still open."""

    code = "earlier_month_open"
    text = N_("An earlier month is open. Close the month of %(day)s first.")


class NothingToClose(DomainError):
    """The month lies before the first entry of the books, or there is no entry at all."""

    code = "nothing_to_close"
    text = N_("The books hold nothing up to the end of this month.")


class MonthAlreadyClosed(Conflict):
    """The month is closed."""

    code = "month_already_closed"
    text = N_("This month is closed already.")


class TrialBalanceOff(DomainError):
    """Debits and credits differ, so somebody changed the books behind the program: run `chain ledger verify`."""

    code = "trial_balance_off"
    text = N_("Debit and credit differ by %(difference)s. Have the books verified before closing.")


class MonthIsOpen(Conflict):
    """Only a closed month can be opened again."""

    code = "month_is_open"
    text = N_("This month is open.")


class LaterMonthClosed(DomainError):
    """Only the month that was closed last can be opened again; start with the latest."""

    code = "later_month_closed"
    text = N_("A later month is closed. Open the month of %(day)s first.")


class NoResultToClose(DomainError):
    """No account of income or expenses has a balance at the end of the year."""

    code = "no_result_to_close"
    text = N_("No income and no expense stands at the end of %(day)s.")
    field = "last_day"


class YearClosedOtherwise(DomainError):
    """The year is closed, and entries were posted in it after that."""

    code = "year_closed_otherwise"
    text = N_(
        "This year was closed by entry no. %(number)s, and entries came after it. Take that close back first."
    )
    field = "last_day"


class LaterYearClosed(DomainError):
    """A year that ends later is closed; start with the latest."""

    code = "later_year_closed"
    text = N_("The year up to %(day)s is closed. Take that close back first.")
    field = "last_day"


class ReverseAtItsOrigin(DomainError):
    """The entry belongs to a run, a payment or an advance; it is undone there, so that both stay in step."""

    code = "reverse_at_its_origin"
    text = N_(
        "This entry comes from another part of the program. Undo it there: a settlement, a payment, an advance."
    )


class BadOpeningRows(DomainError):
    """Rows of a file of opening balances cannot be taken; none of the file was."""

    code = "bad_opening_rows"
    kind = Kind.INVALID
    text = N_("%(count)s rows have mistakes. Nothing was brought in.")
    field = "file"
