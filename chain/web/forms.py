"""The base of all forms and the fields that people here need: numbers as they type them, ids made by the page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are one version behind
from wtforms.widgets import TextInput

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.ids import new_id, parse_id
from chain.core.quantity import NotANumber, parse_decimal
from chain.web.i18n import gettext

WTFORMS_TEXTS: Mapping[str, str] = {
    "This field is required.": N_("Fill in this field."),
    "Not a valid choice.": N_("Choose one of the options."),
    "Not a valid choice": N_("Choose one of the options."),
    "Invalid Choice: could not coerce.": N_("Choose one of the options."),
    "Not a valid integer value.": N_("Write a whole number."),
    "Not a valid date value.": N_("Write a date, such as 2026-11-22."),
    "Not a valid datetime value.": N_("Write a date and time."),
}


class Translations:
    """Gives WTForms' own texts in the language of the request."""

    def gettext(self, text: str) -> str:
        """Translate a text of WTForms; unknown ones pass through the catalogues."""
        return gettext(WTFORMS_TEXTS.get(text, text))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Translate a text of WTForms by number."""
        return gettext(singular if number == 1 else plural)


class BaseForm(FlaskForm):
    """The base form: labels are msgids, refusals of services land at their fields."""

    class Meta(FlaskForm.Meta):
        """Settings of WTForms."""

        def get_translations(self, _form: object) -> Translations:
            """Use our catalogues."""
            return Translations()

    def take_refusal(self, error: DomainError) -> None:
        """Put the messages of a refusal at the fields that they name; what fits no field stands on top of the form."""
        rest: list[str] = []
        for name, messages in error.errors.items():
            texts = [gettext(message) for message in messages]
            field = self._fields.get(name)
            if field is None:
                rest += texts
            else:
                field.errors = [*field.errors, *texts]
        if not error.errors:
            rest.append(gettext(error.message))
        self.form_errors: list[str] = [*self.form_errors, *rest]


class NumberField(Field):
    """A number as people type it: `12,5` or `12.5`; keeps what was typed when it cannot be read."""

    widget = TextInput()

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read the number; an empty field is None."""
        self.typed = str(valuelist[0]).strip() if valuelist else ""
        self.data: Decimal | None = None
        if self.typed:
            try:
                self.data = parse_decimal(self.typed)
            except NotANumber as error:
                raise ValueError(gettext(error.message)) from None

    def _value(self) -> str:
        typed = getattr(self, "typed", None)
        if typed is not None:
            return str(typed)
        return "" if self.data is None else f"{self.data:f}"


class ClientIdField(HiddenField):
    """The id of what the form will make, minted when the page is shown, so that a second submit changes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=lambda: str(new_id()), **kwargs)

    @property
    def value(self) -> UUID:
        """The id.

        Raises:
            InvalidId: the page was tampered with.
        """
        return parse_id(self.data)


#: Years that can be meant; outside of them a wall clock may not even exist in UTC.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class LocalDateTimeField(Field):
    """A wall-clock time of the centre (`<input type="datetime-local">`); data is naive, the view knows the zone."""

    widget = TextInput()

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read `2026-11-22T14:30`; an empty field is None."""
        self.typed = str(valuelist[0]).strip() if valuelist else ""
        self.data: datetime | None = None
        if self.typed:
            try:
                moment = datetime.fromisoformat(self.typed).replace(tzinfo=None, second=0, microsecond=0)
            except ValueError:
                moment = None
            if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
                raise ValueError(gettext(Message(N_("Write a date and time."))))
            self.data = moment

    def _value(self) -> str:
        typed = getattr(self, "typed", None)
        if typed is not None:
            return str(typed)
        return self.data.strftime("%Y-%m-%dT%H:%M") if self.data else ""


def required(_form: object, field: Field) -> None:
    """Validate that something was filled in; zero counts as something."""
    from wtforms.validators import StopValidation

    if field.errors:
        raise StopValidation  # it was filled in, with something that cannot be read
    empty = field.data is None or (isinstance(field.data, str) and not field.data.strip())
    if empty:
        raise StopValidation(gettext("Fill in this field."))


required.field_flags = {"required": True}  # type: ignore[attr-defined]  # WTForms reads it; pages mark the others as optional


def option(value: object, label: str, group: str | None = None) -> SelectChoice:
    """Return one choice of a select field, in a group if it has one; WTForms refuses tuples from 3.4 on."""
    return SelectChoice(value=str(value), label=label, optgroup=group)


def choices(pairs: Mapping[Any, str], *, blank: str | None = None) -> list[SelectChoice]:
    """Return select choices from values and msgids, translated."""
    listed = [option(value, gettext(label)) for value, label in pairs.items()]
    return [option("", gettext(blank)), *listed] if blank is not None else listed
