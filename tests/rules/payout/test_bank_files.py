"""Files for banks: the message holds to its schema, the layout to its columns, and no cell runs."""

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from chain.payout.bank_files import FileBatch, FilePayment, check_layout, check_pain001, layout_csv, pain001

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
CCI = "00219300123456789012"
PAYMENT = FilePayment(
    UUID(int=7), 1, "María & Hijos <Ñahui>", "S-001", "45678912", "Banco", CCI, "María", 402_537
)
BATCH = FileBatch(
    UUID(int=1),
    12,
    "Centro de acopio",
    "19112345678012",
    "PEN",
    date(2026, 3, 20),
    datetime(2026, 3, 18, 15, tzinfo=UTC),
    [PAYMENT, replace(PAYMENT, id=UUID(int=8), position=2, amount_minor=5, account="123-456")],
)


def test_pain001_holds_to_its_schema_and_says_what_the_batch_says() -> None:
    text = pain001(BATCH).decode()
    check_pain001(text)
    root = ET.fromstring(text)
    assert [one.text for one in root.iterfind(".//p:CtrlSum", NS)] == ["4025.42", "4025.42"]
    assert [one.text for one in root.iterfind(".//p:NbOfTxs", NS)] == ["2", "2"]
    amounts = root.findall(".//p:InstdAmt", NS)
    assert [(Decimal(one.text or ""), one.get("Ccy")) for one in amounts] == [
        (Decimal("4025.37"), "PEN"),
        (Decimal("0.05"), "PEN"),
    ]
    assert [one.text for one in root.iterfind(".//p:EndToEndId", NS)] == [UUID(int=7).hex, UUID(int=8).hex]
    assert [one.text for one in root.iterfind(".//p:CdtrAcct/p:Id/p:Othr/p:Id", NS)] == [CCI, "123-456"]
    assert pain001(BATCH) == text.encode()  # the same batch, the same file


def test_names_of_any_script_fit_and_what_xml_cannot_hold_is_left_out() -> None:
    names = ["Ñahui Ccori 😀", "María\x0bRosa\ufffe", "\x01", "Q" * 200]
    batch = replace(BATCH, payments=[replace(PAYMENT, holder=name) for name in names])
    root = ET.fromstring(pain001(batch))
    told = [one.text for one in root.iterfind(".//p:Cdtr/p:Nm", NS)]
    assert told == ["Ñahui Ccori 😀", "María Rosa", "-", "Q" * 140]


def test_an_account_is_never_cut() -> None:
    with pytest.raises(ValueError, match="pain"):
        pain001(replace(BATCH, payments=[replace(PAYMENT, account="9" * 35)]))


def test_a_message_that_does_not_hold_to_the_schema_is_refused() -> None:
    text = pain001(BATCH).decode()
    with pytest.raises(ValueError, match="pain"):
        check_pain001(text.replace("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>two</NbOfTxs>"))


def test_a_layout_gives_a_bank_its_own_columns() -> None:
    layout = {
        "delimiter": "semicolon",
        "decimal": ",",
        "header": True,
        "columns": [
            {"title": "CUENTA", "field": "account"},
            {"title": "", "field": "empty"},
            {"title": "IMPORTE", "field": "amount"},
            {"title": "NOMBRE", "field": "name"},
        ],
    }
    assert check_layout(layout) == []
    batch = replace(BATCH, payments=[replace(PAYMENT, full_name="=1+1")])
    rows = list(csv.reader(io.StringIO(layout_csv(batch, layout).decode()), delimiter=";"))
    assert rows == [["CUENTA", "empty", "IMPORTE", "NOMBRE"], [CCI, "", "4025,37", "'=1+1"]]


@pytest.mark.parametrize(
    ("layout", "problems"),
    [
        ({}, 1),
        ({"columns": []}, 1),
        ({"columns": [{"field": "name"}]}, 2),
        ({"columns": [{"field": "password"}, {"field": "account"}, {"field": "amount"}]}, 1),
        ({"columns": [{"field": "account"}, {"field": "amount"}], "delimiter": "|", "decimal": "'"}, 2),
    ],
)
def test_a_layout_that_no_bank_could_use_is_refused(layout: dict[str, object], problems: int) -> None:
    assert len(check_layout(layout)) == problems
