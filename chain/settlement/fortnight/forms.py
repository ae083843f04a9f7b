"""Forms of the dairy."""

from datetime import date
from decimal import Decimal

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, Field, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_
from chain.settlement.fortnight.folder_cells import parse_day
from chain.settlement.rules import MAX_NAME
from chain.web.forms import BaseForm, ClientIdField, NumberField, required
from chain.web.i18n import gettext

NOT_A_DAY = N_("“%(value)s” is not a date. Write 2026-07-08 or 08/07/2026.")
TOO_MANY_PLACES = N_("Write at most %(places)s decimals.")
MEMBER = N_("Member code")
FIRST, LAST = N_("First day"), N_("Last day")
DECIDED = N_("Who decided it, and when")


def scaled(field: NumberField, places: int) -> int:
    """Return a number in units of its last place; empty is 0. With an error at the field when it has more decimals."""
    value = (field.data or Decimal(0)).scaleb(places)
    if value != value.to_integral_value():
        field.errors = [*field.errors, gettext(TOO_MANY_PLACES, places=places)]
    return int(value)


def day_of(field: DateField) -> date:
    """Return the day of a field that a form requires."""
    assert field.data is not None, "the form was validated"  # noqa: S101 - an invariant
    return field.data


class FortnightForm(BaseForm):
    """Which fortnight is prepared."""

    id = ClientIdField()
    first_day = DateField(FIRST, validators=[required])


class QuotaForm(BaseForm):
    """Litres a day that a producer is paid in full."""

    id = ClientIdField()
    member_code = StringField(MEMBER, validators=[required, Length(max=40)])
    litres = NumberField(N_("Litres a day"), validators=[required])
    weekday_price = NumberField(N_("Own price over the quota, Monday to Saturday"), validators=[Optional()])
    sunday_price = NumberField(N_("Own price over the quota, Sundays"), validators=[Optional()])
    valid_from = DateField(FIRST, validators=[required])
    valid_to = DateField(LAST, validators=[required])


class LicenceForm(BaseForm):
    """A producer's tax licence."""

    id = ClientIdField()
    member_code = StringField(MEMBER, validators=[required, Length(max=40)])
    number = StringField(N_("Number of the licence"), validators=[required, Length(max=40)])
    valid_from = DateField(FIRST, validators=[required])
    valid_to = DateField(LAST, validators=[required])


class ReserveForm(BaseForm):
    """The part of the weighed milk that is kept back."""

    id = ClientIdField()
    percent = NumberField(N_("Percent of the weighed milk"), validators=[required])
    valid_from = DateField(FIRST, validators=[required])
    valid_to = DateField(LAST, validators=[Optional()])
    decided_by = StringField(DECIDED, validators=[required, Length(max=MAX_NAME)])


class IncomeForm(BaseForm):
    """Money for a producer that is no milk."""

    id = ClientIdField()
    member_code = StringField(MEMBER, validators=[required, Length(max=40)])
    amount = NumberField(N_("Amount"), validators=[required])
    valid_from = DateField(N_("Day"), validators=[required])
    name = StringField(N_("What for"), validators=[required, Length(max=MAX_NAME)])


class ZoneForm(BaseForm):
    """A zone."""

    id = ClientIdField()
    code = StringField(N_("Code"), validators=[required, Length(max=40)])
    name = StringField(N_("Name"), validators=[required, Length(max=MAX_NAME)])


class ChoicesForm(BaseForm):
    """How far debts reach."""

    debts_reach_pure = BooleanField(N_("Debts are also taken from Sunday and over-quota money"))
    debts_reach_income = BooleanField(N_("Debts are also taken from other income"))
    decided_by = StringField(DECIDED, validators=[required, Length(max=MAX_NAME)])


class NoWithholdingForm(BaseForm):
    """An accountant says that nothing is withheld."""

    since = DateField(N_("Nothing is withheld from this day on"), validators=[Optional()])
    said_by = StringField(
        N_("Which accountant says so, and why"), validators=[Optional(), Length(max=MAX_NAME)]
    )


class HolidaysForm(BaseForm):
    """Days that are paid like Sundays, one per line, with a name behind."""

    holidays = TextAreaField(N_("Days, one per line"), validators=[Length(max=20_000)])

    def validate_holidays(self, field: Field) -> None:
        """Read the lines."""
        self.days: dict[date, str] = {}
        for line in (field.data or "").splitlines():
            words = line.split(maxsplit=1)
            if not words:
                continue
            day = parse_day(words[0])
            if day is None:
                field.errors = [*field.errors, gettext(NOT_A_DAY, value=words[0][:40])]
            else:
                self.days[day] = words[1] if len(words) > 1 else ""


class TableForm(BaseForm):
    """A file with rows."""

    file = FileField(N_("File (CSV or Excel)"), validators=[FileRequired()])


class ImportTableForm(TableForm):
    """Which table a file is of."""

    table = RadioField(N_("Which table is it?"), validators=[required])
