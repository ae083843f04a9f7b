"""A run as a CSV file for spreadsheets: with a BOM; `;` and decimal comma for Bolivia, `,` and point for Peru."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from chain.core.i18n import N_
from chain.core.tables import safe_cell
from chain.settlement.models import SettlementRun
from chain.settlement.queries.runs import LineRow
from chain.web.i18n import gettext

BOM = "\ufeff"

HEADERS = (
    N_("Member code"),
    N_("Producer"),
    N_("Community"),
    N_("Deliveries"),
    N_("Quantity"),
    N_("Unit"),
    N_("Gross"),
    N_("Fees"),
    N_("Advances taken back"),
    N_("Net"),
    N_("Currency"),
)


def defused(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return safe_cell(text or "")


def run_csv(run: SettlementRun, lines: Sequence[LineRow], number_format: str) -> str:
    """Return the lines of a run, one row per producer, and their total."""
    is_comma = number_format == "BO"

    def number(value: int, places: int) -> str:
        text = f"{Decimal(value).scaleb(-places):.{places}f}"
        return text.replace(".", ",") if is_comma else text

    unit = "kg" if run.unit == "g" else "l"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if is_comma else ",", lineterminator="\r\n")
    writer.writerow([gettext(header) for header in HEADERS])
    for line in lines:
        writer.writerow(
            [
                defused(line.member_code),
                defused(line.full_name),
                defused(line.community),
                line.lots,
                number(line.quantity, 3),
                unit,
                number(line.gross_minor, 2),
                number(line.fees_minor, 2),
                number(line.advances_minor, 2),
                number(line.net_minor, 2),
                run.currency,
            ]
        )
    writer.writerow(
        [
            gettext(N_("Total")),
            "",
            "",
            sum(line.lots for line in lines),
            number(run.quantity, 3),
            unit,
            number(run.gross_minor, 2),
            number(sum(line.fees_minor for line in lines), 2),
            number(sum(line.advances_minor for line in lines), 2),
            number(run.net_minor, 2),
            run.currency,
        ]
    )
    return BOM + out.getvalue()
