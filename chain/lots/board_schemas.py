"""JSON shapes of the board, of saved searches and of labels. What the parameters mean is read by `filters`."""

from marshmallow import EXCLUDE, fields, validate

from chain.lots.board_words import physical
from chain.lots.filters import SORT_LABELS, Availability
from chain.lots.label_content import SHEETS
from chain.web.api import ClientId, Schema

MAX_TEXT = 2000
_ANY = validate.Length(max=MAX_TEXT)


def _text(description: str) -> fields.String:
    return fields.String(load_default=None, validate=_ANY, metadata={"description": description})


class FilterArgs(Schema):
    """The address of the board: the same parameters as on its page. Anything else is refused by name with 422."""

    class Meta:
        """Settings of marshmallow."""

        unknown = EXCLUDE

    availability = _text("One of " + ", ".join(Availability) + "; without it in_stock, or all with a state.")
    text = _text("Number of the lot, name or code of the producer.")
    commodity = _text("A product, such as alpaca-fibre or cheese.")
    class_ = fields.String(
        data_key="class",
        load_default=None,
        validate=_ANY,
        metadata={
            "description": "scheme@edition:key of any scheme, or undetermined. By micron: the range counts."
        },
    )
    grade_key = _text("A key of a class, of whatever scheme.")
    colour = _text("A colour; may stand several times.")
    micron_from = _text("Micrometres, included.")
    micron_to = _text("Micrometres, included.")
    quantity_from = _text("Kilograms or litres, included.")
    quantity_to = _text("Kilograms or litres, included.")
    claim = _text("At least: conventional, transition or organic.")
    state = _text("registered, graded, offered, sold, settled or cancelled.")
    site = _text("The id of a place, or none.")
    origin = _text("delivery or derived.")
    from_day = _text("First day of delivery, included.")
    to_day = _text("Last day of delivery, included.")
    producer_id = _text("The id of the producer.")


class BoardArgs(FilterArgs):
    """Filters, order and page."""

    sort = _text("One of " + ", ".join(SORT_LABELS) + ".")
    after = _text("The cursor of the page before: `next` of its answer.")
    before = _text("The cursor of the page after: `previous` of its answer.")
    page_size = _text("1 to 200.")


class BoardLotSchema(Schema):
    """A lot on the board."""

    id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    origin = fields.String(metadata={"description": "delivery or derived"})
    label = fields.String(allow_none=True)
    state = fields.String()
    availability = fields.Function(
        lambda row: physical(row) or "left", metadata={"type": "string", "description": "What became of it."}
    )
    producer_id = fields.UUID(allow_none=True, metadata={"description": "null: several producers"})
    producer_name = fields.String(allow_none=True)
    member_code = fields.String(allow_none=True)
    delivered_at = fields.AwareDateTime()
    delivered_on = fields.Date()
    quantity = fields.Integer()
    unit = fields.String()
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw())
    micron_tenths = fields.Integer(allow_none=True)
    colour = fields.String(allow_none=True)
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    grade_confirmed = fields.Boolean()
    claim = fields.String()
    is_held = fields.Boolean()
    site_id = fields.UUID(allow_none=True)
    site_name = fields.String(allow_none=True)


class BoardPageSchema(Schema):
    """One page of the board."""

    items = fields.List(fields.Nested(BoardLotSchema), required=True)
    next = fields.String(allow_none=True, metadata={"description": "Send it as `after`."})
    previous = fields.String(allow_none=True, metadata={"description": "Send it as `before`."})
    count = fields.Integer(metadata={"description": "Exact up to 10,000."})
    is_counted = fields.Boolean(metadata={"description": "False: there are more than `count`."})


class SearchNewSchema(Schema):
    """A search to keep."""

    id = ClientId(required=True)
    name = fields.String(required=True, validate=_ANY)
    query = fields.String(required=True, validate=_ANY, metadata={"description": "The query of an address."})


class SearchRenameSchema(Schema):
    """Another name for a search."""

    name = fields.String(required=True, validate=_ANY)


class SearchSchema(Schema):
    """A saved search of the caller."""

    id = fields.UUID()
    name = fields.String()
    query = fields.String()
    created_at = fields.AwareDateTime()


class SearchListSchema(Schema):
    """The saved searches of the caller, by name; at most 50."""

    items = fields.List(fields.Nested(SearchSchema), required=True)


class LabelArgs(FilterArgs):
    """Which labels, on which paper."""

    lot = _text("The id of a lot; may stand several times. Without it the board's parameters choose.")
    size = _text("One of " + ", ".join(SHEETS) + ".")
    start = _text("The first free label of an A4 sheet.")
    bags = _text("1: a label for each bag.")
    format = fields.String(
        load_default="pdf",
        validate=validate.OneOf(["pdf", "zpl"]),
        metadata={"description": "zpl for rolls only."},
    )
