"""Receipts as PDF per second: one by one, in blocks of 25, as a print job in two processes, against WeasyPrint and Typst.

Each way runs in a process of its own, so that its memory can be read. The print job is the product's whole way: an order in the
database, blocks that processes take, draw and store, and the merged file; its start-up counts. "One by one" is a plain loop that asks the
product for one receipt after the other, with the collector set as the application sets it. "WeasyPrint alone" gets the finished
HTML of each receipt, codes as PNG in it, with nothing shared between documents. Typst draws the same words, table and codes (bench/receipt.typ); it
is the limit, not an alternative: it knows no HTML and no accessible PDF/A-3 with our templates.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.common import KINDS, database, print_table, run_folder, timed
from chain.core.collector import tune_collector
from chain.core.config import load_settings
from chain.core.ids import new_id
from chain.papers.drawing.qr_codes import BORDER, SCALE, qr_address
from chain.papers.drawing.render import BASE_CSS, FORMAT_CSS, check_address, papers_html, render
from chain.papers.drawing.sheets import Sheet
from chain.papers.rules import PaperFormat, PaperKind, serial
from chain.printer import ROOT, create_printer, start_printers
from tests.support.databases import Database
from tests.support.papers import receipt_content

ADDRESS = "http://127.0.0.1:8000"
A5 = PaperFormat.A5
BLOCK = 25
MIB = 1024 * 1024
WAYS = ("bare", "one", "blocks", "typst", "typst-blocks")
SIGNED = "KEY*CHAIN-R1*PE*20448123456*R001-00000123*2026-03-14*PEN*229201*" + "A" * 33 + "*" + "B" * 103


def sheets_of(count: int) -> list[Sheet]:
    """Return receipts of a dairy's fortnight, each with codes of its own."""
    made = []
    for number in range(1, count + 1):
        content = receipt_content(f"Rosa Quispe {number}") | {
            "issued_on": "2026-03-16",
            "ledger_hash": "ab" * 32,
        }
        code = base64.b32encode(number.to_bytes(10, "big")).decode()
        made.append(
            Sheet(
                PaperKind.RECEIPT, serial("R001", number), content, "ab" * 32, code,
                SIGNED.replace("00000123", f"{number:08d}"), datetime(2026, 3, 16, tzinfo=UTC), 0,
            )
        )  # fmt: skip
    return made


def bare(sheets: Sequence[Sheet]) -> None:
    """WeasyPrint on finished HTML, nothing shared; the making of the HTML is not counted."""
    from weasyprint import CSS, HTML

    for page in pages:
        HTML(string=page).write_pdf(
            stylesheets=[CSS(filename=str(ROOT / "templates" / one)) for one in (BASE_CSS, FORMAT_CSS[A5])]
        )
    del sheets


pages: list[str] = []


def page_of(sheet: Sheet) -> str:
    """Return the finished HTML of a receipt as any other program would write it: its two codes are PNG pictures in it."""
    import segno

    html = papers_html([sheet], A5, address=ADDRESS)
    for text in (check_address(ADDRESS, sheet.check_code), sheet.signed_code or ""):
        code = segno.make(text, error="m", micro=False, boost_error=False, mask=2)
        html = html.replace(qr_address(text), code.png_data_uri(scale=SCALE, border=BORDER))
    return html


def one_by_one(sheets: Sequence[Sheet]) -> None:
    """The product's way, a file for each."""
    for sheet in sheets:
        render([sheet], A5, address=ADDRESS, archival=False)


def in_blocks(sheets: Sequence[Sheet]) -> None:
    """The product's way, 25 in a file."""
    for start in range(0, len(sheets), BLOCK):
        render(sheets[start : start + BLOCK], A5, address=ADDRESS, archival=False)


def with_typst(sheets: Sequence[Sheet], size: int) -> Callable[[], None]:
    """Typst's compiler kept alive; the views and the two codes are made before."""
    import segno
    import typst
    from flask import current_app

    from chain.papers.drawing.render import view_of
    from chain.web.i18n import using_language

    folder = Path(tempfile.mkdtemp(prefix="chain-bench-"))
    (folder / "receipt.typ").write_text((ROOT / "bench" / "receipt.typ").read_text(encoding="utf-8"), "utf-8")
    segno.make(f"{ADDRESS}/R/{sheets[0].check_code}").save(str(folder / "qr.png"), scale=5)
    segno.make(SIGNED).save(str(folder / "signed.png"), scale=5)
    kept = (
        "organisation", "serial", "party", "day", "about", "groups", "quantity_text", "earned", "deductions", "other_income",
        "net", "net_in_words", "check_host", "check_code",
    )  # fmt: skip
    with current_app.test_request_context(), using_language("es"):
        views = [view_of(sheet, A5, address=ADDRESS, language="es") for sheet in sheets]
    plain = [{name: view[name] for name in kept} for view in views]
    compiler = typst.Compiler(str(folder / "receipt.typ"), root=str(folder))

    def draw() -> None:
        for start in range(0, len(plain), size):
            data = json.dumps({"sheets": plain[start : start + size]}, default=str)
            compiler.compile(format="pdf", sys_inputs={"data": data})

    return draw


def measure_here(way: str, count: int) -> dict[str, float]:
    """Measure one way in this process: receipts per second and the largest memory in MiB."""
    app = create_printer(replace(load_settings({}), var_dir=Path(tempfile.gettempdir())))
    sheets = sheets_of(count)
    tune_collector()  # as the application does
    with app.test_request_context():
        if way == "bare":
            pages.extend(page_of(sheet) for sheet in sheets)
        if way.startswith("typst"):
            draw = with_typst(sheets, BLOCK if way == "typst-blocks" else 1)
            seconds = timed(draw)
        else:
            render(sheets[:1], A5, address=ADDRESS, archival=False)  # fonts are looked up once
            ways: dict[str, Callable[[Sequence[Sheet]], None]] = {
                "bare": bare, "one": one_by_one, "blocks": in_blocks,
            }  # fmt: skip
            seconds = timed(lambda: ways[way](sheets))
    return {"rate": count / seconds, "mib": most_memory(os.getpid()) / MIB}


def most_memory(process: int) -> int:
    """Return the most memory in bytes that a process had until now; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0].split()[1]) * 1024 if found else 0


def measure_job(made: Database, count: int, processes: int) -> dict[str, float]:
    """Measure a print job from the order to the merged file; the memory is that of the largest printing process."""
    from chain.core.db import atomic, db
    from chain.papers.queries.jobs import get_job_for, job_file
    from chain.papers.rules import JobState
    from tests.support.cast import Cast
    from tests.support.databases import make_app
    from tests.support.print_jobs import issue_many, order

    cast, app, largest = Cast(), make_app(made.url), 0
    with app.app_context():
        with atomic() as session:
            papers = issue_many(session, cast, count)
        start = time.perf_counter()
        with atomic() as session:
            job_id = order(session, cast, papers, datetime.now(UTC), job_id=new_id()).id
        running = start_printers(app.config["SETTINGS"], processes)
        watched = [one.pid for one in running]
        while True:
            row = get_job_for(db.session, cast.treasurer.actor, job_id)
            db.session.rollback()
            if row.state in {JobState.READY, JobState.FAILED}:
                break
            for one in watched:
                largest = max(largest, most_memory(one))
            if all(one.poll() is not None for one in running):
                running = start_printers(app.config["SETTINGS"], processes)
                watched = [one.pid for one in running]
            time.sleep(0.5)  # a page that shows progress asks less often
        assert row.state is JobState.READY, row.last_error
        written = sum(len(piece) for piece in job_file(db.session, job_id))
        seconds = time.perf_counter() - start
        assert written
        for process in running:
            process.wait()
    return {"rate": count / seconds, "mib": largest / MIB}


def measured(way: str, count: int) -> dict[str, float]:
    """Measure a way in a process of its own."""
    command = [sys.executable, "-m", "bench.receipts", "--way", way, "--receipts", str(count)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=100)
    parser.add_argument("--job", type=int, default=2000, help="Receipts of the print job in two processes.")
    parser.add_argument("--job-one", type=int, default=500, help="Receipts of the print job in one process.")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure_here(options.way, options.receipts)), flush=True)
        sys.stdout.flush()
        os._exit(0)
    names = {
        "bare": "WeasyPrint alone, one by one",
        "one": "one by one",
        "blocks": "in blocks of 25",
        "job-1": "print job, one process",
        "job-2": "print job, two processes",
        "typst": "Typst, one by one",
        "typst-blocks": "Typst, in blocks of 25",
    }
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with run_folder():
        for _ in range(options.repeats):  # interleaved, so that what else the computer does meets all of them
            for way in names:
                if way.startswith("job"):
                    with database(KINDS[0]) as made:
                        count = options.job_one if way == "job-1" else options.job
                        runs[way].append(measure_job(made, count, int(way[-1])))
                else:
                    runs[way].append(measured(way, options.receipts))
    rates = {way: statistics.median(run["rate"] for run in runs[way]) for way in names}
    memory = {way: max(run["mib"] for run in runs[way]) for way in names}
    print_table(
        f"Receipts as PDF ({options.receipts} of one page, jobs of {options.job_one} and {options.job}; "
        f"medians of {options.repeats}, load {os.getloadavg()[0]:.1f})",
        ["way", "receipts/s", "× one by one", "MiB per process"],
        [
            [names[way], f"{rates[way]:.1f}", f"{rates[way] / rates['one']:.2f}", f"{memory[way]:.0f}"]
            for way in names
        ],
    )


if __name__ == "__main__":
    main()
