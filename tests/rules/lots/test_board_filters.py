from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.certification.rules import Claim
from chain.core.errors import ValidationFailed
from chain.lots.filters import (
    FILTER_NAMES,
    Availability,
    BoardFilters,
    BoardQuery,
    ClassWanted,
    clean_query,
    read_query,
)
from chain.lots.rules import LotState

BABY = ClassWanted("ntp-231.301", "2014", "baby", 201, 230)
SITE = "018c0000-0000-7000-8000-000000000001"


def find(word: str) -> ClassWanted | None:
    return BABY if word == BABY.word else None


def read(**values: str | list[str]) -> BoardQuery:
    address = {name: [value] if isinstance(value, str) else value for name, value in values.items()}
    return read_query({name.rstrip("_"): found for name, found in address.items()}, find)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, {}),
        ({"text": "  rosa "}, {"text": "rosa"}),
        ({"commodity": "cheese"}, {"commodity": "cheese"}),
        ({"class_": "ntp-231.301@2014:baby"}, {"wanted_class": BABY}),
        ({"class_": "undetermined"}, {"grade_key": "undetermined"}),
        ({"colour": ["white", "true_black", "white"]}, {"colours": ("white", "true_black")}),
        ({"micron_from": "19,5", "micron_to": "23"}, {"micron_from": 195, "micron_to": 230}),
        ({"quantity_from": "12.345"}, {"quantity_from": 12_345}),
        ({"claim": "transition"}, {"claim": Claim.TRANSITION}),
        ({"state": "sold"}, {"state": LotState.SOLD, "availability": Availability.ALL}),
        ({"availability": "held"}, {"availability": Availability.HELD}),
        ({"site": "none"}, {"is_without_site": True}),
        ({"site": SITE}, {"site_id": UUID(SITE)}),
        (
            {"from_day": "2026-03-01", "to_day": "2026-03-01"},
            {"from_day": date(2026, 3, 1), "to_day": date(2026, 3, 1)},
        ),
        ({"page": "3", "fbclid": "x", "colour": [""]}, {}),
    ],
)
def test_an_address_is_read(typed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(**typed).filters == BoardFilters(**expected)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"commodity": "gold"}, "commodity"),
        ({"class_": "ntp-231.301@2014:gold"}, "class"),
        ({"colour": ["white", "pink"]}, "colour"),
        ({"micron_from": "fine"}, "micron_from"),
        ({"micron_from": "1,234.5"}, "micron_from"),
        ({"micron_from": "25", "micron_to": "20"}, "micron_from"),
        ({"micron_to": "-1"}, "micron_to"),
        ({"quantity_to": "99999999999"}, "quantity_to"),
        ({"claim": "holy"}, "claim"),
        ({"state": "lost"}, "state"),
        ({"availability": "maybe"}, "availability"),
        ({"site": "x"}, "site"),
        ({"producer_id": "x"}, "producer_id"),
        ({"origin": "moon"}, "origin"),
        ({"from_day": "01/03/2026"}, "from_day"),
        ({"from_day": "2026-03-02", "to_day": "2026-03-01"}, "from_day"),
        ({"sort": "content_hash"}, "sort"),
        ({"page_size": "500"}, "page_size"),
        ({"page_size": "²"}, "page_size"),
        ({"text": "x" * 101}, "text"),
        ({"grade_key": "a b\x00"}, "grade_key"),
        ({"commodity": ["cheese", "raw-milk"]}, "commodity"),
    ],
)
def test_what_means_nothing_is_refused_by_name(typed: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read(**typed)
    assert list(refused.value.errors) == [field]


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ValidationFailed) as refused:
        read(commodity="x", micron_from="x", sort="x", from_day="x")
    assert set(refused.value.errors) == {"commodity", "micron_from", "sort", "from_day"}


def test_old_names_of_orders_still_work() -> None:
    assert read(sort="delivered_at").sort == "delivered"
    assert read().sort == "-delivered"


@given(
    st.dictionaries(
        st.sampled_from([*FILTER_NAMES, "after", "page_size", "x"]), st.lists(st.text(), max_size=3)
    )
)
def test_any_address_is_read_or_refused(address: dict[str, list[str]]) -> None:
    try:
        found = read_query(address, find)
    except ValidationFailed as refused:
        assert set(refused.errors) <= {*FILTER_NAMES, "page_size", "after"}  # noqa: PT017 - or it is read
    else:
        assert 1 <= found.page_size <= 200


def test_a_search_keeps_filters_and_order_but_no_page() -> None:
    address = {"colour": ["white", "beige"], "sort": ["micron"], "after": ["abc"], "text": [" "], "x": ["y"]}
    assert clean_query(address) == [("colour", "white"), ("colour", "beige"), ("sort", "micron")]
