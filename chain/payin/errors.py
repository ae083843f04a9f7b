"""Refusals of payin."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class NothingToInvoice(DomainError):
    """A sale of which everything is invoiced, or whose amounts went down since: then a credit note is due."""

    code = "nothing_to_invoice"
    text = N_("Nothing of this sale is left to invoice.")


class SaleUnclear(Conflict):
    """A sale whose amounts may still change is not invoiced: a claim or a load in dispute waits for its answer."""

    code = "sale_unclear"
    text = N_("A claim or a load in dispute of this sale waits for its answer. Settle that first.")


class GoodsNotPaid(Conflict):
    """Lots of a secured sale were to leave before their money is in."""

    code = "goods_not_paid"
    text = N_(
        "Sale no. %(number)s is paid before the goods leave. For what would have left then %(needed)s are needed; %(paid)s are in. Record the buyer's payment first, or send fewer lots."
    )


class InvoiceVoided(Conflict):
    """A step on an invoice that is void."""

    code = "invoice_voided"
    text = N_("The invoice %(serial)s is void.")


class InvoiceInUse(Conflict):
    """An invoice that was paid or credited, even in part, is not voided: a credit note lowers it."""

    code = "invoice_in_use"
    text = N_("The invoice %(serial)s was paid or credited in part. Issue a credit note instead.")


class CreditAboveInvoice(DomainError):
    """Credit notes never sum to more than their invoice."""

    code = "credit_above_invoice"
    text = N_("Of this invoice at most %(most)s can be credited.")
    field = "amount"


class NotOverpaid(Conflict):
    """Nothing of an invoice is overpaid, so that nothing can be moved to the buyer's credit."""

    code = "not_overpaid"
    text = N_("This invoice is not overpaid.")


class NothingOpen(Conflict):
    """A credit that finds no open invoice in its currency."""

    code = "nothing_open"
    text = N_("The buyer has no open invoice that this money could pay.")


class OtherCurrency(DomainError):
    """A payment in a currency that is neither that of the books nor of what it pays."""

    code = "other_currency"
    text = N_("This money is in %(currency)s; what it is meant to pay is in %(wanted)s.")
    field = "currency"


class RefundAboveCeiling(DomainError):
    """Refunds of a payment never sum to more than the payment."""

    code = "refund_above_ceiling"
    text = N_("Of this payment at most %(most)s can go back.")
    field = "amount"


class NoMistake(Conflict):
    """A payment that is said to have been written down by mistake, but came by card or went back in part."""

    code = "payment_no_mistake"
    text = N_("Money that came by card, or that went back in part, was really paid. Pay it back instead.")


class RefundAnswered(Conflict):
    """A refund that was approved or declined already."""

    code = "refund_answered"
    text = N_("This refund was answered already.")


class LineAnswered(Conflict):
    """A line of a statement that was matched or set aside already."""

    code = "line_answered"
    text = N_("This line of the statement was answered already.")


class NotMoneyIn(DomainError):
    """Only a line with money that came in can be a buyer's payment."""

    code = "not_money_in"
    text = N_("Money left the account with this line: it is no payment of a buyer.")


class StatementKnown(Conflict):
    """The same file of a statement was imported before."""

    code = "statement_known"
    text = N_("This file was imported before, on %(day)s.")


class StatementOfOther(DomainError):
    """A statement of another account or in another currency than the one it is imported for."""

    code = "statement_of_other"
    text = N_("The file is a statement of the account %(account)s in %(currency)s.")
    field = "file"


class AccountKnown(Conflict):
    """A bank account with this number is kept already."""

    code = "account_known"
    text = N_("This account is in the list already.")
    field = "number"


class CardsOff(Conflict):
    """Payments by card are off: the keys of the provider are not set, or belong to another organisation."""

    code = "cards_off"
    text = N_("Payment by card is not set up here. Pay by bank transfer.")


class CardRefundRefused(Conflict):
    """The card provider says that a refund cannot be: the charge is disputed, or was refunded on the provider's own page."""

    code = "card_refund_refused"
    text = N_("The card provider refused this refund. It is marked as failed.")


class CardProviderAway(DomainError):
    """The card provider did not answer, or refused; nothing was charged, and trying again charges nothing twice."""

    code = "card_provider_away"
    kind = Kind.CONFLICT
    text = N_("The card provider did not answer. Try again: nothing is charged twice.")


class BadNotice(DomainError):
    """A notice whose signature does not fit, that is too old, or dated in the future."""

    code = "bad_notice"
    kind = Kind.INVALID
    text = N_("This notice does not come from the card provider.")


class NoticeTooLarge(DomainError):
    """A notice larger than any that the card provider sends."""

    code = "notice_too_large"
    kind = Kind.TOO_LARGE
    text = N_("This notice is too large.")
