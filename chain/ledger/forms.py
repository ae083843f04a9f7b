"""Forms of the ledger."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_wtf.file import FileField
from wtforms import DateField, FieldList, Form, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import StopValidation

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.ledger.export.formats import FORMAT_LABELS
from chain.ledger.opening_file import WHOLE_CENTS
from chain.ledger.queries.chart import ChartRow
from chain.ledger.rules import KIND_LABELS
from chain.ledger.services.manual import ManualLine
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, option, required
from chain.web.i18n import gettext

FIRST_LINES = 4
MORE_LINES = 4
MOST_LINES = 40


def whole_cents(_form: object, field: NumberField) -> None:
    """Refuse parts of a cent, and amounts below zero: a side takes only what is above it."""
    if field.data is not None and (field.data * 100) % 1:
        raise StopValidation(gettext(WHOLE_CENTS))
    if field.data is not None and field.data < 0:
        raise StopValidation(gettext(N_("Write the amount without a sign, on its side.")))


def account_options(rows: Sequence[ChartRow]) -> list[Any]:
    """Return accounts to choose from, grouped by kind."""
    return [option("", "")] + [
        option(row.code, f"{row.number} · {gettext(row.label)}", group=gettext(KIND_LABELS[row.kind]))
        for row in sorted(rows, key=lambda row: list(KIND_LABELS).index(row.kind))
    ]


class LineForm(Form):
    """A line of an entry by hand; a line without account and amounts is left out."""

    class Meta(BaseForm.Meta):
        """Settings of WTForms."""

        csrf = False

    account = SelectField(N_("Account"), validate_choice=False)
    party = StringField(N_("Member or buyer code"))
    debit = NumberField(N_("Debit"), validators=[whole_cents])
    credit = NumberField(N_("Credit"), validators=[whole_cents])

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in."""
        return not (
            self.account.data or self.debit.data or self.credit.data or (self.party.data or "").strip()
        )


class ManualForm(BaseForm):
    """An entry by hand."""

    id = ClientIdField()
    occurred_on = DateField(N_("Day"), validators=[required])
    description = StringField(N_("What for"), validators=[required])
    currency = SelectField(N_("Currency"), validators=[required])
    lines = FieldList(FormField(LineForm), label=N_("Lines"), min_entries=FIRST_LINES, max_entries=MOST_LINES)

    def offer(self, accounts: Sequence[ChartRow], currencies: Sequence[str]) -> None:
        """Fill in the choices in the language of the request."""
        options = account_options(accounts)
        for line in self.lines:
            line.form.account.choices = options
        self.currency.choices = [option(one, one) for one in currencies]

    def add_lines(self, accounts: Sequence[ChartRow]) -> None:
        """Show more lines."""
        for _ in range(min(MORE_LINES, MOST_LINES - len(self.lines))):
            self.lines.append_entry()
        options = account_options(accounts)
        for line in self.lines:
            line.form.account.choices = options

    @property
    def filled(self) -> list[int]:
        """The places of the lines in which something stands."""
        return [place for place, line in enumerate(self.lines) if not line.form.is_blank]

    def manual_lines(self) -> list[ManualLine]:
        """Return the lines that are filled in; debit positive."""
        found = []
        for place in self.filled:
            line = self.lines[place].form
            amount = (line.debit.data or Decimal(0)) - (line.credit.data or Decimal(0))
            found.append(
                ManualLine(
                    line.account.data or "",
                    int(amount * 100),
                    (line.party.data or "").strip() or None,
                    self.currency.data,
                )
            )
        return found

    def take_refusal(self, error: DomainError) -> None:
        """Put refusals of lines at their fields."""
        names = {"amount_minor": "debit", "currency": "account"}
        rest: dict[str, Sequence[Message]] = {}
        filled = self.filled
        for name, messages in error.errors.items():
            parts = name.split(".")
            if parts[0] == "lines" and len(parts) > 2:  # noqa: PLR2004 - lines.0.account
                line = self.lines[filled[int(parts[1])]].form
                field = line[names.get(parts[2], parts[2])]
                field.errors = [*field.errors, *(gettext(one) for one in messages)]
            else:
                rest[name] = messages
        self.lines.errors = [line.errors for line in self.lines if line.errors]
        if rest or not error.errors:
            super().take_refusal(_Rest(error, rest))


class _Rest(DomainError):
    """What is left of a refusal when the lines have theirs."""

    def __init__(self, error: DomainError, errors: dict[str, Sequence[Message]]) -> None:
        super().__init__()
        self._error, self._errors = error, errors

    @property
    def message(self) -> Message:
        return self._error.message

    @property
    def errors(self) -> dict[str, Sequence[Message]]:
        return self._errors


class ReverseForm(BaseForm):
    """Reversing an entry."""

    reason = StringField(N_("Why it is reversed"), validators=[required])


class ReopenForm(BaseForm):
    """Opening a month again."""

    reason = StringField(N_("Why the month is opened again"), validators=[required])


class CloseYearForm(BaseForm):
    """The close of a year."""

    last_day = DateField(N_("Last day of the year"), validators=[required])


class ReopenYearForm(BaseForm):
    """Taking the close of a year back."""

    reason = StringField(N_("Why the close is taken back"), validators=[required])


class AccountForm(BaseForm):
    """Number and name of an account."""

    number = StringField(N_("Number"), validators=[required])
    name = StringField(N_("Name"), validators=[required])


class OwnAccountForm(AccountForm):
    """An account of the organisation's own."""

    id = ClientIdField()
    kind = RadioField(N_("What the account is"), validators=[required])

    def offer(self) -> None:
        """Fill in the choices in the language of the request."""
        self.kind.choices = choices(KIND_LABELS)


class ExportForm(BaseForm):
    """A period and a format."""

    first = DateField(N_("From"), validators=[required])
    last = DateField(N_("To"), validators=[required])
    format = RadioField(N_("Format"), validators=[required])

    class Meta(BaseForm.Meta):
        """Settings of WTForms: the form is sent by address."""

        csrf = False

    def offer(self) -> None:
        """Fill in the choices in the language of the request."""
        self.format.choices = choices(FORMAT_LABELS)


class OpeningForm(BaseForm):
    """A file of opening balances; `content` keeps what was looked at, so that it need not be chosen again."""

    occurred_on = DateField(N_("Day of the balances"), validators=[required])
    file = FileField(
        N_("File with the balances (CSV or .xlsx)"),
        description=N_(
            "Columns: account, party (member or buyer code), amount, or debit and credit; currency."
        ),
    )
    content = HiddenField()
