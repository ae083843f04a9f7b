"""Forms of accounts."""

from wtforms import PasswordField, StringField

from chain.core.i18n import N_
from chain.web.forms import BaseForm, required


class SignInForm(BaseForm):
    """User name and password."""

    username = StringField(N_("User name"), validators=[required])
    password = PasswordField(N_("Password"), validators=[required])
