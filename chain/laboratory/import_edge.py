"""The one way from an instrument's file to measurements that page, API and command line share, and its report in words."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from chain.accounts.rules import Actor
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.tables import safe_cell
from chain.laboratory.attributes import plain_number
from chain.laboratory.errors import BadMeasurementRows
from chain.laboratory.services import check_measurements, import_measurements, open_measurements
from chain.laboratory.services.imports import MeasurementReport, refused_report
from chain.lots.import_edge import MAX_LISTED, problem_rows
from chain.lots.importing.report import Outcome
from chain.web.i18n import gettext


def examine(*, actor: Actor, instrument_id: UUID, content: bytes, file_name: str) -> MeasurementReport:
    """Read a file and say what an import would do; nothing is written."""
    file = open_measurements(
        db.session, actor=actor, instrument_id=instrument_id, content=content, file_name=file_name
    )
    return check_measurements(db.session, actor=actor, now=utc_now(), file=file)


def store(
    *,
    actor: Actor,
    instrument_id: UUID,
    batch_id: UUID,
    content: bytes,
    file_name: str,
    skip_bad: bool,
    progress: Callable[[int, int], None] | None = None,
) -> MeasurementReport:
    """Read a file and store it in one transaction; a report with `Outcome.REFUSED` means that nothing was written."""
    file = open_measurements(
        db.session, actor=actor, instrument_id=instrument_id, content=content, file_name=file_name
    )
    now = utc_now()
    try:
        with atomic() as session:
            return import_measurements(
                session, actor=actor, now=now, id=batch_id, file=file, skip_bad=skip_bad, progress=progress
            )
    except BadMeasurementRows:
        return refused_report(db.session, actor=actor, now=now, file=file)


def refusal_of(report: MeasurementReport) -> BadMeasurementRows | None:
    """Return the refusal that a report stands for."""
    is_refused = report.outcome is Outcome.REFUSED
    return BadMeasurementRows(bad=report.bad, total=report.rows) if is_refused else None


def bad_rows_csv(report: MeasurementReport) -> bytes:
    """Return the problems as a CSV file that a spreadsheet opens: with BOM, cells that look like formulas disarmed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([gettext(word) for word in ("Row", "Column", "Reason")])
    for row, column, reason in problem_rows(report.problems):
        writer.writerow([row, safe_cell(column), safe_cell(reason)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def report_as_json(report: MeasurementReport) -> dict[str, Any]:
    """Return a report for programs; values in the units of the attributes."""
    problems = problem_rows(report.problems[:MAX_LISTED])
    return {
        "id": None if report.file_id is None else str(report.file_id),
        "outcome": report.outcome.value,
        "file_name": report.file_name,
        "sha256": report.sha256,
        "rows": report.rows,
        "bad": report.bad,
        "new": report.new,
        "duplicates": report.duplicates,
        "problems": [{"row": row, "column": column, "reason": reason} for row, column, reason in problems],
        "problems_left_out": max(len(report.problems) - MAX_LISTED, 0),
        "ignored_columns": list(report.ignored),
        "preview": [
            {
                "row": one.row,
                "sample_code": one.code,
                "attribute": one.checked.attribute.key,
                "value": value_text(one.checked.value),
                "unit": one.checked.attribute.unit,
            }
            for one in report.preview
        ],
    }


def value_text(value: str) -> str:
    """Return a kept value as programs get it: a decimal as text, or a word."""
    try:
        return plain_number(Decimal(value))
    except ArithmeticError:
        return value
