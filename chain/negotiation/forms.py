"""Forms of offers, lots open to offers, and samples."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from chain.core.i18n import N_
from chain.negotiation.sample_rules import MAX_ADDRESS, MAX_WORDS, WOULD_BUY_LABELS
from chain.sales.rules import MAX_NOTE
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required
from chain.web.i18n import gettext

HUNDRED = 100
#: How long an offer stands, in days.
STANDS = {
    "1": N_("1 day"),
    "2": N_("2 days"),
    "3": N_("3 days"),
    "7": N_("1 week"),
    "14": N_("2 weeks"),
    "30": N_("30 days"),
}
FREIGHT = {"buyer": N_("The buyer fetches it and pays"), "seller": N_("The seller brings it and pays")}
#: Beyond it whole lots only: nobody types hundreds of quantities.
MOST_QUANTITIES = 60


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


class TermsBase(BaseForm):
    """What a side proposes; prices by class and quantities by lot are added for each offer."""

    id = ClientIdField()
    freight = RadioField(N_("Freight"), validators=[required], default="buyer")
    payment_days = NumberField(N_("Days from arrival to payment"), validators=[required])
    stands = SelectField(N_("The offer stands for"), validators=[required], default="3")
    is_firm = BooleanField(N_("This offer is firm: it can be accepted or refused, and not changed"))
    note = TextAreaField(N_("Note for the other side"), validators=[Length(max=MAX_NOTE)])
    reason = TextAreaField(N_("Why you propose something else"), validators=[Length(max=MAX_NOTE)])
    to = SelectField(N_("To which buyer"), validate_choice=False)

    def fill_choices(self) -> None:
        """Fill the fixed choices in the reader's language."""
        self.freight.choices = choices(FREIGHT)
        self.stands.choices = choices(STANDS)

    def price_field(self, place: int) -> PriceField:
        """Return the price of a class by its place."""
        found: PriceField = self._fields[f"price_{place}"]
        return found

    def quantity_field(self, place: int) -> NumberField | None:
        """Return the quantity of a lot by its place; None: only whole."""
        found: NumberField | None = self._fields.get(f"quantity_{place}")
        return found


@lru_cache(maxsize=256)
def terms_form(classes: int, lots: int) -> type[TermsBase]:
    """Return the form for so many classes and lots."""
    fields: dict[str, Any] = {
        f"price_{place}": PriceField(N_("Price"), validators=[required]) for place in range(classes)
    }
    if lots <= MOST_QUANTITIES:
        fields |= {f"quantity_{place}": NumberField(N_("Quantity")) for place in range(lots)}
    return type("TermsForm", (TermsBase,), fields)


def ask_reason(form: TermsBase) -> None:
    """Make the reason a field that must be filled in, as in a counter-offer."""
    form.reason.validators = [required, *form.reason.validators]
    form.reason.flags.required = True


class AnswerForm(BaseForm):
    """An answer to an offer; a refusal needs its reason."""

    id = ClientIdField()
    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])


class ShowForm(BaseForm):
    """What the ticked lots are for."""

    asking = PriceField(N_("Asking price"))


class SampleForm(BaseForm):
    """A wish for a sample."""

    id = ClientIdField()
    grams = NumberField(N_("How many grams"), validators=[required])
    address = TextAreaField(N_("Where to send it"), validators=[required, Length(max=MAX_ADDRESS)])
    note = TextAreaField(N_("What you want to look at"), validators=[Length(max=MAX_NOTE)])


class SendForm(BaseForm):
    """A sample that leaves."""

    grams = NumberField(N_("Grams in the bag"), validators=[required])
    carrier = StringField(N_("Who carries it"), validators=[Length(max=MAX_WORDS)])
    tracking = StringField(N_("Number of the parcel or waybill"), validators=[Length(max=MAX_WORDS)])


class JudgeForm(BaseForm):
    """What the buyer found."""

    grade = SelectField(N_("Class that you would give"))
    micron = NumberField(N_("Micron that you measured"))
    colour = SelectField(N_("Colour"))
    would_buy = RadioField(N_("Would you buy this lot?"), validators=[required])
    price = PriceField(N_("At which price"))
    comment = TextAreaField(N_("What the producers should know"), validators=[Length(max=MAX_NOTE)])

    def fill_choices(self) -> None:
        """Fill the fixed choices in the reader's language."""
        self.would_buy.choices = choices({one.value: label for one, label in WOULD_BUY_LABELS.items()})
