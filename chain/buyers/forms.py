"""The form of a standing demand, with its price grid as rows that need no script."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import (
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from chain.buyers.class_options import SchemeClasses
from chain.buyers.grid_text import Words, read_grid_text
from chain.buyers.models import Demand
from chain.buyers.pricing import MAX_ROWS, Premium, PremiumKind, PriceRow, read_premiums, read_rows
from chain.buyers.rules import (
    CLAIM_LABELS,
    COLOURS,
    FIBRES,
    FREIGHT_LABELS,
    PERIOD_LABELS,
    UNITS,
    Freight,
    Period,
    Terms,
)
from chain.core.errors import FieldErrors, ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.quantity import thousandths
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

#: Empty rows that stand ready below those that are filled.
SPARE_ROWS = 4
TOO_MANY_DECIMALS = N_("Write at most %(places)s decimals.")


class GridRowForm(Form):
    """A base price for a class and a colour."""

    grade = SelectField(N_("Class"), validate_choice=False)
    colour = SelectField(N_("Colour"), validate_choice=False)
    price = NumberField(N_("Price"))


class StepForm(Form):
    """A premium from a quantity on."""

    quantity = NumberField(N_("From this quantity"))
    amount = NumberField(N_("Premium"))


class RangeForm(Form):
    """A premium or penalty within a range of microns."""

    low = NumberField(N_("Microns from"))
    high = NumberField(N_("Microns to"))
    amount = NumberField(N_("Premium"))


class DemandForm(BaseForm):
    """What a buyer asks for, of the product that the address names."""

    id = ClientIdField()
    #: the version that the person saw, of a demand that is changed
    version = HiddenField()
    title = StringField(N_("Title"), validators=[required])
    grades = SelectMultipleField(N_("Classes"))
    colours = SelectMultipleField(N_("Colours"))
    micron_min_tenths = NumberField(N_("Microns from"))
    micron_max_tenths = NumberField(N_("Microns to"))
    claim = RadioField(N_("Certification"), validators=[required], default="conventional")
    period = RadioField(N_("The quantity is asked"), validators=[required], default=Period.VALIDITY.value)
    min_quantity = NumberField(N_("Quantity from"))
    max_quantity = NumberField(N_("Quantity to"))
    price_minor_per_unit = NumberField(N_("Price that you pay, at most"))
    grid = FieldList(FormField(GridRowForm), min_entries=SPARE_ROWS, max_entries=MAX_ROWS)
    grid_text = TextAreaField(N_("Price grid from a spreadsheet"))
    step_base = NumberField(N_("Microns to count from"))
    step_amount = NumberField(N_("Premium for each tenth of a micron finer"))
    step_limit = NumberField(N_("At most"))
    ranges = FieldList(FormField(RangeForm), min_entries=2, max_entries=10)
    organic = NumberField(N_("Premium for organic"))
    transition = NumberField(N_("Premium for in transition"))
    volumes = FieldList(FormField(StepForm), min_entries=2, max_entries=10)
    freight = RadioField(N_("Freight"), validators=[required], default=Freight.SELLER.value)
    centres = SelectMultipleField(N_("Only from these centres"))
    private_to = SelectMultipleField(N_("Only these may see it"))
    valid_from = DateField(N_("First day"), validators=[required])
    valid_to = DateField(N_("Last day, included"), validators=[required])
    note = TextAreaField(N_("Note for the sellers"))

    def offer(
        self,
        commodity: str,
        schemes: Sequence[SchemeClasses],
        sellers: Sequence[tuple[UUID, str]],
    ) -> None:
        """Fill the lists for a product and drop what does not belong to it."""
        self.schemes = schemes
        self.claim.choices = choices(CLAIM_LABELS)
        self.period.choices = choices(PERIOD_LABELS)
        self.freight.choices = choices(FREIGHT_LABELS)
        self.colours.choices = choices(COLOURS)
        named = [option(str(key), name) for key, name in sellers]
        self.centres.choices, self.private_to.choices = named, named
        grades = [
            option(f"{one.scheme}/{key}", f"{name} ({one.name})")
            for one in schemes
            for key, name in one.classes
        ]
        known = {one.value for one in grades}
        # of an own scheme that was withdrawn meanwhile
        grades += [option(key, key) for key in self.grades.object_data or () if key not in known]
        self.grades.choices = self.grade_options = grades
        if commodity not in FIBRES:
            for name in ("colours", "micron_min_tenths", "micron_max_tenths", "step_base", "step_amount"):
                del self[name]
            del self["step_limit"]
            del self["ranges"]
        if not grades:
            del self["grades"]
        self._offer_rows(commodity)

    def _offer_rows(self, commodity: str) -> None:
        grades = [option("", N_("any")), *self.grade_options]
        colours = [option("", N_("any"))]
        if commodity in FIBRES:
            colours += choices(COLOURS)
        for row in self.grid:
            row.form.grade.choices, row.form.colour.choices = grades, colours

    def add_rows(self, commodity: str) -> None:
        """Give the grid further empty rows."""
        for _ in range(min(SPARE_ROWS, MAX_ROWS - len(self.grid.entries))):
            self.grid.append_entry()
        self._offer_rows(commodity)

    def grade_groups(self) -> Mapping[str, list[tuple[str, str, bool]]]:
        """Return the offered classes by scheme: (key, label without the scheme, whether it is chosen)."""
        chosen = set(self.grades.data or ())
        return {
            one.name: [
                (full, name, full in chosen) for key, name in one.classes for full in [f"{one.scheme}/{key}"]
            ]
            for one in self.schemes
        }

    def terms(self, commodity: str, currency: str) -> Terms:
        """Return what was typed.

        Raises:
            ValidationFailed: a number has more decimals than its unit, a row is not complete.
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
            period=self.period.data,
            freight=self.freight.data,
            centres=tuple(self.centres.data or ()),
            private_to=tuple(self.private_to.data or ()),
            price_grid=tuple(self._grid()),
            premiums=tuple(self._premiums()),
        )

    def _grid(self) -> list[PriceRow]:
        rows: list[PriceRow] = []
        errors = FieldErrors()
        for place, entry in enumerate(self.grid, 1):
            row = entry.form
            if row.price.data is None:
                if row.grade.data or row.colour.data:
                    errors.add("price_grid", N_("Row %(row)s: write the price."), row=place)
                continue
            price = scale("price_grid", row.price.data, 2)
            rows.append(PriceRow(price, row.grade.data or None, row.colour.data or None))
        errors.raise_any()
        words = Words(self.schemes, {key: (key, gettext(label)) for key, label in COLOURS.items()})
        return rows + read_grid_text(self.grid_text.data or "", words)

    def _premiums(self) -> list[Premium]:
        found: list[Premium] = []
        base, amount = self._scaled("step_base", 1), self._scaled("step_amount", 2)
        if amount is not None:
            if base is None:
                raise ValidationFailed({"step_base": (Message(N_("Fill in this field.")),)})
            limit = self._scaled("step_limit", 2)
            found.append(Premium(PremiumKind.MICRON_STEP, amount, high_tenths=base, limit_minor=limit))
        for entry in self.ranges if "ranges" in self else ():
            row = entry.form
            if row.amount.data is not None:
                low, high = (
                    None if one.data is None else scale("ranges", one.data, 1) for one in (row.low, row.high)
                )
                minor = scale("ranges", row.amount.data, 2)
                found.append(Premium(PremiumKind.MICRON_RANGE, minor, low_tenths=low, high_tenths=high))
        for claim in ("organic", "transition"):
            minor_of_claim = self._scaled(claim, 2)
            if minor_of_claim is not None:
                found.append(Premium(PremiumKind.CLAIM, minor_of_claim, claim=claim))
        for step in self.volumes:
            volume = step.form
            if volume.amount.data is not None:
                quantity = thousandths(volume.quantity.data or Decimal(0))
                minor = scale("volumes", volume.amount.data, 2)
                found.append(Premium(PremiumKind.VOLUME, minor, from_quantity=quantity))
        return found

    def _data(self, name: str) -> Any:
        return self[name].data if name in self else None

    def _scaled(self, name: str, places: int) -> int | None:
        value = self._data(name)
        return None if value is None else scale(name, value, places)


def scale(name: str, value: Decimal, places: int) -> int:
    """Return a typed number in a smaller unit.

    Raises:
        ValidationFailed: it has more decimals than the unit.
    """
    scaled = Decimal(value).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValidationFailed({name: (Message(TOO_MANY_DECIMALS, {"places": places}),)})
    return int(scaled)


def typed_terms(demand: Demand) -> dict[str, Any]:
    """Return a demand as the form has it, so that it can be changed."""
    premiums = read_premiums(demand.premiums)
    step = next((one for one in premiums if one.kind == PremiumKind.MICRON_STEP), None)
    claims = {one.claim: one.minor for one in premiums if one.kind == PremiumKind.CLAIM}
    plain_fields = (
        "title",
        "grades",
        "colours",
        "claim",
        "period",
        "freight",
        "centres",
        "private_to",
        "note",
    )
    return {
        **{name: getattr(demand, name) for name in (*plain_fields, "valid_from", "valid_to", "version")},
        "micron_min_tenths": _back(demand.micron_min_tenths, 1),
        "micron_max_tenths": _back(demand.micron_max_tenths, 1),
        "min_quantity": _back(demand.min_quantity or None, 3),
        "max_quantity": _back(demand.max_quantity, 3),
        "price_minor_per_unit": _back(demand.price_minor_per_unit, 2),
        "grid": [
            {"grade": row.grade or "", "colour": row.colour or "", "price": _back(row.price_minor, 2)}
            for row in read_rows(demand.price_grid)
        ],
        "step_base": step and _back(step.high_tenths, 1),
        "step_amount": step and _back(step.minor, 2),
        "step_limit": step and _back(step.limit_minor, 2),
        "organic": _back(claims.get("organic"), 2),
        "transition": _back(claims.get("transition"), 2),
        "ranges": [
            {
                "low": _back(one.low_tenths, 1),
                "high": _back(one.high_tenths, 1),
                "amount": _back(one.minor, 2),
            }
            for one in premiums
            if one.kind == PremiumKind.MICRON_RANGE
        ],
        "volumes": [
            {"quantity": _back(one.from_quantity, 3), "amount": _back(one.minor, 2)}
            for one in premiums
            if one.kind == PremiumKind.VOLUME
        ],
    }


def _back(value: int | None, places: int) -> Decimal | None:
    if value is None:
        return None
    exact = Decimal(value).scaleb(-places)
    return exact.quantize(Decimal("0.01")) if places == 2 else exact.normalize() + 0  # noqa: PLR2004 - money


def unit_word(commodity: str) -> str:
    """Return the unit behind a quantity of a product."""
    return "l" if UNITS.get(commodity) == "ml" else "kg"
