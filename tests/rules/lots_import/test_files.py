import io
import zipfile
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.core.tables import UnusableFile
from chain.lots.importing import sheets
from chain.lots.importing.reading import ReadFile, ReadOptions, read_rows
from chain.lots.importing.sheets import open_sheet
from chain.lots.importing.weights import WeightScale
from tests.support.import_files import saved, with_members, workbook

LIMA = ZoneInfo("America/Lima")
TITLES = ("codigo_socio", "fecha", "producto", "neto_kg")
ROW = ("A1", "2026-03-02", "alpaca-fibre", 2.5)
GOOD = workbook([TITLES, ROW])
CSV = "codigo_socio;fecha;producto;neto_kg\nA1;2026-03-02;alpaca-fibre;2,5\n"


def read(content: bytes | str, **options: Any) -> ReadFile:
    raw = content.encode() if isinstance(content, str) else content
    return read_rows(open_sheet(raw), ReadOptions(zone=LIMA, **options))


def table(*rows: Sequence[str]) -> str:
    return "\n".join(";".join(row) for row in rows)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_csv_is_read_alike(separator: str, encoding: str, end: str) -> None:
    lines = [
        "Centro Ñ — marzo",
        "Código socio;Fecha;Producto;Neto (kg)",
        'A1;2026-03-02;fibra de alpaca;"2,5"',
    ]
    text = end.join(line.replace(";", separator) for line in lines)
    (row,) = read(text.encode(encoding)).rows
    assert (row.member_code, row.quantity, row.commodity, row.number) == ("A1", 2500, "alpaca-fibre", 3)


def test_excel_and_csv_give_the_same_row() -> None:
    assert read(GOOD).rows == read(CSV).rows


HOSTILE = {
    "empty": (b"", "empty"),
    "blank": (b" \r\n ", "empty"),
    "a PDF": (b"%PDF-1.7 ...", "PDF"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel"),
    "NUL bytes": (CSV.encode() + b"\0", "neither"),
    "random bytes": (bytes(range(256)) * 9, "neither"),
    "a cut workbook": (GOOD[: len(GOOD) // 2], "damaged"),
    "a word document": (with_members(b"PK\x05\x06" + b"\0" * 18, {"word/document.xml": b"<a/>"}), "ZIP archive"),
    "macros": (with_members(GOOD, {"xl/vbaProject.bin": b"x"}), "macros"),
    "a bomb": (with_members(GOOD, {"xl/media/x.xml": b"<a>" + b" " * 30_000_000}), "unpacked"),
    "an external entity": (
        with_members(
            GOOD,
            {
                "xl/sharedStrings.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e;</t></si></sst>'
            },
        ),
        "declarations",
    ),
    "an entity far down": (
        with_members(GOOD, {"xl/worksheets/sheet1.xml": b" " * 5000 + b"<!DOCTYPE x><worksheet/>"}),
        "titles",
    ),
    "a broken sheet": (with_members(GOOD, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}), "damaged"),
    "merged cells": (workbook([TITLES, ROW, ROW], merge="A2:A3"), "merged"),
    "a formula without a result": (workbook([TITLES, ("A1", "2026-03-02", "alpaca-fibre", "=1+1")]), "formulas"),
    "no titles": (b"hola\nque tal\n", "titles"),
    "a broken quotation": (CSV.encode() + b'"A1;x\n', "breaks off"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_cannot_be_used_is_refused_in_words(what: str) -> None:
    content, words = HOSTILE[what]
    with pytest.raises(UnusableFile, match=words):
        read(content)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(min_value=0, max_value=5000))
def test_a_damaged_workbook_is_read_or_refused_but_never_crashes(noise: bytes, place: int) -> None:
    try:
        read(GOOD[:place] + noise + GOOD[place + len(noise) :])
    except UnusableFile:
        return


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_but_never_crashes(text: str) -> None:
    for content in (text, CSV + text):
        try:
            read(content.encode("utf-8", "ignore"))
        except UnusableFile:
            continue


def test_stored_results_of_formulas_are_read() -> None:
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, TITLES)
    sheet.write_row(1, 0, ROW[:3])
    sheet.write_formula(1, 3, "=1+1.5", None, 2.5)
    book.close()
    assert read(content.getvalue()).rows[0].quantity == 2500


def test_a_workbook_whose_data_lie_far_apart_is_bounded() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(TITLES))
    sheet["A1048576"] = "x"
    with pytest.raises(UnusableFile, match="50000 rows"):
        read(saved(book))


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    with pytest.raises(UnusableFile, match="more than 2 rows"):
        read(CSV + "A1;2026-03-02;alpaca-fibre;2\n" * 2)
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        assert archive.testzip() is None


def test_missing_columns_are_listed_together() -> None:
    with pytest.raises(UnusableFile) as refused:
        read("color;micras\nblanco;22\n")
    assert str(refused.value) == (
        "These columns are missing: codigo_socio, fecha, producto (or choose the product for the whole file), "
        "bruto, neto or litros."
    )


def test_a_weight_without_a_unit_is_refused_and_a_choice_mends_it() -> None:
    bare = CSV.replace("neto_kg", "neto")
    with pytest.raises(UnusableFile, match="unit of the weights"):
        read(bare)
    assert read(bare, scale=WeightScale("kg")).rows == read(CSV).rows
    with pytest.raises(UnusableFile, match="quintals"):
        read(bare, scale=WeightScale("qq"))
    with pytest.raises(UnusableFile, match="quintals"):
        read(CSV.replace("neto_kg", "neto_qq"))


def test_a_column_of_units_speaks_row_by_row() -> None:
    text = table(
        ("codigo_socio", "fecha", "producto", "neto", "unidad"),
        ("A1", "2026-03-02", "alpaca", "2", "kg"),
        ("A1", "2026-03-02", "alpaca", "2", "Libras"),
        ("A1", "2026-03-02", "alpaca", "2", "qq"),
        ("A1", "2026-03-02", "alpaca", "2", "arroba"),
        ("A1", "2026-03-02", "alpaca", "2", ""),
    )
    found = read(text)
    assert [row.quantity for row in found.rows] == [2000, 907]
    assert [(one.row, one.column) for one in found.problems] == [(4, "neto"), (5, "unidad"), (6, "unidad")]


def test_gross_tare_and_net_of_one_row_must_agree() -> None:
    titles = ("codigo_socio", "fecha", "producto", "bruto_lb", "tara_lb", "neto_lb")
    start = ("A1", "2026-03-02", "alpaca")
    found = read(
        table(
            titles, (*start, "27,5", "0,5", "27"), (*start, "27,5", "", "27"), (*start, "27,5", "0,5", "26")
        )
    )
    assert [(row.gross_g, row.tare_g, row.quantity) for row in found.rows] == [
        (12474, 227, None),
        (12474, 227, None),
    ]
    assert [(one.row, one.column) for one in found.problems] == [(4, "neto_lb")]


def test_a_row_with_surplus_cells_is_refused_before_its_numbers_shift() -> None:
    found = read("codigo_socio,fecha,producto,neto_kg\nA1,2026-03-02,alpaca,2,5\n")
    assert [str(one.reason) for one in found.problems] == [
        "The row has more cells than the first row has titles."
    ]


def test_all_problems_of_a_row_are_told_at_once() -> None:
    titles = ("codigo_socio", "fecha", "producto", "neto_kg", "micras", "color")
    found = read(table(titles, ("", "ayer", "alpaca", "mucho", "fino", "verde")))
    assert [one.column for one in found.problems] == ["fecha", "neto_kg", "codigo_socio", "micras", "color"]


def test_a_measure_of_another_product_is_refused() -> None:
    titles = ("codigo_socio", "fecha", "producto", "litros", "neto_kg", "micras")
    found = read(
        table(
            titles, ("A1", "2026-03-02", "leche", "12", "", "22"), ("A1", "2026-03-02", "leche", "", "5", "")
        )
    )
    assert [(one.row, one.column) for one in found.problems] == [(2, "micras"), (3, "neto_kg")]


def test_a_cell_of_endless_text_is_refused() -> None:
    found = read(CSV + "A" * 500 + ";2026-03-02;alpaca-fibre;2\n")
    assert [str(one.reason) for one in found.problems] == ["The cell has more than 200 characters."]
