"""Bags of a delivery: sums, tares of containers, refusals by bag, and the hash that repeats are known by."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.ids import new_id
from chain.lots.bags import MAX_BAGS, Bag, bag_from_record
from chain.lots.rules import Checked, Delivery, check_delivery

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
SACK, BARE = new_id(), new_id()
CONTAINERS = {SACK: 450, BARE: None}


def fibre(*bags: Bag, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": new_id(),
        "commodity": "alpaca-fibre",
        "producer_id": new_id(),
        "delivered_at": NOW,
        "bags": bags,
    }
    return Delivery(**(values | changes))


def milk(*bags: Bag, **changes: Any) -> Delivery:
    return fibre(*bags, commodity="raw-milk", **changes)


def believed(delivery: Delivery) -> Checked:
    answer = check_delivery(delivery, NOW, CONTAINERS)
    assert isinstance(answer, Checked), answer
    return answer


def refused(delivery: Delivery) -> dict[str, str]:
    answer = check_delivery(delivery, NOW, CONTAINERS)
    assert not isinstance(answer, Checked)
    return {name: str(messages[0].params.get("problem", messages[0])) for name, messages in answer.items()}


def test_the_whole_is_the_sum_of_the_bags() -> None:
    found = believed(fibre(Bag(gross_g=20_300, tare_g=300), Bag(gross_g=15_000, tare_g=250)))
    assert (found.gross_g, found.tare_g, found.quantity) == (35_300, 550, 34_750)


@given(
    st.lists(st.tuples(st.integers(200, 60_000), st.integers(0, 99)), min_size=1, max_size=MAX_BAGS).filter(
        lambda pairs: sum(gross for gross, _ in pairs) <= 5_000_000
    )
)
def test_no_gram_is_lost_between_bags_and_lot(pairs: list[tuple[int, int]]) -> None:
    found = believed(fibre(*(Bag(gross_g=gross, tare_g=tare) for gross, tare in pairs)))
    assert found.quantity == sum(bag.net for bag in found.bags) == (found.gross_g or 0) - (found.tare_g or 0)


def test_a_kind_of_container_brings_its_tare_unless_another_was_typed() -> None:
    typed = Bag(gross_g=10_000, tare_g=600, container_type_id=SACK)
    left_out = Bag(gross_g=10_000, container_type_id=SACK)
    unknown_tare = Bag(gross_g=10_000, container_type_id=BARE)
    assert [bag.tare_g for bag in believed(fibre(typed, left_out, unknown_tare)).bags] == [600, 450, 0]


def test_cans_are_measured_in_litres() -> None:
    found = believed(milk(Bag(volume_ml=18_500, code="7"), Bag(volume_ml=20_000)))
    assert (found.quantity, found.gross_g, found.tare_g) == (38_500, None, None)
    assert found.bags[0].code == "7"


@pytest.mark.parametrize(
    ("bag", "field", "words"),
    [
        (Bag(), "gross_g", "Write the gross weight"),
        (Bag(gross_g=0), "gross_g", "above zero"),
        (Bag(gross_g=-5), "gross_g", "above zero"),
        (Bag(gross_g=1_000, tare_g=-1), "tare_g", "below zero"),
        (Bag(gross_g=1_000, tare_g=1_001), "tare_g", "above the gross"),
        (Bag(gross_g=1_000, tare_g=1_000), "tare_g", "nothing is left"),
        (Bag(gross_g=1_000, volume_ml=5), "volume_ml", "is weighed"),
        (Bag(gross_g=1_000, container_type_id=new_id()), "container_type_id", "do not know"),
        (Bag(gross_g=1_000, source="guessed"), "source", "typed or device"),
        (Bag(gross_g=1_000, code="x" * 41), "code", "40"),
        (Bag(gross_g=True), "gross_g", "whole number"),
    ],
)
def test_a_wrong_bag_is_refused_by_its_place(bag: Bag, field: str, words: str) -> None:
    found = refused(fibre(Bag(gross_g=5_000), bag))
    assert words in found[f"bags.1.{field}"]


def test_all_wrong_bags_are_named_at_once() -> None:
    found = refused(fibre(Bag(), Bag(gross_g=-1), Bag(gross_g=900, tare_g=950)))
    assert set(found) == {"bags.0.gross_g", "bags.1.gross_g", "bags.2.tare_g"}


@pytest.mark.parametrize("bag", [Bag(), Bag(volume_ml=0), Bag(volume_ml=5, gross_g=5), Bag(gross_g=20_000)])
def test_a_can_needs_litres_and_no_weight(bag: Bag) -> None:
    assert refused(milk(bag))


def test_what_was_said_of_the_whole_must_be_the_sum() -> None:
    bags = (Bag(gross_g=10_000, tare_g=500),)
    believed(fibre(*bags, gross_g=10_000, tare_g=500, quantity=9_500))
    assert set(refused(fibre(*bags, gross_g=10_100, tare_g=400, quantity=9_700))) == {
        "gross_g",
        "tare_g",
        "quantity",
    }


def test_too_many_bags_and_too_large_sums_are_refused() -> None:
    assert "bags" in refused(fibre(*(Bag(gross_g=1_000) for _ in range(MAX_BAGS + 1))))
    assert "gross_g" in refused(fibre(*(Bag(gross_g=100_000) for _ in range(60))))
    assert "gross_g" in refused(fibre(Bag(gross_g=10)))


def test_the_hash_of_a_delivery_without_bags_stays_what_older_clients_made() -> None:
    delivery = fibre(gross_g=13_000, tare_g=500, attributes={"micron": "22.40", "colour": "WH"})
    content = (
        "alpaca-fibre",
        delivery.producer_id.hex,
        "2026-03-16T15:00:00+00:00",
        13_000,
        500,
        12_500,
        None,
        [("colour", "white"), ("micron", "22.4")],
    )
    assert believed(delivery).content_hash == hashlib.sha256(repr(content).encode()).hexdigest()


def test_bags_and_route_are_part_of_the_hash() -> None:
    plain = fibre(gross_g=10_000, tare_g=500)
    hashes = {
        believed(one).content_hash
        for one in (
            plain,
            replace(plain, route_id=new_id()),
            replace(plain, replaces_id=new_id()),
            replace(plain, bags=(Bag(gross_g=10_000, tare_g=500),)),
            replace(plain, bags=(Bag(gross_g=10_000, tare_g=500, code="1"),)),
        )
    }
    assert len(hashes) == 5


def test_a_new_tare_of_a_container_does_not_make_a_repeat_another_content() -> None:
    delivery = fibre(Bag(gross_g=10_000, container_type_id=SACK))
    later = check_delivery(delivery, NOW, {SACK: 500})
    assert isinstance(later, Checked)
    assert later.content_hash == believed(delivery).content_hash
    assert later.quantity != believed(delivery).quantity


def test_a_bag_survives_its_record() -> None:
    for bag in (
        Bag(gross_g=5, tare_g=1, container_type_id=SACK, code="a", source="device"),
        Bag(volume_ml=7),
    ):
        assert bag_from_record(bag.as_record()) == bag
