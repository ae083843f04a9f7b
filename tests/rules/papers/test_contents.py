"""What receipts say: version 2 sums up, version 1 is read as version 2."""

import copy
from typing import Any

import pytest

from chain.papers.contents import as_version_2, check_sums, party_name
from chain.papers.rules import (
    CHECK_CODE,
    DEFAULT_SERIES,
    KIND_FORMATS,
    SERIES,
    PaperKind,
    SeriesCount,
    new_check_code,
    parse_serial,
    percent_of,
    serial,
)
from tests.support.papers import VERSION_1, receipt_content


def test_a_content_whose_parts_sum_to_the_whole_passes() -> None:
    check_sums(receipt_content())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda said: said["blocks"][0].update(subtotal_minor=1), "block weekday"),
        (lambda said: said.update(earned_minor=said["earned_minor"] + 1), "earned"),
        (lambda said: said.update(deductions_minor=0), "deductions"),
        (lambda said: said.update(net_minor=said["net_minor"] + 1), "net"),
        (lambda said: said["other_income"].clear(), "net"),
    ],
)
def test_a_content_that_does_not_sum_up_is_named(change: Any, named: str) -> None:
    said = copy.deepcopy(receipt_content())
    change(said)
    with pytest.raises(ValueError, match=named):
        check_sums(said)


def test_version_1_is_read_as_version_2_and_stays_as_it_is() -> None:
    before = copy.deepcopy(VERSION_1)
    said = as_version_2(VERSION_1)
    assert before == VERSION_1
    check_sums(said)
    assert party_name(VERSION_1) == said["party"]["name"] == "Rosa Mamani"
    assert [one["label"] for one in said["blocks"][0]["lines"]] == ["B1", "S2"]
    assert said["accounted_by"] == "Óscar Gallegos"


def test_version_2_is_read_as_it_is() -> None:
    assert as_version_2(receipt_content()) == receipt_content()


def test_serial_numbers_are_written_and_read() -> None:
    assert serial("R001", 123) == "R001-00000123"
    assert parse_serial(" r001-00000123 ") == ("R001", 123)
    assert parse_serial("R001-123") == ("R001", 123)
    assert parse_serial("E001-7") == ("E001", 7)
    assert parse_serial("0003-7") == ("0003", 7)
    assert parse_serial("María") is None


def test_check_codes_are_long_random_and_fit_the_public_page() -> None:
    codes = {new_check_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(CHECK_CODE.fullmatch(code) for code in codes)


def test_each_kind_has_a_series_of_its_own_and_a_format() -> None:
    assert set(DEFAULT_SERIES) == set(KIND_FORMATS) == set(PaperKind)
    assert len(set(DEFAULT_SERIES.values())) == len(DEFAULT_SERIES)
    assert all(SERIES.fullmatch(series) for series in DEFAULT_SERIES.values())


def test_a_series_has_a_gap_when_a_number_is_missing() -> None:
    whole = SeriesCount("R001", PaperKind.RECEIPT, last_number=3, papers=3, voided=1)
    assert whole.has_no_gap
    assert not SeriesCount("R001", PaperKind.RECEIPT, 3, 2, 0, missing=(2,)).has_no_gap


def test_basis_points_are_percent() -> None:
    assert str(percent_of(250)) == "2.5"
