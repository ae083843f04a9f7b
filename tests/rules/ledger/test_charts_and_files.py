from io import BytesIO

import pytest
from openpyxl import Workbook

from chain.core.tables import UnusableFile
from chain.ledger.charts import FOLDER, chart_of_country
from chain.ledger.export.words import account_names, amount_text, one_line, plain_word
from chain.ledger.opening_file import read_opening_file
from chain.ledger.queries.chart import ChartRow, number_key
from chain.ledger.rules import AccountCode, AccountKind


@pytest.mark.parametrize("country", [path.stem.upper() for path in sorted(FOLDER.glob("*.yaml"))])
def test_each_country_has_a_number_and_a_name_for_every_account(country: str) -> None:
    chart = chart_of_country(country)
    assert chart.country == country
    assert set(chart.accounts) == set(AccountCode)
    numbers = [one.number for one in chart.accounts.values()]
    assert len(set(numbers)) == len(numbers)
    assert all(one.name and len(one.name) <= 120 for one in chart.accounts.values())


def test_nothing_of_the_common_plan_is_called_confirmed() -> None:
    assert not any(one.confirmed for one in chart_of_country("BO").accounts.values())
    assert chart_of_country("XX") == chart_of_country("BO")


def test_numbers_sort_as_accountants_read_them() -> None:
    assert sorted(["1.10", "1.2", "1.1.1"], key=number_key) == ["1.1.1", "1.2", "1.10"]
    assert sorted(["104", "1041", "101"], key=number_key) == ["101", "104", "1041"]


def test_words_fit_plain_text_accounting() -> None:
    assert plain_word("  Préstamos: año «1» ") == "Prestamos-ano-1"
    assert plain_word("Цена") == ""
    assert one_line("a\nb\u2028c\x00d") == "a b c d"
    assert [amount_text(value, "PEN") for value in (5, -5, 0, 123456)] == ["0.05", "-0.05", "0.00", "1234.56"]
    rows = [
        ChartRow(code, number, "Caja", "Caja", AccountKind.ASSET, is_own=True, is_confirmed=True)
        for code, number in (("own_1", "1.1"), ("own_2", "1-1"))
    ]
    assert len(set(account_names(rows).values())) == 2


def test_an_opening_file_is_read_with_every_mistake_named() -> None:
    table = (
        "Cuenta;Código de socio;Debe;Haber;Moneda\r\n"
        "101;;1500,50;;\r\n"
        ";P1;1;;\r\n"
        "421;P2;;20;usd\r\n"
        "421;P3;5;6;\r\n"
        "421;P4;5;0;\r\n"
        "421;P5;0;0;\r\n"
        "421;P6;1.005;;\r\n"
        "421;P7;S/ 5;;\r\n"
        "421;P8;999999999999;;\r\n"
        "421;P9;;;\r\n"
        ";;;;\r\n"
    )
    read = read_opening_file(table.encode("cp1252"))
    assert [(one.row, one.account, one.party, one.amount_minor, one.currency) for one in read.rows] == [
        (2, "101", None, 150050, None),
        (4, "421", "P2", -2000, "USD"),
        (6, "421", "P4", 500, None),
    ]
    assert [(one.row, one.column) for one in read.bad] == [
        (3, "account"),
        (5, "credit"),
        (7, "debit"),
        (8, "debit"),
        (9, "debit"),
        (10, "debit"),
        (11, "amount"),
    ]


def test_a_workbook_says_the_same_as_the_table() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["cuenta", "monto"])
    sheet.append([101, 100.5])
    buffer = BytesIO()
    book.save(buffer)
    read = read_opening_file(buffer.getvalue())
    assert [(one.account, one.amount_minor) for one in read.rows] == [("101", 10050)]
    assert read.hash != read_opening_file(b"cuenta,monto\n101,100.5\n").hash


@pytest.mark.parametrize(
    "content", [b"", b"cuenta\n101\n", b"monto\n5\n", b"cuenta,cuenta,monto\n1,2,3\n", b"%PDF-1.4"]
)
def test_what_is_no_table_of_balances_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableFile):
        read_opening_file(content)
