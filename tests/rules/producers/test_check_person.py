"""What may be written of a person."""

from datetime import date
from typing import Any

import pytest

from chain.producers.rules import Person, check_person

TODAY = date(2026, 3, 16)


def wrong(**changes: Any) -> set[str]:
    facts: dict[str, Any] = {"full_name": "Rosa Quispe Mamani", "sex": "female", **changes}
    return set(check_person(Person(**facts).cleaned(), TODAY).as_mapping())


def test_a_name_and_a_sex_are_enough() -> None:
    assert wrong() == set()


@pytest.mark.parametrize("name", ["A", "x" * 201, "12345", "   ", "<>"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert wrong(full_name=name) == {"full_name"}


@pytest.mark.parametrize("name", ["<b>Rosa</b>", "Robert'); DROP TABLE producer;--", "Ña Ñu"])
def test_markup_and_sql_are_just_letters(name: str) -> None:
    assert wrong(full_name=name) == set()


@pytest.mark.parametrize("year", [1899, 2017, 3000, -5])
def test_an_impossible_year_of_birth_is_refused(year: int) -> None:
    assert wrong(birth_year=year) == {"birth_year"}


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("dni", "01234567"),
        ("ci", "4839201"),
        ("ci", "4839201-1A LP"),
        ("passport", "ab12345"),
        ("foreigner_card", "001234567"),
    ],
)
def test_documents_of_each_kind_are_taken(kind: str, number: str) -> None:
    assert wrong(document_kind=kind, document_number=number) == set()


@pytest.mark.parametrize(
    ("kind", "number", "field"),
    [
        ("dni", "1234567", "document_number"),
        ("dni", "1234567x", "document_number"),
        ("ci", "12", "document_number"),
        ("passport", "12-34", "document_number"),
        ("dni", None, "document_number"),
        (None, "12345678", "document_kind"),
        ("library", "12345678", "document_kind"),
    ],
)
def test_what_cannot_be_a_document_is_refused(kind: str | None, number: str | None, field: str) -> None:
    assert wrong(document_kind=kind, document_number=number) == {field}


@pytest.mark.parametrize("phone", ["951 234 567", "+51 951-234-567", "(051) 123456"])
def test_phones_as_people_write_them_are_taken(phone: str) -> None:
    assert wrong(phone=phone) == set()


@pytest.mark.parametrize("phone", ["no tiene", "12345", "1" * 16, "951;DROP"])
def test_what_is_no_phone_is_refused(phone: str) -> None:
    assert wrong(phone=phone) == {"phone"}


def test_all_faults_are_told_at_once() -> None:
    assert wrong(full_name="1", sex="x", birth_year=1, phone="a") == {
        "full_name",
        "sex",
        "birth_year",
        "phone",
    }
