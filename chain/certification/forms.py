"""The forms of certification."""

from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField

from chain.certification.rules import LEVEL_LABELS, SCHEME_LABELS, schemes_of
from chain.core.i18n import N_
from chain.web.forms import BaseForm, ClientIdField, choices, required


class CertificateForm(BaseForm):
    """What stands on the paper."""

    id = ClientIdField()
    member_code = StringField(N_("Member code of the holder"), validators=[required])
    scheme = SelectField(N_("Kind of certification"), validators=[required])
    level = RadioField(N_("Level"), validators=[required])
    number = StringField(N_("Certificate number"), validators=[required])
    issued_by = StringField(N_("Issued by"), validators=[required])
    valid_from = DateField(N_("First day"), validators=[required])
    valid_to = DateField(N_("Last day, included"), validators=[required])

    def offer(self, country: str) -> None:
        """Fill the lists for producers of a country."""
        self.scheme.choices = choices({key: SCHEME_LABELS[key] for key in schemes_of(country)})
        self.level.choices = choices(LEVEL_LABELS)


class SuspensionForm(BaseForm):
    """From when on and why."""

    suspended_from = DateField(N_("Suspended from"), validators=[required])
    reason = TextAreaField(N_("Reason"), validators=[required])
