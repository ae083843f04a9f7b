"""The registration screen's form, made from the table of commodities, and the small forms of grading and cancelling."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, StopValidation

from chain.core.clock import local_moment
from chain.core.errors import DomainError, ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.quantity import thousandths
from chain.lots.attributes import COLOURS, SPECS, AttributeSpec, CommoditySpec, Kind
from chain.lots.rules import Delivery
from chain.producers.rules import SEX_LABELS, Sex
from chain.web.forms import BaseForm, ClientIdField, LocalDateTimeField, NumberField, option, required
from chain.web.i18n import gettext

MAX_SEARCH = 100
#: Kilograms or litres that a field takes before the service says what is believable.
MAX_TYPED = Decimal(10) ** 9
#: Where the refusals of services land in the form.
FIELD_OF = {
    "gross_g": "gross",
    "tare_g": "tare",
    "quantity": "net",
    "unit": "net",
    "producer_id": "producer",
    "chosen_key": "grade_class",
    "full_name": "new_name",
    "sex": "new_sex",
    "member_code": "new_code",
}


def options(pairs: Mapping[Any, str]) -> list[Any]:
    """Return choices whose labels the page translates."""
    return [option(value, label) for value, label in pairs.items()]


class RegistrationForm(BaseForm):
    """What every product asks; `registration_form` adds the fields of one product."""

    spec: CommoditySpec

    id = ClientIdField()
    new_producer_id = ClientIdField()
    producer = RadioField(N_("Producer"), validate_choice=False)
    q = StringField(N_("Find the producer"), validators=[Length(max=MAX_SEARCH)])
    new_name = StringField(N_("Full name"), validators=[Length(max=200)])
    new_sex = RadioField(N_("Woman or man"), choices=options(SEX_LABELS), default=Sex.NOT_STATED.value)
    new_code = StringField(N_("Member code"), validators=[Length(max=40)])
    delivered_at = LocalDateTimeField(N_("Date and time of the delivery"), validators=[required])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (
            "producer",
            "q",
        ):  # one of several ways to say who delivers; the view checks that one was taken
            self[name].flags.required = True

    def take_refusal(self, error: DomainError) -> None:
        """Put refusals of services at the fields of this form, whose weights are kilograms."""
        if error.errors:
            renamed: dict[str, Sequence[Message]] = {
                self._field_for(name): messages for name, messages in error.errors.items()
            }
            error = ValidationFailed(renamed)
        super().take_refusal(error)

    def _field_for(self, name: str) -> str:
        if name in self._fields and name != "id":
            return name
        return FIELD_OF.get(name, name)

    @property
    def wants_new_producer(self) -> bool:
        """Whether a person was typed in to be registered, and none of the list was chosen."""
        return not self.producer.data and bool((self.new_name.data or "").strip())

    def attributes(self) -> Mapping[str, Any]:
        """Return what was typed of the product's attributes."""
        return {one.key: self[one.key].data for one in self.spec.attributes if self[one.key].data}

    def delivery(self, zone: str, producer_id: Any) -> Delivery:
        """Return the delivery as typed; weights become grams, the wall clock becomes a moment."""
        moment = self.delivered_at.data
        assert isinstance(moment, datetime)  # noqa: S101 - validated: the field is required
        net = getattr(self, "net", None)
        gross, tare = getattr(self, "gross", None), getattr(self, "tare", None)
        chosen = getattr(self, "grade_class", None)
        return Delivery(
            id=self.id.value,
            commodity=self.spec.key,
            producer_id=producer_id,
            delivered_at=local_moment(moment, zone),
            gross_g=_small_units(gross.data) if gross is not None else None,
            tare_g=_small_units(tare.data) if tare is not None else None,
            quantity=_small_units(net.data) if net is not None else None,
            attributes=self.attributes(),
            chosen_key=(chosen.data or None) if chosen is not None else None,
        )


def _small_units(value: Decimal | None) -> int | None:
    return None if value is None else thousandths(max(min(value, MAX_TYPED), -MAX_TYPED))


@lru_cache(maxsize=16)
def registration_form(commodity: str) -> type[RegistrationForm]:
    """Return the form of one product."""
    spec = SPECS[commodity]
    fields: dict[str, Any] = {"spec": spec}
    if spec.is_tared:
        fields["gross"] = NumberField(N_("Gross weight"), validators=[required])
        fields["tare"] = NumberField(N_("Tare"), description=N_("Sack, rope or hook. Empty: nothing."))
    else:
        fields["net"] = NumberField(N_("Litres"), validators=[required])
    for one in spec.attributes:
        fields[one.key] = _attribute_field(one)
    if spec.is_class_chosen:
        fields["grade_class"] = SelectField(N_("Class"), validate_choice=False)
    return type(f"{commodity.title().replace('-', '')}Form", (RegistrationForm,), fields)


def _attribute_field(spec: AttributeSpec) -> Any:
    if spec.kind is Kind.COLOUR:
        return RadioField(
            spec.label,
            choices=options({key: one.names["es"] for key, one in COLOURS.items()}),
            validate_choice=False,
        )
    if spec.kind is Kind.CHOICE:
        return RadioField(spec.label, choices=options(spec.options), validate_choice=False)
    return StringField(spec.label, validators=[Length(max=MAX_SEARCH)])


def chosen(_form: object, field: Any) -> None:
    """Validate that one option was marked; the empty one (undetermined) counts."""
    if field.data is None:
        raise StopValidation(gettext("Choose one of the options."))


chosen.field_flags = {"required": True}  # type: ignore[attr-defined]  # WTForms reads it


class ConfirmForm(BaseForm):
    """The second person's answer to one lot."""

    key = RadioField(N_("Class"), validators=[chosen], validate_choice=False)
    note = TextAreaField(
        N_("Why another class"), description=N_("Only when you set another class than the proposed one.")
    )


class CancelForm(BaseForm):
    """Why a lot is cancelled."""

    reason = TextAreaField(N_("Reason"), validators=[required])
