"""JSON shapes of certificates."""

from marshmallow import fields, validate

from chain.certification.rules import Level, SchemeKey, State
from chain.web.api import ClientId, PageArgs, Schema

MAX_TEXT = 3000


class CertificateArgs(PageArgs):
    """Which certificates are listed."""

    state = fields.Enum(State, by_value=True, load_default=None)
    producer_id = fields.UUID(load_default=None)
    q = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"description": "Parts of the holder's name or of the number."},
    )


class CertificateSchema(Schema):
    """A certificate."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    producer_id = fields.UUID(required=True)
    scheme = fields.String(required=True, validate=validate.OneOf([one.value for one in SchemeKey]))
    level = fields.String(required=True, validate=validate.OneOf([one.value for one in Level]))
    number = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    issued_by = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, metadata={"description": "The last day, included."})
    issuer_id = fields.UUID(dump_only=True, metadata={"description": "The organisation that keeps it."})
    state = fields.String(dump_only=True)
    suspended_from = fields.Date(dump_only=True, allow_none=True)
    suspension_reason = fields.String(dump_only=True, allow_none=True)
    created_at = fields.AwareDateTime(dump_only=True)


class SuspensionSchema(Schema):
    """From when on and why."""

    suspended_from = fields.Date(required=True)
    reason = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
