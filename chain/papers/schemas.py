"""Papers as JSON."""

from marshmallow import Schema, fields, validate

from chain.papers.rules import PaperFormat, PaperKind, PaperState
from chain.papers.services.voiding import MAX_REASON, MIN_REASON
from chain.web.api import PageArgs


class PaperFormatArgs(Schema):
    """On what a paper is printed; its usual format when nothing is said."""

    format = fields.String(load_default=None, validate=validate.OneOf([one.value for one in PaperFormat]))


class PaperArgs(PageArgs):
    """Which papers are listed."""

    q = fields.String(load_default="", validate=validate.Length(max=100))
    kind = fields.String(load_default=None, validate=validate.OneOf([one.value for one in PaperKind]))
    series = fields.String(load_default=None, validate=validate.Length(max=4))
    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in PaperState]))
    first_day = fields.Date(load_default=None)
    last_day = fields.Date(load_default=None)


class PaperSchema(Schema):
    """A paper in a list."""

    id = fields.UUID()
    kind = fields.String()
    series = fields.String()
    number = fields.Integer()
    serial = fields.String()
    party_id = fields.UUID(allow_none=True)
    party_name = fields.String(allow_none=True)
    member_code = fields.String(allow_none=True)
    subject_type = fields.String()
    subject_id = fields.UUID()
    currency = fields.String()
    amount_minor = fields.Integer()
    issued_on = fields.Date()
    issued_at = fields.AwareDateTime()
    printed = fields.Integer()
    voided_at = fields.AwareDateTime(allow_none=True)
    void_reason = fields.String(allow_none=True)


class PaperDetailSchema(PaperSchema):
    """A paper with everything that it says, as it was frozen at issue, and its codes."""

    content = fields.Dict()
    content_hash = fields.String()
    check_code = fields.String()
    key_id = fields.String(allow_none=True)
    signed_code = fields.String(allow_none=True)


class VoidPaperSchema(Schema):
    """Why a paper is voided."""

    reason = fields.String(required=True, validate=validate.Length(min=MIN_REASON, max=MAX_REASON))


class PaperSeriesSchema(Schema):
    """What a series holds: has_no_gap says that each number up to the last one is kept."""

    series = fields.String()
    kind = fields.String()
    last_number = fields.Integer()
    papers = fields.Integer()
    voided = fields.Integer()
    has_no_gap = fields.Boolean()
    missing = fields.List(fields.Integer())


class PaperSeriesListSchema(Schema):
    """All series of an organisation."""

    items = fields.List(fields.Nested(PaperSeriesSchema))


class PaperKeySchema(Schema):
    """A public key that papers were signed with (Ed25519, 32 bytes in base32)."""

    key_id = fields.String()
    public_key = fields.String()
    first_used_at = fields.AwareDateTime()
    followed_at = fields.AwareDateTime(allow_none=True)


class PaperKeysSchema(Schema):
    """All keys, the latest first."""

    items = fields.List(fields.Nested(PaperKeySchema))
