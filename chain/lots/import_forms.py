"""The form that takes a file of lots."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField

from chain.core.i18n import N_, Message
from chain.lots.attributes import SPECS
from chain.lots.importing.weights import WeightScale
from chain.lots.services.imports import ImportChoices
from chain.web.forms import BaseForm, NumberField, choices
from chain.web.i18n import gettext

UNITS = {"kg": N_("kilograms"), "lb": N_("pounds"), "qq": N_("quintals")}
OTHER = "other"
QUINTALS = {
    "46000": N_("46 kg"),
    "45359.237": N_("100 lb (45.359 kg)"),
    OTHER: N_("another weight"),
}
THOUSAND = 1000

CHOOSE_FILE = N_("Choose a file.")
SAY_KILOGRAMS = N_("Write how many kilograms a quintal has.")


class ImportForm(BaseForm):
    """A file and what must be said of it as a whole; `kept` is the slip of a file that the server has already."""

    file = FileField(N_("File"), description=N_("CSV or Excel (.xlsx), up to 50,000 rows."))
    unit = SelectField(
        N_("Unit of the weights"),
        description=N_("Only when titles and rows name none."),
        validate_choice=True,
    )
    quintal = SelectField(
        N_("One quintal has"), description=N_("It differs from place to place: choose what your centre uses.")
    )
    quintal_kg = NumberField(N_("Kilograms of a quintal"))
    commodity = SelectField(N_("Product"), description=N_("Only when the file has no column of products."))
    kept = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit.choices = choices(UNITS, blank=N_("As the file says"))
        self.quintal.choices = choices(QUINTALS, blank=N_("The file has no quintals"))
        self.file.flags.required = not self.kept.data  # what the server has already need not be chosen again
        self.commodity.choices = choices(
            {one.key: one.label for one in SPECS.values()}, blank=N_("As the file says")
        )

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check that there is a file, and that another quintal has its weight."""
        valid: bool = super().validate(extra_validators)
        if not self.kept.data and not self.file.data:
            self.file.errors = [*self.file.errors, gettext(Message(CHOOSE_FILE))]
            valid = False
        if self.quintal.data == OTHER and self.quintal_kg.data is None and not self.quintal_kg.errors:
            self.quintal_kg.errors = [*self.quintal_kg.errors, gettext(Message(SAY_KILOGRAMS))]
            valid = False
        return valid

    def read_choices(self) -> ImportChoices:
        """Return what was chosen.

        Raises:
            QuintalOutOfBounds: the weight is no quintal's.
        """
        factor: Decimal | None = None
        if self.quintal.data == OTHER and self.quintal_kg.data is not None:
            factor = self.quintal_kg.data * THOUSAND
        elif self.quintal.data:
            factor = Decimal(self.quintal.data)
        scale = WeightScale(self.unit.data or None, factor)
        return ImportChoices(
            unit=scale.unit,
            grams_per_quintal=scale.grams_per_quintal,
            commodity=self.commodity.data or None,
        )
