"""Sheets of debts are read whatever their titles and separators; every bad cell is named."""

import io
from datetime import date

import pytest
from openpyxl import Workbook

from chain.core.ids import new_id
from chain.core.tables import UnusableFile
from chain.dues.movement_file import read_movement_file
from chain.dues.rules import DueKind, Source


def test_a_sheet_with_spanish_titles_is_read() -> None:
    text = "Código;Tipo;Fecha;Monto;Detalle;Origen\nP-001;Alimento;16/03/2026;120,50;2 sacos;productos\n\n"
    read = read_movement_file(text.encode("cp1252"))
    assert not read.bad
    (row,) = read.rows
    assert (row.row, row.member_code, row.kind, row.dated_on) == (2, "P-001", DueKind.FEED, date(2026, 3, 16))
    assert (row.amount_minor, row.note, row.source) == (12_050, "2 sacos", Source.GOODS)


def test_a_workbook_is_read() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["member_code", "kind", "date", "amount", "note"])
    sheet.append(["P-1", "vet", date(2026, 3, 16), 45.5, "Vacuna"])
    content = io.BytesIO()
    book.save(content)
    (row,) = read_movement_file(content.getvalue()).rows
    assert (row.kind, row.amount_minor, row.source) == (DueKind.VET, 4_550, None)


def test_each_bad_cell_is_named() -> None:
    text = "codigo,tipo,fecha,monto,detalle\n,perro,31/02/2026,1.234,Sal\nP-1,vet,2026-03-16,x,Sal\n"
    read = read_movement_file(text.encode())
    assert [(one.row, one.column) for one in read.bad] == [
        (2, "member_code"), (2, "kind"), (2, "date"), (2, "amount"), (3, "amount"),
    ]  # fmt: skip
    assert not read.rows


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UnusableFile) as refused:
        read_movement_file(b"codigo,tipo,fecha,monto\n")
    assert "note" in str(refused.value)


def test_the_same_row_twice_is_two_debts_and_the_same_file_again_none() -> None:
    text = b"codigo,tipo,fecha,monto,detalle\nP-1,vet,2026-03-16,5,Sal\nP-1,vet,2026-03-16,5,Sal\n"
    first, second = read_movement_file(text).rows
    house = new_id()
    assert first.id_in(house, 0) == second.id_in(house, 0) != second.id_in(house, 1)
    assert first.id_in(house, 0) != first.id_in(new_id(), 0)
