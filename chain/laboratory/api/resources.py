"""JSON resources of the laboratory: instruments, samples, measurements, calculations, and which value counts."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.laboratory import services
from chain.laboratory.api.opinions import lot_class_answer
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.errors import NotASampleCode, UnknownSample
from chain.laboratory.formulas import FORMULAS
from chain.laboratory.importing.mapping import MappedColumn, make_mapping
from chain.laboratory.models import Instrument, Measurement
from chain.laboratory.queries.instruments import get_instrument_for, list_instruments
from chain.laboratory.queries.measurements import get_value_for, list_measurements, measurements_of_sample
from chain.laboratory.queries.samples import SampleRow, get_sample_row, list_samples
from chain.laboratory.readings import Reading
from chain.laboratory.schemas import (
    AttributeSchema,
    CalculationCreate,
    ChoiceCreate,
    FormulaSchema,
    InstrumentBody,
    InstrumentCreate,
    InstrumentSchema,
    LotClassSchema,
    MappingSchema,
    MeasurementArgs,
    MeasurementCreate,
    MeasurementSchema,
    SampleCreate,
    SampleSchema,
)
from chain.laboratory.services.instruments import InstrumentTerms
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

blueprint = ApiBlueprint(
    "laboratory", __name__, url="/laboratory", description="Instruments, samples and measurements."
)
AGAIN = "The same command came before."


@blueprint.get("/attributes")
@blueprint.response(200, AttributeSchema(many=True))
@permission_required(Permission.LOTS_READ)
def attribute_list() -> list[dict[str, Any]]:
    """List what can be measured, with units and limits."""
    return [
        {
            "key": one.key,
            "label": gettext(one.label),
            "unit": one.unit,
            "other_units": list(one.units),
            "low": None if one.bounds is None else str(one.bounds.low),
            "high": None if one.bounds is None else str(one.bounds.high),
            "decimals": one.decimals,
            "options": list(one.options),
            "bases": list(one.bases),
            "forms": sorted(one.forms),
        }
        for one in ATTRIBUTES.values()
    ]


@blueprint.get("/formulas")
@blueprint.response(200, FormulaSchema(many=True))
@permission_required(Permission.LOTS_READ)
def formula_list() -> list[dict[str, Any]]:
    """List the formulas with their sources."""
    return [
        {
            "key": one.key,
            "gives": one.gives,
            "text": gettext(one.text),
            "source": gettext(one.source),
            "strength": one.strength,
            "measured": [each.attribute for each in one.inputs if each.attribute],
            "agreed": [each.key for each in one.inputs if each.kind == "contract"],
        }
        for one in FORMULAS.values()
    ]


# --- Instruments -----------------------------------------------------------------------------------------------------


@blueprint.get("/instruments")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(InstrumentSchema))
@permission_required(Permission.MEASUREMENTS_WRITE)
def instrument_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the instruments, those in use first."""
    return page_answer(list_instruments(db.session, g.actor, page_request(args)))


@blueprint.post("/instruments")
@blueprint.arguments(InstrumentCreate)
@blueprint.response(201, InstrumentSchema)
@blueprint.alt_response(200, schema=InstrumentSchema, description=AGAIN, success=True)
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_register(data: dict[str, Any]) -> tuple[Instrument, int]:
    """Register an instrument or laboratory."""
    instrument_id = data.pop("id")
    with atomic() as session:
        row, is_new = services.register_instrument(
            session, actor=g.actor, now=utc_now(), id=instrument_id, terms=InstrumentTerms(**data)
        )
    return row, 201 if is_new else 200


@blueprint.get("/instruments/<uuid:instrument_id>")
@blueprint.response(200, InstrumentSchema)
@permission_required(Permission.MEASUREMENTS_WRITE)
def instrument_detail(instrument_id: UUID) -> Instrument:
    """Return an instrument with how its files are read."""
    return get_instrument_for(db.session, g.actor, instrument_id)


@blueprint.put("/instruments/<uuid:instrument_id>")
@blueprint.arguments(InstrumentBody)
@blueprint.response(200, InstrumentSchema)
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_change(data: dict[str, Any], instrument_id: UUID) -> Instrument:
    """Change what is said of an instrument; earlier measurements keep their uncertainty."""
    with atomic() as session:
        return services.change_instrument(
            session,
            actor=g.actor,
            now=utc_now(),
            instrument_id=instrument_id,
            terms=InstrumentTerms(**data),
        )


@blueprint.put("/instruments/<uuid:instrument_id>/mapping")
@blueprint.arguments(MappingSchema)
@blueprint.response(200, InstrumentSchema)
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_mapping(data: dict[str, Any], instrument_id: UUID) -> Instrument:
    """Say how the files of an instrument are read."""
    columns = [MappedColumn(**one) for one in data.pop("columns")]
    mapping = make_mapping(**data, columns=columns)
    with atomic() as session:
        return services.save_mapping(
            session, actor=g.actor, now=utc_now(), instrument_id=instrument_id, mapping=mapping
        )


@blueprint.post("/instruments/<uuid:instrument_id>/archive")
@blueprint.response(200, InstrumentSchema)
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_archive(instrument_id: UUID) -> Instrument:
    """Take an instrument out of use; its measurements stay."""
    with atomic() as session:
        return services.archive_instrument(session, actor=g.actor, now=utc_now(), instrument_id=instrument_id)


# --- Samples ---------------------------------------------------------------------------------------------------------


@blueprint.get("/samples")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(SampleSchema))
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the samples, the latest first; without their lots while sealed."""
    return page_answer(list_samples(db.session, g.actor, page_request(args)))


@blueprint.post("/samples")
@blueprint.arguments(SampleCreate)
@blueprint.response(201, SampleSchema)
@blueprint.alt_response(200, schema=SampleSchema, description=AGAIN, success=True)
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_take(data: dict[str, Any]) -> tuple[SampleRow, int]:
    """Give a sample of a lot its code."""
    with atomic() as session:
        row, is_new = services.take_sample(session, actor=g.actor, now=utc_now(), **data)
        answer = get_sample_row(session, g.actor, row.code)
    return answer, 201 if is_new else 200


@blueprint.get("/samples/<code>")
@blueprint.response(200, SampleSchema)
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_detail(code: str) -> SampleRow:
    """Return a sample by its code."""
    return _sample(code)


def _sample(code: str) -> SampleRow:
    try:
        return get_sample_row(db.session, g.actor, code[:100])
    except (NotASampleCode, UnknownSample) as refused:
        raise NotFound from refused


@blueprint.get("/samples/<code>/measurements")
@blueprint.response(200, MeasurementSchema(many=True))
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_values(code: str) -> list[dict[str, Any]]:
    """List what was measured of a sample; nothing of its lot while it is sealed."""
    row = _sample(code)
    return [
        {**value_answer(one), "lot_id": row.lot_id, "sample_code": row.code}
        for one in measurements_of_sample(db.session, g.actor, row.id)
    ]


@blueprint.post("/samples/<code>/unseal")
@blueprint.response(200, SampleSchema)
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_unseal(code: str) -> SampleRow:
    """Open the seal; the record says who did."""
    row = _sample(code)
    with atomic() as session:
        services.unseal_sample(session, actor=g.actor, now=utc_now(), code=row.code)
        return get_sample_row(session, g.actor, row.code)


# --- Measurements ----------------------------------------------------------------------------------------------------


def value_answer(value: Any) -> dict[str, Any]:
    """Return a measured value as the API gives it."""
    return {name: getattr(value, name) for name in MeasurementSchema().fields}


@blueprint.get("/measurements")
@blueprint.arguments(MeasurementArgs, location="query")
@blueprint.response(200, page_schema(MeasurementSchema))
@permission_required(Permission.LOTS_READ)
def measurement_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the recorded measurements of a lot, the latest first."""
    page = list_measurements(db.session, g.actor, args["lot_id"], page_request(args))
    return page_answer(page, value_answer)


@blueprint.post("/measurements")
@blueprint.arguments(MeasurementCreate)
@blueprint.response(201, MeasurementSchema)
@blueprint.alt_response(200, schema=MeasurementSchema, description=AGAIN, success=True)
@permission_required(Permission.MEASUREMENTS_WRITE)
def measurement_record(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Record a value of a lot, or of a sample by its code alone."""
    with atomic() as session:
        row, is_new = services.record_measurement(
            session, actor=g.actor, now=utc_now(), reading=Reading(**data)
        )
    return _measurement_answer(row, data["lot_id"]), 201 if is_new else 200


def _measurement_answer(row: Measurement, named_lot: UUID | None) -> dict[str, Any]:
    """Return a measurement; who named only a sealed sample is not told its lot."""
    answer = value_answer(get_value_for(db.session, g.actor, row.id))
    if named_lot is None and answer["sample_code"] is not None:
        answer["lot_id"] = _sample(answer["sample_code"]).lot_id
    return answer


@blueprint.post("/calculations")
@blueprint.arguments(CalculationCreate)
@blueprint.response(201, MeasurementSchema)
@blueprint.alt_response(200, schema=MeasurementSchema, description=AGAIN, success=True)
@permission_required(Permission.MEASUREMENTS_WRITE)
def calculate(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Calculate a figure of a lot and keep it as a measurement with its formula."""
    with atomic() as session:
        row, is_new = services.calculate_measurement(session, actor=g.actor, now=utc_now(), **data)
    return _measurement_answer(row, data["lot_id"]), 201 if is_new else 200


@blueprint.post("/choices")
@blueprint.arguments(ChoiceCreate)
@blueprint.response(200, LotClassSchema)
@permission_required(Permission.GRADES_CONFIRM)
def choose(data: dict[str, Any]) -> dict[str, Any]:
    """Let a measurement count for a lot; the class is found anew and, if it changes, waits for another person."""
    with atomic() as session:
        lot = services.choose_measurement(session, actor=g.actor, now=utc_now(), **data)
        return lot_class_answer(lot)
