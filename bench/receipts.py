"""Receipts as PDF, pages per second: one by one and in bulk, against WeasyPrint alone on the same HTML.

The reference gives WeasyPrint the finished HTML of each receipt with nothing shared between documents; the product also fills
the template, translates, formats the figures and draws the QR code, and shares fonts and styles.
"""

import argparse
import statistics

from sqlalchemy import select

from bench.common import KINDS, database, print_table, run_folder, timed
from chain.app import ROOT
from chain.core.db import db
from chain.papers.drawing.render import BASE_CSS, FORMAT_CSS, papers_html, render
from chain.papers.drawing.sheets import Sheet, sheet_of
from chain.papers.models import Paper
from chain.papers.rules import PaperFormat, PaperKind
from tests.support.databases import make_app

ADDRESS = "http://127.0.0.1:8000"
A5 = PaperFormat.A5


def measure(sheets: list[Sheet]) -> dict[str, float]:
    """Return pages per second of each way."""
    from weasyprint import CSS, HTML

    styles = (BASE_CSS, FORMAT_CSS[A5])
    pages = [papers_html([sheet], A5, address=ADDRESS) for sheet in sheets]

    def bare() -> None:
        for page in pages:
            HTML(string=page).write_pdf(
                stylesheets=[CSS(filename=str(ROOT / "templates" / one)) for one in styles]
            )

    def one_by_one() -> None:
        for sheet in sheets:
            render([sheet], A5, address=ADDRESS, archival=False)

    def in_bulk() -> None:
        render(sheets, A5, address=ADDRESS, archival=False)

    ways = {"WeasyPrint alone, one by one": bare, "one by one": one_by_one, "in bulk": in_bulk}
    return {name: len(sheets) / timed(way) for name, way in ways.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with run_folder(), database(KINDS[0], "demo") as made:
        app = make_app(made.url)
        with app.test_request_context():
            found = db.session.scalars(
                select(Paper)
                .where(Paper.kind == PaperKind.RECEIPT.value)
                .order_by(Paper.id)
                .limit(options.receipts)
            ).all()
            sheets = [sheet_of(paper) for paper in found]
            render(sheets[:3], A5, address=ADDRESS)  # fonts are looked up once
            runs = [measure(sheets) for _ in range(options.repeats)]
    rates = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    reference = rates["WeasyPrint alone, one by one"]
    print_table(
        f"Receipts as PDF ({options.receipts}, one page each; medians of {options.repeats})",
        ["way", "pages/s", "ratio"],
        [[name, f"{rate:.1f}", f"{rate / reference:.2f}"] for name, rate in rates.items()],
    )


if __name__ == "__main__":
    main()
