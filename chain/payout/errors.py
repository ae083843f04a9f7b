"""Refusals of payout."""

from chain.core.errors import Conflict, DomainError
from chain.core.i18n import N_


class BatchStateRefused(Conflict):
    """A step that a batch in this state does not take, for example a second approval."""

    code = "batch_state_refused"
    text = N_("The batch no. %(number)s is %(state)s: this step is not possible any more.")


class PayoutStateRefused(Conflict):
    """A step that a payment in this state does not take: what was paid is not paid again."""

    code = "payout_state_refused"
    text = N_("This payment is “%(state)s”: this step is not possible.")


class NothingToPay(DomainError):
    """No line of the choice has anything open that this rail can pay."""

    code = "nothing_to_pay"
    text = N_("Nothing to pay: everything chosen is paid, in another batch, or has no details for this way.")


class AccountTooLong(DomainError):
    """An account that does not fit into the neutral file; cut to its length it would be another account."""

    code = "account_too_long"
    text = N_(
        "This file holds accounts of at most %(limit)s characters. Use the bank's own columns. Longer ones: %(names)s."
    )


class NeedsColumns(DomainError):
    """The neutral file, which holds bank accounts only, asked for payments to wallets or by QR."""

    code = "file_needs_columns"
    text = N_("Wallets and QR codes have no neutral file. Choose columns that the wallet or bank takes.")
    field = "layout"


class DetailsMissing(DomainError):
    """Producers without confirmed details for a way of payment."""

    code = "payment_details_missing"
    text = N_("These producers have no confirmed details for this way: %(names)s.")


class CashLimit(DomainError):
    """A payment in cash of an amount that has to go through a bank by a confirmed rule."""

    code = "cash_limit"
    text = N_("From %(limit)s on, a payment goes through a bank. Too large for cash: %(names)s.")


class DetailsAlreadyConfirmed(Conflict):
    """Payment details are confirmed once; new ones are another row."""

    code = "payment_details_confirmed"
    text = N_("These details are confirmed already.")


class CountDiffers(DomainError):
    """Counted notes and coins do not add up to what they should."""

    code = "count_differs"
    text = N_("The notes and coins add up to %(counted)s. Expected: %(expected)s.")


class NotTheCollector(DomainError):
    """Only who carries the money of a batch records that it was handed over."""

    code = "not_the_collector"
    text = N_("Another person carries the money of this batch.")


class NotInCash(Conflict):
    """A transfer cannot be taken out of its batch: the bank's file pays everything that stands in it."""

    code = "not_in_cash"
    text = N_(
        "Only payments in cash are taken out of a batch one by one. Discard the batch, or note what came back."
    )


class FloatTooSmall(Conflict):
    """A collector hands over or returns more than what is in the float."""

    code = "float_too_small"
    text = N_("The collector carries %(left)s.")


class CardDoesNotFit(DomainError):
    """The code of a member card that is not the receiver's valid one."""

    code = "card_does_not_fit"
    text = N_("This card is not the valid one of this producer.")
    field = "card"


class WitnessNeeded(DomainError):
    """A fingerprint or a mark counts only with somebody who saw it."""

    code = "witness_needed"
    text = N_("Write who was the witness.")
    field = "witness"


class OwnWitness(DomainError):
    """A witness who is the producer, the receiver or the person who records the confirmation."""

    code = "own_witness"
    text = N_("The witness is somebody else than who receives the money and who writes this down.")
    field = "witness"
