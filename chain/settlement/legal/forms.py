"""Forms of tax settings and of what producers showed for taxes."""

from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp

from chain.core.i18n import N_
from chain.lots.products import PRODUCT_LABELS
from chain.settlement.legal.rules import ADDRESS_KIND_LABELS, FOR_FILES, NEEDED, TAX_KIND_LABELS
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required

UBIGEO_TEXT = N_("An ubigeo has six digits.")


class TaxSettingForm(BaseForm):
    """A rate, limit or place from a day on."""

    id = ClientIdField()
    kind = SelectField(N_("Setting"), validators=[required])
    value = NumberField(N_("Value"), validators=[required])
    text = StringField(N_("Address of the place"), validators=[Optional(), Length(max=200)])
    commodity = SelectField(N_("Product"))
    valid_from = DateField(N_("From day"), validators=[required])
    source = StringField(N_("Law or source"), validators=[required, Length(max=200)])

    def offer(self, country: str) -> None:
        """Offer the settings of a country."""
        self.kind.choices = choices(
            {kind.value: TAX_KIND_LABELS[kind] for kind in (*NEEDED[country], *FOR_FILES[country])}
        )
        self.commodity.choices = choices(dict(PRODUCT_LABELS), blank=N_("All products"))


class TaxFactForm(BaseForm):
    """What a producer showed for taxes."""

    id = ClientIdField()
    valid_from = DateField(N_("From day"), validators=[required])
    address = StringField(N_("Address"), validators=[Optional(), Length(min=3, max=250)])
    ubigeo = StringField(N_("Ubigeo"), validators=[Optional(), Regexp(r"[0-9]{6}\Z", message=UBIGEO_TEXT)])
    address_kind = SelectField(
        N_("Kind of address"),
        choices=choices({kind.value: label for kind, label in ADDRESS_KIND_LABELS.items()}, blank="—"),
    )
    has_tax_number = SelectField(
        N_("Active RUC or NIT"),
        choices=choices({"no": N_("No, it was checked"), "yes": N_("Yes")}, blank=N_("Nobody checked it")),
    )
    rau_number = StringField(N_("RAU certificate, number"), validators=[Optional(), Length(max=40)])
    rau_valid_to = DateField(N_("RAU certificate, last day"), validators=[Optional()])
