"""The form in which an organisation chooses its scheme."""

from wtforms import DateField, SelectField

from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS
from chain.grading.scheme_files import choosable_schemes
from chain.web.forms import BaseForm, ClientIdField, choices, required
from chain.web.i18n import current_language


class ChoiceForm(BaseForm):
    """Commodity, scheme with edition, first day."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    scheme = SelectField(N_("Norm and edition"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])

    def offer(self, commodity: str | None = None) -> None:
        """Fill the lists: every product, and the schemes of the chosen one (of all products until one is chosen)."""
        language = "en" if current_language() == "en" else "es"
        self.commodity.choices = choices(COMMODITY_LABELS)
        wanted = [commodity] if commodity in COMMODITY_LABELS else list(COMMODITY_LABELS)
        found = {one.id: f"{one.label[language]}" for product in wanted for one in choosable_schemes(product)}
        self.scheme.choices = list(found.items())
