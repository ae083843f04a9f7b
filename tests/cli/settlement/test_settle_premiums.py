"""`chain settle` with analyses: composition in prices.csv, premiums and penalties in a file of their own."""

from pathlib import Path

import pytest

from tests.cli.settlement.test_settle_command import FILES, rows, run

PRICES = (
    "weekday,sunday,excess_weekday,excess_sunday,from,to,fat_point,fat_reference\n"
    "5.00,4.50,4.00,4.00,2026-07-01,2026-07-31,0.20,3.5\n"
)
ANALYSES = """producer,date,shift,fat,temperature
P-A,2026-07-08,mañana,3.8,4
P-A,2026-07-08,PM,3.2,9
P-B,2026-06-03,,3.6,
P-B,2026-06-10,,3.8,
P-B,2026-06-20,,4.0,
P-B,2025-06-20,,2.5,
P-A,2026-07-20,,3.0,
"""
PREMIUMS = """name,kind,percent,result,high,from,to
Fría,premium,2,temperatura,6,,
De agosto,premium,50,temperatura,6,2026-08-01,2026-08-31
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "july"
    made.mkdir()
    for name in ("deliveries", "weighings", "quotas", "settings"):
        (made / f"{name}.csv").write_text(FILES[f"{name}.csv"], encoding="utf-8")
    (made / "prices.csv").write_text(PRICES, encoding="utf-8")
    (made / "analyses.csv").write_text(ANALYSES, encoding="utf-8")
    (made / "premiums.csv").write_text(PREMIUMS, encoding="utf-8")
    return made


def test_the_slip_says_the_result_and_where_it_comes_from(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0, result.stderr
    slips = rows(folder.parent / "out-slips.csv")
    told = {
        (one["producer"], one["payroll"], one["item"], one["amount"]): one["explanation"] for one in slips
    }
    # 70 l of 3.8 %, then 10 of 50 l of 3.2 % within the quota of 80 l; 40 l over it
    assert told["P-A", "weekday", "Fat", "4.20"].endswith("Fat: 3.8 %.")
    assert told["P-A", "weekday", "Fat", "-0.60"].endswith("Fat: 3.2 %.")
    assert told["P-A", "excess_weekday", "Fat", "-2.40"]
    assert told["P-A", "weekday", "Fría", "7.00"].endswith("Temperature: 4 °C.")
    # 50 l by the mean of 3.6, 3.8 and 4.0: 0.3 points above the reference
    mean = told["P-B", "weekday", "Fat", "3.00"]
    assert "mean of the producer's last three results. Fat: 3.8 %." in mean
    assert not [key for key in told if key[2] == "De agosto"]
    lists = rows(folder.parent / "out.csv")
    assert [one["premiums_and_penalties"] for one in lists[:2]] == ["10.60", "3.00"]
    assert sum(float(one["net"]) for one in lists) == pytest.approx(
        float(result.stdout.split("net: ")[1].split()[0])
    )


def test_words_are_spanish(folder: Path) -> None:
    run(folder, language="es")
    slips = rows(folder.parent / "out-slips.csv")
    assert any(one["item"] == "Grasa" and "promedio" in one["explanation"] for one in slips)


def test_a_workbook_has_the_column_of_premiums_too(folder: Path) -> None:
    from openpyxl import load_workbook

    assert run(folder, "out.xlsx").exit_code == 0
    titles = [cell.value for cell in next(load_workbook(folder.parent / "out.xlsx")["lists"].iter_rows())]
    assert titles[6:9] == ["milk_value", "premiums_and_penalties", "weighing_difference"]


def test_analyses_that_no_price_looks_at_are_told(folder: Path) -> None:
    (folder / "prices.csv").write_text(FILES["prices.csv"], encoding="utf-8")
    (folder / "premiums.csv").unlink()
    result = run(folder)
    assert result.exit_code == 0
    assert "The analyses change nothing" in result.stderr
    assert "premiums_and_penalties" not in (folder.parent / "out.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "analyses.csv",
            ANALYSES + "P-A,2026-07-09,,3.5,\n",
            "line 9, column date: The producer brought no milk",
        ),
        (
            "analyses.csv",
            ANALYSES + "P-B,2026-07-08,PM,3.5,\n",
            "line 9, column date: The producer brought no",
        ),
        (
            "analyses.csv",
            ANALYSES + "P-A,2026-07-08,AM,3.5,\n",
            "line 9, column date: The same was said in line 2",
        ),
        ("analyses.csv", ANALYSES + "P-A,2026-07-08,,,\n", "line 9, column *: No result stands in this line"),
        (
            "analyses.csv",
            ANALYSES + "P-A,2026-07-08,,38,\n",
            "line 9, column fat_pct: 38 % is not believable",
        ),
        (
            "analyses.csv",
            ANALYSES + "P-A,2026-07-08,,mucha,\n",
            "line 9, column fat_pct: “mucha” is not a number",
        ),
        (
            "prices.csv",
            PRICES.replace("0.20,3.5", "0.20,"),
            "line 2, column fat_reference: Write the percentage",
        ),
        (
            "prices.csv",
            PRICES.replace("0.20,3.5", ",3.5"),
            "prices.csv, line 2, column fat_point: The cell is",
        ),
        ("prices.csv", PRICES.replace("0.20,3.5", "0.20,35"), "column fat_reference: Write a value from"),
        ("premiums.csv", PREMIUMS + "X,bono,2,fat,6,,\n", "line 4, column kind: “bono” is neither"),
        ("premiums.csv", PREMIUMS + "X,premium,2,gusto,6,,\n", "line 4, column result: “gusto” is nothing"),
        ("premiums.csv", PREMIUMS + "X,premium,,fat,6,,\n", "line 4, column amount: Write an amount or"),
        ("premiums.csv", PREMIUMS + "X,premium,2,fat,,,\n", "line 4, column low: Write the lower end"),
        ("premiums.csv", PREMIUMS + "X,premium,200,fat,6,,\n", "line 4, column percent: Write a percentage"),
        ("premiums.csv", PREMIUMS + ",premium,2,fat,6,,\n", "line 4, column name: The cell is empty"),
    ],
)
def test_every_bad_cell_is_named(folder: Path, file: str, text: str, told: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 1
    assert told in result.stderr
    assert not (folder.parent / "out.csv").exists()
