"""Forms of the market."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from chain.core.i18n import N_
from chain.market.rules import MAX_TITLE
from chain.sales.rules import MAX_NOTE
from chain.web.forms import BaseForm, ClientIdField, LocalDateTimeField, NumberField, required
from chain.web.i18n import gettext

HUNDRED = 100
#: What a new tender takes: every lot of the filter, or those ticked in the list.
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


class TenderForm(BaseForm):
    """A new tender; its lots are ticked outside of WTForms, because a list has hundreds."""

    id = ClientIdField()
    title = StringField(N_("Title"), validators=[required, Length(max=MAX_TITLE)])
    reserve = PriceField(N_("Lowest price that you accept"), validators=[required])
    closes_at = LocalDateTimeField(N_("Deadline"), validators=[required])
    note = TextAreaField(N_("Note for the buyers"), validators=[Length(max=MAX_NOTE)])
    scope = RadioField(N_("Which lots"), validators=[required], default=SCOPE_FILTER)

    def offer_scopes(self) -> None:
        """Fill the choice of lots."""
        self.scope.choices = [
            (SCOPE_FILTER, N_("All lots of the filter")),
            (SCOPE_CHOSEN, N_("Only the lots that I tick in the list")),
        ]


class BidForm(BaseForm):
    """A bid for a whole tender."""

    id = ClientIdField()
    price = PriceField(N_("Your price"), validators=[required])

    def validate_price(self, field: PriceField) -> None:
        """Refuse zero and less before the service is asked."""
        if field.data is not None and field.data <= 0:
            raise ValidationError(gettext(N_("The price must be above zero.")))


class ReasonForm(BaseForm):
    """Why a tender ends without a sale."""

    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])


class OpinionForm(BaseForm):
    """Why a buyer doubts the class of a lot."""

    id = ClientIdField()
    reason = TextAreaField(N_("What you found"), validators=[required])
