"""The form of a standing demand."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wtforms import DateField, RadioField, SelectMultipleField, StringField, TextAreaField

from chain.buyers.rules import (
    CLAIM_LABELS,
    COLOURS,
    FIBRES,
    UNITS,
    Terms,
    grade_label,
    offered_grades,
)
from chain.core.errors import ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.quantity import thousandths
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required


class DemandForm(BaseForm):
    """What a buyer asks for, of the product that the address names."""

    id = ClientIdField()
    title = StringField(N_("Title"), validators=[required])
    grades = SelectMultipleField(N_("Classes"))
    colours = SelectMultipleField(N_("Colours"))
    micron_min_tenths = NumberField(N_("Microns from"))
    micron_max_tenths = NumberField(N_("Microns to"))
    claim = RadioField(N_("Certification"), validators=[required], default="conventional")
    min_quantity = NumberField(N_("Quantity from"))
    max_quantity = NumberField(N_("Quantity to"))
    price_minor_per_unit = NumberField(N_("Price that you pay, at most"))
    valid_from = DateField(N_("First day"), validators=[required])
    valid_to = DateField(N_("Last day, included"), validators=[required])
    note = TextAreaField(N_("Note for the sellers"))

    def offer(self, commodity: str) -> None:
        """Fill the lists for a product and drop what does not belong to it."""
        self.claim.choices = choices(CLAIM_LABELS)
        self.grades.choices = [(key, grade_label(key)) for key in offered_grades(commodity)]
        self.colours.choices = choices(COLOURS)
        if commodity not in FIBRES:
            for name in ("colours", "micron_min_tenths", "micron_max_tenths"):
                del self[name]
        if not self.grades.choices:
            del self["grades"]

    def grade_groups(self) -> Mapping[str, list[tuple[str, str, bool]]]:
        """Return the offered classes by norm: (key, label without the norm, whether it is chosen)."""
        groups: dict[str, list[tuple[str, str, bool]]] = {}
        for key, label, chosen, *_ in self.grades.iter_choices():
            name, _, norm = label.partition(" (")
            groups.setdefault(norm.removesuffix(")"), []).append((key, name, chosen))
        return groups

    def terms(self, commodity: str, currency: str) -> Terms:
        """Return what was typed.

        Raises:
            ValidationFailed: a number has more decimals than its unit.
        """
        assert self.valid_from.data is not None  # noqa: S101 - the form was validated
        assert self.valid_to.data is not None  # noqa: S101 - the form was validated
        return Terms(
            title=self.title.data or "",
            commodity=commodity,
            currency=currency,
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
            grades=tuple(self._data("grades") or ()),
            colours=tuple(self._data("colours") or ()),
            micron_min_tenths=self._scaled("micron_min_tenths", 1),
            micron_max_tenths=self._scaled("micron_max_tenths", 1),
            claim=self.claim.data,
            min_quantity=thousandths(self.min_quantity.data or Decimal(0)),
            max_quantity=None if self.max_quantity.data is None else thousandths(self.max_quantity.data),
            price_minor_per_unit=self._scaled("price_minor_per_unit", 2),
            note=self.note.data,
        )

    def _data(self, name: str) -> Any:
        return self[name].data if name in self else None

    def _scaled(self, name: str, places: int) -> int | None:
        value = self._data(name)
        if value is None:
            return None
        scaled = Decimal(value).scaleb(places)
        if scaled != scaled.to_integral_value():
            text = Message(N_("Write at most %(places)s decimals."), {"places": places})
            raise ValidationFailed({name: (text,)})
        return int(scaled)


def unit_word(commodity: str) -> str:
    """Return the unit behind a quantity of a product."""
    return "l" if UNITS.get(commodity) == "ml" else "kg"
