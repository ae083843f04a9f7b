"""Signed codes: anybody with the public key finds out whether a paper says what it was issued with."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.hashing import content_hash
from chain.core.signing import Signer, base32, from_base32, key_id_of
from chain.papers.codes import (
    SignedCode,
    Statement,
    Verdict,
    check_code,
    content_mark,
    holder_mark,
    sign_statement,
)
from chain.web.qr import ALPHANUMERIC, qr_modules

SIGNER = Signer("a key for tests that signs nothing of value")
KEYS = {SIGNER.key_id: SIGNER.public}
STATEMENT = Statement(
    "PE", "20448123456", "R001-00000123", date(2026, 3, 14), "PEN", 229_201,
    holder_mark("45678912", "SALT"), content_mark(content_hash({"net_minor": 229_201})),
)  # fmt: skip


@pytest.fixture
def code() -> str:
    return sign_statement(STATEMENT, SIGNER).text


def test_the_signed_line_is_the_fixed_one() -> None:
    assert STATEMENT.payload == (
        f"CHAIN-R1|PE|20448123456|R001-00000123|2026-03-14|PEN|229201|{STATEMENT.holder_mark}|{STATEMENT.content_mark}"
    )


def test_a_genuine_code_says_what_was_signed(code: str) -> None:
    found = check_code(code, KEYS)
    assert (found.verdict, found.key_id, found.statement) == (Verdict.GENUINE, SIGNER.key_id, STATEMENT)


def test_spaces_line_ends_and_small_letters_do_not_matter(code: str) -> None:
    typed = "\n ".join(code[start : start + 20].lower() for start in range(0, len(code), 20))
    assert check_code(typed, KEYS).verdict is Verdict.GENUINE


def test_the_bare_document_is_not_in_the_code(code: str) -> None:
    assert "45678912" not in code
    assert holder_mark("45678912", "SALT") != holder_mark("45678912", "SALZ")


def test_the_code_fits_the_short_mode_of_a_small_qr(code: str) -> None:
    assert set(code) <= ALPHANUMERIC
    assert qr_modules(code) <= 49  # version 8: 0.46 mm a module at 26 mm


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    code = sign_statement(STATEMENT, SIGNER).text
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from(sorted(ALPHANUMERIC - {" ", code[place]})))
    changed = code[:place] + other + code[place + 1 :]
    assert check_code(changed, KEYS).verdict is not Verdict.GENUINE


@given(st.text(max_size=300))
def test_no_text_crashes_the_check(text: str) -> None:
    assert check_code(text, KEYS).verdict is not Verdict.GENUINE


def test_a_code_of_another_installation_names_an_unknown_key(code: str) -> None:
    other = Signer("another key")
    assert check_code(code, {other.key_id: other.public}).verdict is Verdict.UNKNOWN_KEY
    # and its key under our id proves nothing
    assert check_code(code, {SIGNER.key_id: other.public}).verdict is Verdict.CHANGED


def test_a_signature_with_spare_bits_set_is_another_spelling_and_refused() -> None:
    signed = sign_statement(STATEMENT, SIGNER)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    last = letters[letters.index(signed.signature[-1]) ^ 1]
    forged = SignedCode(signed.key_id, signed.payload, signed.signature[:-1] + last)
    assert check_code(forged.text, KEYS).verdict is Verdict.CHANGED


@pytest.mark.parametrize("country_house", [("BO", "NIT 1020-304"), ("PE", "CC|01*")])
def test_what_a_house_typed_cannot_break_the_line(country_house: tuple[str, str]) -> None:
    country, house = country_house
    statement = Statement(country, house, "R001-00000001", date(2026, 1, 2), "BOB", -5, "A" * 16, "B" * 16)
    assert check_code(sign_statement(statement, SIGNER).text, KEYS).verdict is Verdict.GENUINE


@given(st.binary(max_size=80))
def test_base32_is_read_back(data: bytes) -> None:
    assert from_base32(base32(data)) == data


def test_keys_are_told_apart_by_their_ids() -> None:
    ids = {Signer(f"key {number}").key_id for number in range(200)}
    assert len(ids) == 200
    assert key_id_of(SIGNER.public) == SIGNER.key_id
