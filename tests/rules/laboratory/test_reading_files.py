"""Layouts of instruments, all synthetic: what real exports look like is not known."""

from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from chain.core.i18n import Message
from chain.core.tables import UnusableFile
from chain.laboratory.codes import new_code
from chain.laboratory.importing.mapping import (
    RAW,
    MappedColumn,
    Mapping,
    guess_header,
    make_mapping,
    meaning_value,
    read_mapping,
)
from chain.laboratory.importing.reading import ReadMeasurements, plain_day, plain_digits, read_measurements
from chain.lots.importing.sheets import open_sheet
from chain.lots.importing.values import read_number

FILES = Path(__file__).parent.parent.parent / "data" / "laboratory"
LIMA = ZoneInfo("America/Lima")
CODES = [new_code() for _ in range(3)]


def content_of(name: str) -> bytes:
    text = (FILES / name).read_bytes()
    for number, code in enumerate(CODES, 1):
        text = text.replace(f"S{number:02d}".encode(), code.encode())
    return text


def mapping(header_row: int, *columns: MappedColumn, decimal: str = "auto", dates: str = "dmy") -> Mapping:
    return make_mapping(header_row=header_row, decimal=decimal, dates=dates, status="report", columns=columns)


def read(content: bytes, how: Mapping) -> ReadMeasurements:
    return read_measurements(content, how, LIMA)


def shown(found: ReadMeasurements) -> list[tuple[int, str, dict[str, str], str]]:
    return [
        (
            row.number,
            row.code,
            {key: str(value) for key, value in row.values},
            row.measured_at.isoformat() if row.measured_at else "",
        )
        for row in found.rows
    ]


LASERSCAN = mapping(
    3,
    MappedColumn(0, "Code", "sample"),
    MappedColumn(1, "Mean", "micron"),
    MappedColumn(2, "StdDev", "sd_um"),
    MappedColumn(4, "Tested", "date"),
)


def test_tabs_with_lines_above_the_titles() -> None:
    found = read(content_of("laserscan-synthetic.tsv"), LASERSCAN)
    assert found.problems == []
    assert shown(found) == [
        (4, CODES[0], {"micron": "19.1", "sd_um": "4.1"}, "2026-03-14T09:30:00-05:00"),
        (5, CODES[1], {"micron": "22.6", "sd_um": "5.0"}, "2026-03-14T09:42:00-05:00"),
    ]
    assert found.sheet.header.ignored == ("Comfort",)


def test_semicolons_decimal_commas_and_the_month_first() -> None:
    how = mapping(
        1,
        MappedColumn(0, "Muestra", "sample"),
        MappedColumn(1, "FECHA", "date"),
        MappedColumn(2, "media", "micron"),
        decimal=",",
        dates="mdy",
    )
    found = read(content_of("fiber-ec-synthetic.csv"), how)
    assert shown(found)[0] == (2, CODES[0], {"micron": "19.05"}, "2026-03-14T00:00:00-05:00")


def test_a_file_without_titles() -> None:
    how = mapping(
        0, MappedColumn(0, "", "sample"), MappedColumn(1, "", "fat_pct", "%", "unknown"), decimal="."
    )
    assert [values for _, _, values, _ in shown(read(content_of("ekomilk-synthetic.csv"), how))] == [
        {"fat_pct": "3.60"},
        {"fat_pct": "3.88"},
    ]


def test_a_workbook() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Laboratorio"],
        [],
        ["Code", "Mean", "StdDev", "Comfort", "Tested"],
        [CODES[0], 19.1, 4.1, None, None],
    ):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    assert shown(read(out.getvalue(), LASERSCAN)) == [(4, CODES[0], {"micron": "19.1", "sd_um": "4.1"}, "")]


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(UnusableFile) as refused:
        read(b"Code\tMean\nX\t2\n", LASERSCAN)
    assert "StdDev, Tested" in str(refused.value)
    with pytest.raises(UnusableFile):
        read(b"", LASERSCAN)
    with pytest.raises(UnusableFile):
        read(b"%PDF-1.7", LASERSCAN)


def test_the_row_of_titles_is_guessed() -> None:
    for name, expected in (
        ("ofda-synthetic.csv", 6),
        ("laserscan-synthetic.tsv", 3),
        ("fiber-ec-synthetic.csv", 1),
    ):
        assert guess_header(open_sheet(content_of(name), RAW).rows) == expected
    assert guess_header(open_sheet(content_of("ekomilk-synthetic.csv"), RAW).rows) == 0


@pytest.mark.parametrize(
    ("text", "sign", "expected"),
    [
        ("350.000", ",", "350000"),
        ("350.000", "auto", "350.000"),
        ("350,000", ".", "350000"),
        ("1.234,5", ",", "1234.5"),
        ("22,4", ",", "22.4"),
        ("22.4", ".", "22.4"),
    ],
)
def test_the_decimal_sign_decides(text: str, sign: str, expected: str) -> None:
    assert str(read_number(plain_digits(text, sign))) == expected


def test_the_wrong_sign_is_refused_and_not_guessed() -> None:
    assert isinstance(read_number(plain_digits("22.4", ",")), Message)
    assert isinstance(read_number(plain_digits("22,45", ".")), Message)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("05/03/2026", "dmy", "2026-03-05"),
        ("05/03/2026", "mdy", "2026-05-03"),
        ("5.3.26", "dmy", "2026-03-05"),
        ("2026-03-05", "dmy", "2026-03-05"),
        ("26/03/05 14:30", "ymd", "2026-03-05 14:30"),
        ("soon", "dmy", "soon"),
    ],
)
def test_the_order_of_a_date_decides(text: str, order: str, expected: str) -> None:
    assert plain_day(text, order) == expected


def test_a_mapping_survives_being_kept() -> None:
    assert read_mapping(LASERSCAN.as_record()) == LASERSCAN
    assert read_mapping(None) is None
    assert meaning_value(LASERSCAN.columns[0]) == "sample"
    assert meaning_value(MappedColumn(1, "D", "density_g_ml", "kg/m³", "20_c")) == "density_g_ml|kg/m³|20_c"
