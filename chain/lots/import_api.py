"""JSON resource of imports: a file in, and the same report out that the page shows."""

from typing import Any

from flask import g, jsonify
from flask_smorest.fields import Upload
from marshmallow import fields, validate

from chain.accounts.rules import Permission
from chain.core.ids import new_id
from chain.core.quantity import WeightUnit
from chain.lots import import_edge
from chain.lots.attributes import SPECS
from chain.lots.services.imports import ImportChoices
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, ClientId, Schema
from chain.web.errors import error_payload

blueprint = ApiBlueprint(
    "lots_import", __name__, url="/lots/import", description="Lots from files of centres: CSV or Excel."
)


class FileSchema(Schema):
    """The file."""

    file = Upload(required=True, metadata={"description": "CSV or XLSX, up to 50,000 rows."})


class ImportArgs(Schema):
    """How the file is read, and whether it is stored."""

    id = ClientId(
        load_default=None, metadata={"description": "Of the import; the same one answers the first result."}
    )
    dry_run = fields.Boolean(load_default=False, metadata={"description": "Only say what would be stored."})
    skip_bad = fields.Boolean(load_default=False, metadata={"description": "Leave bad rows out."})
    unit = fields.String(load_default=None, validate=validate.OneOf([one.value for one in WeightUnit]))
    grams_per_quintal = fields.Decimal(
        load_default=None, metadata={"description": "46000 for 46 kg, 45359.237 for 100 lb."}
    )
    commodity = fields.String(load_default=None, validate=validate.OneOf(list(SPECS)))


class ProblemSchema(Schema):
    """Why a row cannot be taken."""

    row = fields.Integer(metadata={"description": "As a spreadsheet counts; the first line is 1."})
    column = fields.String()
    reason = fields.String()


class ColumnSchema(Schema):
    """A title that was understood."""

    title = fields.String()
    meaning = fields.String()


class PreviewSchema(Schema):
    """One of the first rows, as it was understood; weights in grams, volumes in millilitres."""

    row = fields.Integer()
    status = fields.String(validate=validate.OneOf(["new", "duplicate", "bad"]))
    member_code = fields.String()
    producer_name = fields.String()
    commodity = fields.String()
    delivered_at = fields.String(metadata={"format": "date-time"})
    gross_g = fields.Integer(allow_none=True)
    tare_g = fields.Integer(allow_none=True)
    quantity = fields.Integer()
    unit = fields.String()
    grade = fields.String(allow_none=True)
    grade_name = fields.String()
    claim = fields.String()
    reference = fields.String(allow_none=True)


class ReportSchema(Schema):
    """What came of a file: new + duplicates + bad = rows."""

    id = fields.UUID(
        allow_none=True, metadata={"description": "Of the import; null when nothing was stored."}
    )
    outcome = fields.String(validate=validate.OneOf(["checked", "stored", "refused"]))
    file_name = fields.String()
    sha256 = fields.String()
    rows = fields.Integer()
    new = fields.Integer()
    duplicates = fields.Integer()
    bad = fields.Integer()
    problems = fields.List(fields.Nested(ProblemSchema))
    problems_left_out = fields.Integer()
    columns = fields.List(fields.Nested(ColumnSchema))
    ignored_columns = fields.List(fields.String())
    sheet = fields.String(allow_none=True)
    preview = fields.List(fields.Nested(PreviewSchema))


@blueprint.route("", methods=["POST"])
@blueprint.arguments(FileSchema, location="files")
@blueprint.arguments(ImportArgs, location="form")
@blueprint.response(
    200, ReportSchema, description="Only checked, or stored by an earlier request of this id."
)
@blueprint.alt_response(201, schema=ReportSchema, description="Stored.")
@permission_required(Permission.LOTS_IMPORT)
def import_lots(files: dict[str, Any], args: dict[str, Any]) -> Any:
    """Read lots from a file: all rows or none, or the good ones with `skip_bad`. The same file again adds nothing.

    Bad rows without `skip_bad` answer 422 `rows_refused` with the report beside code, message and errors.
    """
    file = files["file"]
    choices = ImportChoices(
        unit=args["unit"], grams_per_quintal=args["grams_per_quintal"], commodity=args["commodity"]
    )
    content, name = file.read(), file.filename or ""
    if args["dry_run"]:
        report = import_edge.examine(actor=g.actor, content=content, file_name=name, choices=choices)
        return import_edge.report_as_json(report)
    report = import_edge.store(
        actor=g.actor,
        batch_id=args["id"] or new_id(),
        content=content,
        file_name=name,
        choices=choices,
        skip_bad=args["skip_bad"],
    )
    refused = import_edge.refusal_of(report)
    if refused is not None:
        answer = {**import_edge.report_as_json(report), **error_payload(refused)}
        response = jsonify(answer)
        response.status_code = 422
        return response
    return import_edge.report_as_json(report), 201 if report.is_first_answer else 200
