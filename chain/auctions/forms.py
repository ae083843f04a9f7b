"""Forms of auctions and clocks. Prices of a catalogue stand outside of WTForms, one for each class and colour in stock."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from chain.auctions.rules.terms import AWARD_BY_LABELS, CLOSING_LABELS, MAX_NOTE, MAX_SECONDS, MAX_TITLE
from chain.core.i18n import N_
from chain.core.quantity import NotANumber, parse_decimal
from chain.web.forms import BaseForm, ClientIdField, LocalDateTimeField, NumberField, choices, required
from chain.web.i18n import gettext

HUNDRED = 100
#: How the lots of a class and colour stand in the catalogue.
BY_CLASS, BY_LOT = "class", "lot"


def minor_from(text: str) -> int | None:
    """Return a typed price in minor units; None: nothing was typed.

    Raises:
        ValueError: it is no number, or has more than two decimals.
    """
    if not text.strip():
        return None
    try:
        value = parse_decimal(text)
    except NotANumber as error:
        raise ValueError(gettext(error.message)) from None
    if value * HUNDRED % 1 != 0:
        raise ValueError(gettext(N_("Write at most two decimals.")))
    return int(value * HUNDRED)


class MoneyField(NumberField):
    """A price or an amount with at most two decimals."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read the amount; an empty field is None."""
        super().process_formdata(valuelist)
        if self.data is not None and (self.data * HUNDRED) % 1 != 0:
            self.data = None
            raise ValueError(gettext(N_("Write at most two decimals.")))

    @property
    def minor(self) -> int | None:
        """The amount in minor units; None: nothing was typed."""
        return None if self.data is None else int(self.data * HUNDRED)


class AuctionForm(BaseForm):
    """A new auction."""

    id = ClientIdField()
    title = StringField(N_("Title"), validators=[required, Length(max=MAX_TITLE)])
    starts_at = LocalDateTimeField(N_("Start"), validators=[Optional()])
    ends_at = LocalDateTimeField(N_("End of the first lot"), validators=[required])
    bundle = RadioField(N_("Lots of the catalogue"), default=BY_CLASS)
    closing = RadioField(N_("How the lots close"), default="each")
    stagger_seconds = IntegerField(
        N_("Seconds between the ends of two lots"),
        default=120,
        validators=[Optional(), NumberRange(0, MAX_SECONDS)],
    )
    soft_close_seconds = IntegerField(
        N_("A bid in the last seconds keeps the lot open"),
        default=120,
        validators=[Optional(), NumberRange(0, MAX_SECONDS)],
    )
    award_by = RadioField(N_("Contracts"), default="lot")
    ceiling_required = BooleanField(N_("Bidders must name the most that they may owe"))
    note = TextAreaField(N_("Note for the buyers"), validators=[Length(max=MAX_NOTE)])

    def offer_choices(self) -> None:
        """Fill the choices."""
        self.closing.choices = choices(CLOSING_LABELS)
        self.award_by.choices = choices(AWARD_BY_LABELS)
        self.bundle.choices = choices(
            {BY_CLASS: N_("One lot for each class and colour"), BY_LOT: N_("Each delivery is a lot")}
        )


class RegisterForm(BaseForm):
    """A buyer's registration for an auction."""

    ceiling = MoneyField(N_("The most that you may owe in this auction"))


class ReasonForm(BaseForm):
    """Why an event is paused or cancelled."""

    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])


class ClockForm(BaseForm):
    """A new two-round clock."""

    id = ClientIdField()
    title = StringField(N_("Title"), validators=[required, Length(max=MAX_TITLE)])
    first_closes_at = LocalDateTimeField(N_("End of round 1"), validators=[required])
    second_minutes = IntegerField(N_("Minutes of round 2"), default=60, validators=[required])
    raise_limit = NumberField(
        N_("The price rises at most by"), validators=[required], default=lambda: Decimal(20)
    )
    step = MoneyField(N_("Step of the prices"), validators=[required], default=lambda: Decimal("0.50"))
    note = TextAreaField(N_("Note for the buyers"), validators=[Length(max=MAX_NOTE)])


class RequestForm(BaseForm):
    """A buyer's sealed request in a round; kilograms and best prices stand outside of WTForms, one for each product."""

    id = ClientIdField()
