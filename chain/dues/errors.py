"""Refusals of dues."""

from collections.abc import Sequence

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_, Message


class DuesOutdated(Conflict):
    """A debt changed after a run was prepared, or the run took its debts already."""

    code = "dues_outdated"
    text = N_(
        "The debt no. %(number)s changed after this settlement was prepared: %(balance)s of it is open, the settlement takes %(amount)s. "
        "Discard the settlement and prepare it again."
    )


class TakingsApplied(Conflict):
    """A run takes its debts once, until it is reversed."""

    code = "takings_applied"
    text = N_("The debts of this settlement were taken already.")


class DeductionsAboveGross(DomainError):
    """The percentages in force on one day take more than everything."""

    code = "deductions_above_gross"
    text = N_("The fees in force on %(day)s add up to more than 100 %%.")


class RuleAlreadyConfirmed(Conflict):
    """A tax rule that an accountant confirmed before."""

    code = "rule_already_confirmed"
    text = N_("These rates were confirmed already.")


class NotATax(DomainError):
    """Only rates of taxes are confirmed by an accountant."""

    code = "not_a_tax"
    text = N_("Only taxes wait for the confirmation of an accountant.")


class ChargeWithdrawn(Conflict):
    """A group charge that was withdrawn before."""

    code = "charge_withdrawn"
    text = N_("This charge was withdrawn already.")


class NotOpenThatMuch(DomainError):
    """More than what of a debt is open."""

    code = "not_open_that_much"
    text = N_("Only %(open)s of this debt is open.")
    field = "amount"


class MovementTaken(Conflict):
    """A debt of which something was taken cannot be cancelled as if it never was."""

    code = "movement_taken"
    text = N_("Something of this debt was paid already: it cannot be cancelled. Write the rest off instead.")


class MovementOfLoan(Conflict):
    """An instalment is cancelled with its loan, not alone."""

    code = "movement_of_loan"
    text = N_("This is an instalment of a loan: cancel or pay the loan instead.")


class ApplicationRestored(Conflict):
    """An amount that was given back to its debt before."""

    code = "application_restored"
    text = N_("This amount was given back to the debt already.")


class NotByHand(Conflict):
    """What a settlement took is given back by reversing the settlement."""

    code = "not_by_hand"
    text = N_("A settlement took this amount: reverse the settlement instead.")


class LoanSettled(Conflict):
    """A loan of which nothing is open."""

    code = "loan_settled"
    text = N_("Nothing of this loan is open.")


class NotLeftThatMuch(DomainError):
    """More animals or seed than are still to be passed on."""

    code = "not_left_that_much"
    text = N_("Only %(left)s are still to be passed on.")
    field = "quantity"


class EntryCorrected(Conflict):
    """An entry of the pass-on that was taken back before."""

    code = "entry_corrected"
    text = N_("This entry was taken back already.")


class ChainGoesOn(Conflict):
    """The next family has passed the goods on itself."""

    code = "chain_goes_on"
    text = N_("The next family has passed some of it on already: this entry cannot be taken back.")


class BadMovementRows(DomainError):
    """A file of debts with cells that cannot be used; nothing of it was taken."""

    code = "bad_movement_rows"
    kind = Kind.INVALID
    text = N_("%(count)s cells of the file cannot be used. Nothing was brought in.")
    field = "file"

    def __init__(self, rows: Sequence[tuple[int, str, Message]]) -> None:
        super().__init__(count=len(rows))
        #: row, column and reason of each
        self.rows = rows
