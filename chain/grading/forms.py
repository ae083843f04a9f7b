"""The form in which an organisation chooses its scheme."""

from wtforms import DateField, SelectField

from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS
from chain.grading.scheme_files import choosable_schemes
from chain.web.forms import BaseForm, ClientIdField, choices, option, required
from chain.web.i18n import current_language, gettext


class ChoiceForm(BaseForm):
    """Commodity, scheme with edition, first day."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    scheme = SelectField(N_("Norm and edition"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])

    def offer(self, commodity: str | None = None) -> None:
        """Fill the lists: for one product only its schemes, else every product and the schemes grouped by product."""
        language = "en" if current_language() == "en" else "es"
        wanted = [commodity] if commodity in COMMODITY_LABELS else list(COMMODITY_LABELS)
        self.commodity.choices = choices({product: COMMODITY_LABELS[product] for product in wanted})
        self.scheme.choices = [
            option(
                one.id, one.label[language], gettext(COMMODITY_LABELS[product]) if len(wanted) > 1 else None
            )
            for product in wanted
            for one in choosable_schemes(product)
        ]
