"""Refusals of settlement."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class NothingToSettle(DomainError):
    """A period without deliveries that wait for payment."""

    code = "nothing_to_settle"
    text = N_("Nothing to pay: in that period no delivery is waiting for payment.")
    field = "period_from"


class SaleAlreadySettled(Conflict):
    """A sale is settled by one run that stands."""

    code = "sale_already_settled"
    text = N_("This sale already has the settlement no. %(number)s.")


class PeriodRunWaits(Conflict):
    """Whether a sale owes its producers or the organisation bought the goods is open while a period run may be discarded."""

    code = "period_run_waits"
    text = N_(
        "The settlement no. %(number)s pays deliveries that are in this sale and is not approved yet. Approve or discard it first."
    )


class DeductionsAboveGross(DomainError):
    """The fees in force on one day take more than everything."""

    code = "deductions_above_gross"
    text = N_("The fees in force on %(day)s add up to more than 100 %%.")


class RunStateRefused(Conflict):
    """A step that a run in this state does not take, for example a second approval."""

    code = "run_state_refused"
    text = N_("The settlement no. %(number)s is %(state)s: this step is not possible any more.")


class RunDoesNotReconcile(Conflict):
    """The parts of a run do not sum to the whole: nobody may approve or account it."""

    code = "run_does_not_reconcile"
    text = N_(
        "The settlement no. %(number)s does not reconcile: in %(block)s, %(what)s differ by %(difference)s. Discard it and tell the vigilance committee."
    )


class RunPaidAlready(Conflict):
    """A run of which something was paid out is not reversed: the payment must come back first."""

    code = "run_paid_already"
    text = N_("Part of the settlement no. %(number)s was paid out already. Take the payment back first.")


class NotPaidInCash(Conflict):
    """A payment in cash to everybody is to be taken back, and there is none: payouts are returned where they were made."""

    code = "not_paid_in_cash"
    text = N_(
        "The settlement no. %(number)s has no payment in cash to everybody that could be taken back. What was paid by a batch comes back there."
    )


class PaymentsWait(Conflict):
    """A payment to everybody at once, or a reversal, while a batch holds payments of the settlement that nobody noted yet."""

    code = "payments_wait"
    text = N_(
        "Payments of the settlement no. %(number)s wait in the payment batch no. %(batch)s. First note what was paid "
        "and take the others out of it, or discard it if it did not leave."
    )


class TooLargeForCash(Conflict):
    """A payment in cash to everybody while somebody is owed an amount that has to go through a bank by a confirmed rule."""

    code = "too_large_for_cash"
    text = N_(
        "From %(limit)s on, a payment goes through a bank. %(count)s producers of the settlement no. %(number)s are owed as much: "
        "pay them in a payment batch first."
    )


class LaterRunStands(Conflict):
    """A run is not reversed while a later one of the same kind is in the books: it was calculated after this one."""

    code = "later_run_stands"
    text = N_("The later settlement no. %(number)s is in the books. Take that one back first.")


class TaxPapersStand(Conflict):
    """A run with standing tax papers is taken back by who may void them, or after they were voided one by one."""

    code = "tax_papers_stand"
    text = N_(
        "%(count)s tax papers of the settlement no. %(number)s stand. Only who confirms taxes and issues tax papers may void them."
    )


class PaidTooMuch(Conflict):
    """More is paid than what is still open for a producer of a run."""

    code = "paid_too_much"
    text = N_("Of this payment only %(left)s is still open: it may have been paid already.")


class NotPaidThatMuch(Conflict):
    """More is said to have come back than was paid."""

    code = "not_paid_that_much"
    text = N_("Only %(paid)s of this payment was paid out.")


class RunOutdated(Conflict):
    """What a run rests on changed after it was prepared: deliveries, analyses, the sale, terms, deductions or advances."""

    code = "run_outdated"
    text = N_(
        "What this settlement rests on changed after it was prepared: deliveries, analyses, the sale, terms of the fortnight, deductions or advances. Discard it and prepare it again."
    )


class TooManyReceipts(DomainError):
    """More receipts in one print than one answer holds."""

    code = "too_many_receipts"
    kind = Kind.TOO_LARGE
    text = N_("At most %(limit)s receipts are printed at once.")


class GateMixed(DomainError):
    """One payment at the gate takes deliveries of one product, because each product has its own price."""

    code = "gate_mixed"
    text = N_("These deliveries are of several products. Pay each product by itself.")
    field = "lots"


class GateTooMany(DomainError):
    """More deliveries than one payment at the gate takes."""

    code = "gate_too_many"
    kind = Kind.TOO_LARGE
    text = N_("At most %(limit)s deliveries are paid at the gate at once. Settle the period instead.")


class GateNotAlone(Conflict):
    """One person may not prepare and pay this alone: no decision allows it, or the amount is above its limit."""

    code = "gate_not_alone"
    text = N_("One person may pay at most %(limit)s at the gate alone. Let another person approve it.")
