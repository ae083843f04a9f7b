"""Forms of operations and recipes. Amounts are typed in kilograms or litres and become grams or millilitres."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from chain.core.errors import DomainError, ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.quantity import thousandths
from chain.genealogy.checks import MAX_LABEL, MAX_REASON
from chain.genealogy.models import Recipe
from chain.genealogy.recipes import MAX_NAME, MAX_SOURCE, STRENGTHS, ExampleRecipe
from chain.genealogy.rules import Added, Lost, YieldBand
from chain.genealogy.words import GAIN_LABELS, LOSS_LABELS, PROCESS_LABELS
from chain.grading.scheme import STRENGTH_LABELS, Strength
from chain.lots.attributes import COLOURS
from chain.lots.labels import colour_name
from chain.lots.models import Site
from chain.lots.products import PRODUCT_LABELS
from chain.web.forms import (
    BaseForm,
    ClientIdField,
    LocalDateTimeField,
    NumberField,
    choices,
    option,
    required,
)

#: Kilograms or litres that a field takes before the service says what is believable.
MAX_TYPED = Decimal(10) ** 7
#: The last bits of an id, which tell apart the lots that one form makes.
PLACES = 0xFFFF
CHOOSE = N_("Choose…")


def small_units(value: Decimal | None) -> int:
    """Return grams for kilograms, millilitres for litres; nothing typed is nothing."""
    return 0 if value is None else thousandths(max(min(value, MAX_TYPED), -MAX_TYPED))


def made_id(form_id: UUID, place: int) -> UUID:
    """Return the id of the lot that a form makes at a place: the same whenever the form is sent again."""
    return UUID(int=(form_id.int & ~PLACES) | (place + 1) & PLACES)


class EventForm(BaseForm):
    """What every operation asks."""

    #: where refusals of services land, by what they name
    places: dict[str, str] = {}

    id = ClientIdField()
    happened_at = LocalDateTimeField(N_("Date and time"), validators=[required])

    def take_refusal(self, error: DomainError) -> None:
        """Put refusals at the fields of this form."""
        if error.errors:
            renamed: dict[str, list[Message]] = {}
            for name, messages in error.errors.items():
                renamed.setdefault(self._field_for(name), []).extend(messages)
            error = ValidationFailed(renamed)
        super().take_refusal(error)

    def _field_for(self, name: str) -> str:
        if name in self._fields and name != "id":
            return name
        found = self.places.get(name)
        if found is None:
            head, _, rest = name.partition(".")
            place, _, last = rest.partition(".")
            found = self.places.get(f"{head}.*.{last}", "").replace("*", place)
        return found if found in self._fields else "rest"


class NoteMixin:
    """Why, where a reason is asked for."""

    reason = TextAreaField(N_("Reason or note"), validators=[Length(max=MAX_REASON)])


LOSS_PLACES = {
    "losses": "loss",
    "losses.*.quantity": "loss",
    "losses.*.cause": "loss_cause",
    "losses.*.note": "loss_note",
    "gains": "gain",
    "gains.*.quantity": "gain",
    "gains.*.cause": "gain_cause",
    "gains.*.note": "gain_note",
}


class LossMixin:
    """What went lost on the way, with its cause."""

    loss = NumberField(N_("Lost"))
    loss_cause = SelectField(N_("Cause of the loss"), validate_choice=False)
    loss_note = StringField(N_("Note on the loss"), validators=[Length(max=MAX_REASON)])


class GainMixin:
    """What came in and is no lot: salt, moisture, a difference of scales."""

    gain = NumberField(N_("Added"))
    gain_cause = SelectField(N_("Cause of the increase"), validate_choice=False)
    gain_note = StringField(N_("Note on the increase"), validators=[Length(max=MAX_REASON)])
    drop_claim = BooleanField(N_("Give up the certification of what is made"))


def offer_causes(form: Any) -> None:
    """Fill the choices of causes."""
    if "loss_cause" in form:
        form.loss_cause.choices = choices(LOSS_LABELS, blank=CHOOSE)
    if "gain_cause" in form:
        form.gain_cause.choices = choices(GAIN_LABELS, blank=CHOOSE)


def losses_of(form: Any, extra: int = 0) -> tuple[Lost, ...]:
    """Return what was typed as lost."""
    quantity = small_units(form.loss.data) + extra
    if not quantity:
        return ()
    return (Lost(cause=form.loss_cause.data or "", quantity=quantity, note=form.loss_note.data or None),)


def gains_of(form: Any) -> tuple[Added, ...]:
    """Return what was typed as added."""
    quantity = small_units(form.gain.data)
    if not quantity:
        return ()
    return (Added(cause=form.gain_cause.data or "", quantity=quantity, note=form.gain_note.data or None),)


def offer_sites(field: SelectField, sites: Sequence[Site], *, blank: str) -> None:
    """Fill a choice of places."""
    field.choices = [option("", blank), *(option(one.id, f"{one.code} · {one.name}") for one in sites)]


class MergeForm(EventForm, LossMixin, GainMixin):
    """Several lots become one."""

    places = LOSS_PLACES | {"site_id": "site"}

    label = StringField(N_("Name of the new lot"), validators=[Length(max=MAX_LABEL)])
    site = SelectField(N_("Where it lies"), validate_choice=False)


class TransferForm(EventForm):
    """Lots go to another place."""

    places = {"to_site_id": "site"}

    site = SelectField(N_("To which place"), validators=[required], validate_choice=False)


class UndoForm(BaseForm):
    """Why an operation is undone."""

    id = ClientIdField()
    reason = TextAreaField(N_("Why it is undone"), validators=[required, Length(max=MAX_REASON)])


class LossForm(EventForm):
    """Part of a lot, or all of it, is no more."""

    quantity = NumberField(N_("How much was lost"), validators=[required])
    cause = SelectField(N_("Cause"), validators=[required], validate_choice=False)
    reason = TextAreaField(N_("What happened"), validators=[Length(max=MAX_REASON)])


class GainForm(LossForm):
    """A lot is more than was known."""

    quantity = NumberField(N_("How much more there is"), validators=[required])
    drop_claim = BooleanField(N_("Give up the certification of what is made"))


class TakeBackForm(EventForm, NoteMixin):
    """A producer takes goods back."""

    places = {"producer_id": "producer"}

    producer = SelectField(N_("Producer"), validators=[required], validate_choice=False)
    quantity = NumberField(N_("How much is taken back"), validators=[required])


#: Parts that a split asks for at first, more at each wish, and at most.
FIRST_PARTS, MORE_PARTS, MOST_PARTS = 3, 3, 60


class SplitBase(EventForm, LossMixin):
    """One lot becomes several."""

    places = LOSS_PLACES | {
        "parts": "part_0",
        "parts.*.quantity": "part_*",
        "parts.*.label": "label_*",
    }
    rows = HiddenField()


@lru_cache(maxsize=64)
def split_form(rows: int) -> type[SplitBase]:
    """Return the form of a split into some parts."""
    fields: dict[str, Any] = {}
    for place in range(rows):
        fields[f"part_{place}"] = NumberField(N_("Quantity"))
        fields[f"label_{place}"] = StringField(N_("Name"), validators=[Length(max=MAX_LABEL)])
    return type("SplitForm", (SplitBase,), fields)


class SortBase(EventForm, LossMixin, GainMixin):
    """One lot is sorted into classes."""

    places = LOSS_PLACES
    colour_0: SelectField


#: Lines of a sorting that name class and colour themselves, beside one per class.
EXTRA_SORTED = 3


@lru_cache(maxsize=64)
def sort_form(classes: int) -> type[SortBase]:
    """Return the form of a sorting: a line per class, one for what stays open, and some with class and colour."""
    fields: dict[str, Any] = {f"part_{place}": NumberField(N_("Quantity")) for place in range(classes + 1)}
    for place in range(EXTRA_SORTED):
        fields[f"extra_{place}"] = NumberField(N_("Quantity"))
        fields[f"class_{place}"] = SelectField(N_("Class"), validate_choice=False)
        fields[f"colour_{place}"] = SelectField(N_("Colour"), validate_choice=False)
    return type("SortForm", (SortBase,), fields)


def colour_options() -> list[Any]:
    """Return the colours of the list to choose from."""
    return [option("", CHOOSE), *(option(key, colour_name(key)) for key in COLOURS)]


class ProcessBase(EventForm, LossMixin, GainMixin, NoteMixin):
    """Lots become other products."""

    places = LOSS_PLACES | {
        "outputs": "made_0",
        "outputs.*.quantity": "made_*",
        "outputs.*.label": "label_*",
        "outputs.*.best_before": "best_*",
        "process": "way",
        "recipe_id": "way",
        "site_id": "site",
    }
    way = SelectField(N_("What is done"), validators=[required], validate_choice=False)
    density = StringField(N_("Density of the milk"), validators=[Length(max=20)])
    site = SelectField(N_("Where it lies"), validate_choice=False)


@lru_cache(maxsize=64)
def process_form(rows: int) -> type[ProcessBase]:
    """Return the form of a process that may give some products."""
    fields: dict[str, Any] = {}
    for place in range(rows):
        fields[f"made_{place}"] = NumberField(N_("Quantity"))
        fields[f"label_{place}"] = StringField(N_("Name"), validators=[Length(max=MAX_LABEL)])
        fields[f"best_{place}"] = DateField(N_("Best before"), validators=[Optional()])
    return type("ProcessForm", (ProcessBase,), fields)


#: Products that a recipe's page asks for.
RECIPE_ROWS = 8
HUNDRED = 100


class RecipeBase(BaseForm):
    """What a process should give."""

    id = ClientIdField()
    replaces = HiddenField()
    name = StringField(N_("Name"), validators=[required, Length(max=MAX_NAME)])
    kind = SelectField(N_("Process"), validators=[required], validate_choice=False)
    input_commodity = SelectField(N_("Made of"), validators=[required], validate_choice=False)
    source = TextAreaField(N_("Where the figures come from"), validators=[Length(max=MAX_SOURCE)])
    strength = RadioField(N_("How sure the figures are"), validators=[required])

    def offer(self) -> None:
        """Fill the choices."""
        self.kind.choices = choices(PROCESS_LABELS, blank=CHOOSE)
        self.input_commodity.choices = choices(PRODUCT_LABELS, blank=CHOOSE)
        self.strength.choices = choices({one.value: STRENGTH_LABELS[one] for one in STRENGTHS})
        for place in range(RECIPE_ROWS):
            self[f"product_{place}"].choices = choices(PRODUCT_LABELS, blank=CHOOSE)

    def fill(
        self, recipe: Recipe | ExampleRecipe, bands: Sequence[YieldBand], name: str, source: str
    ) -> None:
        """Show another recipe to be changed."""
        self.name.data, self.source.data = name, source
        self.kind.data, self.input_commodity.data = recipe.process, recipe.input_commodity
        self.strength.data = getattr(recipe, "strength", Strength.UNCONFIRMED.value)
        for place, band in enumerate(bands[:RECIPE_ROWS]):
            self[f"product_{place}"].data = band.commodity
            self[f"label_{place}"].data = band.label
            for word in ("low", "expected", "high"):
                points = getattr(band, f"{word}_bp")
                self[f"{word}_{place}"].data = None if points is None else Decimal(points) / HUNDRED

    def bands(self) -> tuple[tuple[int, ...], tuple[YieldBand, ...]]:
        """Return the rows that were filled in, and what they say."""
        rows = tuple(place for place in range(RECIPE_ROWS) if self[f"product_{place}"].data)
        return rows, tuple(
            YieldBand(
                commodity=self[f"product_{place}"].data,
                label=self[f"label_{place}"].data or None,
                low_bp=_points(self[f"low_{place}"].data),
                expected_bp=_points(self[f"expected_{place}"].data),
                high_bp=_points(self[f"high_{place}"].data),
            )
            for place in rows
        )


def _points(percent: Decimal | None) -> int | None:
    return None if percent is None else int(max(min(percent, MAX_TYPED), -MAX_TYPED) * HUNDRED)


def _recipe_form() -> type[RecipeBase]:
    fields: dict[str, Any] = {}
    for place in range(RECIPE_ROWS):
        fields[f"product_{place}"] = SelectField(N_("Product"), validate_choice=False)
        fields[f"label_{place}"] = StringField(N_("Name"), validators=[Length(max=MAX_NAME)])
        fields[f"low_{place}"] = NumberField(N_("Lowest"))
        fields[f"expected_{place}"] = NumberField(N_("Expected"))
        fields[f"high_{place}"] = NumberField(N_("Highest"))
    return type("RecipeForm", (RecipeBase,), fields)


RecipeForm = _recipe_form()
