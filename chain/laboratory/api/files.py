"""JSON resource of instruments' files: a file in, and the same report out that the page shows."""

from typing import Any
from uuid import UUID

from flask import g, jsonify
from flask_smorest.fields import Upload
from marshmallow import fields, validate

from chain.accounts.rules import Permission
from chain.core.ids import new_id
from chain.laboratory import import_edge
from chain.lots.import_api import ProblemSchema
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, ClientId, Schema
from chain.web.errors import error_payload

blueprint = ApiBlueprint(
    "laboratory_import",
    __name__,
    url="/laboratory/instruments",
    description="Measurements from files of instruments: CSV, tabs or Excel.",
)


class MeasurementFileSchema(Schema):
    """The file."""

    file = Upload(required=True, metadata={"description": "CSV, tabs or XLSX, up to 50,000 rows and 10 MB."})


class MeasurementImportArgs(Schema):
    """Whether it is stored."""

    id = ClientId(
        load_default=None, metadata={"description": "Of the import; the same one answers the first result."}
    )
    dry_run = fields.Boolean(load_default=False, metadata={"description": "Only say what would be stored."})
    skip_bad = fields.Boolean(load_default=False, metadata={"description": "Leave bad rows out."})


class ReadValueSchema(Schema):
    """A value of one of the first rows."""

    row = fields.Integer()
    sample_code = fields.String()
    attribute = fields.String()
    value = fields.String()
    unit = fields.String()


class MeasurementReportSchema(Schema):
    """What came of a file; `new` and `duplicates` count values, `bad` counts rows."""

    id = fields.UUID(allow_none=True)
    outcome = fields.String(validate=validate.OneOf(["checked", "stored", "refused"]))
    file_name = fields.String()
    sha256 = fields.String()
    rows = fields.Integer()
    bad = fields.Integer()
    new = fields.Integer()
    duplicates = fields.Integer()
    problems = fields.List(fields.Nested(ProblemSchema))
    problems_left_out = fields.Integer()
    ignored_columns = fields.List(fields.String())
    preview = fields.List(fields.Nested(ReadValueSchema))


@blueprint.route("/<uuid:instrument_id>/import", methods=["POST"])
@blueprint.arguments(MeasurementFileSchema, location="files")
@blueprint.arguments(MeasurementImportArgs, location="form")
@blueprint.response(
    200, MeasurementReportSchema, description="Only checked, or stored by an earlier request of this id."
)
@blueprint.alt_response(201, schema=MeasurementReportSchema, description="Stored.")
@permission_required(Permission.MEASUREMENTS_WRITE)
def import_measurements(files: dict[str, Any], args: dict[str, Any], instrument_id: UUID) -> Any:
    """Read measurements from a file by the mapping of its instrument: all rows or none, or the good ones with `skip_bad`.

    Bad rows without `skip_bad` answer 422 `measurement_rows_refused` with the report beside code, message and errors.
    """
    file = files["file"]
    content, name = file.read(), file.filename or ""
    if args["dry_run"]:
        report = import_edge.examine(
            actor=g.actor, instrument_id=instrument_id, content=content, file_name=name
        )
        return import_edge.report_as_json(report)
    report = import_edge.store(
        actor=g.actor,
        instrument_id=instrument_id,
        batch_id=args["id"] or new_id(),
        content=content,
        file_name=name,
        skip_bad=args["skip_bad"],
    )
    refused = import_edge.refusal_of(report)
    if refused is not None:
        response = jsonify({**import_edge.report_as_json(report), **error_payload(refused)})
        response.status_code = 422
        return response
    return import_edge.report_as_json(report), 201 if report.is_first_answer else 200
