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
from chain.settlement.models import Receipt
from chain.settlement.receipts.render import STYLES, Sheet, receipts_html, render_receipts, sheet_of
from tests.support.databases import make_app

ADDRESS = "http://127.0.0.1:8000"


def measure(sheets: list[Sheet]) -> dict[str, float]:
    """Return pages per second of each way."""
    from weasyprint import CSS, HTML

    pages = [receipts_html([sheet], address=ADDRESS) for sheet in sheets]

    def bare() -> None:
        for page in pages:
            HTML(string=page).write_pdf(stylesheets=[CSS(filename=str(ROOT / "templates" / STYLES))])

    def one_by_one() -> None:
        for sheet in sheets:
            render_receipts([sheet], address=ADDRESS)

    def in_bulk() -> None:
        render_receipts(sheets, address=ADDRESS)

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
            found = db.session.scalars(select(Receipt).order_by(Receipt.id).limit(options.receipts)).all()
            sheets = [sheet_of(receipt) for receipt in found]
            render_receipts(sheets[:3], address=ADDRESS)  # fonts are looked up once
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
