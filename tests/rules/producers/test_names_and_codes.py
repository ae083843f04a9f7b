"""Names are found without accents, homonyms are told apart, codes count on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.text import tidy, tidy_lines
from chain.producers.rules import NAME_LENGTH, next_code, same_name, search_form


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ñusta QUISPE  Pérez", "nusta quispe perez"),
        ("  José\tMaría\n", "jose maria"),
        ("O'Higgins", "o'higgins"),
        ("", ""),
    ],
)
def test_names_are_searched_without_accents_and_case(typed: str, found: str) -> None:
    assert search_form(typed) == found


@given(st.text(max_size=400))
def test_any_text_has_a_search_form_that_fits_its_column(text: str) -> None:
    found = search_form(text)
    assert len(found) <= NAME_LENGTH[1]
    assert "\x00" not in found


@given(st.text(max_size=200))
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_lines_are_kept_and_their_ends_cut() -> None:
    assert tidy_lines("\n uno \r\n\x00dos\n\n") == "uno\ndos"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Rosa Quispe Mamani", "Quispe Mamani, Rosa"),
        ("Rosa Quispe Mamani", "Rosa Kispe Mamani"),
        ("Rosa Quispe", "Rosa María Quispe Mamani"),
        ("José Pérez", "JOSE PEREZ"),
    ],
)
def test_closely_matching_names_are_one_person(left: str, right: str) -> None:
    assert same_name(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Rosa Quispe Mamani", "Juan Condori Apaza"),
        ("Rosa", "Rosa Quispe Mamani"),
        ("Rosa Quispe", "Juan Quispe"),
    ],
)
def test_other_names_are_other_persons(left: str, right: str) -> None:
    assert not same_name(left, right)


def test_the_next_code_follows_the_highest() -> None:
    assert next_code("CC03-", []) == "CC03-0001"
    assert next_code("CC03-", ["CC03-0009", "CC03-0002"]) == "CC03-0010"
    assert next_code("CC03-", ["CC03-9999"]) == "CC03-10000"
    assert next_code("CC03-", ["CC03-X1", "OTHER-77"]) == "CC03-0001"
