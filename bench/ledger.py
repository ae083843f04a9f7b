"""The books: postings a second through the product, then a big journal verified and summed, against hledger and beancount.

One journal of a fixed seed stands in the database and, as the product exports it, in a text file. `chain ledger verify` proves
the whole chain (hashes, order, balance of each entry, stored balances); the trial balance sums every posting. hledger and beancount
read the file and sum it; what they prove is that each entry balances and that the balances at the end hold, without hashes.
"""

import argparse
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from bench.common import KINDS, SEED, database, median_of, print_table, run_folder, timed
from bench.ledger_books import fill_books
from chain.core.db import atomic, db, snapshot
from chain.core.ids import new_id
from chain.ledger.export.formats import ExportFormat, write_export
from chain.ledger.queries.trial_balance import trial_balance
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.ledger.services.verify import verify_ledger
from tests.support.cast import Cast
from tests.support.databases import Kind, make_app

CAST = Cast()
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
#: Payments of a run are posted as one entry; so many producers it has here.
LINES = 200
BEANCOUNT = "import sys; from beancount import loader; sys.exit(len(loader.load_file(sys.argv[1])[1]))"


def post_some(app: Flask, entries: int, lines: int) -> float:
    """Return the postings per second of entries with so many lines, each entry in a transaction of its own."""
    parties = [new_id() for _ in range(lines - 1)]
    now = datetime.now(UTC)

    def run() -> None:
        for _ in range(entries):
            with atomic() as session:
                post_entry(
                    session,
                    actor=CAST.treasurer.actor,
                    organisation_id=CAST.other_centre.id,
                    now=now,
                    occurred_on=now.date(),
                    kind=EntryKind.PAYOUT,
                    description="Pago",
                    idempotency_key=str(new_id()),
                    lines=[
                        *(LedgerLine(AccountCode.PAYABLE_PRODUCERS, 100, party) for party in parties),
                        LedgerLine(AccountCode.CASH, -100 * len(parties)),
                    ],
                )

    with app.app_context():
        return entries * lines / timed(run)


def verify(app: Flask) -> None:
    """Prove the books, as `chain ledger verify` does."""
    with app.app_context(), snapshot() as session:
        report = verify_ledger(session, CAST.centre.id)
        assert report.is_whole, report


def balances(app: Flask) -> None:
    """Sum every posting."""
    with app.app_context(), snapshot() as session:
        rows = trial_balance(session, CAST.accountant.actor, on=LAST)
        assert sum(row.closing_minor for row in rows) == 0


def measure(kind: Kind, postings: int, entries: int, repeats: int, folder: Path) -> dict[str, float]:
    """Return seconds and rates of one database; the first one also writes the files."""
    with database(kind) as made:
        app = make_app(made.url)
        with app.app_context():
            with atomic() as session:
                fill_books(session, CAST.centre.id, "PEN", postings, SEED)
            with atomic() as session:
                session.execute(text("ANALYZE"))
            for wanted in (ExportFormat.HLEDGER, ExportFormat.BEANCOUNT):
                path = folder / wanted.value
                if not path.exists():
                    with snapshot() as session:
                        write_export(
                            session,
                            organisation_id=CAST.centre.id,
                            first=FIRST,
                            last=LAST,
                            wanted=wanted,
                            path=path,
                        )
        found = {
            "verify": median_of(repeats, lambda: timed(lambda: verify(app))),
            "balances": median_of(repeats, lambda: timed(lambda: balances(app))),
            "small": post_some(app, entries, 2),
            "large": post_some(app, max(1, entries * 2 // LINES), LINES),
        }
        with app.app_context():
            db.engine.dispose()
        return found


def run_program(command: list[str]) -> float:
    """Return the seconds of a program that must find nothing wrong."""
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--postings", type=int, default=200_000, help="of the journal; 1000000 for docs/performance.md"
    )
    parser.add_argument("--entries", type=int, default=1_000, help="posted one by one")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with run_folder(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            kind: measure(kind, options.postings, options.entries, options.repeats, folder) for kind in KINDS
        }
        hledger = run_program(["hledger", "-f", str(folder / "hledger"), "balance", "--flat"])
        beancount = run_program([sys.executable, "-c", BEANCOUNT, str(folder / "beancount")])
    rows = [
        [
            f"chain, {kind}",
            word,
            f"{one[key]:.2f}",
            f"{hledger / one[key]:.1f}",
            f"{beancount / one[key]:.1f}",
        ]
        for kind, one in found.items()
        for key, word in (("verify", "verification with hashes"), ("balances", "trial balance"))
    ]
    rows.append(["hledger", "read, check, balances", f"{hledger:.2f}", "1.0", f"{beancount / hledger:.1f}"])
    rows.append(
        ["beancount", "read, check, balances", f"{beancount:.2f}", f"{hledger / beancount:.1f}", "1.0"]
    )
    print_table(
        f"A journal of {options.postings:,} postings (medians of {options.repeats}; the programs once)",
        ["what", "does", "seconds", "times hledger's speed", "times beancount's speed"],
        rows,
    )
    print_table(
        f"Postings through the product ({options.entries:,} entries one by one, each committed)",
        ["database", "entries of", "postings/s"],
        [
            [kind, words, f"{one[key]:,.0f}"]
            for kind, one in found.items()
            for key, words in (("small", "2 postings"), ("large", f"{LINES} postings"))
        ],
    )


if __name__ == "__main__":
    main()
