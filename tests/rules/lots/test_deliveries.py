from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.ids import new_id
from chain.lots.attributes import SPECS
from chain.lots.rules import MAX_AGE, Checked, Delivery, check_delivery

NOW = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
PRODUCER = new_id()


def delivery(**changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": new_id(),
        "commodity": "alpaca-fibre",
        "producer_id": PRODUCER,
        "delivered_at": NOW,
        "gross_g": 13_000,
        "tare_g": 500,
    }
    return Delivery(**(values | changes))


def refused(**changes: Any) -> dict[str, str]:
    answer = check_delivery(delivery(**changes), NOW)
    assert not isinstance(answer, Checked)
    return {field: str(messages[0]) for field, messages in answer.items()}


def believed(**changes: Any) -> Checked:
    answer = check_delivery(delivery(**changes), NOW)
    assert isinstance(answer, Checked), answer
    return answer


def milk(**changes: Any) -> dict[str, Any]:
    return {"commodity": "raw-milk", "gross_g": None, "tare_g": None, "quantity": 20_000, **changes}


def test_net_is_gross_minus_tare() -> None:
    assert believed().quantity == 12_500


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gross_g": -1}, "gross_g"),
        ({"gross_g": 0}, "gross_g"),
        ({"gross_g": 10, "tare_g": 0}, "gross_g"),
        ({"gross_g": 5_000_001}, "gross_g"),
        ({"tare_g": -1}, "tare_g"),
        ({"tare_g": 13_001}, "tare_g"),
        ({"tare_g": 13_000}, "tare_g"),
        ({"quantity": 12_499}, "quantity"),
        ({"gross_g": None}, "tare_g"),
        ({"gross_g": None, "tare_g": None}, "quantity"),
        ({"unit": "ml"}, "unit"),
        ({"commodity": "wool"}, "commodity"),
        ({"delivered_at": NOW + timedelta(minutes=6)}, "delivered_at"),
        ({"delivered_at": NOW - MAX_AGE - timedelta(days=1)}, "delivered_at"),
        ({"delivered_at": NOW.replace(tzinfo=None)}, "delivered_at"),
        ({"chosen_key": "extra"}, "chosen_key"),
        ({"attributes": {"micron": "5"}}, "micron"),
        ({"attributes": {"micron": "80"}}, "micron"),
        ({"attributes": {"micron": "fino"}}, "micron"),
        ({"attributes": {"micron": "22.123"}}, "micron"),
        ({"attributes": {"colour": "verde"}}, "colour"),
        ({"attributes": {"breed": "merino"}}, "breed"),
        ({"attributes": {"shift": "am"}}, "shift"),
        ({"attributes": {"micron": True}}, "micron"),
        ({"attributes": {"micron": Decimal("NaN")}}, "micron"),
        (milk(quantity=5_000_001), "quantity"),
        (milk(gross_g=20_000), "gross_g"),
        (milk(attributes={"density_g_ml": "1030"}), "density_g_ml"),
        (milk(attributes={"temperature_c": "43"}), "temperature_c"),
        ({"commodity": "llama-carcass", "gross_g": 4_000, "tare_g": 0}, "gross_g"),
        ({"commodity": "llama-carcass", "gross_g": 150_001, "tare_g": 0}, "gross_g"),
        (
            {"commodity": "llama-carcass", "gross_g": 40_000, "tare_g": 0, "chosen_key": "x" * 41},
            "chosen_key",
        ),
        (
            {"commodity": "llama-carcass", "gross_g": 40_000, "tare_g": 0, "chosen_key": "a\x00b"},
            "chosen_key",
        ),
        (
            {"commodity": "llama-carcass", "gross_g": 60_000, "attributes": {"sarcocystis": "?"}},
            "sarcocystis",
        ),
    ],
)
def test_what_cannot_be_true_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert list(refused(**changes)) == [field]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = refused(
        gross_g=-5, delivered_at=NOW + timedelta(days=1), attributes={"micron": "5", "colour": "verde"}
    )
    assert set(found) == {"gross_g", "delivered_at", "micron", "colour"}


def test_a_density_in_kilograms_per_cubic_metre_gets_an_explanation() -> None:
    assert "kg/m³" in refused(**milk(attributes={"density_g_ml": "1030"}))["density_g_ml"]


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    assert believed(delivered_at=NOW + timedelta(minutes=4)).quantity == 12_500


def test_values_are_kept_in_one_form() -> None:
    kept = believed(attributes={"micron": "22,50", "colour": "WH", "length_mm": 85.0, "breed": ""}).attributes
    assert kept == {"micron": "22.5", "colour": "white", "length_mm": "85"}


def test_equal_content_has_one_hash_however_it_was_typed() -> None:
    same = {"id": new_id()}
    first = believed(**same, attributes={"micron": "22.5", "colour": "white"})
    again = believed(**same, attributes={"colour": "Blanco", "micron": Decimal("22.50")})
    other = believed(**same, attributes={"micron": "22.6", "colour": "white"})
    assert first.content_hash == again.content_hash != other.content_hash


def test_an_id_of_another_version_is_refused() -> None:
    from uuid import uuid4

    assert list(refused(id=uuid4())) == ["id"]


@given(
    commodity=st.sampled_from(list(SPECS)),
    gross=st.none() | st.integers(-(10**12), 10**12),
    tare=st.none() | st.integers(-(10**12), 10**12),
    quantity=st.none() | st.integers(-(10**12), 10**12),
    attributes=st.dictionaries(
        st.sampled_from(["micron", "colour", "fat_pct", "density_g_ml", "sex", "finish", "x"]),
        st.none() | st.text(max_size=12) | st.integers() | st.floats() | st.decimals() | st.booleans(),
        max_size=4,
    ),
)
def test_any_delivery_is_believed_or_refused_in_words(
    commodity: str, gross: int | None, tare: int | None, quantity: int | None, attributes: dict[str, Any]
) -> None:
    sent = delivery(commodity=commodity, gross_g=gross, tare_g=tare, quantity=quantity, attributes=attributes)
    answer = check_delivery(sent, NOW)
    if isinstance(answer, Checked):
        spec = SPECS[commodity]
        assert spec.least <= answer.quantity <= spec.most
        assert answer.gross_g is None or answer.gross_g - (answer.tare_g or 0) == answer.quantity
    else:
        assert answer
        assert all(str(message) for messages in answer.values() for message in messages)
