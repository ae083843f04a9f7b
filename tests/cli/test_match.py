"""`chain match`: files in, files out, without a database."""

import csv
import io
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.matching.cli import match

LOTS = """lot_id,commodity,quantity_kg,grade,colour,micron,claim,centre,reserve_price,divisible
L1,alpaca-fibre,100,baby,white,21.5,organic,Sicuani,30,yes
L2,alpaca-fibre,60.5,baby,white,22.4,conventional,Macusani,30,no
L3,alpaca-fibre,40,fleece,beige,25.0,conventional,Macusani,15,yes
L4,alpaca-fibre,80,baby,white,23.2,conventional,Sicuani,,yes
"""
DEMANDS = """demand_id,buyer,grades,colours,micron_min,micron_max,claim,centres,price,min_kg,max_kg
D1,Mill A,baby,white,,23,*,*,42.50,50,120
D2,Mill B,baby|fleece,*,20,25,conventional,Macusani,35,,80
D3,Mill A,baby,white|beige,,22,organic,*,48,,30
"""
FREIGHT = "centre;buyer;cost_per_kg\nSicuani;Mill A;1,20\nMacusani;Mill A;2,10\nMacusani;Mill B;0,90\n"


class Files:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out, self.rest = folder / "matches.csv", folder / "rest.csv"
        self.write("lots.csv", LOTS)
        self.write("demands.csv", DEMANDS)

    def write(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_text(text, encoding=encoding)
        return path

    def run(self, *options: str) -> Result:
        files = (self.folder / "lots.csv", self.folder / "demands.csv")
        arguments = [*map(str, files), "--out", str(self.out), "--unmatched", str(self.rest), *options]
        result = CliRunner().invoke(match, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def matches(self) -> list[dict[str, str]]:
        return rows(self.out.read_text(encoding="utf-8"))

    def left(self) -> list[dict[str, str]]:
        return rows(self.rest.read_text(encoding="utf-8"))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_the_matches_are_written_with_price_freight_and_value(files: Files) -> None:
    freight = files.write("freight.csv", FREIGHT)
    result = files.run("--freight", str(freight))
    assert result.exit_code == 0
    found = [
        (row["lot_id"], row["demand_id"], row["quantity_kg"], row["net_price"], row["value"])
        for row in files.matches()
    ]
    assert found == [
        ("L1", "D1", "59.5", "41.30", "2457.35"),
        ("L1", "D3", "30", "46.80", "1404.00"),
        ("L2", "D1", "60.5", "40.40", "2444.20"),
        ("L3", "D2", "40", "34.10", "1364.00"),
    ]


def test_value_status_gap_and_seconds_are_printed_in_words_that_never_change(files: Files) -> None:
    result = files.run()
    printed = dict(line.split(": ") for line in result.stdout.splitlines())
    assert list(printed) == ["value", "bound", "status", "gap", "seconds"]
    assert printed["status"] == "optimal"
    assert Decimal(printed["gap"]) == 0
    assert Decimal(printed["value"]) == sum(Decimal(row["value"]) for row in files.matches())
    assert "Lotes colocados: 3 de 4" in result.stderr


def test_each_match_and_each_rest_explains_itself_in_two_languages(files: Files) -> None:
    freight = files.write("freight.csv", FREIGHT)
    files.run("--freight", str(freight))
    assert files.matches()[2]["explanation"] == (
        "Se pide la calidad baby. Se pide el color white. 22.4 µm no pasa del máximo de 23.0 µm. "
        "El precio es 42.50; menos 2.10 de flete quedan 40.40. Supera en 10.40 el precio base de 30.00."
    )
    files.run("--freight", str(freight), "--language", "en")
    rest = {row["lot_id"]: row for row in files.left()}
    assert (rest["L4"]["demand_id"], rest["L4"]["condition"], rest["L4"]["by"]) == (
        "D1",
        "micron_above",
        "0.2",
    )
    assert rest["L4"]["explanation"] == (
        "23.2 µm is 0.2 µm over the upper limit of 23.0 µm. It would go from 41.82 a kilogram."
    )


def test_the_named_change_makes_the_lot_go(files: Files) -> None:
    freight = files.write("freight.csv", FREIGHT)
    files.write("lots.csv", LOTS.replace("23.2", "23.0"))
    files.run("--freight", str(freight))
    assert "L4" in {row["lot_id"] for row in files.matches()}


def test_without_out_the_matches_go_to_the_terminal_and_the_rest_to_stderr(files: Files) -> None:
    result = CliRunner().invoke(match, [str(files.folder / "lots.csv"), str(files.folder / "demands.csv")])
    assert rows(result.stdout)[0]["lot_id"] == "L1"
    assert re.search(r"^status: optimal$", result.stderr, re.MULTILINE)


def test_semicolons_decimal_commas_and_other_encodings_are_read(files: Files) -> None:
    plain = files.run("--language", "en").stdout.splitlines()[0]
    lots = (
        LOTS.replace(",", ";").replace("60.5", "60,5").replace("21.5", "21,5").replace("Sicuani", "Sicuaní")
    )
    files.write("lots.csv", lots, "cp1252")
    files.write("demands.csv", "\ufeff" + DEMANDS.replace(",", ";").replace("42.50", "42,50"))
    assert files.run("--language", "en").stdout.splitlines()[0] == plain


def test_bad_cells_are_named_by_file_row_and_column_and_nothing_is_written(files: Files) -> None:
    files.write("lots.csv", LOTS.replace("60.5", "many").replace("organic", "green"))
    files.write("demands.csv", DEMANDS.replace("50,120", "150,120").replace(",48,", ",-1,"))
    result = files.run("--language", "en")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "lots.csv, row 2, column claim: “green” is none of: conventional, transition, organic.",
        "lots.csv, row 3, column quantity_kg: “many” is not a number. Write 12.5 or 12,5, without thousands separators.",
        "demands.csv, row 2, column max_kg: The upper limit lies under the lower one.",
        "demands.csv, row 4, column price: The number must lie from 0.01 to 100000.",
        "Nothing was written: 4 cells could not be read.",
    ]
    assert not files.out.exists()
    assert not files.rest.exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("L2,alpaca", "L1,alpaca", "row 3, column lot_id: “L1” stands in row 2 already."),
        ("L2,alpaca", ",alpaca", "row 3, column lot_id: The cell is empty."),
        ("60.5", "0", "row 3, column quantity_kg: The number must lie from 0.001 to 1000000000."),
        ("60.5", "60.5001", "row 3, column quantity_kg: At most 3 decimals."),
        ("30,no", "30,perhaps", "row 3, column divisible: “perhaps” is none of: yes, no."),
        ("30,no", "30,no,x", "row 3, column 11: The row has more cells than the first row has titles."),
    ],
)
def test_what_is_wrong_with_a_lot_is_said(files: Files, old: str, new: str, said: str) -> None:
    files.write("lots.csv", LOTS.replace(old, new))
    result = files.run("--language", "en")
    assert result.exit_code == 1
    assert f"lots.csv, {said}" in result.stderr


def test_a_missing_column_and_a_missing_file_end_it(files: Files) -> None:
    files.write("demands.csv", DEMANDS.replace("micron_max", "micron"))
    result = files.run("--language", "en")
    assert result.exit_code == 2
    assert "demands.csv: The file has none of these columns: micron_max." in result.stderr
    (files.folder / "demands.csv").unlink()
    assert files.run().exit_code == 2


def test_formulas_of_a_spreadsheet_are_defused(files: Files) -> None:
    files.write("lots.csv", LOTS.replace("L1", "=1+1").replace("L4", "@x"))
    files.run()
    assert files.matches()[0]["lot_id"].startswith("'=1+1")
    assert "'@x" in {row["lot_id"] for row in files.left()}


def test_the_order_of_rows_changes_nothing(files: Files) -> None:
    files.run()
    first = files.matches()
    title, *body = LOTS.splitlines()
    files.write("lots.csv", "\n".join([title, *reversed(body)]))
    files.run()
    assert files.matches() == first


def test_the_earlier_moment_goes_first_where_the_file_has_one(files: Files) -> None:
    head = LOTS.splitlines()[0]
    lots = f"{head},registered_at\nA,m,10,,,,,,,,2026-03-02\nB,m,10,,,,,,,,2026-03-01T08:00\n"
    files.write("lots.csv", lots)
    files.write("demands.csv", DEMANDS.splitlines()[0] + "\nD,Mill,*,*,,,*,*,5,,10\n")
    files.run()
    assert [row["lot_id"] for row in files.matches()] == ["B"]


def test_prices_finer_than_cents_are_kept(files: Files) -> None:
    files.write("demands.csv", DEMANDS.replace("42.50", "42.5025"))
    files.run()
    assert {row["price"] for row in files.matches() if row["demand_id"] == "D1"} == {"42.5025"}


def test_it_starts_without_a_database_and_without_the_web(files: Files) -> None:
    code = (
        "import sys; from chain.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print([name for name in ('flask', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "match", files.folder / "lots.csv", files.folder / "demands.csv"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_example_of_the_documentation_comes_out_as_it_says(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "matching.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"`(\w+\.csv)`[^\n]*\n\n```csv\n(.*?)```", page, re.DOTALL))
    assert set(tables) == {"lots.csv", "demands.csv", "freight.csv", "matches.csv", "rest.csv"}
    files = Files(tmp_path)
    for name in ("lots.csv", "demands.csv", "freight.csv"):
        files.write(name, tables[name])
    result = files.run("--freight", str(tmp_path / "freight.csv"), "--language", "en")
    assert result.exit_code == 0
    shown = rows(tables["matches.csv"])
    assert [{name: row[name] for name in shown[0]} for row in files.matches()] == shown
    assert rows(tables["rest.csv"]) == files.left()
    assert "value: 7669.55" in result.stdout
