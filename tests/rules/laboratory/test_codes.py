from hypothesis import given
from hypothesis import strategies as st

from chain.laboratory.codes import (
    ALPHABET,
    LENGTH,
    LETTERS,
    check_character,
    clean_code,
    is_code,
    new_code,
    shown_code,
)

BODIES = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(LETTERS),
    st.text(st.sampled_from(ALPHABET), min_size=LENGTH - 2, max_size=LENGTH - 2),
)


def test_new_codes_are_codes_and_differ() -> None:
    made = {new_code() for _ in range(500)}
    assert len(made) > 490
    assert all(is_code(code) for code in made)


@given(BODIES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_wrong_character_is_found(body: str, place: int, letter: str) -> None:
    code = body + check_character(body)
    wrong = code[:place] + letter + code[place + 1 :]
    assert is_code(wrong) == (wrong == code)


@given(BODIES, st.integers(0, LENGTH - 2), st.integers(1, LENGTH - 1))
def test_every_two_swapped_characters_are_found(body: str, first: int, gap: int) -> None:
    code = body + check_character(body)
    letters = list(code)
    second = min(first + gap, LENGTH - 1)
    letters[first], letters[second] = letters[second], letters[first]
    wrong = "".join(letters)
    assert is_code(wrong) == (wrong == code)


def test_no_code_looks_like_a_number_or_holds_letters_that_are_mistaken() -> None:
    assert not set("01OIL") & set(ALPHABET)
    assert all(letter.isalpha() for letter in LETTERS)
    assert not is_code("2E55555")


def test_codes_are_read_as_people_write_them() -> None:
    code = new_code()
    assert clean_code(f" {shown_code(code).lower()} ") == code
    assert not is_code("")
    assert not is_code("ÑÑÑÑÑÑÑ")
