"""A scheme as rows, and the keys under which an organisation may vouch for its unconfirmed values."""

import pytest

from chain.grading.describe import describe
from chain.grading.rules import unconfirmed_values
from chain.grading.scheme import Scheme, Strength
from chain.grading.scheme_files import all_schemes, get_scheme

SCHEMES = all_schemes()


@pytest.mark.parametrize("scheme", SCHEMES, ids=[scheme.id for scheme in SCHEMES])
def test_every_scheme_shows_rows_with_names_in_both_languages(scheme: Scheme) -> None:
    rows = describe(scheme)
    assert rows
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert set(row.names) == {"es", "en"}
        assert all(row.names.values())


@pytest.mark.parametrize("scheme", SCHEMES, ids=[scheme.id for scheme in SCHEMES])
def test_what_is_unconfirmed_is_off_until_its_key_is_given(scheme: Scheme) -> None:
    values = unconfirmed_values(scheme)
    keys = {value.key for value in values}
    assert len(keys) == len(values)
    for row in describe(scheme):
        if row.value_key is not None:
            assert row.value_key in keys
            assert not row.is_in_force
    for row in describe(scheme, keys):
        if row.value_key is not None:
            assert row.is_in_force


def test_the_keys_are_stable() -> None:
    def keys(key: str, edition: str | None = None) -> list[str]:
        return [value.key for value in unconfirmed_values(get_scheme(key, edition))]

    assert keys("ntp-231.301", "2014") == [
        "length:fleece:70",
        "length:medium_fleece",
        "length:huarizo",
        "length:gruesa",
        "sorter:corta",
        "requirement:moisture_max_pct",
        "requirement:mineral_solids_max_pct",
        "requirement:grease_max_pct",
    ]
    assert keys("ntp-231.301", "2022") == []
    assert keys("ntp-202.001", "2016") == ["acidity_lactic"]
    assert {"fat", "mesophiles", "antibiotics"} <= set(keys("ntp-202.001", "2003"))
    assert keys("nb-33013") == keys("aafl") == keys("ibnorca-camelid-carcass") == []
    fleece = keys("ntp-231.300")
    assert fleece[:5] == [
        "proportion:superior",
        "proportion:inferior",
        "proportion:baby",
        "side:medium_fleece:superior",
        "side:medium_fleece:inferior",
    ]
    assert {"category:extrafina", "moisture:extrafina", "mineral_solids:gruesa"} <= set(fleece)


def test_a_value_says_what_it_is_in_both_languages() -> None:
    (length,) = (
        one for one in unconfirmed_values(get_scheme("ntp-231.301", "2014")) if one.key == "length:huarizo"
    )
    assert length.label == {
        "es": "Huarizo: largo mínimo de mecha",
        "en": "Huarizo: minimum staple length",
    }
    assert (length.value, length.unit, length.strength) == ("≥ 70", "mm", Strength.UNCONFIRMED)
    (category,) = (
        one for one in unconfirmed_values(get_scheme("ntp-231.300")) if one.key == "category:semifina"
    )
    assert category.value == "superior ≥ 40 %, baby ≥ 5 %, ≥ 70 mm, entero/canoso"
    (counted,) = (one for one in unconfirmed_values(get_scheme("ntp-202.001")) if one.key == "coliforms")
    assert counted.value == "n=5 c=3 m=100 M=1000"
