"""The one way from a file to stored lots that page, API and command line share, and its report in words."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from chain.accounts.rules import Actor
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.core.tables import safe_cell
from chain.lots.grades import class_name
from chain.lots.importing.reading import Problem
from chain.lots.importing.report import ImportReport, Outcome, RowsRefused
from chain.lots.services.imports import ImportChoices, check_import, import_lots, open_file
from chain.web.i18n import current_language, gettext

#: Problems that one answer lists; the file of bad rows holds them all.
MAX_LISTED = 1_000
BAD_ROWS_HEADER = ("row", "column", "reason")


def examine(*, actor: Actor, content: bytes, file_name: str, choices: ImportChoices) -> ImportReport:
    """Read a file and say what an import would do; nothing is written."""
    file = open_file(db.session, actor=actor, content=content, file_name=file_name, choices=choices)
    return check_import(db.session, actor=actor, now=utc_now(), file=file)


def store(
    *,
    actor: Actor,
    batch_id: UUID,
    content: bytes,
    file_name: str,
    choices: ImportChoices,
    skip_bad: bool,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Read a file and store it in one transaction; a report with `Outcome.REFUSED` means that nothing was written."""
    file = open_file(db.session, actor=actor, content=content, file_name=file_name, choices=choices)
    try:
        with atomic() as session:
            return import_lots(
                session,
                actor=actor,
                now=utc_now(),
                id=batch_id,
                file=file,
                skip_bad=skip_bad,
                progress=progress,
            )
    except RowsRefused as refused:
        return refused.report


def import_file(path: Path, *, actor: Actor, choices: ImportChoices | None = None) -> ImportReport:
    """Store a file from the disk, all rows or none."""
    return store(
        actor=actor,
        batch_id=new_id(),
        content=path.read_bytes(),
        file_name=path.name,
        choices=choices or ImportChoices(),
        skip_bad=False,
    )


def refusal_of(report: ImportReport) -> RowsRefused | None:
    """Return the refusal that a report stands for."""
    return RowsRefused(report) if report.outcome is Outcome.REFUSED else None


def problem_rows(problems: Sequence[Problem]) -> list[tuple[int, str, str]]:
    """Return row number, title and translated reason of each problem."""
    return [(one.row, one.column, gettext(one.reason)) for one in problems]


def bad_rows_csv(report: ImportReport) -> bytes:
    """Return the problems as a CSV file that a spreadsheet opens: with BOM, cells that look like formulas disarmed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow([gettext(word) for word in ("Row", "Column", "Reason")])
    for row, column, reason in problem_rows(report.problems):
        writer.writerow([row, safe_cell(column), safe_cell(reason)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def report_as_json(report: ImportReport) -> dict[str, Any]:
    """Return a report for programs; weights in grams, volumes in millilitres."""
    problems = problem_rows(report.problems[:MAX_LISTED])
    return {
        "id": None if report.batch_id is None else str(report.batch_id),
        "outcome": report.outcome.value,
        "file_name": report.file_name,
        "sha256": report.sha256,
        "rows": report.total,
        "new": report.new,
        "duplicates": report.duplicates,
        "bad": report.bad,
        "problems": [{"row": row, "column": column, "reason": reason} for row, column, reason in problems],
        "problems_left_out": max(len(report.problems) - MAX_LISTED, 0),
        "columns": [{"title": title, "meaning": meaning} for title, meaning in report.columns],
        "ignored_columns": list(report.ignored),
        "sheet": report.sheet_name,
        "preview": [
            {
                "row": one.number,
                "status": one.status.value,
                "member_code": one.member_code,
                "producer_name": one.producer_name,
                "commodity": one.commodity,
                "delivered_at": one.delivered_at.isoformat(),
                "gross_g": one.gross_g,
                "tare_g": one.tare_g,
                "quantity": one.quantity,
                "unit": one.unit,
                "grade": one.grade_key,
                "grade_name": class_name(
                    one.grade_scheme, one.grade_edition, one.grade_key, current_language()
                ),
                "claim": one.claim,
                "reference": one.reference,
            }
            for one in report.preview
        ],
    }
