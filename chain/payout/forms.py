"""Forms of payout."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_
from chain.payout.bank_files import DELIMITERS, FIELDS
from chain.payout.rules import (
    CONFIRMATION_LABELS,
    LIMIT_LABELS,
    MAX_NAME,
    RAIL_LABELS,
    REMOTE,
    Rail,
)
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

DELIMITER_LABELS = {"semicolon": N_("Semicolon"), "comma": N_("Comma"), "tab": N_("Tab")}
assert DELIMITER_LABELS.keys() == DELIMITERS.keys()  # noqa: S101 - two lists of one thing
DECIMAL_LABELS = {".": N_("Point"), ",": N_("Comma")}
MEMBER_CODE = N_("Member code")
TWO_DECIMALS = N_("Write at most two decimals.")
#: Columns that the page of a layout offers.
LAYOUT_COLUMNS = 12


def minor_of(field: NumberField) -> int | None:
    """Return hundredths of what was typed; None, with an error at the field, when there are more than two decimals."""
    value = field.data
    if value is None:
        return None
    if value * 100 != int(value * 100):
        field.errors = [*field.errors, gettext(TWO_DECIMALS)]
        return None
    return int(value * 100)


class BatchForm(BaseForm):
    """Payments to prepare."""

    id = ClientIdField()
    rail = SelectField(N_("How the money goes"), validators=[required])
    run = SelectField(N_("Settlement"), validators=[Optional()])
    pay_on = DateField(N_("Day of payment"), validators=[required])
    collector = SelectField(N_("Who carries the money"), validators=[Optional()])

    def offer(self, runs: Sequence[tuple[UUID, str]], people: Sequence[tuple[UUID, str]]) -> None:
        """Fill the lists."""
        self.rail.choices = choices(RAIL_LABELS)
        self.run.choices = [
            option("", gettext(N_("Everything that is open"))),
            *(option(*one) for one in runs),
        ]
        self.collector.choices = [option("", gettext(N_("Nobody"))), *(option(*one) for one in people)]


class ReasonForm(BaseForm):
    """Why something was undone."""

    reason = StringField(N_("Why"), validators=[required, Length(max=MAX_NAME)])


class FileForm(BaseForm):
    """The file of a batch."""

    id = ClientIdField()
    layout = SelectField(N_("File"), validators=[Optional()])
    own_account = StringField(N_("Own account that pays"), validators=[Optional(), Length(max=34)])

    def offer(self, layouts: Sequence[tuple[UUID, str]], rail: str) -> None:
        """Fill the list; the neutral file is for banks only."""
        neutral = [option("", gettext(N_("ISO 20022 (pain.001)")))] if rail == Rail.BANK else []
        self.layout.choices = [*neutral, *(option(*one) for one in layouts)]


class ConfirmForm(BaseForm):
    """The receiver's word."""

    id = ClientIdField()
    kind = SelectField(N_("How the receiver confirms"), validators=[required])
    card = StringField(N_("Code of the card"), validators=[Optional(), Length(max=80)])
    witness = StringField(N_("Witness"), validators=[Optional(), Length(max=MAX_NAME)])
    witness_document = StringField(
        N_("Identity document of the witness"), validators=[Optional(), Length(max=40)]
    )
    received_by = StringField(
        N_("Who received it, if it was somebody else"), validators=[Optional(), Length(max=MAX_NAME)]
    )
    note = StringField(N_("Remark"), validators=[Optional(), Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the list."""
        self.kind.choices = choices(CONFIRMATION_LABELS)


class DetailForm(BaseForm):
    """Where a producer wants the money."""

    id = ClientIdField()
    member_code = StringField(MEMBER_CODE, validators=[required, Length(max=40)])
    rail = SelectField(N_("How the money goes"), validators=[required])
    provider = StringField(N_("Bank or wallet"), validators=[required, Length(max=MAX_NAME)])
    account = TextAreaField(
        N_("Account, CCI, mobile number or text of the QR"), validators=[required, Length(max=600)]
    )
    holder = StringField(N_("In whose name it is"), validators=[required, Length(max=MAX_NAME)])
    note = StringField(N_("Remark"), validators=[Optional(), Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the list."""
        self.rail.choices = choices({rail: label for rail, label in RAIL_LABELS.items() if rail in REMOTE})


class LimitForm(BaseForm):
    """What a rail takes at most."""

    id = ClientIdField()
    kind = SelectField(N_("Limit"), validators=[required])
    amount = NumberField(N_("Amount"), validators=[required])
    valid_from = DateField(N_("From this day on"), validators=[required])
    source = StringField(N_("Where the figure comes from"), validators=[required, Length(max=MAX_NAME)])

    def offer(self) -> None:
        """Fill the list."""
        self.kind.choices = choices(LIMIT_LABELS)


class LayoutForm(BaseForm):
    """The columns of a bank's own file."""

    id = ClientIdField()
    name = StringField(N_("Name of the bank or file"), validators=[required, Length(max=MAX_NAME)])
    delimiter = SelectField(N_("What parts the columns"), validators=[required])
    decimal = SelectField(N_("Decimals follow"), validators=[required])
    header = SelectField(N_("First line with titles"), validators=[required])

    def offer(self) -> None:
        """Fill the lists."""
        self.delimiter.choices = choices(DELIMITER_LABELS)
        self.decimal.choices = choices(DECIMAL_LABELS)
        self.header.choices = choices({"yes": N_("yes"), "no": N_("no")})

    @property
    def fields_offered(self) -> dict[str, str]:
        """What a column may hold."""
        return dict(FIELDS)
