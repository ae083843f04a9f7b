"""What may be announced; the table of steps; the hash of a line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.auctions.errors import AuctionStateRefused, BidOutOfBounds, MixedLots
from chain.auctions.rules import (
    DEFAULT_STEPS,
    AuctionState,
    CatalogueLot,
    Closing,
    Kind,
    Step,
    Terms,
    step_at,
)
from chain.auctions.rules.log import GENESIS, Line, line_hash
from chain.auctions.rules.steps import as_plain, from_plain, is_table
from chain.auctions.rules.terms import (
    OfferedLot,
    check_catalogue,
    check_price,
    check_same_product,
    check_terms,
    check_transition,
    end_of,
)
from chain.core.errors import ValidationFailed

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms("Fibra", None, "PEN", NOW, NOW + HOUR, DEFAULT_STEPS, Closing.EACH, 60, 120, 120)
LOT = CatalogueLot((UUID(int=1),), 10_000, 12_000)


@pytest.mark.parametrize(("price", "step"), [(1, 10), (999, 10), (1_000, 20), (5_000, 50), (99_999, 100)])
def test_the_step_is_that_of_the_last_line_not_above_the_price(price: int, step: int) -> None:
    assert step_at(DEFAULT_STEPS, price) == step


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (Step(1, 10),),
        (Step(0, 0),),
        (Step(0, 10), Step(0, 20)),
        tuple(Step(price, 1) for price in range(21)),
    ],
)
def test_lines_that_are_no_table(steps: tuple[Step, ...]) -> None:
    assert not is_table(steps)


def test_a_table_is_kept_and_read_back() -> None:
    assert from_plain(as_plain(DEFAULT_STEPS)) == DEFAULT_STEPS


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"note": "x" * 2001}, "note"),
        ({"steps": ()}, "steps"),
        ({"ends_at": NOW + timedelta(seconds=59)}, "ends_at"),
        ({"ends_at": NOW + timedelta(days=31)}, "ends_at"),
        ({"starts_at": NOW + timedelta(days=91), "ends_at": NOW + timedelta(days=92)}, "starts_at"),
        ({"stagger_seconds": -1}, "stagger_seconds"),
        ({"soft_close_seconds": 3601}, "soft_close_seconds"),
        ({"extension_seconds": 3601}, "extension_seconds"),
    ],
)
def test_terms_out_of_bounds_name_their_field(changes: dict[str, Any], field: str) -> None:
    check_terms(TERMS, now=NOW)
    with pytest.raises(ValidationFailed) as refused:
        check_terms(replace(TERMS, **changes), now=NOW)
    assert set(refused.value.errors) == {field}


@pytest.mark.parametrize(
    ("catalogue", "field"),
    [
        ([], "lots"),
        ([replace(LOT, lot_ids=())], "lots"),
        ([LOT, LOT], "lots"),
        ([replace(LOT, lot_ids=(UUID(int=place),)) for place in range(501)], "lots"),
        ([replace(LOT, start_minor=0)], "start"),
        ([replace(LOT, reserve_minor=100_001)], "reserve"),
        ([replace(LOT, reserve_minor=9_999)], "reserve"),
        ([replace(LOT, title="x" * 201)], "title"),
    ],
)
def test_catalogues_that_cannot_be(catalogue: list[CatalogueLot], field: str) -> None:
    check_catalogue([LOT], "PEN")
    with pytest.raises(ValidationFailed) as refused:
        check_catalogue(catalogue, "PEN")
    assert set(refused.value.errors) == {field}


def test_lots_end_one_after_another_or_together() -> None:
    assert [end_of(TERMS, place) - TERMS.ends_at for place in (1, 2, 3)] == [
        timedelta(0),
        timedelta(minutes=1),
        timedelta(minutes=2),
    ]
    assert end_of(replace(TERMS, closing=Closing.TOGETHER), 3) == TERMS.ends_at


def test_a_price_that_cannot_be_meant() -> None:
    check_price(1, "PEN")
    for price in (0, -1, 100_001):
        with pytest.raises(BidOutOfBounds):
            check_price(price, "PEN")


def test_different_products_do_not_share_an_auction() -> None:
    check_same_product([OfferedLot("alpaca-fibre", "g")] * 2)
    with pytest.raises(MixedLots):
        check_same_product([OfferedLot("alpaca-fibre", "g"), OfferedLot("milk", "ml")])


def test_an_ended_auction_takes_no_step() -> None:
    check_transition("open", AuctionState.PAUSED)
    for to in AuctionState:
        with pytest.raises(AuctionStateRefused):
            check_transition("closed", to)


LINE = Line(3, Kind.BID, NOW, "7" * 32, 12_000, None, 12_000, "7" * 32, NOW + HOUR)


@given(
    field=st.sampled_from(
        [
            ("sequence", 4),
            ("kind", Kind.MAXIMUM),
            ("at", NOW + HOUR),
            ("buyer", None),
            ("amount_minor", 12_001),
            ("commitment", "a" * 64),
            ("price_minor", None),
            ("leader", "8" * 32),
            ("ends_at", NOW),
        ]
    )
)
def test_a_change_of_any_field_changes_the_hash(field: tuple[str, Any]) -> None:
    changes: dict[str, Any] = {field[0]: field[1]}
    before = line_hash(GENESIS, UUID(int=1), LINE)
    assert line_hash(GENESIS, UUID(int=1), replace(LINE, **changes)) != before
    assert line_hash("f" * 64, UUID(int=1), LINE) != before
    assert line_hash(GENESIS, UUID(int=2), LINE) != before
