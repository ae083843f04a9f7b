"""JSON shapes of auctions. Weights in grams, volumes in millilitres, prices in minor units per kilogram or litre."""

from typing import Any
from uuid import UUID

import msgspec
from marshmallow import EXCLUDE, fields, post_load, validate

from chain.auctions.queries.state import MAX_LINES
from chain.auctions.rules import AuctionState, AwardBy, CatalogueLot, Closing, Outcome, Step
from chain.auctions.rules.steps import MAX_STEPS
from chain.auctions.rules.terms import MAX_CATALOGUE, MAX_NOTE, MAX_PARTS, MAX_SECONDS, MAX_TITLE
from chain.web.api import ClientId, Moment, PageArgs, Schema

#: Prices are checked by the rules, which know the currency; this only keeps the number in a column.
BIGGEST = 10**15
MAX_GUESTS = 500


def _price(*, required: bool = True) -> fields.Integer:
    bounds = validate.Range(min=-BIGGEST, max=BIGGEST)
    if required:
        return fields.Integer(required=True, strict=True, validate=bounds)
    return fields.Integer(load_default=None, allow_none=True, strict=True, validate=bounds)


def _seconds(default: int) -> fields.Integer:
    return fields.Integer(load_default=default, strict=True, validate=validate.Range(min=0, max=MAX_SECONDS))


class AuctionArgs(PageArgs):
    """Which auctions are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(AuctionState)))


class LogArgs(Schema):
    """From where on a log is told."""

    class Meta:
        """Settings of marshmallow."""

        unknown = EXCLUDE

    after = fields.Integer(load_default=0, validate=validate.Range(min=0, max=BIGGEST))
    limit = fields.Integer(load_default=MAX_LINES, validate=validate.Range(min=1, max=MAX_LINES))


class AuctionStepSchema(Schema):
    """A line of the table of steps."""

    from_minor = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=BIGGEST))
    step_minor = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=BIGGEST))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Step:
        """Return it as the rules take it."""
        return Step(**data)


class NewAuctionLotSchema(Schema):
    """A lot of a new catalogue: one or more own deliveries, sold together."""

    id = ClientId(load_default=None, allow_none=True)
    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_PARTS))
    title = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TITLE))
    start_minor = _price()
    reserve_minor = _price(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> CatalogueLot:
        """Return it as the rules take it."""
        return CatalogueLot(**(data | {"lot_ids": tuple(data["lot_ids"])}))


class NewAuctionSchema(Schema):
    """An auction to be announced, in the currency of the organisation."""

    id = ClientId(required=True)
    title = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TITLE))
    lots = fields.List(
        fields.Nested(NewAuctionLotSchema), required=True, validate=validate.Length(min=1, max=MAX_CATALOGUE)
    )
    starts_at = Moment(load_default=None, allow_none=True)
    ends_at = Moment(required=True)
    steps = fields.List(
        fields.Nested(AuctionStepSchema), load_default=None, validate=validate.Length(min=1, max=MAX_STEPS)
    )
    closing = fields.Enum(Closing, by_value=True, load_default=Closing.EACH)
    stagger_seconds = _seconds(120)
    soft_close_seconds = _seconds(120)
    extension_seconds = _seconds(120)
    award_by = fields.Enum(AwardBy, by_value=True, load_default=AwardBy.LOT)
    ceiling_required = fields.Boolean(load_default=False)
    invited = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MAX_GUESTS))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))


class AuctionReasonSchema(Schema):
    """Why, for everybody to read."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NOTE))


class AuctionRegistrationSchema(Schema):
    """Up to which amount the buyer may come to owe in the auction."""

    ceiling_minor = _price(required=False)


class AuctionRegisteredSchema(Schema):
    """A registration: the number by which rivals know the buyer."""

    auction_id = fields.UUID()
    alias = fields.Integer()
    ceiling_minor = fields.Integer(allow_none=True)
    registered_at = fields.AwareDateTime()


class AuctionSchema(Schema):
    """An auction: its terms."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    title = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    currency = fields.String()
    lots = fields.Integer()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    closing = fields.String()
    stagger_seconds = fields.Integer()
    soft_close_seconds = fields.Integer()
    extension_seconds = fields.Integer()
    award_by = fields.String()
    steps = fields.List(fields.Nested(AuctionStepSchema))
    ceiling_required = fields.Boolean()
    is_private = fields.Boolean()
    note = fields.String(allow_none=True)
    state = fields.String()
    reason = fields.String(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)


class AuctionLotStateSchema(Schema):
    """A lot as it stands. The reserve is null for everybody but the seller; a maximum is in no answer."""

    id = fields.UUID()
    position = fields.Integer()
    title = fields.String(allow_none=True)
    quantity = fields.Integer()
    state = fields.String()
    is_over = fields.Boolean()
    ends_at = fields.AwareDateTime()
    start_minor = fields.Integer()
    price_minor = fields.Integer(allow_none=True)
    minimum_minor = fields.Integer()
    step_minor = fields.Integer()
    leader_alias = fields.Integer(allow_none=True)
    leader_id = fields.UUID(allow_none=True)
    is_leading = fields.Boolean()
    has_maximum = fields.Boolean()
    reserve_met = fields.Boolean()
    has_reserve = fields.Boolean()
    reserve_minor = fields.Integer(allow_none=True)
    sequence = fields.Integer()
    award_id = fields.UUID(allow_none=True)


class AuctionStateSchema(Schema):
    """An auction as this reader may see it now; `now` is the server's clock, which decides."""

    id = fields.UUID()
    number = fields.Integer()
    title = fields.String()
    phase = fields.String()
    state = fields.String()
    reason = fields.String(allow_none=True)
    version = fields.String()
    now = fields.AwareDateTime()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    currency = fields.String()
    unit = fields.String()
    is_registered = fields.Boolean()
    alias = fields.Integer(allow_none=True)
    ceiling_minor = fields.Integer(allow_none=True)
    lots = fields.List(fields.Nested(AuctionLotStateSchema))


class AuctionLineSchema(Schema):
    """A line of a lot's log."""

    id = fields.UUID()
    auction_lot_id = fields.UUID()
    sequence = fields.Integer()
    kind = fields.String()
    at = fields.AwareDateTime()
    alias = fields.Integer(allow_none=True)
    is_you = fields.Boolean()
    buyer_id = fields.UUID(allow_none=True)
    amount_minor = fields.Integer(allow_none=True)
    nonce = fields.String(allow_none=True)
    commitment = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    price_minor = fields.Integer(allow_none=True)
    leader_alias = fields.Integer(allow_none=True)
    ends_at = fields.AwareDateTime()
    buyer_mark = fields.String(
        allow_none=True, metadata={"description": "Stands for the bidder in the hash."}
    )
    leader_mark = fields.String(
        allow_none=True, metadata={"description": "Stands for the leader in the hash."}
    )
    hash = fields.String()


class AuctionLogSchema(Schema):
    """The lines of a lot's log after one, 500 at most."""

    items = fields.List(fields.Nested(AuctionLineSchema))


class NewLiveBidSchema(Schema):
    """An open bid. `seen_minor` is the price that the bidder saw, null when there was none."""

    id = ClientId(required=True)
    price_minor = _price()
    seen_minor = fields.Integer(
        required=True, allow_none=True, strict=True, validate=validate.Range(min=0, max=BIGGEST)
    )


class NewMaximumSchema(Schema):
    """Up to where the server shall bid. Nobody can read it before the lot has closed."""

    id = ClientId(required=True)
    maximum_minor = _price()
    seen_minor = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=0, max=BIGGEST)
    )


class BidAnswerSchema(Schema):
    """What a bid came to, and how the lot stood then."""

    id = fields.UUID()
    auction_lot_id = fields.UUID()
    outcome = fields.String(validate=validate.OneOf(list(Outcome)))
    first_outcome = fields.String(allow_none=True)
    price_minor = fields.Integer(allow_none=True)
    minimum_minor = fields.Integer()
    is_leading = fields.Boolean()
    reserve_met = fields.Boolean()
    ends_at = fields.AwareDateTime()
    sequence = fields.Integer(allow_none=True)


class AuctionReplaySchema(Schema):
    """Whether the logs, run through the rules again, give what the database holds."""

    agrees = fields.Boolean()
    entries = fields.Integer()
    lines = fields.List(fields.String())


class BidItem(msgspec.Struct, forbid_unknown_fields=True):
    """A well-formed bid, read without marshmallow, which costs more than the bid (`NewLiveBidSchema` says why one is not)."""

    id: UUID
    price_minor: int
    seen_minor: int | None


class MaximumItem(msgspec.Struct, forbid_unknown_fields=True):
    """A well-formed maximum, as above."""

    id: UUID
    maximum_minor: int
    seen_minor: int | None = None
