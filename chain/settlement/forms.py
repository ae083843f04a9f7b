"""Forms of settlement."""

from decimal import Decimal

from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_
from chain.lots.products import DELIVERED_LABELS
from chain.settlement.rules import MAX_NAME
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


class PeriodRunForm(BaseForm):
    """Which deliveries are paid."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    period_from = DateField(N_("First day"), validators=[required])
    period_to = DateField(N_("Last day"), validators=[required])

    def offer(self) -> None:
        """Fill the list of products."""
        self.commodity.choices = choices(DELIVERED_LABELS)


class DiscardForm(BaseForm):
    """Why a run is discarded."""

    reason = StringField(N_("Why is it discarded?"), validators=[required, Length(max=MAX_NAME)])


class ReverseForm(BaseForm):
    """Why a run is taken back out of the books."""

    why = StringField(N_("Why is it taken back?"), validators=[required, Length(max=MAX_NAME)])


class CashBackForm(BaseForm):
    """Why a payment in cash to everybody is taken back."""

    mistake = StringField(N_("Why is the payment taken back?"), validators=[required, Length(max=MAX_NAME)])


class GateRuleForm(BaseForm):
    """The decision that lets one person pay at the gate."""

    id = ClientIdField()
    limit = NumberField(N_("At most, in one payment"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])
    valid_to = DateField(N_("Until which day"), validators=[Optional()])
    decided_by = StringField(N_("Who decided it, and when"), validators=[required, Length(max=MAX_NAME)])


class GateRuleEndForm(BaseForm):
    """The last day of such a decision."""

    last_day = DateField(N_("Last day"), validators=[required])
