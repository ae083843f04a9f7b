"""A run or one of its payrolls as a CSV file for spreadsheets: with a BOM; `;` and decimal comma for Bolivia, `,` and point for Peru."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from chain.core.i18n import N_
from chain.core.tables import safe_cell
from chain.settlement.explanations import block_title, kind_title
from chain.settlement.models import SettlementBlock, SettlementRun
from chain.settlement.queries.runs import BlockLine, LineRow
from chain.settlement.rules import ItemKind
from chain.web.i18n import gettext

BOM = "\ufeff"

HEADERS = (
    N_("Member code"),
    N_("Producer"),
    N_("Community"),
    N_("Deliveries"),
    N_("Quantity"),
    N_("Unit"),
    N_("Deliveries' worth"),
    N_("Gross"),
    N_("Fees"),
    N_("Advances taken back"),
    N_("Other income"),
    N_("Net"),
    N_("Paid"),
    N_("Currency"),
)


class _Sheet:
    """Rows of a file in an organisation's number format."""

    def __init__(self, run: SettlementRun, number_format: str) -> None:
        self._is_comma = number_format == "BO"
        self._out = io.StringIO()
        delimiter = ";" if self._is_comma else ","
        self._writer = csv.writer(self._out, delimiter=delimiter, lineterminator="\r\n")
        self.unit = "kg" if run.unit == "g" else "l"

    def row(self, cells: Sequence[object]) -> None:
        self._writer.writerow(cells)

    def number(self, value: int, places: int = 2) -> str:
        text = f"{Decimal(value).scaleb(-places):.{places}f}"
        return text.replace(".", ",") if self._is_comma else text

    def text(self) -> str:
        return BOM + self._out.getvalue()


def defused(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return safe_cell(text or "")


def run_csv(run: SettlementRun, lines: Sequence[LineRow], number_format: str) -> str:
    """Return the lines of a run, one row per producer, and their total."""
    sheet = _Sheet(run, number_format)
    sheet.row([gettext(header) for header in HEADERS])
    for line in lines:
        amounts = (
            line.goods_minor,
            line.gross_minor,
            line.fees_minor,
            line.advances_minor,
            line.additions_minor,
            line.net_minor,
            line.paid_minor,
        )
        sheet.row(
            [
                defused(line.member_code),
                defused(line.full_name),
                defused(line.community),
                line.lots,
                sheet.number(line.quantity, 3),
                sheet.unit,
                *(sheet.number(amount) for amount in amounts),
                run.currency,
            ]
        )
    totals = (
        run.goods_minor,
        run.gross_minor,
        sum(line.fees_minor for line in lines),
        sum(line.advances_minor for line in lines),
        run.additions_minor,
        run.net_minor,
        sum(line.paid_minor for line in lines),
    )
    sheet.row(
        [
            gettext(N_("Total")),
            "",
            "",
            sum(line.lots for line in lines),
            sheet.number(run.quantity, 3),
            sheet.unit,
            *(sheet.number(amount) for amount in totals),
            run.currency,
        ]
    )
    return sheet.text()


def block_csv(
    run: SettlementRun, block: SettlementBlock, lines: Sequence[BlockLine], number_format: str
) -> str:
    """Return a payroll, one row per producer with a column for each kind of amount and one to sign, and its total."""
    sheet = _Sheet(run, number_format)
    kinds = [kind.value for kind in ItemKind if kind.value in block.kinds]
    sheet.row([defused(block_title(block))])
    sheet.row(
        [
            gettext(N_("Member code")),
            gettext(N_("Producer")),
            gettext(N_("Community")),
            gettext(N_("Quantity")),
            gettext(N_("Unit")),
            gettext(N_("Price")),
            *(kind_title(kind) for kind in kinds),
            gettext(N_("Net")),
            gettext(N_("Currency")),
            gettext(N_("Signature")),
        ]
    )
    for line in lines:
        sheet.row(
            [
                defused(line.member_code),
                defused(line.full_name),
                defused(line.community),
                sheet.number(line.quantity, 3),
                sheet.unit,
                "" if line.price_minor is None else sheet.number(line.price_minor),
                *(sheet.number(line.kinds.get(kind, 0)) for kind in kinds),
                sheet.number(line.net_minor),
                run.currency,
                "",
            ]
        )
    sheet.row(
        [
            gettext(N_("Total")),
            "",
            "",
            sheet.number(block.quantity, 3),
            sheet.unit,
            "",
            *(sheet.number(block.kinds.get(kind, 0)) for kind in kinds),
            sheet.number(block.net_minor),
            run.currency,
            "",
        ]
    )
    return sheet.text()
