"""Forms of pricing."""

from decimal import Decimal
from typing import Any

from wtforms import BooleanField, DateField, Field, HiddenField, SelectField, StringField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_, Message
from chain.lots.products import DELIVERED_LABELS
from chain.pricing.row_forms import (
    TWO_DECIMALS,
    Errors,
    Row,
    read_adjustments,
    read_classes,
    read_composition,
)
from chain.pricing.rules.content import (
    KIND_LABELS,
    Advance,
    DayPrices,
    MissingRule,
    PayUnit,
    PriceContent,
    SchemeKind,
)
from chain.pricing.services.checks import MAX_NAME
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required
from chain.web.i18n import gettext

MISSING_LABELS = {
    MissingRule.MEAN_OF_LAST_THREE: N_("the mean of the producer's last three results"),
    MissingRule.BASE_ONLY: N_("only the base price"),
}
UNIT_LABELS = {PayUnit.KILOGRAM: N_("for a kilogram"), PayUnit.LITRE: N_("for a litre")}


def hundredths(field: Field) -> int | None:
    """Return hundredths of what was typed; None, with an error at the field, when there are more than two decimals."""
    value = field.data
    if value is None:
        return None
    scaled = Decimal(value).scaleb(2)
    if scaled != scaled.to_integral_value():
        field.errors = [*field.errors, gettext(TWO_DECIMALS)]
        return None
    return int(scaled)


class SchemeForm(BaseForm):
    """A new price list."""

    id = ClientIdField()
    name = StringField(N_("Name"), validators=[required, Length(max=MAX_NAME)])
    key = StringField(N_("Short word"), validators=[required, Length(max=40)])
    commodity = SelectField(N_("Product"), validators=[required])
    kind = SelectField(N_("How it pays"), validators=[required])

    def offer(self) -> None:
        """Fill the lists."""
        self.commodity.choices = choices(DELIVERED_LABELS)
        self.kind.choices = choices(KIND_LABELS)


class FlatPriceForm(BaseForm):
    """A price for a span of days."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    price = NumberField(N_("Price per kilogram or litre"), validators=[required])
    valid_from = DateField(N_("First day"), validators=[required])
    valid_to = DateField(N_("Last day"), validators=[required])
    decided_by = StringField(N_("Who decided it, and when"), validators=[required, Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the list of products."""
        self.commodity.choices = choices(DELIVERED_LABELS)


class VersionForm(BaseForm):
    """Everything of a version but its rows."""

    id = ClientIdField()
    kind = HiddenField()
    grades_from = SelectField(N_("Grading scheme of the classes"), validators=[Optional()])
    unit = SelectField(N_("The price is"), validators=[required])
    base = NumberField(N_("Price"), validators=[Optional()])
    density = NumberField(N_("Kilograms in a litre, where they were not measured"), validators=[Optional()])
    sunday = NumberField(N_("Price on Sundays"), validators=[Optional()])
    excess_weekday = NumberField(N_("Price over the quota, Monday to Saturday"), validators=[Optional()])
    excess_sunday = NumberField(N_("Price over the quota, Sunday"), validators=[Optional()])
    share = NumberField(N_("Percent of the sale that the producers get"), validators=[Optional()])
    missing = SelectField(N_("Without an analysis counts"), validators=[Optional()])
    advance_percent = NumberField(N_("Advance at delivery, % of the price"), validators=[Optional()])
    advance_amount = NumberField(N_("or an amount per kilogram or litre"), validators=[Optional()])
    is_for_whole_periods = BooleanField(N_("Refuse to pay a period that these prices do not cover wholly"))
    valid_from = DateField(N_("First day"), validators=[required])
    valid_to = DateField(N_("Last day"), validators=[Optional()])
    decided_by = StringField(N_("Who decided it, and when"), validators=[required, Length(max=MAX_NAME)])

    def scheme_kind(self) -> SchemeKind:
        """Return the kind; what nobody offers is the plainest one."""
        try:
            return SchemeKind(self.kind.data or "")
        except ValueError:
            return SchemeKind.FLAT

    def grades(self) -> tuple[str, str] | None:
        """Return scheme and edition of the classes."""
        key, _, edition = (self.grades_from.data or "").partition("@")
        return (key, edition) if key and edition else None

    def content(
        self, rows: dict[str, list[Row]], colour_groups: dict[str, tuple[str, ...]], errors: Errors
    ) -> PriceContent:
        """Return what was typed; what cannot be read is noted at its field or row and counts as blank."""
        kind = self.scheme_kind()
        classes = read_classes(rows["classes"], errors)
        is_milk = kind is SchemeKind.MILK
        advance = (hundredths(self.advance_percent) or 0, hundredths(self.advance_amount) or 0)
        days = tuple(hundredths(one) for one in (self.sunday, self.excess_weekday, self.excess_sunday))
        has_days = is_milk and any(one is not None for one in days)
        used = {one.colour for one in classes}
        return PriceContent(
            kind=kind,
            unit=PayUnit(self.unit.data),
            base_minor=hundredths(self.base),
            grades_from=self.grades() if classes else None,
            classes=classes,
            colour_groups={key: colours for key, colours in colour_groups.items() if key in used},
            days=DayPrices(sunday_minor=days[0], excess_weekday_minor=days[1], excess_sunday_minor=days[2])
            if has_days
            else None,
            composition=read_composition(rows["composition"], errors) if is_milk else (),
            adjustments=read_adjustments(rows["adjustments"], errors) if kind is not SchemeKind.SHARE else (),
            missing=MissingRule(self.missing.data or MissingRule.MEAN_OF_LAST_THREE),
            density=self.density.data if self.unit.data == PayUnit.KILOGRAM else None,
            advance=Advance(basis_points=advance[0], per_unit_minor=advance[1]) if any(advance) else None,
            share_basis_points=hundredths(self.share) if kind is SchemeKind.SHARE else None,
            is_for_whole_periods=bool(self.is_for_whole_periods.data),
        )

    def show(self, content: PriceContent) -> None:
        """Fill the fields with a content."""
        days = content.days or DayPrices()
        minor: dict[Any, int | None] = {
            self.base: content.base_minor,
            self.sunday: days.sunday_minor,
            self.excess_weekday: days.excess_weekday_minor,
            self.excess_sunday: days.excess_sunday_minor,
            self.share: content.share_basis_points,
        }
        if content.advance is not None:
            minor[self.advance_percent] = content.advance.basis_points or None
            minor[self.advance_amount] = content.advance.per_unit_minor or None
        for field, value in minor.items():
            field.data = None if value is None else Decimal(value).scaleb(-2)
        self.kind.data = content.kind.value
        self.unit.data = content.unit.value
        self.density.data = content.density
        self.missing.data = content.missing.value
        self.is_for_whole_periods.data = content.is_for_whole_periods
        self.grades_from.data = "@".join(content.grades_from) if content.grades_from else ""

    def take_row_errors(self, errors: Errors, labels: dict[str, str]) -> list[tuple[Message, str]]:
        """Return refusals of rows as texts with the place that they are about; put the others at their fields."""
        told: list[tuple[Message, str]] = []
        for path, messages in errors.items():
            table, _, rest = path.partition(".")
            number, _, name = rest.partition(".")
            if table in labels and number.isdigit():
                for one in messages:
                    text = Message(
                        AT_ROW,
                        {"table": Message(labels[table]), "number": int(number) + 1, "problem": one},
                    )
                    told.append((text, f"#{table}-{number}-{name}"))
                continue
            field = self._fields.get(table)
            texts = [gettext(one) for one in messages]
            if field is None or isinstance(field, HiddenField):
                self.form_errors = [*self.form_errors, *texts]
            else:
                field.errors = [*field.errors, *texts]
        return told


AT_ROW = N_("%(table)s, row %(number)s: %(problem)s")


class EndVersionForm(BaseForm):
    """The last day of a version."""

    last_day = DateField(N_("Last day"), validators=[required])


class WithdrawForm(BaseForm):
    """Why a version is withdrawn."""

    reason = StringField(N_("Why is it withdrawn?"), validators=[required, Length(max=MAX_NAME)])
