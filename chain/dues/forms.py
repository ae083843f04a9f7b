"""Forms of dues."""

from decimal import Decimal

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from chain.core.i18n import N_
from chain.dues.loan_rules import EVERY_LABELS, MAX_INSTALMENTS
from chain.dues.passing_rules import GOODS_LABELS, MAX_MONTHS, MAX_PERCENT, SEX_LABELS
from chain.dues.rules import (
    BASIS_LABELS,
    DUE_KIND_LABELS,
    MAX_NAME,
    MAX_ORDER,
    SOURCE_LABELS,
    Source,
)
from chain.dues.services.loans import LOAN_SOURCES
from chain.dues.services.movements import TYPED_KINDS
from chain.dues.services.rules import SETTABLE, SETTABLE_BASES
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

HUNDREDTHS = Decimal("0.01")
TWO_DECIMALS = N_("Write at most two decimals.")
MEMBER_CODE = N_("Member code")
DECIDED_BY = N_("Who decided it, and when")


def minor_of(field: NumberField) -> int | None:
    """Return hundredths of what was typed; None, with an error at the field, when there are more than two decimals."""
    value = field.data
    if value is None:
        return None
    if value != value.quantize(HUNDREDTHS):
        field.errors = [*field.errors, gettext(TWO_DECIMALS)]
        return None
    return int(value * 100)


class AdvanceForm(BaseForm):
    """Money given to a producer."""

    id = ClientIdField()
    member_code = StringField(MEMBER_CODE, validators=[required, Length(max=40)])
    amount = NumberField(N_("Amount"), validators=[required])
    given_on = DateField(N_("Day on which it was given"), validators=[required])
    note = StringField(N_("What for"), validators=[required, Length(max=MAX_NAME)])
    decided_by = StringField(DECIDED_BY, validators=[Optional(), Length(max=MAX_NAME)])


class MovementForm(BaseForm):
    """A debt of a producer."""

    id = ClientIdField()
    member_code = StringField(MEMBER_CODE, validators=[required, Length(max=40)])
    kind = SelectField(N_("Kind"), validators=[required])
    amount = NumberField(N_("Amount"), validators=[required])
    dated_on = DateField(N_("Day"), validators=[required])
    note = StringField(N_("What for"), validators=[required, Length(max=MAX_NAME)])
    source = SelectField(N_("What the organisation gave"), validators=[Optional()])
    decided_by = StringField(DECIDED_BY, validators=[Optional(), Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the lists."""
        self.kind.choices = choices({kind: DUE_KIND_LABELS[kind] for kind in TYPED_KINDS})
        known = {source: label for source, label in SOURCE_LABELS.items() if source is not Source.NOTHING}
        self.source.choices = choices(known, blank=N_("What is usual for its kind"))


class RepayForm(BaseForm):
    """Money that a producer brought."""

    id = ClientIdField()
    amount = NumberField(N_("Amount paid back"), validators=[required])
    paid_on = DateField(N_("Day of the payment"), validators=[required])
    into = SelectField(N_("Where the money went"), validators=[required])

    def offer(self) -> None:
        """Fill the list."""
        self.into.choices = choices({one: SOURCE_LABELS[one] for one in (Source.CASH, Source.BANK)})


class DecisionForm(BaseForm):
    """A decision of the assembly or committee."""

    id = ClientIdField()
    decision = StringField(N_("Which decision, and why"), validators=[required, Length(max=MAX_NAME)])


class ReasonForm(BaseForm):
    """Why something is cancelled or taken back."""

    reason = StringField(N_("Reason"), validators=[required, Length(max=MAX_NAME)])


class ImportForm(BaseForm):
    """A sheet of debts."""

    file = FileField(N_("File (CSV or Excel)"), validators=[FileRequired()])


class LoanForm(BaseForm):
    """A loan."""

    id = ClientIdField()
    member_code = StringField(MEMBER_CODE, validators=[required, Length(max=40)])
    principal = NumberField(N_("Amount lent"), validators=[required])
    interest = NumberField(N_("Interest, percent a month"), validators=[required])
    instalments = IntegerField(
        N_("Number of instalments"), validators=[required, NumberRange(min=1, max=MAX_INSTALMENTS)]
    )
    every = SelectField(N_("How often"), validators=[required])
    given_on = DateField(N_("Day on which it was given"), validators=[required])
    first_due_on = DateField(N_("Day of the first instalment"), validators=[required])
    source = SelectField(N_("Where the money came from"), validators=[required])
    note = StringField(N_("What for"), validators=[required, Length(max=MAX_NAME)])
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the lists."""
        self.every.choices = choices(EVERY_LABELS)
        self.source.choices = choices({one: SOURCE_LABELS[one] for one in LOAN_SOURCES})


class EarlyForm(BaseForm):
    """Everything that is open of a loan, paid on a day."""

    id = ClientIdField()
    paid_on = DateField(N_("Day of the payment"), validators=[required])
    into = SelectField(N_("Where the money went"), validators=[required])

    def offer(self) -> None:
        """Fill the list."""
        self.into.choices = choices({one: SOURCE_LABELS[one] for one in (Source.CASH, Source.BANK)})


class DeductionForm(BaseForm):
    """A rule for every payment."""

    id = ClientIdField()
    name = StringField(N_("Name on the receipt"), validators=[required, Length(max=MAX_NAME)])
    kind = SelectField(N_("Kind"), validators=[Optional()])
    basis = SelectField(N_("Counted as"), validators=[Optional()])
    percent = NumberField(N_("Percent of the gross amount"), validators=[Optional()])
    amount = NumberField(N_("Amount, per kilogram or litre or per payment"), validators=[Optional()])
    it_percent = NumberField(N_("Of a tax: of it IT (percent)"), validators=[Optional()])
    iue_percent = NumberField(N_("Of a tax: of it IUE (percent)"), validators=[Optional()])
    position = IntegerField(N_("Order"), validators=[Optional(), NumberRange(min=0, max=MAX_ORDER)])
    valid_from = DateField(N_("From which day"), validators=[required])
    valid_to = DateField(N_("Until which day"), validators=[Optional()])
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])
    decision_document = StringField(N_("Minutes or norm"), validators=[Optional(), Length(max=MAX_NAME)])
    decided_on = DateField(N_("Day of the decision"), validators=[Optional()])

    def offer(self) -> None:
        """Fill the lists."""
        self.kind.choices = choices({kind: DUE_KIND_LABELS[kind] for kind in SETTABLE})
        self.basis.choices = choices({basis: BASIS_LABELS[basis] for basis in SETTABLE_BASES})


class EndDeductionForm(BaseForm):
    """The last day of a rule."""

    last_day = DateField(N_("Last day"), validators=[required])


class GroupChargeForm(BaseForm):
    """An amount that producers owe together."""

    id = ClientIdField()
    zone = SelectField(N_("Zone"), validators=[Optional()])
    name = StringField(N_("Name on the receipt"), validators=[required, Length(max=MAX_NAME)])
    amount = NumberField(N_("Amount for all together"), validators=[required])
    charged_on = DateField(N_("A day of the period that pays it"), validators=[required])
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])


class CapForm(BaseForm):
    """What a household keeps."""

    id = ClientIdField()
    percent = NumberField(N_("Part of each payment that the household keeps"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])


class ProgrammeForm(BaseForm):
    """A programme of the pass-on."""

    id = ClientIdField()
    name = StringField(N_("Name of the programme"), validators=[required, Length(max=MAX_NAME)])
    sponsor = StringField(N_("Who gave the animals or the seed"), validators=[required, Length(max=MAX_NAME)])
    goods = SelectField(N_("What is passed on"), validators=[required])
    due_months = IntegerField(
        N_("Months to pass it on"), validators=[Optional(), NumberRange(min=1, max=MAX_MONTHS)]
    )
    return_percent = IntegerField(
        N_("How much of what was received, in percent"),
        validators=[required, NumberRange(min=1, max=MAX_PERCENT)],
        default=100,
    )
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the list."""
        self.goods.choices = choices(GOODS_LABELS)


class TermsForm(BaseForm):
    """New terms of a programme."""

    due_months = IntegerField(
        N_("Months to pass it on"), validators=[required, NumberRange(min=1, max=MAX_MONTHS)]
    )
    return_percent = IntegerField(
        N_("How much of what was received, in percent"),
        validators=[required, NumberRange(min=1, max=MAX_PERCENT)],
    )
    decided_by = StringField(DECIDED_BY, validators=[required, Length(max=MAX_NAME)])


class ReceiveForm(BaseForm):
    """What a family received."""

    id = ClientIdField()
    programme = SelectField(N_("Programme"), validators=[required])
    member_code = StringField(MEMBER_CODE, validators=[required, Length(max=40)])
    species = StringField(N_("Species or variety"), validators=[required, Length(max=MAX_NAME)])
    quantity = NumberField(N_("Number of animals, or kilograms of seed"), validators=[required])
    sex = SelectField(N_("Sex"), validators=[Optional()])
    born_on = DateField(N_("Born on"), validators=[Optional()])
    received_on = DateField(N_("Received on"), validators=[required])
    witness = StringField(N_("Witness"), validators=[required, Length(max=MAX_NAME)])
    note = StringField(N_("Remark"), validators=[Optional(), Length(max=MAX_NAME)])

    def offer(self, programmes: list[tuple[str, str]]) -> None:
        """Fill the lists."""
        self.programme.choices = [option(value, label) for value, label in programmes]
        self.sex.choices = choices(SEX_LABELS, blank=N_("Both, or seed"))


class PassForm(BaseForm):
    """What was passed on."""

    id = ClientIdField()
    quantity = NumberField(N_("Number of animals, or kilograms of seed"), validators=[required])
    happened_on = DateField(N_("Day"), validators=[required])
    to_member = StringField(N_("Member code of the next family"), validators=[Optional(), Length(max=40)])
    to_name = StringField(
        N_("Or its name, when it is no member"), validators=[Optional(), Length(max=MAX_NAME)]
    )
    witness = StringField(N_("Witness"), validators=[required, Length(max=MAX_NAME)])


class LossForm(BaseForm):
    """What need not be passed on."""

    id = ClientIdField()
    quantity = NumberField(N_("Number of animals, or kilograms of seed"), validators=[required])
    happened_on = DateField(N_("Day"), validators=[required])
    reason = StringField(
        N_("Cause, and the decision of the committee"), validators=[required, Length(max=MAX_NAME)]
    )
