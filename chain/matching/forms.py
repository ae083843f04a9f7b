"""Forms of matching."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length

from chain.core.i18n import N_
from chain.matching.proposing import DEFAULT_HOURS, TITLE_LENGTH
from chain.matching.queries.freight import Partner
from chain.sales.rules import MAX_NOTE
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

HUNDRED = 100
#: Every lot of the filter, or those ticked in the list.
SCOPE_FILTER = "filter"
SCOPE_CHOSEN = "chosen"


class PriceField(NumberField):
    """A price for a kilogram or litre with at most two decimals."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read the price; an empty field is None."""
        super().process_formdata(valuelist)
        if self.data is not None and (self.data * HUNDRED) % 1 != 0:
            self.data = None
            raise ValueError(gettext(N_("Write at most two decimals.")))

    @property
    def minor(self) -> int:
        """The price in minor units."""
        return int((self.data or Decimal(0)) * HUNDRED)


class OfferForm(BaseForm):
    """On what terms lots are offered; they are ticked outside of WTForms, because a list has hundreds."""

    scope = RadioField(N_("Which lots"), default=SCOPE_FILTER, validators=[required])
    reserve = PriceField(N_("Least that must be left after freight"), validators=[required])
    kind = RadioField(N_("How a lot is sold"), default="divisible", validators=[required])
    valid_to = DateField(N_("Last day, included"), validators=[required])

    def offer(self) -> None:
        """Fill the lists."""
        self.scope.choices = choices(
            {SCOPE_FILTER: N_("All lots of the filter"), SCOPE_CHOSEN: N_("Only those ticked in the list")}
        )
        self.kind.choices = choices(
            {
                "divisible": N_("A part of a lot may be sold"),
                "whole": N_("Whole lots only"),
            }
        )


class RunForm(BaseForm):
    """A match to be run."""

    id = ClientIdField()
    answer_hours = IntegerField(N_("Hours to answer"), default=DEFAULT_HOURS, validators=[required])
    with_proposed = BooleanField(N_("Also lots and demands that wait for an answer in other proposals"))


class FreightForm(BaseForm):
    """What the way to a partner costs."""

    id = ClientIdField()
    partner = SelectField(N_("Partner"), validators=[required])
    minor_per_unit = PriceField(N_("Cost for a kilogram or litre"), validators=[required])
    valid_from = DateField(N_("From"), validators=[required])
    note = TextAreaField(N_("Note"), validators=[Length(max=MAX_NOTE)])

    def offer(self, partners: Sequence[Partner]) -> None:
        """Fill the list of partners."""
        self.partner.choices = [option(one.id, one.name) for one in partners]


class PoolForm(BaseForm):
    """A pool to be opened."""

    id = ClientIdField()
    title = StringField(N_("Name of the pool"), validators=[required, Length(max=TITLE_LENGTH[1])])
    members = SelectMultipleField(N_("Associations that are asked to join"))

    def offer(self, sellers: Sequence[tuple[str, str]]) -> None:
        """Fill the list of associations: (code, name)."""
        self.members.choices = [option(code, name) for code, name in sellers]


class ReasonForm(BaseForm):
    """Why a proposal is refused."""

    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])
