"""Forms of payin."""

from decimal import Decimal

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_
from chain.payin.rules import MAX_NAME, MEANS_LABELS, Means
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required
from chain.web.i18n import gettext

HUNDREDTHS = Decimal("0.01")
TWO_DECIMALS = N_("Write at most two decimals.")


def minor_of(field: NumberField) -> int | None:
    """Return hundredths of what was typed; None, with an error at the field, when there are more than two decimals."""
    value = field.data
    if value is None:
        return None
    if value != value.quantize(HUNDREDTHS):
        field.errors = [*field.errors, gettext(TWO_DECIMALS)]
        return None
    return int(value * 100)


class BuyerPaymentForm(BaseForm):
    """What a buyer paid for one sale."""

    id = ClientIdField()
    amount = NumberField(N_("Amount received"), validators=[required])
    paid_on = DateField(N_("Day of the payment"), validators=[required])


class PaymentForm(BaseForm):
    """Money of a buyer, for the invoices that are chosen or for the oldest ones."""

    id = ClientIdField()
    buyer_id = SelectField(N_("Buyer"), validators=[required])
    amount = NumberField(N_("Amount received"), validators=[required])
    currency = SelectField(N_("Currency"), validators=[required])
    book = NumberField(N_("Worth in the currency of the books on that day"))
    paid_on = DateField(N_("Day of the payment"), validators=[required])
    means = SelectField(N_("How it came"), validators=[required])
    bank_account_id = SelectField(N_("Bank account"), validators=[Optional()])
    reference = StringField(N_("Number of the operation"), validators=[Length(max=MAX_NAME)])
    invoices = SelectMultipleField(N_("Invoices that it pays"), validate_choice=False)

    def offer(self) -> None:
        """Fill the fixed lists."""
        self.means.choices = choices({one: MEANS_LABELS[one] for one in (Means.BANK, Means.CASH)})


class InvoiceForm(BaseForm):
    """An invoice of what of a sale has none yet."""

    id = ClientIdField()
    lots = SelectMultipleField(N_("Lots"), validate_choice=False)
    due_on = DateField(N_("To be paid by"), validators=[required])
    bank_account_id = SelectField(N_("Bank account to pay to"), validators=[Optional()])
    note = StringField(N_("Note on the paper"), validators=[Length(max=MAX_NAME)])


class CreditNoteForm(BaseForm):
    """What is no longer asked for."""

    id = ClientIdField()
    amount = NumberField(N_("Amount to credit"), validators=[required])
    reason = StringField(N_("Why?"), validators=[required, Length(max=MAX_NAME)])


class ReasonForm(BaseForm):
    """Why something is undone."""

    reason = StringField(N_("Why?"), validators=[required, Length(max=MAX_NAME)])


class RefundForm(BaseForm):
    """Money that goes back."""

    id = ClientIdField()
    amount = NumberField(N_("Amount to pay back"), validators=[required])
    reason = StringField(N_("Why?"), validators=[required, Length(max=MAX_NAME)])


class MistakeForm(BaseForm):
    """A payment that never was."""

    id = ClientIdField()
    mistake_reason = StringField(N_("What was wrong?"), validators=[required, Length(max=MAX_NAME)])


class BankAccountForm(BaseForm):
    """An account at a bank."""

    id = ClientIdField()
    bank = StringField(N_("Bank"), validators=[required, Length(max=MAX_NAME)])
    number = StringField(N_("Account number"), validators=[required, Length(max=40)])
    interbank = StringField(N_("Interbank number (CCI)"), validators=[Length(max=40)])
    currency = SelectField(N_("Currency"), validators=[required])


class StatementForm(BaseForm):
    """A file of a bank account."""

    bank_account_id = SelectField(N_("Bank account"), validators=[required])
    file = FileField(N_("Statement (CSV or camt.053)"), validators=[FileRequired(N_("Choose a file."))])


class MappingForm(BaseForm):
    """Which column of a bank's file is what."""

    date = SelectField(N_("Day"), validators=[required])
    amount = SelectField(N_("Amount"), validators=[Optional()])
    credit = SelectField(N_("Money in (when it is a column of its own)"), validators=[Optional()])
    debit = SelectField(N_("Money out (when it is a column of its own)"), validators=[Optional()])
    text = SelectField(N_("Description"), validators=[required])
    counterparty = SelectField(N_("Who paid"), validators=[Optional()])
    reference = SelectField(N_("Number of the operation"), validators=[Optional()])
    balance = SelectField(N_("Balance after the line"), validators=[Optional()])
    day_first = BooleanField(N_("Days are written first (31/12/2026)"))
