"""Forms of accounts."""

from collections.abc import Iterable, Mapping

from wtforms import Field, PasswordField, RadioField, SelectField, SelectMultipleField, StringField

from chain.accounts.rules import ORGANISATION_KIND_LABELS, PERMISSION_LABELS, ROLE_LABELS, Permission, Role
from chain.core.i18n import N_
from chain.web.forms import BaseForm, ClientIdField, choices, required

COUNTRY_LABELS = {"PE": N_("Peru (soles, 1,234.50)"), "BO": N_("Bolivia (bolivianos, 1.234,50)")}
LANGUAGE_LABELS = {"es": "Español", "en": "English"}
NUMBER_FORMAT_LABELS = {
    "": N_("As in the country of the organisation"),
    "PE": N_("1,234.50 (Peru)"),
    "BO": N_("1.234,50 (Bolivia)"),
}
#: How long a token may be valid, in days.
TOKEN_DAYS = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("One year")}

USERNAME_HINT = N_(
    "Small letters without accents, digits, points or hyphens. The person types it to sign in."
)
PASSWORD_HINT = N_("At least 10 characters. Several words are easy to remember.")


def marked(_form: object, _field: Field) -> None:
    """Mark a field as needed; its choices or the service do the checking."""


marked.field_flags = {"required": True}  # type: ignore[attr-defined]  # WTForms reads it


class SignInForm(BaseForm):
    """User name and password."""

    username = StringField(N_("User name"), validators=[required])
    password = PasswordField(N_("Password"), validators=[required])


class PasswordForm(BaseForm):
    """The own password."""

    old_password = PasswordField(N_("Present password"), validators=[required])
    new_password = PasswordField(N_("New password"), description=PASSWORD_HINT, validators=[required])


class PreferencesForm(BaseForm):
    """Language and number format."""

    language = RadioField(N_("Language"), choices=LANGUAGE_LABELS, validators=[marked])
    number_format = RadioField(N_("Number format"), choices=NUMBER_FORMAT_LABELS, validators=[marked])


class TokenForm(BaseForm):
    """A new API token."""

    id = ClientIdField()
    name = StringField(
        N_("What is it for?"),
        description=N_("For example: scale of the centre, spreadsheet."),
        validators=[required],
    )
    days = RadioField(N_("Valid for"), choices=TOKEN_DAYS, default="90", validators=[marked])
    limited_to = SelectMultipleField(
        N_("What the token may do"),
        description=N_("Only what the program needs. A token never may do more than you."),
        validators=[required],
    )

    def offer(self, permissions: Iterable[Permission]) -> None:
        """List the permissions that can be given, in the order of the rules."""
        held = frozenset(permissions)
        labels = {p: label for p, label in PERMISSION_LABELS.items() if p in held}
        self.limited_to.choices = choices(labels)


class RolesForm(BaseForm):
    """The roles of one user."""

    roles = SelectMultipleField(N_("Roles"), validators=[marked])

    def offer(self, roles: Iterable[Role]) -> None:
        """List the roles that fit the organisation."""
        fitting = frozenset(roles)
        self.roles.choices = choices({role: ROLE_LABELS[role] for role in Role if role in fitting})


class UserForm(RolesForm):
    """A new user."""

    id = ClientIdField()
    display_name = StringField(N_("Full name"), validators=[required])
    username = StringField(N_("User name"), description=USERNAME_HINT, validators=[required])


class ColleagueForm(RolesForm):
    """Somebody who has an account already."""

    username = StringField(
        N_("User name"), description=N_("The person keeps name and password."), validators=[required]
    )


class OrganisationForm(BaseForm):
    """Name, place and tax number."""

    name = StringField(N_("Name"), validators=[required])
    place = StringField(N_("Place"), description=N_("Community, district, province."))
    tax_id = StringField(N_("Tax number (RUC or NIT)"))


class NewOrganisationForm(OrganisationForm):
    """A new organisation and its first administrator."""

    id = ClientIdField()
    user_id = ClientIdField()
    kind = SelectField(N_("Kind of organisation"), validators=[required])
    code = StringField(
        N_("Code"),
        description=N_("Short, in capitals, printed on papers: CC03, OROPESA."),
        validators=[required],
    )
    country = RadioField(N_("Country"), choices=COUNTRY_LABELS, default="PE", validators=[marked])
    parent = SelectField(N_("Belongs to"))
    display_name = StringField(N_("Full name of the first administrator"), validators=[required])
    username = StringField(N_("User name"), description=USERNAME_HINT, validators=[required])

    def offer(self, parents: Mapping[str, str]) -> None:
        """List kinds, and the organisations that others may belong to."""
        self.kind.choices = choices(ORGANISATION_KIND_LABELS, blank=N_("Choose…"))
        self.parent.choices = choices(parents, blank=N_("No other organisation"))
