"""The forms of producers."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from chain.core.i18n import N_
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import DOCUMENT_LABELS, SEX_LABELS, Person
from chain.web.forms import BaseForm, ClientIdField, choices, required


class PersonForm(BaseForm):
    """What is written of a person; the fields of registering and changing."""

    full_name = StringField(N_("Full name"), validators=[required])
    sex = RadioField(N_("Sex"), validators=[required])
    birth_year = IntegerField(N_("Year of birth"), validators=[Optional()])
    document_kind = SelectField(N_("Kind of document"), default="")
    document_number = StringField(N_("Document number"))
    phone = StringField(N_("Phone"))
    community_id = SelectField(N_("Community"), default="")
    member_code = StringField(N_("Member code"))

    def offer(self, communities: Sequence[Community]) -> None:
        """Fill the lists."""
        self.sex.choices = choices(SEX_LABELS)
        self.document_kind.choices = choices(DOCUMENT_LABELS, blank=N_("None was shown"))
        listed = [(str(one.id), f"{one.name} ({one.district})") for one in communities]
        self.community_id.choices = [("", "—"), *listed]

    def show(self, producer: Producer, membership: Membership) -> None:
        """Fill in what is on file."""
        self.full_name.data, self.sex.data = producer.full_name, producer.sex
        self.birth_year.data, self.phone.data = producer.birth_year, producer.phone
        self.document_kind.data = producer.document_kind or ""
        self.document_number.data = producer.document_number
        self.community_id.data = str(producer.community_id or "")
        self.member_code.data = membership.member_code

    def person(self) -> Person:
        """Return what was typed, cleaned."""
        return Person(
            full_name=self.full_name.data or "",
            sex=self.sex.data,
            birth_year=self.birth_year.data,
            document_kind=self.document_kind.data or None,
            document_number=self.document_number.data,
            phone=self.phone.data,
            community_id=UUID(self.community_id.data) if self.community_id.data else None,
        ).cleaned()


class RegisterForm(PersonForm):
    """A new member."""

    id = ClientIdField()
    joined_on = DateField(N_("Member since"), validators=[Optional()])
    #: shown only when the roll has somebody of the same name
    is_other = BooleanField(N_("It is another person with the same name"))


class LeaveForm(BaseForm):
    """The last day of a membership."""

    left_on = DateField(N_("Last day as a member"), validators=[required])


class CommunityForm(BaseForm):
    """A new community."""

    id = ClientIdField()
    name = StringField(N_("Name of the community"), validators=[required])
    district = StringField(N_("District or municipality"), validators=[required])
    region = StringField(N_("Region or department"), validators=[required])
