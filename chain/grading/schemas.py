"""JSON shapes of schemes and choices."""

from marshmallow import fields, validate

from chain.grading.scheme import COMMODITIES
from chain.web.api import ClientId, PageArgs, Schema

MAX_WORD = 40


class SchemeArgs(PageArgs):
    """Which schemes are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(COMMODITIES))


class SourceSchema(Schema):
    """Where values come from."""

    id = fields.String()
    what = fields.String()
    url = fields.String(allow_none=True)
    strength = fields.String(attribute="status")


class ValueSchema(Schema):
    """A class, parameter or colour. Numbers are strings so that no digit is lost; null is open-ended or not known."""

    key = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    strength = fields.String()
    minimum = fields.String(allow_none=True)
    maximum = fields.String(allow_none=True)
    maximum_is_inclusive = fields.Boolean()
    unit = fields.String(allow_none=True)
    minimum_length_mm = fields.Integer(allow_none=True)
    minimum_length_strength = fields.String(allow_none=True)
    required_result = fields.String(allow_none=True)
    method = fields.String(allow_none=True)
    code = fields.String(allow_none=True)
    is_in_force = fields.Boolean()
    is_decided_by_person = fields.Boolean()
    note = fields.String(allow_none=True)


class SchemeSchema(Schema):
    """The head of a scheme."""

    scheme = fields.String(attribute="key")
    edition = fields.String()
    commodity = fields.String()
    kind = fields.String()
    strength = fields.String(attribute="status")
    label = fields.Dict(keys=fields.String(), values=fields.String())
    enabled_by_default = fields.Boolean()


class SchemeDetailSchema(SchemeSchema):
    """A scheme with its values and sources."""

    sources = fields.List(fields.Nested(SourceSchema))
    values = fields.List(fields.Nested(ValueSchema))


class ChoiceSchema(Schema):
    """From a day on, the organisation grades a commodity by a scheme and edition."""

    id = ClientId(metadata={"description": "Made by the client; the same id may be sent again."})
    commodity = fields.String(required=True, validate=validate.OneOf(COMMODITIES))
    scheme = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    edition = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    valid_from = fields.Date(required=True)
    chosen_at = fields.AwareDateTime(dump_only=True)
    chosen_by = fields.UUID(dump_only=True, allow_none=True)


class OwnSchemeSchema(Schema):
    """A scheme that an organisation wrote; `document` holds the same words as a file of the norms."""

    id = ClientId(metadata={"description": "Made by the client; the same id may be sent again."})
    word = fields.String(load_default="", load_only=True, validate=validate.Length(max=MAX_WORD))
    scheme = fields.String(
        attribute="key",
        load_default=None,
        validate=validate.Length(max=MAX_WORD),
        metadata={"description": "Only for a new edition of an own scheme; otherwise the key is made here."},
    )
    edition = fields.String(dump_only=True)
    kind = fields.String(dump_only=True)
    commodity = fields.String(dump_only=True)
    is_shared = fields.Boolean(load_default=False)
    document = fields.Dict(keys=fields.String(), required=True)
    withdrawn_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    created_at = fields.AwareDateTime(dump_only=True)


class ConfirmationSchema(Schema):
    """A named person vouches for an unconfirmed value of a scheme."""

    id = ClientId(metadata={"description": "Made by the client; the same id may be sent again."})
    scheme = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    edition = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    value_key = fields.String(required=True, validate=validate.Length(min=1, max=80))
    value = fields.String(
        required=True, validate=validate.Length(max=200), metadata={"description": "As the scheme shows it."}
    )
    person = fields.String(required=True, validate=validate.Length(max=200))
    basis = fields.String(required=True, validate=validate.Length(max=1000))
    confirmed_at = fields.AwareDateTime(dump_only=True)
    withdrawn_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class UnconfirmedSchema(Schema):
    """A value that is off until somebody of the organisation confirms it."""

    key = fields.String()
    label = fields.Dict(keys=fields.String(), values=fields.String())
    value = fields.String()
    unit = fields.String(allow_none=True)
    strength = fields.String()
    confirmed_by_organisation = fields.Boolean()


class ColourListChoiceSchema(Schema):
    """From a day on, the organisation names colours by a list."""

    id = ClientId()
    scheme = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    edition = fields.String(required=True, validate=validate.Length(min=1, max=MAX_WORD))
    valid_from = fields.Date(required=True)
    chosen_at = fields.AwareDateTime(dump_only=True)


class OwnGridSchema(Schema):
    """A price grid of the organisation; `document` holds the same words as the published grids."""

    id = ClientId()
    word = fields.String(load_default="", load_only=True, validate=validate.Length(max=MAX_WORD))
    grid = fields.String(attribute="key", load_default=None, validate=validate.Length(max=MAX_WORD))
    edition = fields.String(dump_only=True)
    currency = fields.String(dump_only=True)
    document = fields.Dict(keys=fields.String(), required=True)
    withdrawn_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    created_at = fields.AwareDateTime(dump_only=True)
