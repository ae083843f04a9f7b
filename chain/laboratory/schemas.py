"""JSON shapes of the laboratory. Values are decimals as text, in the unit beside them."""

from marshmallow import fields, validate

from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.formulas import FORMULAS
from chain.laboratory.importing.mapping import DATE_LABELS, DECIMAL_LABELS
from chain.laboratory.rules import (
    INSTRUMENT_METHODS,
    MAX_DAYS,
    AskedFor,
    InstrumentKind,
    Method,
    OpinionState,
    Purpose,
    Status,
)
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_TEXT = 600
Text = validate.Length(max=MAX_TEXT)
MADE = {"description": "Made by the client; may be sent again."}
VALUE = {"description": "A decimal as text, or the word of a test: negative, positive."}
ATTRIBUTE = {"description": "A key of GET /laboratory/attributes."}


class AttributeSchema(Schema):
    """What can be measured."""

    key = fields.String()
    label = fields.String()
    unit = fields.String()
    other_units = fields.List(fields.String())
    low = fields.String(allow_none=True)
    high = fields.String(allow_none=True)
    decimals = fields.Integer()
    options = fields.List(fields.String())
    bases = fields.List(fields.String(), metadata={"description": "One of them must be said."})
    forms = fields.List(fields.String(validate=validate.OneOf(["fibre", "milk", "meat"])))


class FormulaSchema(Schema):
    """How a figure is calculated, with its source and the strength of that."""

    key = fields.String()
    gives = fields.String(metadata=ATTRIBUTE)
    text = fields.String()
    source = fields.String()
    strength = fields.String()
    measured = fields.List(fields.String())
    agreed = fields.List(fields.String(), metadata={"description": "What a contract says; no defaults."})


class InstrumentBody(Schema):
    """What is said of an instrument."""

    name = fields.String(required=True, validate=Text)
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in InstrumentKind]))
    method = fields.String(required=True, validate=validate.OneOf([one.value for one in INSTRUMENT_METHODS]))
    serial = fields.String(load_default=None, allow_none=True, validate=Text)
    calibrated_on = fields.Date(load_default=None, allow_none=True)
    uncertainties = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(ATTRIBUTES))),
        values=fields.String(validate=validate.Length(max=40)),
        load_default=dict,
        metadata={"description": "Plus-minus per attribute, as text."},
    )


class InstrumentCreate(InstrumentBody):
    """A new instrument."""

    id = ClientId(required=True, metadata=MADE)


class InstrumentSchema(InstrumentCreate):
    """An instrument."""

    mapping = fields.Dict(allow_none=True, dump_only=True)
    archived_at = fields.AwareDateTime(allow_none=True, dump_only=True)
    created_at = fields.AwareDateTime(dump_only=True)


class MappedColumnSchema(Schema):
    """A column of a file and what it means."""

    place = fields.Integer(required=True, validate=validate.Range(min=0, max=59))
    title = fields.String(load_default="", validate=validate.Length(max=60))
    meaning = fields.String(required=True, validate=validate.Length(max=40))
    unit = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    basis = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))


class MappingSchema(Schema):
    """How the files of an instrument are read. `header_row` counts from 1; 0: no row of titles."""

    header_row = fields.Integer(required=True, validate=validate.Range(min=0, max=60))
    decimal = fields.String(load_default="auto", validate=validate.OneOf(list(DECIMAL_LABELS)))
    dates = fields.String(load_default="dmy", validate=validate.OneOf(list(DATE_LABELS)))
    status = fields.String(load_default="report", validate=validate.OneOf(["report", "estimate"]))
    columns = fields.List(
        fields.Nested(MappedColumnSchema), required=True, validate=validate.Length(min=1, max=60)
    )


class SampleCreate(Schema):
    """A sample of a lot."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(required=True)
    purpose = fields.String(
        load_default=Purpose.LABORATORY.value,
        validate=validate.OneOf([Purpose.LABORATORY.value, Purpose.RETAINED.value]),
    )
    is_sealed = fields.Boolean(load_default=True)
    mass_g = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=50_000))
    sent_to = fields.String(load_default=None, allow_none=True, validate=Text)


class SampleSchema(Schema):
    """A sample as those see it who hold it; `lot_id` is null while it is sealed."""

    id = fields.UUID()
    code = fields.String()
    purpose = fields.String(validate=validate.OneOf([one.value for one in Purpose]))
    commodity = fields.String()
    is_sealed = fields.Boolean()
    mass_g = fields.Integer(allow_none=True)
    sent_to = fields.String(allow_none=True)
    taken_at = fields.AwareDateTime()
    lot_id = fields.UUID(allow_none=True)
    lot_number = fields.String(allow_none=True)


class MeasurementArgs(PageArgs):
    """Whose measurements are listed."""

    lot_id = fields.UUID(required=True)


class MeasurementCreate(Schema):
    """A value of a lot, or of a sample by its code."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(load_default=None, allow_none=True)
    sample_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    attribute = fields.String(required=True, validate=validate.OneOf(list(ATTRIBUTES)), metadata=ATTRIBUTE)
    value = fields.String(required=True, validate=validate.Length(max=40), metadata=VALUE)
    unit = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    basis = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    method = fields.String(
        required=True, validate=validate.OneOf([one.value for one in Method if one is not Method.CALCULATED])
    )
    status = fields.String(load_default="report", validate=validate.OneOf([one.value for one in Status]))
    instrument_id = fields.UUID(load_default=None, allow_none=True)
    uncertainty = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    operator = fields.String(load_default=None, allow_none=True, validate=Text)
    document = fields.String(load_default=None, allow_none=True, validate=Text)
    raw_line = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=4000))
    measured_at = Moment(required=True)


class MeasurementSchema(Schema):
    """One value of a lot; `lot_id` is null where only the sealed sample is known."""

    id = fields.UUID(allow_none=True)
    lot_id = fields.UUID(allow_none=True)
    sample_code = fields.String(allow_none=True)
    attribute = fields.String()
    value = fields.String(metadata=VALUE)
    unit = fields.String()
    basis = fields.String(allow_none=True)
    method = fields.String(metadata={"description": "Empty for a value written down at delivery."})
    status = fields.String()
    uncertainty = fields.String(allow_none=True)
    instrument = fields.String(allow_none=True)
    operator = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    formula = fields.String(allow_none=True)
    measured_at = fields.AwareDateTime()
    file_id = fields.UUID(allow_none=True)
    file_row = fields.Integer(allow_none=True)
    raw_line = fields.String(allow_none=True)
    counts = fields.Boolean()


class CalculationCreate(Schema):
    """A figure to be calculated of a lot."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(required=True)
    formula = fields.String(required=True, validate=validate.OneOf(list(FORMULAS)))
    agreed = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["regain", "constant"])),
        values=fields.String(validate=validate.Length(max=20)),
        load_default=dict,
    )


class ChoiceCreate(Schema):
    """Which value counts."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(required=True)
    attribute = fields.String(required=True, validate=validate.OneOf(list(ATTRIBUTES)), metadata=ATTRIBUTE)
    measurement_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Null: the value at delivery again."}
    )
    reason = fields.String(required=True, validate=Text)


class LotClassSchema(Schema):
    """The class of a lot after a decision."""

    lot_id = fields.UUID()
    state = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    grade_confirmed = fields.Boolean()
    measured = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class OpinionArgs(PageArgs):
    """Which second opinions are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in OpinionState]))


class OpinionCreate(Schema):
    """Asking for a second opinion on a lot of the house."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(required=True)
    asked_for = fields.String(
        load_default=AskedFor.PRODUCER.value,
        validate=validate.OneOf([AskedFor.PRODUCER.value, AskedFor.HOUSE.value]),
    )
    reason = fields.String(required=True, validate=Text)


class OwnOpinionCreate(Schema):
    """Asking, as the producer, for a second opinion on an own delivery."""

    id = ClientId(required=True, metadata=MADE)
    lot_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=Text)


class AskedSchema(Schema):
    """A second opinion as its asker gets it."""

    id = fields.UUID()
    lot_id = fields.UUID()
    state = fields.String()
    asked_for = fields.String()
    asked_at = fields.AwareDateTime()
    deadline = fields.AwareDateTime()


class OpinionSchema(Schema):
    """A second opinion as those see it who answer for the lot."""

    id = fields.UUID()
    lot_id = fields.UUID()
    lot_number = fields.String()
    commodity = fields.String()
    sample_code = fields.String(allow_none=True, attribute="code")
    asked_for = fields.String()
    asking_organisation = fields.String(allow_none=True)
    reason = fields.String()
    asked_at = fields.AwareDateTime()
    deadline = fields.AwareDateTime()
    state = fields.String()
    scheme = fields.String()
    edition = fields.String()
    previous_key = fields.String(allow_none=True)
    found_key = fields.String(allow_none=True)
    is_upheld = fields.Boolean()
    note = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)


class BlindSchema(Schema):
    """What the regrader sees: the sample and the norm."""

    id = fields.UUID()
    sample_code = fields.String(attribute="code")
    commodity = fields.String()
    scheme = fields.String()
    edition = fields.String()
    deadline = fields.AwareDateTime()


class DecisionSchema(Schema):
    """The class that the sample has."""

    key = fields.String(required=True, validate=validate.Length(max=40))
    note = fields.String(required=True, validate=Text)


class DecidedSchema(Schema):
    """What the regrader gets back: nothing of the lot."""

    id = fields.UUID()
    state = fields.String()
    found_key = fields.String()
    decided_at = fields.AwareDateTime()


class TermsSchema(Schema):
    """Days to ask and to decide."""

    ask_days = fields.Integer(required=True, validate=validate.Range(min=1, max=MAX_DAYS))
    decide_days = fields.Integer(required=True, validate=validate.Range(min=1, max=MAX_DAYS))


class AgreementArgs(Schema):
    """Since when."""

    days = fields.Integer(load_default=365, validate=validate.Range(min=1, max=3650))


class PairSchema(Schema):
    """How often one class met another."""

    first = fields.String()
    second = fields.String()
    count = fields.Integer()


class AgreementRowSchema(Schema):
    """Agreement by one norm. Kappa is null where chance explains everything."""

    kind = fields.String(validate=validate.OneOf(["blind", "confirmation"]))
    scheme = fields.String()
    edition = fields.String()
    n = fields.Integer()
    equal = fields.Integer()
    kappa = fields.String(allow_none=True)
    is_small = fields.Boolean(metadata={"description": "Too few to judge anybody by."})
    pairs = fields.List(fields.Nested(PairSchema))


class AgreementSchema(Schema):
    """How often the graders of the organisation agree."""

    since = fields.AwareDateTime()
    rows = fields.List(fields.Nested(AgreementRowSchema))
    without_proposal = fields.Integer()
    lapsed = fields.Integer()
