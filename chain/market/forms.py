"""Forms of the market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from chain.core.i18n import N_
from chain.market.rules import MAX_TITLE, OFFER_KIND_LABELS, GridPrice, Offer, OfferKind
from chain.sales.rules import MAX_NOTE
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

HUNDRED = 100
THOUSAND = 1000
#: Who sees a new tender.
SEEN_BY_ALL = "all"
SEEN_BY_INVITED = "invited"
#: What a bid takes: all that it names or nothing, or also a part of it.
WHOLE = "whole"
PARTS = "parts"
#: Lots with a price field of their own on the page; a bid on more of them goes through the API.
MOST_LOT_FIELDS = 100
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
    seen_by = RadioField(N_("Who may bid"), validators=[required], default=SEEN_BY_ALL)
    invited = SelectMultipleField(N_("Invited buyers"))

    def offer_choices(self, buyers: Sequence[tuple[UUID, str]]) -> None:
        """Fill the choices of lots and of buyers."""
        self.seen_by.choices = choices(
            {SEEN_BY_ALL: N_("Every buyer"), SEEN_BY_INVITED: N_("Only the buyers that I tick")}
        )
        self.invited.choices = [option(buyer_id, name) for buyer_id, name in buyers]
        self.scope.choices = [
            (SCOPE_FILTER, N_("All lots of the filter")),
            (SCOPE_CHOSEN, N_("Only the lots that I tick in the list")),
        ]


def with_class_reserves(grades: Sequence[str]) -> TenderForm:
    """Return the form of a new tender with a lowest price of its own for each class."""
    fields = {f"reserve_{place}": PriceField(grade) for place, grade in enumerate(grades)}
    made: TenderForm = type("TenderForm", (TenderForm,), fields)()
    return made


@dataclass(frozen=True, slots=True)
class BidLine:
    """A line of a bid: a class and colour, or a lot, with the name of its field."""

    field: str
    label: str
    quantity: int
    grade: str | None = None
    colour: str | None = None
    lot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BidLines:
    """What a bid may price on the page."""

    classes: Sequence[BidLine] = ()
    lots: Sequence[BidLine] = field(default_factory=list)

    @property
    def kinds(self) -> Mapping[str, str]:
        """The ways to name prices that make sense for this tender."""
        found = {OfferKind.ALL.value: OFFER_KIND_LABELS[OfferKind.ALL]}
        if len(self.classes) > 1:
            found[OfferKind.GRID.value] = OFFER_KIND_LABELS[OfferKind.GRID]
        if len(self.lots) > 1:
            found[OfferKind.LOTS.value] = OFFER_KIND_LABELS[OfferKind.LOTS]
        return found


class BidForm(BaseForm):
    """A sealed bid: one price for all the lots, or one for each class, or one for each lot."""

    id = ClientIdField()
    kind = RadioField(N_("How you bid"), default=OfferKind.ALL.value)
    price = PriceField(N_("Your price"))
    condition = RadioField(N_("If you do not get everything that you name"), default=WHOLE)
    least = NumberField(N_("At least"))
    most = NumberField(N_("At most"))

    def offer_choices(self, lines: BidLines) -> None:
        """Fill the choices."""
        self.kind.choices = choices(lines.kinds)
        self.condition.choices = choices(
            {WHOLE: N_("I take nothing: all of it or nothing"), PARTS: N_("I also take a part of the lots")}
        )

    def validate_price(self, field: PriceField) -> None:
        """Refuse zero and less before the service is asked; without a price only another way of bidding goes."""
        if self.kind.data != OfferKind.ALL:
            return
        if field.data is None and not field.errors:
            raise ValidationError(gettext("Fill in this field."))
        if field.data is not None and field.data <= 0:
            raise ValidationError(gettext(N_("The price must be above zero.")))

    def offer(self, lines: BidLines) -> Offer:
        """Return what was typed."""
        is_all = self.kind.data == OfferKind.ALL
        classes = lines.classes if self.kind.data == OfferKind.GRID else ()
        lots = lines.lots if self.kind.data == OfferKind.LOTS else ()
        return Offer(
            currency="",
            price_minor=self.price.minor if is_all else None,
            grid=tuple(
                GridPrice(line.grade, line.colour, self[line.field].minor)
                for line in classes
                if self[line.field].data is not None
            ),
            lots={
                line.lot_id: self[line.field].minor
                for line in lots
                if self[line.field].data is not None and line.lot_id is not None
            },
            whole=self.condition.data == WHOLE,
            least=_thousandths(self.least.data),
            most=_thousandths(self.most.data),
        )


def _thousandths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * THOUSAND)


def bid_form(lines: BidLines, *, is_empty: bool = False) -> BidForm:
    """Return the form of a bid with a price field for each class and lot of the tender."""
    fields = {line.field: PriceField(line.label) for line in (*lines.classes, *lines.lots)}
    made: BidForm = type("BidForm", (BidForm,), fields)(**({"formdata": None} if is_empty else {}))
    made.offer_choices(lines)
    return made


class ReasonForm(BaseForm):
    """Why a tender ends without a sale."""

    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])


class OpinionForm(BaseForm):
    """Why a buyer doubts the class of a lot."""

    id = ClientIdField()
    reason = TextAreaField(N_("What you found"), validators=[required])
