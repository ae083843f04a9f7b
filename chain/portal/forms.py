"""Forms of alerts and searches."""

from wtforms import RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length

from chain.core.i18n import N_
from chain.portal.rules import ALERT_LABELS, MAX_EMAIL, PACE_LABELS
from chain.portal.services.searches import MAX_NAME
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required


class EmailForm(BaseForm):
    """The own address."""

    email = StringField(N_("Your e-mail address"), validators=[required, Length(max=MAX_EMAIL)])


class CodeForm(BaseForm):
    """The code of the mail."""

    code = StringField(N_("Code of the mail"), validators=[required, Length(max=20)])


class AlertsForm(BaseForm):
    """How often and of what."""

    pace = RadioField(N_("How mails come"), validators=[required])
    kinds = SelectMultipleField(N_("What they tell of"))

    def fill_choices(self) -> None:
        """Fill the fixed choices in the reader's language."""
        self.pace.choices = choices(PACE_LABELS)
        self.kinds.choices = choices(ALERT_LABELS)


class SearchForm(BaseForm):
    """A search to be kept."""

    id = ClientIdField()
    name = StringField(N_("Name of the search"), validators=[required, Length(max=MAX_NAME)])
    commodity = SelectField(N_("Product"))
    grade = SelectField(N_("Class"))
    colour = SelectField(N_("Colour"))
    claim = SelectField(N_("Certificate"))
    centre = SelectField(N_("Seller"))
    micron_min = NumberField(N_("Micron from"))
    micron_max = NumberField(N_("Micron to"))
    kilograms = NumberField(N_("At least so many kilograms or litres"))
