"""The forms of the laboratory."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

from chain.core.i18n import N_
from chain.laboratory.attributes import ATTRIBUTES, Attribute
from chain.laboratory.importing.mapping import (
    DATE_LABELS,
    DECIMAL_LABELS,
    MAX_TITLE,
    ROLE_LABELS,
    MappedColumn,
)
from chain.laboratory.models import Instrument
from chain.laboratory.rules import (
    ASKED_FOR_LABELS,
    INSTRUMENT_METHODS,
    KIND_LABELS,
    METHOD_LABELS,
    PURPOSE_LABELS,
    STATUS_LABELS,
    AskedFor,
    Purpose,
    Status,
)
from chain.web.forms import (
    BaseForm,
    ClientIdField,
    LocalDateTimeField,
    NumberField,
    choices,
    option,
    required,
)
from chain.web.i18n import gettext

CHOOSE_FILE = N_("Choose a file.")


class FindForm(BaseForm):
    """The code on a bag."""

    code = StringField(N_("Sample code"), validators=[required])


class SampleForm(BaseForm):
    """A sample of a lot."""

    id = ClientIdField()
    purpose = RadioField(
        N_("What is the sample for?"), default=Purpose.LABORATORY.value, validators=[required]
    )
    mass_g = NumberField(N_("Mass of the sample"))
    sent_to = StringField(N_("Sent to"))
    is_sealed = BooleanField(N_("Seal it: whoever tests it sees only the code"), default=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        offered = (Purpose.LABORATORY, Purpose.RETAINED)
        self.purpose.choices = choices({one.value: PURPOSE_LABELS[one] for one in offered})


class MeasurementForm(BaseForm):
    """One value; unit, words and basis depend on what is measured."""

    id = ClientIdField()
    value = StringField(N_("Value"), validators=[required])
    word = RadioField(N_("Result"), validate_choice=False)
    unit = SelectField(N_("Unit"), validate_choice=False)
    basis = SelectField(N_("What does it refer to?"), validate_choice=False)
    method = SelectField(N_("How was it measured?"), validators=[required])
    instrument_id = SelectField(N_("Instrument or laboratory"), validate_choice=False)
    uncertainty = NumberField(N_("Uncertainty (±)"))
    status = RadioField(N_("What is it worth?"), default=Status.REPORT.value, validators=[required])
    document = StringField(N_("Number of the report or certificate"))
    operator = StringField(N_("Who measured"))
    measured_at = LocalDateTimeField(N_("Measured on"), validators=[required])

    def offer(self, attribute: Attribute, instruments: Sequence[Instrument]) -> None:
        """Fill the lists for one attribute."""
        self.unit.choices = [option(unit, unit) for unit in (attribute.unit, *attribute.units) if unit]
        self.basis.choices = choices(attribute.bases, blank=N_("Choose…"))
        self.word.choices = choices(attribute.options)
        methods = [one for one in METHOD_LABELS if one in INSTRUMENT_METHODS]
        self.method.choices = choices({one.value: METHOD_LABELS[one] for one in methods}, blank=N_("Choose…"))
        self.status.choices = choices(STATUS_LABELS)
        none = option("", gettext(N_("None of these")))
        self.instrument_id.choices = [none, *(option(one.id, one.name) for one in instruments)]
        if attribute.options:
            self.value.validators = []
            self.value.flags.required = False
            self.word.flags.required = True
        if attribute.bases:
            self.basis.flags.required = True


class ChoiceForm(BaseForm):
    """Which value counts, and why."""

    id = ClientIdField()
    measurement_id = RadioField(N_("Which value counts?"), validators=[required])
    reason = TextAreaField(N_("Reason"), validators=[required])


class CalculationForm(BaseForm):
    """What was agreed by contract."""

    id = ClientIdField()
    regain = NumberField(N_("Regain, as agreed by contract"))
    constant = SelectField(N_("Constant c, as agreed"), validate_choice=False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        none = option("", gettext(N_("Choose…")))
        self.constant.choices = [none, *(option(one, one) for one in ("0.14", "0.36", "0.44", "0.72"))]


class InstrumentForm(BaseForm):
    """An instrument; the view reads one uncertainty per attribute beside it, with its problems here."""

    uncertainty_problems: Sequence[tuple[str, str]] = ()

    id = ClientIdField()
    name = StringField(N_("Name"), validators=[required])
    kind = SelectField(N_("Kind"), validators=[required])
    method = SelectField(N_("It is a"), validators=[required])
    serial = StringField(N_("Serial number"))
    calibrated_on = DateField(N_("Last calibrated on"), validators=[])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = choices({one.value: label for one, label in KIND_LABELS.items()})
        self.method.choices = choices({one.value: METHOD_LABELS[one] for one in INSTRUMENT_METHODS})


class FileForm(BaseForm):
    """A file of an instrument."""

    file = FileField(N_("File"), description=N_("CSV, text with tabs, or Excel (.xlsx)."))

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check that there is a file."""
        valid: bool = super().validate(extra_validators)
        if not self.file.data:
            self.file.errors = [*self.file.errors, gettext(CHOOSE_FILE)]
            return False
        return valid


class MappingForm(BaseForm):
    """What the columns of a file mean; the columns themselves are read by `read_columns`."""

    column_problems: Sequence[tuple[str, str]] = ()

    t = HiddenField()
    header_row = SelectField(
        N_("Which row holds the titles of the columns?"),
        coerce=int,
        validate_choice=False,
        validators=[required],
    )
    decimal = RadioField(N_("How does the file write decimals?"), default="auto", validators=[required])
    dates = RadioField(N_("How does the file write days?"), default="dmy", validators=[required])
    status = RadioField(N_("What are its values worth?"), default=Status.REPORT.value, validators=[required])
    columns = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decimal.choices = choices(DECIMAL_LABELS)
        self.dates.choices = choices(DATE_LABELS)
        self.status.choices = choices(
            {one.value: STATUS_LABELS[one] for one in (Status.REPORT, Status.ESTIMATE)}
        )


def meaning_options(form: str | None = None) -> list[tuple[str, str, str]]:
    """Return value, label and group of everything that a column may mean; `form` narrows to fibre, milk or meat."""
    found = [
        (key, gettext(label), gettext(N_("About the measurement"))) for key, label in ROLE_LABELS.items()
    ]
    values = gettext(N_("Measured values"))
    for one in ATTRIBUTES.values():
        if form is not None and form not in one.forms:
            continue
        for unit in (one.unit, *one.units):
            for basis in one.bases or ("",):
                words = [part for part in (unit, gettext(one.bases[basis]) if basis else "") if part]
                label = f"{gettext(one.label)} ({', '.join(words)})" if words else gettext(one.label)
                found.append((f"{one.key}|{unit}|{basis}", label, values))
    return found


def read_columns(typed: Mapping[str, Any], titles: Sequence[str]) -> list[MappedColumn]:
    """Return the columns that were given a meaning; `column_3` holds what the fourth one means."""
    found = []
    for place, title in enumerate(titles):
        meaning, _, rest = str(typed.get(f"column_{place}") or "").partition("|")
        unit, _, basis = rest.partition("|")
        if meaning:
            found.append(MappedColumn(place, title[:MAX_TITLE], meaning, unit or None, basis or None))
    return found


class AskForm(BaseForm):
    """Asking for a second opinion."""

    id = ClientIdField()
    asked_for = RadioField(N_("Who asks for it?"), default=AskedFor.PRODUCER.value, validate_choice=False)
    reason = TextAreaField(N_("Why? Nobody who grades it will read this."), validators=[required])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        offered = (AskedFor.PRODUCER, AskedFor.HOUSE)
        self.asked_for.choices = choices({one.value: ASKED_FOR_LABELS[one] for one in offered})


class DecisionForm(BaseForm):
    """The class that the sample has."""

    key = RadioField(N_("Class of the sample"), validators=[required])
    note = TextAreaField(N_("What decided it?"), validators=[required])


class TermsForm(BaseForm):
    """Days to ask and to decide."""

    ask_days = IntegerField(N_("Days after grading to ask for a second opinion"), validators=[required])
    decide_days = IntegerField(N_("Days to decide it"), validators=[required])
