"""Files of lots as centres bring them: the samples of tests/data/imports, and broken workbooks.

`python -m tests.support.import_files` writes the samples anew.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font

SAMPLES = Path(__file__).parent.parent / "data" / "imports"
#: The members who deliver in the samples.
CODES = ("CC01-0001", "CC01-0002", "CC01-0003")

#: Semicolons, decimal commas, Windows-1252, two lines above the titles, pounds in the titles.
FIBRE_POUNDS = """Centro de acopio, Palca — campaña 2026;;;;;;;
;;;;;;;
Código socio;Fecha;Producto;Bruto (lb);Tara (lb);Raza;Color;Micras;Observación
CC01-0001;02/03/2026;Fibra de alpaca;27,5;0,5;Huacaya;Blanco;21,8;ñandú
CC01-0002;02/03/2026;Fibra de alpaca;31;1;Suri;Marrón claro;24,3;
CC01-0002;02/03/2026;Fibra de alpaca;31;1;Suri;Marrón claro;24,3;
CC01-0003;03/03/2026 07:45;alpaca;18,25;0,5;huacaya;LF;19,9;
"""
#: Commas, points, English titles, milk in litres.
MILK = """member_code,date,time,commodity,litres,shift,temperature_c,fat_pct,density
CC01-0001,2026-03-01,06:10,raw milk,23.5,am,12.5,3.6,1.030
CC01-0002,2026-03-01,06:20,raw-milk,18,morning,13,3.8,1.031
CC01-0001,2026-03-01,16:40,leche,20.25,pm,14,3.7,1.0295
"""
#: A bad cell of each common kind.
BAD_ROWS = """codigo_socio;fecha;producto;bruto_kg;tara_kg;color;micras
CC01-0001;2026-03-02;alpaca-fibre;12,5;0,5;blanco;22
CC01-9999;2026-03-02;alpaca-fibre;12,5;0,5;blanco;22
CC01-0001;02/13/2026;alpaca-fibre;12,5;0,5;blanco;22
CC01-0001;2026-03-02;alpaca-fibre;1.234,5;0,5;blanco;22
CC01-0001;2026-03-02;alpaca-fibre;2;5;blanco;22
CC01-0001;2026-03-02;alpaca-fibre;12,5;0,5;verde;22
CC01-0001;2026-03-02;alpaca-fibre;12,5;0,5;blanco;5
CC01-0001;2027-03-02;alpaca-fibre;12,5;0,5;blanco;22
;2026-03-02;alpaca-fibre;12,5;0,5;blanco;22
CC01-0001;2026-03-02;vicuña;12,5;0,5;blanco;22
=1+1;2026-03-02;alpaca-fibre;12,5;0,5;blanco;22
Total;;;137,5;5,5;;
CC01-0002;2026-03-02;alpaca-fibre;9,75;0,25;blanco;
"""


def workbook(rows: Sequence[Sequence[Any]], *, merge: str | None = None, title: str = "Hoja1") -> bytes:
    """Return an XLSX with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if merge:
        sheet.merge_cells(merge)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """Return a workbook as bytes."""
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def centre_workbook() -> bytes:
    """Return what a centre keeps: a cover sheet, merged lines above the titles, real dates and times, numbers and notes."""
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Carátula"
    cover["A1"] = "Registro de acopio de fibra"
    sheet = book.create_sheet("Acopio marzo")
    sheet["A1"] = "CENTRO DE ACOPIO DE PRUEBA"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.merge_cells("A1:J1")
    sheet["A2"] = "Registro de acopio, marzo de 2026"
    sheet.merge_cells("A2:J2")
    titles = (
        "N° boleta", "Código socio", "Apellidos y nombres", "Fecha", "Hora", "Peso bruto (kg)", "Tara (kg)", "Raza",
        "Color", "Micras",
    )  # fmt: skip
    for place, title in enumerate(titles, 1):
        sheet.cell(row=4, column=place, value=title).font = Font(bold=True)
    rows = (
        (101, CODES[0], "Quispe Mamani, Rosa", date(2026, 3, 2), time(8, 15), 12.5, 0.5, "Huacaya", "Blanco", 21.8),
        (102, CODES[1], "Condori Ñaupa, Juan", date(2026, 3, 2), time(8, 30), 30.1, 0.5, "Suri", "Beige", 24),
        (103, CODES[2], "Huamán Choque, Eulalia", date(2026, 3, 3), None, 8, 0.25, "Huacaya", "Café oscuro", None),
    )  # fmt: skip
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def with_members(content: bytes, members: Mapping[str, bytes]) -> bytes:
    """Return a ZIP with members added or replaced."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.infolist():
            if one.filename not in members:
                new.writestr(one.filename, old.read(one.filename))
        for name, data in members.items():
            new.writestr(name, data)
    return made.getvalue()


def write_samples() -> None:
    """Write the samples."""
    SAMPLES.mkdir(exist_ok=True)
    (SAMPLES / "fibra-libras-windows.csv").write_bytes(FIBRE_POUNDS.replace("\n", "\r\n").encode("cp1252"))
    (SAMPLES / "milk.csv").write_bytes(MILK.encode())
    (SAMPLES / "con-errores.csv").write_bytes(b"\xef\xbb\xbf" + BAD_ROWS.encode())
    (SAMPLES / "acopio-marzo.xlsx").write_bytes(centre_workbook())


if __name__ == "__main__":
    write_samples()
