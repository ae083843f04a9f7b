"""Forms of income."""

from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import IntegerField
from wtforms.validators import StopValidation

from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS
from chain.income.earlier_file import WHOLE_CENTS
from chain.income.rules import STRENGTH_LABELS
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required
from chain.web.i18n import gettext


def whole_cents(_form: object, field: NumberField) -> None:
    """Refuse parts of a cent."""
    if field.data is not None and (field.data * 100) % 1:
        raise StopValidation(gettext(WHOLE_CENTS))


class BaselineForm(BaseForm):
    """What intermediaries paid in a season."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    season = IntegerField(N_("Season (year)"), validators=[required])
    price = NumberField(
        N_("Price of the intermediary"),
        description=N_("For one kilogram, or one litre of milk."),
        validators=[required, whole_cents],
    )
    source = StringField(
        N_("Who says so"),
        description=N_("The bulletin, the paper or the minutes in which the price stands."),
        validators=[required],
    )
    method = TextAreaField(
        N_("How the price was found"),
        description=N_("For which quality, where, in which weeks, from how many buyers."),
        validators=[required],
    )
    strength = RadioField(N_("How well it is known"), validators=[required])

    def offer(self) -> None:
        """Fill in the choices in the language of the request."""
        self.commodity.choices = choices(COMMODITY_LABELS)
        self.strength.choices = choices(STRENGTH_LABELS)


class EarlierForm(BaseForm):
    """A file of seasons from earlier books."""

    file = FileField(
        N_("CSV file"),
        description=N_(
            "Columns: member code, season, product, quantity (kg or litres), gross, deductions, currency, source."
        ),
        validators=[required],
    )
