"""The forms of custody. Weights are typed in kilograms, volumes in litres, and kept in grams and millilitres."""

from collections.abc import Sequence
from decimal import Decimal

from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from chain.accounts.models import Organisation
from chain.core.i18n import N_
from chain.core.money import round_half_up
from chain.core.quantity import thousandths
from chain.custody.rules.words import (
    CHOOSABLE_REASONS,
    CONTAINER_KIND_LABELS,
    HOLD_LABELS,
    MOVEMENT_LABELS,
    PURPOSE_LABELS,
    SITE_KIND_LABELS,
    TANK_LIMITS,
    ContainerKind,
    GatePurpose,
    HoldReason,
    MovementKind,
    SiteKind,
)
from chain.custody.services.places import ContainerFacts, RouteFacts, SiteFacts
from chain.lots.models import CollectionRoute, ContainerType, Site
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
from chain.web.i18n import gettext


def small_unit(value: Decimal | None) -> int | None:
    """Return grams for kilograms, or millilitres for litres."""
    return None if value is None else thousandths(value)


def tenths(value: Decimal | None) -> int | None:
    """Return tenths of a degree, rounded half up."""
    return None if value is None else round_half_up(value * 10)


def basis_points(percent: Decimal | None) -> int | None:
    """Return hundredths of a percent, rounded half up: 0.5 % is 50."""
    return None if percent is None else round_half_up(percent * 100)


class SiteForm(BaseForm):
    """A place where lots lie."""

    id = ClientIdField()
    code = StringField(N_("Code"), validators=[required])
    name = StringField(N_("Name"), validators=[required])
    kind = RadioField(N_("What it is"), validators=[required])
    capacity = NumberField(N_("Capacity"))
    max_temperature = NumberField(N_("Temperature limit"))
    max_hours = IntegerField(N_("Time limit"), validators=[Optional()])

    def offer(self) -> None:
        """Fill the list of kinds."""
        self.kind.choices = choices(SITE_KIND_LABELS)

    def suggest(self, kind: SiteKind | None, country: str) -> None:
        """Fill in the confirmed limits of the country for a new tank; where none are known the fields stay empty."""
        self.kind.data = (kind or SiteKind.STORE).value
        limits = TANK_LIMITS.get(country)
        if kind is SiteKind.TANK and limits is not None:
            self.max_temperature.data = Decimal(limits.max_temperature_tenths) / 10
            self.max_hours.data = limits.max_hours

    def show(self, site: Site) -> None:
        """Fill in a place that is changed."""
        self.code.data, self.name.data, self.kind.data = site.code, site.name, site.kind
        self.capacity.data = None if site.capacity is None else Decimal(site.capacity) / 1000
        if site.max_temperature_tenths is not None:
            self.max_temperature.data = Decimal(site.max_temperature_tenths) / 10
        self.max_hours.data = site.max_hours

    def facts(self) -> SiteFacts:
        """Return what was typed."""
        return SiteFacts(
            code=self.code.data or "",
            name=self.name.data or "",
            kind=self.kind.data or "",
            capacity=small_unit(self.capacity.data),
            max_temperature_tenths=tenths(self.max_temperature.data),
            max_hours=self.max_hours.data,
        )


class ContainerForm(BaseForm):
    """A kind of sack, can or crate."""

    id = ClientIdField()
    name = StringField(N_("Name"), validators=[required])
    kind = RadioField(N_("What it is"), validators=[required])
    tare = NumberField(N_("Tare of one"))
    is_lent = BooleanField(N_("We lend it to producers"))

    def offer(self) -> None:
        """Fill the list of kinds."""
        self.kind.choices = choices(CONTAINER_KIND_LABELS)
        self.kind.data = self.kind.data or ContainerKind.CAN.value

    def show(self, found: ContainerType) -> None:
        """Fill in a kind that is changed."""
        self.name.data, self.kind.data, self.is_lent.data = found.name, found.kind, found.is_lent
        self.tare.data = None if found.tare_g is None else Decimal(found.tare_g) / 1000

    def facts(self) -> ContainerFacts:
        """Return what was typed."""
        return ContainerFacts(
            name=self.name.data or "",
            kind=self.kind.data or "",
            tare_g=small_unit(self.tare.data),
            is_lent=bool(self.is_lent.data),
        )


class RouteForm(BaseForm):
    """A pick-up route."""

    id = ClientIdField()
    code = StringField(N_("Code"), validators=[required])
    name = StringField(N_("Name"), validators=[required])
    due = StringField(N_("Cans in by"))

    def show(self, route: CollectionRoute) -> None:
        """Fill in a route that is changed."""
        self.code.data, self.name.data = route.code, route.name
        minutes = route.due_minutes
        self.due.data = "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"

    def facts(self) -> RouteFacts | None:
        """Return what was typed; None, with a message, when the hour cannot be read."""
        typed = (self.due.data or "").strip()
        minutes = None
        if typed:
            hour, _, minute = typed.partition(":")
            if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 - a clock
                self.due.errors = [gettext(N_("Write an hour, such as 07:30."))]
                return None
            minutes = int(hour) * 60 + int(minute)
        return RouteFacts(code=self.code.data or "", name=self.name.data or "", due_minutes=minutes)


class SettingsForm(BaseForm):
    """What the organisation decides for its custody."""

    tolerance_bp = NumberField(N_("Tolerance of weights on arrival"), validators=[required])
    loss_rule = TextAreaField(N_("Who bears the loss of a load that spoiled"))


class HoldForm(BaseForm):
    """Why lots are held."""

    id = ClientIdField()
    numbers = TextAreaField(N_("Lot numbers"))
    reason = RadioField(N_("Reason"), validators=[required])
    note = TextAreaField(N_("What was found or agreed"), validators=[required])
    holder = StringField(N_("Who lends on the lots"))

    def offer(self) -> None:
        """Fill the list of reasons."""
        self.reason.choices = choices({reason: HOLD_LABELS[reason] for reason in CHOOSABLE_REASONS})
        self.reason.data = self.reason.data or HoldReason.QUALITY.value


class NoteForm(BaseForm):
    """A reason in words: for a release, a cancellation."""

    note = TextAreaField(N_("Reason"), validators=[required])


class CountForm(BaseForm):
    """What is counted."""

    id = ClientIdField()
    site_id = SelectField(N_("Place"), default="")
    commodity = SelectField(N_("Product"), default="")
    note = StringField(N_("Remark"))

    def offer(self, sites: Sequence[Site], commodities: Sequence[str]) -> None:
        """Fill the lists."""
        self.site_id.choices = [
            option("", gettext(N_("All places"))),
            *(option(site.id, f"{site.code} · {site.name}") for site in sites),
        ]
        self.commodity.choices = choices(
            {key: PRODUCT_LABELS[key] for key in commodities}, blank=N_("All products")
        )


class EntryForm(BaseForm):
    """One look at a lot."""

    id = ClientIdField()
    number = StringField(N_("Lot number"), validators=[required])
    counted = NumberField(N_("Weight found"))
    note = StringField(N_("Remark"))


class MovementForm(BaseForm):
    """Containers that changed hands."""

    id = ClientIdField()
    member_code = StringField(N_("Member code"), validators=[required])
    container_type_id = SelectField(N_("Container"), validators=[required])
    kind = RadioField(N_("What happened"), validators=[required])
    count = IntegerField(N_("How many"), validators=[required])
    happened_on = DateField(N_("Day"), validators=[required])
    note = StringField(N_("Remark"))

    def offer(self, types: Sequence[ContainerType]) -> None:
        """Fill the lists."""
        self.container_type_id.choices = [option(one.id, one.name) for one in types]
        self.kind.choices = choices(MOVEMENT_LABELS)
        self.kind.data = self.kind.data or MovementKind.LENT.value


class ReadingForm(BaseForm):
    """A temperature."""

    id = ClientIdField()
    celsius = NumberField(N_("Temperature"), validators=[required])
    measured_at = LocalDateTimeField(N_("Read at"), validators=[required])


class VisitForm(BaseForm):
    """Who came to the gate."""

    id = ClientIdField()
    member_code = StringField(N_("Member code"))
    visitor = StringField(N_("Name"))
    vehicle = StringField(N_("Vehicle (plate)"))
    purpose = RadioField(N_("What for"), validators=[required])

    def offer(self) -> None:
        """Fill the list of purposes."""
        self.purpose.choices = choices(PURPOSE_LABELS)
        self.purpose.data = self.purpose.data or GatePurpose.DELIVERY.value


class DispatchForm(BaseForm):
    """Where lots go and who takes them."""

    id = ClientIdField()
    numbers = TextAreaField(N_("Lot numbers"))
    to_site_id = SelectField(N_("An own place"), default="")
    to_organisation_id = SelectField(N_("Another organisation"), default="")
    destination = StringField(N_("Destination in words"))
    carrier = StringField(N_("Carrier"))
    vehicle = StringField(N_("Vehicle (plate)"))
    driver = StringField(N_("Driver"))
    expected_on = DateField(N_("Expected on"), validators=[Optional()])
    tolerance_bp = NumberField(N_("Tolerance of weights on arrival"))
    note = TextAreaField(N_("Remark"))

    def offer(self, sites: Sequence[Site], organisations: Sequence[Organisation]) -> None:
        """Fill the lists."""
        self.to_site_id.choices = [
            option("", "—"),
            *(option(site.id, f"{site.code} · {site.name}") for site in sites),
        ]
        self.to_organisation_id.choices = [
            option("", "—"),
            *(option(one.id, f"{one.name} ({one.code})") for one in organisations),
        ]


class ArrivalForm(BaseForm):
    """What arrived: per lot or as a whole; the weights stand beside the form, named by the lot's id."""

    note = TextAreaField(N_("What was found on arrival"))


class ResolutionForm(BaseForm):
    """How a dispute ends."""

    note = TextAreaField(N_("What was agreed, and with whom"), validators=[required])
