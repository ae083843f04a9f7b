"""Forms of sales: the association's rule, terms, reasons, findings of the mill."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.sales.rules import MAX_NOTE, SILENCE_LABELS, AwardRule
from chain.sales.services.market_rules import MOST_HOURS, MOST_OFFICERS
from chain.sales.terms import (
    FREIGHT_LABELS,
    MAX_DAYS,
    MAX_SOURCE,
    MILLION,
    REGRADE_LABELS,
    FreightBy,
    Period,
    Rate,
    Regrade,
    Terms,
)
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

HUNDRED = 100
THOUSAND = 1000
#: Delivery periods that the form has room for; a program may send more.
ROWS = 4
PERCENTS = ("tolerance_bp", "micron_bp", "buyer_default_bp", "seller_default_bp", "interest_bp")


class WholeField(NumberField):
    """A number with so many decimals that it is whole in the smaller unit: percent, kilograms, money."""

    def __init__(self, label: str, *, factor: int = HUNDRED, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.factor = factor

    def process_formdata(self, valuelist: Any) -> None:
        """Read the number; an empty field is None."""
        super().process_formdata(valuelist)
        if self.data is not None and (self.data * self.factor) % 1 != 0:
            self.data = None
            raise ValueError(gettext(N_("Write fewer decimals.")))

    @property
    def whole(self) -> int:
        """The number in the smaller unit; nothing is 0."""
        return int((self.data or Decimal(0)) * self.factor)


class ReasonForm(BaseForm):
    """Why somebody declines, rejects or ends something."""

    id = ClientIdField()
    reason = TextAreaField(N_("Reason"), validators=[required, Length(max=MAX_NOTE)])


class RuleForm(BaseForm):
    """How the association answers awards."""

    confirmations_needed = IntegerField(
        N_("Officers who must confirm"), validators=[required, NumberRange(1, MOST_OFFICERS)]
    )
    confirm_hours = IntegerField(
        N_("Hours in which they answer"), validators=[required, NumberRange(1, MOST_HOURS)]
    )
    silence = RadioField(N_("If not enough officers answer in time"), validators=[required])

    def offer(self) -> None:
        """Fill the choices."""
        self.silence.choices = choices({key.value: label for key, label in SILENCE_LABELS.items()})

    def show(self, rule: AwardRule) -> None:
        """Show the rule in force."""
        self.confirmations_needed.data = rule.confirmations_needed
        self.confirm_hours.data = round(rule.confirm_within.total_seconds() / 3600)
        self.silence.data = rule.silence.value


class TermsForm(BaseForm):
    """What a contract says beside lots and prices."""

    freight = RadioField(N_("Freight"), validators=[required])
    payment_days = IntegerField(
        N_("Days to pay after arrival"), validators=[required, NumberRange(0, MAX_DAYS)]
    )
    secured = BooleanField(N_("The buyer pays before the goods leave"))
    producer_days = IntegerField(
        N_("Days from acceptance in which the producers have their money"),
        validators=[Optional(), NumberRange(0, MAX_DAYS)],
    )
    tolerance_bp = WholeField(N_("Difference of weight that changes nothing"), validators=[required])
    claim_days = IntegerField(
        N_("Days to claim after arrival"), validators=[required, NumberRange(0, MAX_DAYS)]
    )
    regrade = RadioField(N_("If the mill finds another class or fineness"), validators=[required])
    micron_bp = WholeField(N_("Change of the price for each micron"), validators=[required])
    buyer_default_bp = WholeField(
        N_("Part of the deposit that the buyer loses who does not collect"), validators=[required]
    )
    seller_default_bp = WholeField(
        N_("Part of the undelivered amount that the seller owes who does not deliver"), validators=[required]
    )
    interest_bp = WholeField(N_("Interest a year for late payment"), validators=[required])
    rate_currency = SelectField(N_("Other currency of prices"), validators=[Optional()])
    rate = WholeField(N_("What one unit is worth in your books"), factor=MILLION, validators=[Optional()])
    rate_on = DateField(N_("Day of the exchange rate"), validators=[Optional()])
    rate_source = StringField(N_("Where the exchange rate comes from"), validators=[Length(max=MAX_SOURCE)])
    note = TextAreaField(N_("What else is agreed"), validators=[Length(max=MAX_NOTE)])

    def offer(self, book_currency: str) -> None:
        """Fill the choices."""
        self.freight.choices = choices({key.value: label for key, label in FREIGHT_LABELS.items()})
        self.regrade.choices = choices({key.value: label for key, label in REGRADE_LABELS.items()})
        others = [one for one in CURRENCIES if one != book_currency]
        self.rate_currency.choices = [option("", "—"), *(option(one, one) for one in others)]

    def rows(self) -> list[tuple[Any, Any, Any, Any]]:
        """Return the fields of each delivery period."""
        return [
            (self[f"first_{row}"], self[f"last_{row}"], self[f"least_{row}"], self[f"most_{row}"])
            for row in range(1, ROWS + 1)
        ]

    def show(self, terms: Terms) -> None:
        """Show terms in force."""
        self.freight.data, self.regrade.data = terms.freight.value, terms.regrade.value
        self.payment_days.data, self.claim_days.data = terms.payment_days, terms.claim_days
        self.secured.data, self.producer_days.data = terms.secured, terms.producer_days
        for name in PERCENTS:
            self[name].data = Decimal(getattr(terms, name)) / HUNDRED
        for period, (first, last, least, most) in zip(terms.periods, self.rows(), strict=False):
            first.data, last.data = period.first, period.last
            least.data, most.data = Decimal(period.least) / THOUSAND, Decimal(period.most) / THOUSAND
        for currency, rate in list(terms.rates.items())[:1]:
            self.rate_currency.data = currency
            self.rate.data = Decimal(rate.millionths) / MILLION
            self.rate_on.data, self.rate_source.data = rate.on, rate.source
        self.note.data = terms.note

    def validate_rate(self, field: WholeField) -> None:
        """Refuse half an exchange rate."""
        parts = (
            self.rate_currency.data,
            field.data,
            self.rate_on.data,
            (self.rate_source.data or "").strip(),
        )
        if any(parts) and not all(parts):
            raise ValidationError(gettext(N_("Fill in currency, rate, day and source, or none of them.")))

    def periods(self) -> tuple[Period, ...]:
        """Return the delivery periods whose days are filled in."""
        return tuple(
            Period(first.data, last.data, least.whole, most.whole)
            for first, last, least, most in self.rows()
            if isinstance(first.data, date) and isinstance(last.data, date)
        )

    def half_periods(self) -> bool:
        """Tell whether some period has only one of its days, or weights without days."""
        return any(
            (first.data is None) != (last.data is None)
            or (first.data is None and (least.data is not None or most.data is not None))
            for first, last, least, most in self.rows()
        )

    def terms(self, before: Terms) -> Terms:
        """Return what was filled in; the price table, which programs write, stays."""
        rates: Mapping[str, Rate] = {}
        if self.rate_currency.data and self.rate.data and self.rate_on.data:
            rates = {
                self.rate_currency.data: Rate(self.rate.whole, self.rate_on.data, self.rate_source.data or "")
            }
        return Terms(
            freight=FreightBy(self.freight.data),
            regrade=Regrade(self.regrade.data),
            payment_days=self.payment_days.data or 0,
            claim_days=self.claim_days.data or 0,
            secured=bool(self.secured.data),
            producer_days=self.producer_days.data or 0,
            **{name: self[name].whole for name in PERCENTS},
            class_prices=before.class_prices,
            periods=self.periods(),
            rates=rates,
            note=(self.note.data or "").replace("\x00", "").strip(),
        )


for _row in range(1, ROWS + 1):
    setattr(TermsForm, f"first_{_row}", DateField(N_("From"), validators=[Optional()]))
    setattr(TermsForm, f"last_{_row}", DateField(N_("To (included)"), validators=[Optional()]))
    setattr(TermsForm, f"least_{_row}", WholeField(N_("At least"), factor=THOUSAND, validators=[Optional()]))
    setattr(TermsForm, f"most_{_row}", WholeField(N_("At most"), factor=THOUSAND, validators=[Optional()]))


class FindingForm(BaseForm):
    """What the mill found of a lot."""

    id = ClientIdField()
    found_key = SelectField(N_("Class that you found"), validators=[Optional()])
    micron = WholeField(N_("Fineness that you measured"), factor=10, validators=[Optional()])
    amount = WholeField(N_("Change of the amount that you ask for"), validators=[Optional()])
    reason = TextAreaField(N_("What you found, and how"), validators=[Length(max=MAX_NOTE)])


class AnswerForm(BaseForm):
    """What the seller answers to a claim, or the other side to a cancellation."""

    answer = RadioField(N_("Your answer"), validators=[required])
    reason = TextAreaField(N_("Reason"), validators=[Length(max=MAX_NOTE)])

    def offer(self, labels: Mapping[str, str]) -> None:
        """Fill the choices."""
        self.answer.choices = choices(labels)
