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
