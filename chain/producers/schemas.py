"""JSON shapes of producers. Lengths are bounded here only against absurd bodies; `rules` says what is right."""

from marshmallow import fields, validate

from chain.producers.rules import DocumentKind, Sex
from chain.web.api import ClientId, PageArgs, Schema

MAX_TEXT = 1000
SEXES = [one.value for one in Sex]
DOCUMENT_KINDS = [one.value for one in DocumentKind]


class ProducerArgs(PageArgs):
    """Which producers are listed."""

    q = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={"description": "Parts of the name, or the beginning of the member code."},
    )
    community_id = fields.UUID(load_default=None)
    former = fields.Boolean(load_default=False, metadata={"description": "List those who left instead."})


class ProducerChangeSchema(Schema):
    """What may be changed of a producer; what is left out stays."""

    full_name = fields.String(validate=validate.Length(max=MAX_TEXT))
    sex = fields.String(validate=validate.OneOf(SEXES))
    birth_year = fields.Integer(strict=True, allow_none=True)
    document_kind = fields.String(allow_none=True, validate=validate.OneOf(DOCUMENT_KINDS))
    document_number = fields.String(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    phone = fields.String(allow_none=True, validate=validate.Length(max=MAX_TEXT))
    community_id = fields.UUID(allow_none=True)
    member_code = fields.String(
        allow_none=True,
        validate=validate.Length(max=MAX_TEXT),
        metadata={"description": "Minted by the organisation when left out at the registration."},
    )


class ProducerNewSchema(ProducerChangeSchema):
    """A new member."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    full_name = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    sex = fields.String(required=True, validate=validate.OneOf(SEXES))
    joined_on = fields.Date(load_default=None, allow_none=True)


class ProducerRowSchema(Schema):
    """A member in a list."""

    id = fields.UUID()
    full_name = fields.String()
    sex = fields.String()
    member_code = fields.String()
    community = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    joined_on = fields.Date()
    left_on = fields.Date(allow_none=True)


class ProducerSchema(Schema):
    """A member. The document is told only to whoever may write producers."""

    id = fields.UUID(metadata={"description": "The person's one id, in every organisation."})
    full_name = fields.String()
    sex = fields.String()
    birth_year = fields.Integer(allow_none=True)
    country = fields.String()
    document_kind = fields.String(allow_none=True)
    document_number = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    community_id = fields.UUID(allow_none=True)
    member_code = fields.String()
    joined_on = fields.Date()
    left_on = fields.Date(allow_none=True)


class CommunitySchema(Schema):
    """A community."""

    id = fields.UUID()
    name = fields.String()
    district = fields.String()
    region = fields.String()
    country = fields.String()
