"""JSON shapes of matching. Weights in grams, volumes in millilitres, prices in minor units per kilogram or litre."""

from marshmallow import fields, validate

from chain.matching.proposing import DEFAULT_HOURS, MAX_HOURS, MAX_LOTS, MAX_MEMBERS, ProposalState
from chain.sales.rules import MAX_NOTE
from chain.web.api import ClientId, PageArgs, Schema

#: Prices are checked by the rules; this only keeps the number in a column.
BIGGEST = 10**15
MAX_TEXT = 3000


class FreightSchema(Schema):
    """What a kilogram or litre costs from a seller to a buyer, from a day on."""

    id = fields.UUID()
    organisation_id = fields.UUID(metadata={"description": "Who wrote it: the seller or the buyer."})
    seller_id = fields.UUID()
    buyer_id = fields.UUID()
    minor_per_unit = fields.Integer()
    currency = fields.String()
    valid_from = fields.Date()
    note = fields.String(allow_none=True)
    entered_at = fields.AwareDateTime()


class NewFreightSchema(Schema):
    """A freight cost to be written down, in the seller's currency."""

    id = ClientId(required=True)
    partner_id = fields.UUID(required=True, metadata={"description": "The buyer; for a buyer, the seller."})
    minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )
    valid_from = fields.Date(required=True)
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))


class MatchLotSchema(Schema):
    """What a lot is."""

    id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    micron_tenths = fields.Integer(allow_none=True)
    colour = fields.String(allow_none=True)
    claim = fields.String()
    attributes = fields.Dict()
    measured = fields.Dict(allow_none=True)


class MatchOfferSchema(Schema):
    """An own lot that is offered to matching."""

    id = fields.UUID()
    lot = fields.Nested(MatchLotSchema)
    reserve_minor_per_unit = fields.Integer()
    currency = fields.String()
    is_divisible = fields.Boolean()
    valid_to = fields.Date()
    is_free = fields.Boolean(metadata={"description": "In stock, not on hold, not on offer elsewhere."})
    proposed = fields.Integer(metadata={"description": "How much of it waits in open proposals."})


class OfferLotsSchema(Schema):
    """Own lots and the terms on which they are offered."""

    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_LOTS))
    reserve_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )
    is_divisible = fields.Boolean(load_default=True)
    valid_to = fields.Date(required=True)


class OfferedSchema(Schema):
    """What became of the lots."""

    new = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()


class WithdrawLotsSchema(Schema):
    """Own lots that are taken back from matching."""

    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_LOTS))


class WithdrawnSchema(Schema):
    """How many lots were taken back."""

    withdrawn = fields.Integer()


class MatchRunSchema(Schema):
    """A match that was run."""

    id = fields.UUID()
    organisation_id = fields.UUID()
    pool_id = fields.UUID(allow_none=True)
    number = fields.Integer()
    currency = fields.String()
    answer_hours = fields.Integer()
    value_minor = fields.Integer(metadata={"description": "What is left to the producers together."})
    bound_minor = fields.Integer(metadata={"description": "The most that any answer could leave them."})
    gap = fields.String()
    status = fields.String()
    milliseconds = fields.Integer()
    lots = fields.Integer()
    demands = fields.Integer()
    demands_other_currency = fields.Integer()
    offered_quantity = fields.Integer()
    matched_quantity = fields.Integer()
    input_hash = fields.String()
    result_hash = fields.String()
    created_at = fields.AwareDateTime()


class NewMatchRunSchema(Schema):
    """A match to be run over the own offered lots, or those of a pool that the organisation leads."""

    id = ClientId(required=True)
    pool_id = fields.UUID(load_default=None, allow_none=True)
    with_proposed = fields.Boolean(load_default=False)
    answer_hours = fields.Integer(
        load_default=DEFAULT_HOURS, strict=True, validate=validate.Range(min=1, max=MAX_HOURS)
    )


class MatchMissSchema(Schema):
    """An own lot that found no place, and the demand that it missed by least."""

    lot = fields.Nested(MatchLotSchema)
    quantity = fields.Integer()
    demand_id = fields.UUID(allow_none=True)
    demand_title = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    reasons = fields.List(fields.String())
    offered_minor_per_unit = fields.Integer(allow_none=True)
    needed_minor_per_unit = fields.Integer(allow_none=True)
    freight_minor_per_unit = fields.Integer()


class ProposalArgs(PageArgs):
    """Which proposals are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(ProposalState)))
    run_id = fields.UUID(load_default=None)


class MatchProposalSchema(Schema):
    """What one seller could sell for one demand."""

    id = fields.UUID()
    run_id = fields.UUID()
    demand_id = fields.UUID()
    seller_id = fields.UUID()
    buyer_id = fields.UUID()
    number = fields.Integer()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    currency = fields.String()
    amount_minor = fields.Integer()
    freight_minor_per_unit = fields.Integer(allow_none=True)
    freight_minor = fields.Integer()
    freight_paid_by = fields.String()
    state = fields.String()
    expires_at = fields.AwareDateTime()
    made_at = fields.AwareDateTime()
    seller_accepted_at = fields.AwareDateTime(allow_none=True)
    buyer_accepted_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_by_side = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    award_id = fields.UUID(allow_none=True)


class MatchLineSchema(Schema):
    """A lot of a proposal."""

    position = fields.Integer()
    lot = fields.Nested(MatchLotSchema)
    quantity = fields.Integer()
    price_minor_per_unit = fields.Integer()
    amount_minor = fields.Integer()
    explanation = fields.List(fields.String())


class RefuseProposalSchema(Schema):
    """Why a proposal is refused."""

    reason = fields.String(load_default="", validate=validate.Length(max=MAX_NOTE))


class MatchPoolSchema(Schema):
    """A pool."""

    id = fields.UUID()
    leader_id = fields.UUID()
    title = fields.String()
    currency = fields.String()
    state = fields.String()
    joined = fields.Integer(metadata={"description": "How many associations have joined."})
    own_state = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class NewMatchPoolSchema(Schema):
    """A pool to be opened."""

    id = ClientId(required=True)
    title = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    members = fields.List(
        fields.String(validate=validate.Length(max=100)),
        required=True,
        validate=validate.Length(max=MAX_MEMBERS),
        metadata={"description": "Codes of associations."},
    )


class PoolPartSchema(Schema):
    """What the own association would get today, alone and in the pool, after freight."""

    alone_quantity = fields.Integer()
    alone_net_minor = fields.Integer()
    pool_quantity = fields.Integer()
    pool_net_minor = fields.Integer()
    members = fields.Integer()
