"""JSON shapes of alerts, settings, searches, payments and what needs attention."""

from marshmallow import fields, validate

from chain.certification.rules import Claim
from chain.lots.products import PRODUCTS
from chain.portal.rules import MAX_EMAIL, AlertKind, Pace
from chain.portal.services.searches import MAX_NAME
from chain.web.api import ClientId, PageArgs, Schema

MAX_WORD = 100


class AlertArgs(PageArgs):
    """Which alerts are listed."""

    unread = fields.Boolean(load_default=False)


class NoticeSchema(Schema):
    """An alert in the caller's language."""

    id = fields.UUID(required=True)
    kind = fields.String()
    text = fields.String()
    path = fields.String()
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)
    mailed_at = fields.AwareDateTime(allow_none=True)


class ReadCountSchema(Schema):
    """How many alerts became read."""

    read = fields.Integer(required=True)


class AlertSettingSchema(Schema):
    """How the caller is told. `mail_is_on`: whether this installation sends mail at all."""

    email = fields.String(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    pace = fields.String()
    kinds = fields.List(fields.String())
    mail_is_on = fields.Boolean()


class ChooseAlertsSchema(Schema):
    """How often mails come and of what."""

    pace = fields.String(required=True, validate=validate.OneOf(list(Pace)))
    kinds = fields.List(
        fields.String(validate=validate.OneOf(list(AlertKind))),
        required=True,
        validate=validate.Length(max=50),
    )


class EnterEmailSchema(Schema):
    """The own address."""

    email = fields.String(required=True, validate=validate.Length(max=MAX_EMAIL))


class ConfirmEmailSchema(Schema):
    """The code of the mail."""

    code = fields.String(required=True, validate=validate.Length(max=20))


class SearchFiltersSchema(Schema):
    """What a search asks for; null is any."""

    commodity = fields.String(allow_none=True, validate=validate.OneOf(list(PRODUCTS)))
    grade = fields.String(allow_none=True, validate=validate.Length(max=MAX_WORD))
    colour = fields.String(allow_none=True, validate=validate.Length(max=MAX_WORD))
    micron_min_tenths = fields.Integer(allow_none=True, validate=validate.Range(min=0, max=1000))
    micron_max_tenths = fields.Integer(allow_none=True, validate=validate.Range(min=0, max=1000))
    claim = fields.String(allow_none=True, validate=validate.OneOf(list(Claim)))
    centre = fields.String(allow_none=True, validate=validate.Length(max=MAX_WORD))
    min_quantity = fields.Integer(allow_none=True, validate=validate.Range(min=0, max=10**15))


class BoardSearchSchema(Schema):
    """A saved search of the board."""

    id = ClientId(required=True)
    name = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    filters = fields.Nested(SearchFiltersSchema, required=True)


class AttentionSchema(Schema):
    """One thing that waits."""

    section = fields.String()
    text = fields.String()
    path = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    since = fields.AwareDateTime(allow_none=True)


class PaymentSchema(Schema):
    """What of a purchase is paid and open, in the currency of the seller's books."""

    sale_id = fields.UUID(required=True)
    number = fields.Integer()
    seller_name = fields.String()
    agreed_at = fields.AwareDateTime()
    currency = fields.String()
    due_minor = fields.Integer()
    paid_minor = fields.Integer()
    open_minor = fields.Integer()
    due_on = fields.Date(allow_none=True)
