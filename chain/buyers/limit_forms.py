"""Forms of vetting, credit, deposits and their return."""

from decimal import Decimal

from wtforms import DateField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from chain.buyers.forms import scale
from chain.buyers.limit_rules import (
    DEPOSIT_KIND_LABELS,
    MEANS_LABELS,
    TIER_LABELS,
    VETTING_LABELS,
    DepositKind,
    Tier,
    VettingStatus,
)
from chain.core.i18n import N_
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required


class VettingForm(BaseForm):
    """A decision about a buyer."""

    id = ClientIdField()
    status = RadioField(N_("Decision"), validators=[required])
    tier = RadioField(N_("Tier"), validators=[required], default=Tier.FULL.value)
    documents = TextAreaField(N_("Papers that were seen, one per line"))
    valid_until = DateField(N_("Last day, included"), validators=[Optional()])
    note = TextAreaField(N_("Remarks"))

    def offer(self) -> None:
        """Fill the lists."""
        self.status.choices = choices({one: VETTING_LABELS[one] for one in VettingStatus})
        self.tier.choices = choices(TIER_LABELS)


class CreditForm(BaseForm):
    """Credit for a buyer."""

    id = ClientIdField()
    amount = NumberField(N_("Credit granted"), validators=[required])
    until = DateField(N_("Last day, included"), validators=[required])
    reason = TextAreaField(N_("Reason"), validators=[required])


class DepositForm(BaseForm):
    """A movement of a deposit."""

    id = ClientIdField()
    kind = RadioField(N_("Movement"), validators=[required], default=DepositKind.RECEIVED.value)
    amount = NumberField(N_("Amount"), validators=[required])
    means = SelectField(N_("Means"), validators=[required])
    reference = StringField(N_("Number of the transfer"))
    happened_on = DateField(N_("Day"), validators=[required])
    note = TextAreaField(N_("Remarks"))

    def offer(self) -> None:
        """Fill the lists."""
        self.kind.choices = choices(DEPOSIT_KIND_LABELS)
        self.means.choices = choices(MEANS_LABELS)


class ReturnForm(BaseForm):
    """A buyer's wish for its deposit."""

    id = ClientIdField()
    pay_to = StringField(N_("Account or number of the QR wallet"), validators=[required])


class PaidForm(BaseForm):
    """That a deposit was paid back."""

    reference = StringField(N_("Number of the transfer"), validators=[required])


def minor(field: Field) -> int:
    """Return a typed amount in minor units.

    Raises:
        ValidationFailed: more than two decimals.
    """
    return scale(field.short_name, field.data or Decimal(0), 2)
