import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chain.cli import main
from chain.grading.cli import grade

CASES = Path(__file__).parents[1] / "data" / "cases" / "fibre" / "aafl-2005-prices.csv"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["price", *(str(argument) for argument in arguments)])


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lots.csv"


def test_the_published_prices_come_out_exactly_refusals_included() -> None:
    result = run(CASES, "--grid", "aafl")
    assert result.exit_code == 0
    priced = rows(result.stdout)
    assert len(priced) == 76
    for row in priced:
        assert (row["grade"], row["price"], row["length_class"]) == (
            row["expected_grade"],
            row["expected_price"],
            row["expected_length_class"],
        )
    assert "aafl@2005-10-01: 70. No recibidas: 6. Filas que no se pudieron leer: 0." in result.stderr


def test_amounts_are_rounded_once_per_row_and_summed(file: Path) -> None:
    file.write_text(
        "micron;length_mm;colour;weight_kg\n21,5;100;white;1,2345\n24;70;TB;10\n18;70;blanco;3\n",
        encoding="utf-8",
    )
    result = run(file, "--grid", "aafl")
    assert result.exit_code == 0
    priced = rows(result.stdout, ";")
    assert [(row["price"], row["amount"]) for row in priced] == [
        ("10.00", "12.35"),  # 12.345
        ("1.50", "15.00"),
        ("refused", ""),
    ]
    assert "El comprador no recibe" in priced[2]["price_reason"]
    assert result.stderr.splitlines()[-1] == "Total: 27.35 AUD."


def test_what_one_class_finer_would_have_been_paid_stands_beside(file: Path) -> None:
    file.write_text(
        "micron,length_mm,colour_group\n21.5,100,other\n21.5,70,other\n18,100,other\n", encoding="utf-8"
    )
    steps = [(row["next_grade"], row["next_price"]) for row in rows(run(file, "--grid", "aafl").stdout)]
    assert steps == [("H1", "20.00"), ("", ""), ("", "")]  # H1 is not taken in length C


def test_what_chain_grade_wrote_can_be_priced(file: Path, tmp_path: Path) -> None:
    file.write_text(
        "lot,micron,length_mm,colour_group\nA,21.5,100,other\nB,21.5,20,other\n", encoding="utf-8"
    )
    graded = tmp_path / "graded.csv"
    assert CliRunner().invoke(grade, [str(file), "--scheme", "aafl", "--out", str(graded)]).exit_code == 0
    priced = rows(run(graded, "--grid", "aafl").stdout)
    assert [(row["grade"], row["price"]) for row in priced] == [("H2", "8.00"), ("", "refused")]
    assert "Sin clase no hay precio" in priced[1]["price_reason"]


def test_a_class_of_another_scheme_is_not_priced(file: Path) -> None:
    file.write_text(
        "grade,length_class,colour_group,scheme\nbaby,A/B,other,\nH2,A/B,other,ntp-231.301@2014\nH2,A/B,pink,\nH2,A/B,other,\n",
        encoding="utf-8",
    )
    result = run(file, "--grid", "aafl")
    assert result.exit_code == 1
    assert [row["price"] for row in rows(result.stdout)] == ["", "", "", "8.00"]
    assert [line.split(":")[0] for line in result.stderr.splitlines()[:3]] == [
        "Fila 2, columna grade",
        "Fila 3, columna scheme",
        "Fila 4, columna colour_group",
    ]


def test_a_colour_that_the_grid_does_not_place_is_asked_about(file: Path) -> None:
    file.write_text("micron,length_mm,colour\n21.5,100,beige\n21.5,100,\n", encoding="utf-8")
    reasons = [row["price_reason"] for row in rows(run(file, "--grid", "aafl").stdout)]
    assert "a qué grupo de colores" in reasons[0]
    assert "falta el color" in reasons[1]


def test_bad_weights_are_listed_with_row_and_column(file: Path) -> None:
    file.write_text(
        "micron,length_mm,colour_group,weight_kg\n21.5,100,other,mucho\nfino,100,other,1\n\n21.5,100,other,1\n",
        encoding="utf-8",
    )
    result = run(file, "--grid", "aafl")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Fila 2, columna weight_kg: “mucho” no es un número.",
        "Fila 3, columna micron: “fino” no es un número.",
        "Filas con precio según aafl@2005-10-01: 1. No recibidas: 0. Filas que no se pudieron leer: 2.",
        "Total: 8.00 AUD.",
    ]


def test_pounds_are_converted_exactly_and_never_beside_kilograms(file: Path) -> None:
    file.write_text(
        "micron,length_mm,colour_group,weight_lb,weight_kg\n21.5,100,other,100,\n21.5,100,other,1,1\n",
        encoding="utf-8",
    )
    result = run(file, "--grid", "aafl")
    assert [row["amount"] for row in rows(result.stdout)] == ["362.87", ""]  # 45.359237 kg at 8.00
    assert "Fila 3, columna weight_lb" in result.stderr


def test_a_grid_or_column_that_is_not_there(file: Path) -> None:
    file.write_text("lot,colour_group\nA,other\n", encoding="utf-8")
    unknown = run(file, "--grid", "none")
    assert unknown.exit_code == 2
    assert "aafl@2005-10-01" in unknown.stderr
    missing = run(file, "--grid", "aafl")
    assert missing.exit_code == 2
    assert "“micron”" in missing.stderr
    assert run(file, "--grid", "aafl", "--edition", "1999").exit_code == 2
    file.write_text("grade,price\nH2,3\n", encoding="utf-8")
    assert "“price”" in run(file, "--grid", "aafl").stderr
