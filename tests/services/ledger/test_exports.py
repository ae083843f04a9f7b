import csv
import io
import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Transaction
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.export.formats import ExportFormat, write_export
from chain.ledger.export.words import account_names
from chain.ledger.queries.chart import chart_of
from chain.ledger.queries.trial_balance import trial_balance
from chain.ledger.rules import AccountKind
from chain.ledger.services.chart import add_account, change_account
from chain.ledger.services.manual import ManualLine, post_manual
from tests.support.cast import Cast
from tests.support.ledger import add_member, post_season

Balances = Mapping[tuple[str, str], int]
WHOLE = (date(2026, 1, 1), date(2026, 3, 31))
MIDDLE = (date(2026, 2, 1), date(2026, 2, 28))


@pytest.fixture
def season(session: Session, cast: Cast, now: datetime) -> None:
    members = [
        add_member(session, cast, now, "P001", 'José "Pepe" Ñaupari, el joven'),
        add_member(session, cast, now, "P002"),
    ]
    post_season(session, cast, now, members)
    add_account(
        session,
        actor=cast.accountant.actor,
        now=now,
        account_id=new_id(),
        kind=AccountKind.ASSET,
        number="1042",
        name='=1+1 "Caja; de ahorros" | ñandú',
    )
    change_account(
        session, actor=cast.accountant.actor, now=now, code="fee_income", number="75-9", name="Цена: 5 %"
    )
    post_manual(
        session,
        actor=cast.accountant.actor,
        now=now,
        entry_id=new_id(),
        occurred_on=date(2026, 2, 20),
        description="+SUM(A1)  ; nota",
        lines=[ManualLine("own_1", 700), ManualLine("cash", -700)],
    )


def expected(session: Session, cast: Cast, last: date) -> Balances:
    chart = chart_of(session, cast.centre.id)
    names = account_names(chart.values())
    return {
        (names[row.account.code], row.currency): row.closing_minor
        for row in trial_balance(session, cast.accountant.actor, on=last)
        if row.closing_minor
    }


def write(
    session: Session, cast: Cast, period: tuple[date, date], wanted: ExportFormat, folder: Path
) -> Path:
    path = folder / f"libro.{wanted.value}"
    write_export(
        session, organisation_id=cast.centre.id, first=period[0], last=period[1], wanted=wanted, path=path
    )
    return path


def cents(text: str | Decimal) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize("period", [WHOLE, MIDDLE])
def test_hledger_reads_the_journal_and_finds_the_same_balances(
    session: Session, cast: Cast, tmp_path: Path, period: tuple[date, date]
) -> None:
    path = write(session, cast, period, ExportFormat.HLEDGER, tmp_path)
    subprocess.run(["hledger", "-f", path, "check", "--strict"], check=True, capture_output=True)
    done = subprocess.run(
        ["hledger", "-f", path, "balance", "--flat", "--no-total", "-O", "json"],
        check=True,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    found = {
        (row[0], amount["acommodity"]): int(
            Decimal(amount["aquantity"]["decimalMantissa"]).scaleb(2 - amount["aquantity"]["decimalPlaces"])
        )
        for row in json.loads(done.stdout)[0]
        for amount in row[3]
    }
    assert {key: value for key, value in found.items() if value} == expected(session, cast, period[1])


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize("period", [WHOLE, MIDDLE])
def test_beancount_loads_the_file_without_an_error_and_finds_the_same_balances(
    session: Session, cast: Cast, tmp_path: Path, period: tuple[date, date]
) -> None:
    path = write(session, cast, period, ExportFormat.BEANCOUNT, tmp_path)
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    found: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        if isinstance(entry, Transaction):
            for one in entry.postings:
                units: Any = one.units
                found[one.account, units.currency] += cents(units.number)
    assert {key: value for key, value in found.items() if value} == expected(session, cast, period[1])


@pytest.mark.usefixtures("season")
def test_a_changed_amount_fails_the_assertions_of_both_programs(
    session: Session, cast: Cast, tmp_path: Path
) -> None:
    journal = write(session, cast, WHOLE, ExportFormat.HLEDGER, tmp_path)
    journal.write_text(
        journal.read_text().replace(" 100.00 PEN", " 100.05 PEN").replace("-100.00 PEN", "-100.05 PEN")
    )
    assert (
        subprocess.run(["hledger", "-f", journal, "check"], check=False, capture_output=True).returncode != 0
    )
    file = write(session, cast, WHOLE, ExportFormat.BEANCOUNT, tmp_path)
    file.write_text(
        file.read_text().replace("  100.00 PEN", "  100.05 PEN").replace("-100.00 PEN", "-100.05 PEN")
    )
    assert loader.load_file(str(file))[1]


@pytest.mark.usefixtures("season")
def test_tables_hold_every_posting_and_nothing_that_a_spreadsheet_would_run(
    session: Session, cast: Cast, tmp_path: Path
) -> None:
    path = write(session, cast, WHOLE, ExportFormat.CSV, tmp_path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "-"))]
    debit, credit = rows[0].index("debe"), rows[0].index("haber")
    for currency in ("PEN", "USD"):
        mine = [row for row in rows[1:] if row[11] == currency]
        assert sum(cents(row[debit]) for row in mine if row[debit]) == sum(
            cents(row[credit]) for row in mine if row[credit]
        )
    book = load_workbook(write(session, cast, WHOLE, ExportFormat.XLSX, tmp_path))
    sheet = book["Diario"]
    assert sheet.max_row == len(rows)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    closing = {
        (row[0], row[2]): cents(str(row[4])) for row in book["Saldos"].iter_rows(min_row=2, values_only=True)
    }
    names = {row.number: row for row in chart_of(session, cast.centre.id).values()}
    found = {(names[str(number)].code, money): total for (number, money), total in closing.items() if total}
    trial = trial_balance(session, cast.accountant.actor, on=WHOLE[1])
    assert found == {
        (row.account.code, row.currency): row.closing_minor for row in trial if row.closing_minor
    }


def test_books_without_an_entry_are_exported_too(session: Session, cast: Cast, tmp_path: Path) -> None:
    for wanted in ExportFormat:
        assert write(session, cast, WHOLE, wanted, tmp_path).stat().st_size > 0
    assert loader.load_file(str(tmp_path / "libro.beancount"))[1] == []
    subprocess.run(["hledger", "-f", tmp_path / "libro.hledger", "check"], check=True, capture_output=True)
