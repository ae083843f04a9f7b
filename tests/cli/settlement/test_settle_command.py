"""`chain settle`: a folder in, lists, slips, summary and debts out, without a database."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from chain.settlement.fortnight.cli import settle

FILES = {
    "deliveries.csv": """producer,zone,date,shift,litres,name
P-A,Z,2026-07-08,AM,70,Rosa Mamani
P-A,Z,2026-07-08,PM,50,
P-B,Z,2026-07-08,AM,50,
P-A,Z,2026-07-12,AM,120,
P-C,Z,2026-07-17,AM,10,
""",
    "weighings.csv": "zone,date,litres\nZ,2026-07-08,168\n",
    "prices.csv": "weekday,sunday,excess_weekday,excess_sunday,from,to\n5.00,4.50,4.00,4.00,2026-07-01,2026-07-31\n",
    "quotas.csv": "producer,litres_per_day,override_weekday,override_sunday,from,to\nP-A,80,0,0,2026-07-01,2026-07-31\n",
    "licences.csv": "producer,number,from,to\nP-B,123,2026-01-01,2026-12-31\n",
    "movements.csv": """number,kind,producer,zone,date,amount,balance,name
3,feed,P-A,,2026-07-05,120.00,120.00,Balanced feed
1,vet,P-A,,2026-06-20,500.00,312.00,
4,bank_fee,P-B,,2026-07-15,7.50,,
5,group,,Z,2026-07-03,13.00,,Alcohol
6,other_income,P-B,,2026-07-09,5.00,,Refund
""",
    "settings.csv": "name,value\nit_percent,0.3\niue_percent,0.5\nkeep_percent,0\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "july"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


def run(
    folder: Path,
    out: str = "out.csv",
    first: str = "2026-07-01",
    last: str = "2026-07-15",
    language: str = "en",
) -> Result:
    arguments = [str(folder), "--scheme", "milk-fortnight", "--from", first, "--to", last]
    arguments += ["--out", str(folder.parent / out), "--language", language]
    result = CliRunner().invoke(settle, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_lists_hold_the_four_payrolls(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0, result.stderr
    lists = rows(folder.parent / "out.csv")
    assert [(one["payroll"], one["producer"], one["litres"], one["net"]) for one in lists] == [
        ("weekday", "P-A", "80.000", "0.00"),
        ("weekday", "P-B", "50.000", "238.65"),
        ("sunday", "P-A", "80.000", "360.00"),
        ("excess_weekday", "P-A", "40.000", "160.00"),
        ("excess_sunday", "P-A", "40.000", "160.00"),
    ]
    first, second = lists[:2]
    assert first["weighing_difference"] == "-6.15"
    assert (first["withholding"], first["group"], first["vet"], first["feed"]) == (
        "-3.20",
        "-8.00",
        "-312.00",
        "-70.65",
    )
    assert (second["withholding"], second["bank_fee"], second["other_income"]) == ("0.00", "-7.50", "5.00")
    assert "net: 918.65" in result.stdout


def test_a_household_keeps_a_fifth_unless_the_settings_say_otherwise(folder: Path) -> None:
    (folder / "settings.csv").write_text("name,value\nit_percent,0.3\niue_percent,0.5\n", encoding="utf-8")
    run(folder)
    first = rows(folder.parent / "out.csv")[0]
    assert (first["earned"], first["net"]) == ("393.85", "78.77")


def test_slips_summary_and_debts_stand_beside_and_agree(folder: Path) -> None:
    run(folder)
    net = sum(float(one["net"]) for one in rows(folder.parent / "out.csv"))
    slips = rows(folder.parent / "out-slips.csv")
    assert sum(float(one["amount"]) for one in slips if one["payroll"] == "total") == pytest.approx(net)
    assert sum(float(one["amount"]) for one in slips if one["payroll"] != "total") == pytest.approx(net)
    feed = next(one for one in slips if one["item"] == "Balanced feed")
    assert (feed["not_taken"], feed["explanation"]) == (
        "49.35",
        "Debt no. 3 of 2026-07-05: 120.00 were owed, 49.35 stay owed.",
    )
    summary = rows(folder.parent / "out-summary.csv")
    totals = {(one["zone"], one["figure"]): one["value"] for one in summary if one["block"] == "total"}
    assert float(totals["*", "net"]) == float(totals["Z", "net"]) == pytest.approx(net)
    taxes = {one["figure"]: one["value"] for one in summary if one["block"] == "taxes"}
    assert taxes == {"IT": "1.20", "IUE": "2.00"}


def test_the_debts_that_are_left_are_the_movements_of_the_next_fortnight(folder: Path) -> None:
    run(folder)
    left = folder.parent / "out-movements.csv"
    assert rows(left) == [
        {
            "number": "3",
            "kind": "feed",
            "producer": "P-A",
            "date": "2026-07-05",
            "amount": "120.00",
            "balance": "49.35",
            "name": "Balanced feed",
        }
    ]
    left.replace(folder / "movements.csv")
    result = run(folder, "next.csv", "2026-07-16", "2026-07-31")
    assert result.exit_code == 1  # the 17th has deliveries and no scale reading
    (folder / "weighings.csv").write_text("zone,date,litres\nZ,2026-07-17,10\n", encoding="utf-8")
    result = run(folder, "next.csv", "2026-07-16", "2026-07-31")
    assert result.exit_code == 0, result.stderr
    assert rows(folder.parent / "next-movements.csv")[0]["balance"] == "49.35"  # no milk, so it waits


def test_a_workbook_holds_everything_in_sheets(folder: Path) -> None:
    assert run(folder, "out.xlsx").exit_code == 0
    book = load_workbook(folder.parent / "out.xlsx")
    assert book.sheetnames == ["lists", "slips", "summary", "movements"]
    assert book["lists"]["V2"].value == 0
    nets = [float(str(row[21].value)) for row in book["lists"].iter_rows(min_row=2)]
    assert sum(nets) == pytest.approx(918.65)
    assert (folder.parent / "out-movements.csv").exists()


def test_words_are_spanish_when_nothing_else_is_asked(folder: Path) -> None:
    assert run(folder, language="es").exit_code == 0
    items = {one["item"] for one in rows(folder.parent / "out-slips.csv")}
    assert {"Leche, lunes a sábado", "Diferencia de pesaje", "Líquido pagable"} <= items


def test_every_bad_cell_is_named_at_once_and_nothing_is_written(folder: Path) -> None:
    (folder / "deliveries.csv").write_text(
        "productor;fecha;litros\nP-A;2026-13-08;70\n;08/07/2026;50,5\nP-B;08/07/2026;muchos\nP-B;08/07/2026;-3\n",
        encoding="utf-8",
    )
    (folder / "movements.csv").write_text(
        "number,kind,producer,date,amount\n1,vett,P-A,2026-07-01,3\n", encoding="utf-8"
    )
    result = run(folder)
    assert result.exit_code == 1
    told = result.stderr.splitlines()
    assert (
        "deliveries.csv, line 2, column date: “2026-13-08” is not a date. Write 2026-07-08 or 08/07/2026."
        in told
    )
    assert "deliveries.csv, line 3, column producer: The cell is empty." in told
    assert any(line.startswith("deliveries.csv, line 4, column litres: “muchos”") for line in told)
    assert any(line.startswith("deliveries.csv, line 5, column litres: “-3” is below") for line in told)
    assert any(line.startswith("movements.csv, line 2, column kind: “vett” is not a kind") for line in told)
    assert told[-1] == "Nothing was written: 5 cells could not be read."
    assert not (folder.parent / "out.csv").exists()


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("weighings.csv", "zone,date,litres\nZ,2026-07-09,1\n", "missing in zone Z for: 2026-07-08"),
        ("prices.csv", FILES["prices.csv"].replace("07-31", "07-14"), "No milk price covers the days"),
        (
            "quotas.csv",
            FILES["quotas.csv"] + "P-A,90,0,0,2026-07-10,2026-07-20\n",
            "Two rows are in force at once (quotas): P-A.",
        ),
        (
            "weighings.csv",
            FILES["weighings.csv"] + "Z,2026-07-08,168\n",
            "weighings.csv, line 3, column date: The same was said in line 2",
        ),
        (
            "movements.csv",
            FILES["movements.csv"] + "3,vet,P-A,,2026-07-01,5,5,\n",
            "line 7, column number: The same was said in line 2",
        ),
        (
            "movements.csv",
            "kind,producer,date,amount,balance\nvet,P-A,2026-07-01,5,6\n",
            "The balance is above the amount.",
        ),
        ("settings.csv", "name,value\nit_pct,3\n", "“it_pct” is not a setting."),
        ("settings.csv", "name,value\nit_percent,3\nit_percent,3\n", "settings.csv, line 3, column name"),
        ("settings.csv", "name,value\ndebts_reach_sundays,perhaps\n", "neither yes nor no"),
        ("settings.csv", "name,value\nholidays,2026-07-40\n", "is not a date"),
        ("deliveries.csv", "producer,date,litres\nP-A,2026-07-08,0\n", "A delivery of nothing"),
        ("deliveries.csv", "producer,date,litres\nP-A,2026-08-08,5\n", "No delivery lies in this fortnight."),
        (
            "reserve.csv",
            "fraction,from,to\n0.02,2026-01-01,\n0.03,2026-02-01,\n",
            "two reserve fractions are in force",
        ),
    ],
)
def test_rules_and_files_refuse_in_words(folder: Path, file: str, text: str, told: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 1
    assert told in result.stderr


def test_files_that_cannot_be_used_end_with_two(folder: Path) -> None:
    (folder / "prices.csv").unlink()
    result = run(folder)
    assert (result.exit_code, result.stderr) == (2, "The file prices.csv is missing in july.\n")
    (folder / "prices.csv").write_text("weekday\n5\n", encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 2
    assert "the column “excess_sunday” is missing" in result.stderr


@pytest.mark.parametrize(
    ("first", "last", "out"),
    [
        ("2026-07-02", "2026-07-15", "out.csv"),
        ("2026-07-01", "2026-07-31", "out.csv"),
        ("2026-07-01", "2026-07-15", "out.txt"),
    ],
)
def test_other_days_and_endings_are_refused(folder: Path, first: str, last: str, out: str) -> None:
    assert run(folder, out, first, last).exit_code == 2


def test_without_rates_nothing_is_withheld_and_it_says_so(folder: Path) -> None:
    (folder / "settings.csv").unlink()
    result = run(folder)
    assert result.exit_code == 0
    assert "Nothing is withheld: settings.csv gives no rates." in result.stderr
    assert "1 deliveries of other days were not looked at." in result.stderr


def test_no_text_of_a_file_runs_as_a_formula(folder: Path) -> None:
    (folder / "deliveries.csv").write_text(
        'producer,date,litres,name\n=1+1,2026-07-12,5,"=HYPERLINK(1)"\n', encoding="utf-8"
    )
    for name in ("weighings.csv", "quotas.csv", "movements.csv", "licences.csv"):
        (folder / name).unlink()
    assert run(folder).exit_code == 0
    assert ",'=1+1,'=HYPERLINK(1)," in (folder.parent / "out.csv").read_text(encoding="utf-8")


def test_it_needs_neither_the_web_nor_a_database() -> None:
    code = "import sys, chain.settlement.fortnight.cli; print([m for m in ('flask', 'sqlalchemy', 'numpy', 'xlsxwriter') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
