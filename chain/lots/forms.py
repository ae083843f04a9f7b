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
from chain.lots.bag_lines import BagLine, container_id
from chain.lots.bags import Bag
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
    "container_type_id": "container",
    "route_id": "route",
    "volume_ml": "net",
}


def options(pairs: Mapping[Any, str]) -> list[Any]:
    """Return choices whose labels the page translates."""
    return [option(value, label) for value, label in pairs.items()]


class RegistrationForm(BaseForm):
    """What every product asks; `registration_form` adds the fields of one product."""

    spec: CommoditySpec
    #: the bags after the first one
    lines: list[BagLine]

    id = ClientIdField()
    new_producer_id = ClientIdField()
    producer = RadioField(N_("Producer"), validate_choice=False)
    q = StringField(N_("Find the producer"), validators=[Length(max=MAX_SEARCH)])
    new_name = StringField(N_("Full name"), validators=[Length(max=200)])
    new_sex = RadioField(N_("Woman or man"), choices=options(SEX_LABELS), default=Sex.NOT_STATED.value)
    new_code = StringField(N_("Member code"), validators=[Length(max=40)])
    delivered_at = LocalDateTimeField(N_("Date and time of the delivery"), validators=[required])
    container = SelectField(N_("Bag or can"), validate_choice=False)
    code = StringField(N_("Written on it"), validators=[Length(max=40)])
    route = SelectField(N_("Route"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = []
        self.container.choices, self.route.choices = [], []
        for name in (
            "producer",
            "q",
        ):  # one of several ways to say who delivers; the view checks that one was taken
            self[name].flags.required = True

    def take_refusal(self, error: DomainError) -> None:
        """Put refusals of services at the fields of this form, whose weights are kilograms."""
        if error.errors:
            renamed: dict[str, Sequence[Message]] = {}
            for name, messages in error.errors.items():
                if not self._take_line_refusal(name, messages):
                    renamed[self._field_for(name)] = messages
            error = ValidationFailed(renamed)
        if error.errors or not self.has_line_errors:
            super().take_refusal(error)

    def _take_line_refusal(self, name: str, messages: Sequence[Message]) -> bool:
        """Put the refusal of a further bag at its line; tell whether it was one."""
        place = _bag_place(name)
        if place is None or not 0 < place <= len(self.lines):
            return False
        self.lines[place - 1].errors += [gettext(_of_one_bag(message)) for message in messages]
        return True

    @property
    def has_line_errors(self) -> bool:
        """Whether something is wrong with one of the further bags."""
        return any(line.errors for line in self.lines)

    def _field_for(self, name: str) -> str:
        if _bag_place(name) == 0:
            name = name.rpartition(".")[2]
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

    def amounts(self) -> tuple[int | None, int | None, int | None]:
        """Return gross, tare and litres of the first bag, or of the whole when there is no other."""
        net, gross, tare = (getattr(self, name, None) for name in ("net", "gross", "tare"))
        gross_g, tare_g, litres = (
            None if one is None else _small_units(one.data) for one in (gross, tare, net)
        )
        return gross_g, tare_g, litres

    def bags(self) -> tuple[Bag, ...]:
        """Return the bags; none for a delivery that was weighed in one go without naming its bag."""
        gross_g, tare_g, litres = self.amounts()
        kind = container_id(self.container.data)
        if not self.lines and kind is None:
            return ()
        first = Bag(
            gross_g=gross_g,
            tare_g=tare_g,
            volume_ml=litres,
            container_type_id=kind,
            code=(self.code.data or "").strip() or None,
        )
        return (first, *(line.bag() for line in self.lines))

    def single_bag(self) -> Bag:
        """Return what was weighed as the one bag of an open weighing."""
        gross_g, tare_g, litres = self.amounts()
        return Bag(gross_g=gross_g, tare_g=tare_g, volume_ml=litres)

    def delivery(self, zone: str, producer_id: Any) -> Delivery:
        """Return the delivery as typed; weights become grams, the wall clock becomes a moment."""
        moment = self.delivered_at.data
        assert isinstance(moment, datetime)  # noqa: S101 - validated: the field is required
        bags = self.bags()
        gross_g, tare_g, quantity = (None, None, None) if bags else self.amounts()
        chosen = getattr(self, "grade_class", None)
        return Delivery(
            id=self.id.value,
            commodity=self.spec.key,
            producer_id=producer_id,
            delivered_at=local_moment(moment, zone),
            gross_g=gross_g,
            tare_g=tare_g,
            quantity=quantity,
            attributes=self.attributes(),
            chosen_key=(chosen.data or None) if chosen is not None else None,
            bags=bags,
            route_id=container_id(self.route.data),
        )


def _bag_place(name: str) -> int | None:
    """Return the place of the bag that a refusal is about: bags.2.tare_g → 2."""
    parts = name.split(".")
    return int(parts[1]) if len(parts) > 1 and parts[0] == "bags" and parts[1].isdigit() else None


def _of_one_bag(message: Message) -> Message:
    """Return a refusal without the place of its bag: it stands at its line."""
    problem = message.params.get("problem")
    return problem if isinstance(problem, Message) else message


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
