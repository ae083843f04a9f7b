import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from chain.grading.cli import grade

CASES = Path(__file__).parents[1] / "data" / "cases" / "fibre" / "micron-classes.csv"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(grade, [str(argument) for argument in arguments])


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lots.csv"


@pytest.mark.parametrize("edition", ["2004", "2014", "2022"])
def test_the_known_answers_come_out(edition: str) -> None:
    result = run(CASES, "--scheme", "ntp-231.301", "--edition", edition)
    assert result.exit_code == 0
    graded = rows(result.stdout)
    assert len(graded) == len(CASES.read_text(encoding="utf-8").splitlines()) - 1
    assert [row for row in graded if row["grade"] != row[f"expected_{edition}"]] == []


def test_rows_and_columns_stay_and_the_class_is_added(file: Path) -> None:
    file.write_text("lot,micron,length_mm,colour\nA1,22.1,80,blanco\n", encoding="utf-8")
    assert rows(run(file).stdout) == [
        {
            "lot": "A1",
            "micron": "22.1",
            "length_mm": "80",
            "colour": "blanco",
            "grade": "baby",
            "grade_name": "Baby",
            "reasons": "La fibra mide 22.1 micras. Esta clase va de 20.1 a 23.0 micras. "
            "Con 20.0 micras o menos sería de la clase más fina que sigue.",
            "sentence": "Su fibra mide 22.1 micras y por eso es Baby (de 20.1 a 23.0 micras); "
            "con 20.0 o menos sería Super Baby.",
            "missing": "",
            "length_class": "",
            "scheme": "ntp-231.301@2014",
        }
    ]


def test_reasons_in_english_on_request(file: Path) -> None:
    file.write_text("micron\n15\n", encoding="utf-8")
    row = rows(run(file, "--language", "en", "--edition", "2022").stdout)[0]
    assert row["grade_name"] == "Ultrafine"
    assert row["reasons"] == "The fibre measures 15.0 microns. This class takes fibre up to 18.0 microns."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_any_usual_encoding_with_semicolons_and_decimal_commas(file: Path, encoding: str) -> None:
    file.write_text("Productor;Micron;LENGTH_MM\r\nÑusta Quispe;23,05;70\r\n", encoding=encoding)
    result = run(file)
    assert result.exit_code == 0
    assert rows(result.stdout, ";")[0]["Productor"] == "Ñusta Quispe"
    assert rows(result.stdout, ";")[0]["grade"] == "fleece"


def test_a_decimal_comma_in_quotes_among_commas(file: Path) -> None:
    file.write_text('lot,micron\nA,"23,04"\n', encoding="utf-8")
    assert rows(run(file).stdout)[0]["grade"] == "baby"


def test_bad_rows_are_listed_and_kept_without_a_grade(file: Path) -> None:
    file.write_text(
        "lot,micron,length_mm\nA,22,80\nB,fino,80\nC,5,80\nD,,80\nE,22,9000\nF\nG,22,80,x\n", encoding="utf-8"
    )
    result = run(file)
    assert result.exit_code == 1
    assert [row["grade"] for row in rows(result.stdout)] == ["baby", "", "", "", "", "", ""]
    assert result.stdout.splitlines()[-1] == "G,22,80,,,,,,,,x"
    assert result.stderr.splitlines() == [
        "Fila 3, columna micron: “fino” no es un número.",
        "Fila 4, columna micron: 5 no es creíble: debe estar entre 10.0 y 60.0.",
        "Fila 5, columna micron: La celda está vacía.",
        "Fila 6, columna length_mm: 9000 no es creíble: debe estar entre 10 y 400.",
        "Fila 7, columna micron: La celda está vacía.",
        "Fila 8, columna 4: La fila tiene más celdas que títulos la primera fila.",
        "Filas clasificadas según ntp-231.301, edición 2014: 1. Filas que no se pudieron leer: 6.",
    ]


def test_a_colour_that_is_in_no_list_is_told_and_changes_no_class(file: Path) -> None:
    file.write_text(
        "micron,colour\n22,azul marino\n22,Marrón Claro\n22,wh\n22,TRUE_BLACK\n22,\n22,600\n",
        encoding="utf-8",
    )
    result = run(file)
    assert result.exit_code == 0
    told, *others = rows(result.stdout)
    assert told["grade"] == "baby"
    assert told["reasons"] == others[0]["reasons"] + (
        " El color “azul marino” no está en la lista de colores. La clase no depende de él."
    )
    assert len({row["reasons"] for row in others}) == 1


def test_blank_lines_are_no_bad_rows(file: Path) -> None:
    file.write_text("micron,lot\n22,A\n\n23,B\n", encoding="utf-8")
    result = run(file)
    assert result.exit_code == 0
    assert "2014: 2." in result.stderr


def test_formulas_are_disarmed_and_plain_numbers_left_alone(file: Path) -> None:
    file.write_text(
        'note,micron,delta\n"=HYPERLINK(""x"")",22,-3.5\n@a,22,"+1,5"\n-1+1,22,\n', encoding="utf-8"
    )
    graded = rows(run(file).stdout)
    assert [row["note"] for row in graded] == ['\'=HYPERLINK("x")', "'@a", "'-1+1"]
    assert [row["delta"] for row in graded] == ["-3.5", "+1,5", ""]


def test_the_result_goes_to_a_file_that_may_be_the_source(file: Path) -> None:
    file.write_text("micron\n22\n", encoding="utf-8")
    result = run(file, "--out", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert rows(file.read_text(encoding="utf-8"))[0]["grade"] == "baby"
    assert [path.name for path in file.parent.iterdir()] == ["lots.csv"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "vac\u00edo"),
        (b"  \n ", "vac\u00edo"),
        (b"lot,length\nA,1\n", "“micron”"),
        (b"micron,Micron\n22,22\n", "m\u00e1s de una vez"),
        (b"micron,grade\n22,x\n", "“grade”"),
        (b"PK\x03\x04\x00\x00", ".xlsx"),
        (b"%PDF-1.7", "PDF"),
        (b'micron\n"22\n', "comilla"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(
    file: Path, content: bytes, problem: str
) -> None:
    file.write_bytes(content)
    result = run(file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert problem in result.stderr


def test_a_file_or_scheme_that_is_not_there(file: Path) -> None:
    assert run(file).exit_code == 2
    file.write_text("micron\n22\n", encoding="utf-8")
    unknown = run(file, "--scheme", "ntp-999")
    assert unknown.exit_code == 2
    assert "ntp-231.301@2014" in unknown.stderr
    assert run(file, "--scheme", "nb-33013").exit_code == 2
    assert run(file, "--commodity", "raw-milk").exit_code == 2
    assert run(file, "--out", file.parent / "none" / "out.csv").exit_code == 2


def test_llama_fibre_says_that_the_ladder_is_borrowed(file: Path) -> None:
    file.write_text("micron\n22\n", encoding="utf-8")
    assert "por analogía" in rows(run(file, "--commodity", "llama-fibre").stdout)[0]["reasons"]


def test_neither_the_web_nor_the_database_is_loaded() -> None:
    program = "import sys, chain.grading.cli; print([m for m in ('flask', 'sqlalchemy', 'rich', 'marshmallow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_workbook_is_graded_like_the_same_csv(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["lote", "micron", "length_mm"], ["A1", 23.05, 70], ["A2", 21, None], ["A3", "fino", 80]):
        sheet.append(row)
    path = tmp_path / "lots.xlsx"
    book.save(path)
    result = run(path)
    assert result.exit_code == 1
    assert [row["grade"] for row in rows(result.stdout)] == ["fleece", "baby", ""]
    assert "Fila 4, columna micron" in result.stderr


def test_json_holds_the_cells_the_class_and_the_problems(file: Path) -> None:
    file.write_text("lot,micron\nA,24.8\n\nB,fino\n", encoding="utf-8")
    good, bad = json.loads(run(file, "--format", "json", "--edition", "2022").stdout)
    assert (good["row"], good["cells"], good["grade"]) == (2, {"lot": "A", "micron": "24.8"}, "fina")
    assert good["scheme"] == "ntp-231.301@2022"
    assert good["sentence"].startswith("Su fibra mide 24.8 micras y por eso es Fina")
    assert good["distance"] == {
        "to_finer": "1.8",
        "to_coarser": "1.7",
        "finer": "extrafina",
        "coarser": "semifina",
    }
    assert (good["boundary"], good["strength"]) == (None, "third-hand")
    assert (bad["row"], bad["grade"]) == (4, "")
    assert bad["problems"] == [{"column": "micron", "reason": "“fino” no es un número."}]


def test_milk_is_judged_by_its_norm(file: Path) -> None:
    file.write_text(
        "socio;temperatura;temperature;fat;antibiotics\nA;x;8;3,6;\nB;x;12;3,6;\nC;x;;3,6;\nD;x;8;3,6;positivo\nE;x;99;3,6;\n",
        encoding="utf-8",
    )
    result = run(file, "--scheme", "nb-33013")
    graded = rows(result.stdout, ";")
    assert [row["grade"] for row in graded] == ["accept", "reject", "", "accept", ""]
    assert "storage_temperature" in graded[2]["missing"]
    assert graded[1]["sentence"].endswith("dio 12 °C, y por debajo de 10 °C se acepta.")
    assert result.exit_code == 1
    assert "Fila 6, columna temperature" in result.stderr
    colombia = rows(run(file, "--scheme", "raw-milk-co").stdout, ";")
    assert colombia[3]["grade"] == "reject"


def test_fleeces_are_graded_once_their_figures_are_vouched_for(file: Path) -> None:
    file.write_text(
        "super_baby_kg,baby_kg,fleece_kg,medium_fleece_kg,huarizo_kg,gruesa_kg,corta_kg,length_mm,colour_term\n"
        "5,20,50,0,10,10,5,80,entero\n0,15,40,0,25,15,5,80,entero\n5,20,40,10,10,10,5,80,entero\n5,20,50,0,10,10,5,,entero\n",
        encoding="utf-8",
    )
    off = rows(run(file, "--scheme", "ntp-231.300").stdout)
    assert [row["grade"] for row in off] == ["", "", "", ""]
    assert "confirmation:category:extrafina" in off[0]["missing"]
    vouched = [f"category:{key}" for key in ("extrafina", "fina", "semifina", "gruesa")]
    vouched += [f"proportion:{key}" for key in ("superior", "inferior", "baby")]
    options = [word for key in vouched for word in ("--confirmed", key)]
    on = rows(run(file, "--scheme", "ntp-231.300", *options).stdout)
    assert [row["grade"] for row in on] == ["extrafina", "fina", "", ""]
    assert [row["missing"] for row in on] == ["", "", "side_of_medium_fleece", "length_mm"]
    unknown = run(file, "--scheme", "ntp-231.300", "--confirmed", "category:best")
    assert unknown.exit_code == 2
    assert "category:fina" in unknown.stderr


def test_colours_by_a_buyers_rules(file: Path) -> None:
    file.write_text(
        "colour,findings,chosen_colour\nBlanco,single_brown_fibres,leonado claro\ntrue_black,brown_tips,\nazul,,\nwhite,stripes,\n",
        encoding="utf-8",
    )
    result = run(file, "--scheme", "aafl-colour-rules")
    assert [row["grade"] for row in rows(result.stdout)] == ["light_fawn", "dark_brown", "", ""]
    assert "Fila 5, columna findings" in result.stderr


def test_carcasses_need_weight_and_sarcocystis_alone(file: Path) -> None:
    file.write_text(
        "weight_kg,sarcocystis,grade_class\n35.5,absent,\n35,ausente,primera\n3,absent,\n,,\n",
        encoding="utf-8",
    )
    result = run(file, "--scheme", "ibnorca-camelid-carcass")
    graded = rows(result.stdout)
    assert [row["grade"] for row in graded[:3]] == ["", "primera", ""]
    assert graded[0]["missing"] == ""
    assert graded[0]["sentence"].startswith("Su canal tiene todo lo necesario para el pago")
    assert "Fila 4, columna weight_kg" in result.stderr


def test_a_hundred_thousand_rows_go_through_at_once(file: Path, tmp_path: Path) -> None:
    lines = [f"{number},{14 + number % 2200 / 100:.2f},{50 + number % 90}" for number in range(100_000)]
    file.write_text("lot,micron,length_mm\n" + "\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "graded.csv"
    result = run(file, "--out", out)
    assert result.exit_code == 0
    assert "2014: 100000." in result.stderr
    with out.open(encoding="utf-8", newline="") as graded:
        assert sum(1 for row in csv.DictReader(graded) if row["grade"]) == 100_000
