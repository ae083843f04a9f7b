from decimal import Decimal
from pathlib import Path

import pytest

from chain.core.catalogues import load_catalogue
from chain.grading import scheme_files
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_FIBRE,
    RAW_MILK,
    CarcassScheme,
    LimitScheme,
    MicronScheme,
    Strength,
)
from chain.grading.scheme_files import (
    UnknownSchemeError,
    all_schemes,
    colour_lists,
    default_edition,
    default_scheme,
    get_scheme,
    read_scheme,
    schemes_for,
)
from chain.grading.scheme_reader import SchemeFileError

NTP_2014 = (Path(scheme_files.FOLDER) / "ntp-231.301-2014.yaml").read_text(encoding="utf-8")


def test_every_file_is_a_valid_scheme_with_sources_and_both_languages() -> None:
    schemes = all_schemes()
    assert len(schemes) == len(list(scheme_files.FOLDER.glob("*.yaml")))
    for scheme in schemes:
        assert scheme.sources, scheme.id
        assert set(scheme.label) == {"es", "en"}


def test_a_scheme_is_read_once() -> None:
    assert get_scheme("ntp-231.301", "2014") is get_scheme("ntp-231.301", "2014")


def test_each_value_keeps_its_strength() -> None:
    scheme = get_scheme("ntp-231.301", "2014")
    assert isinstance(scheme, MicronScheme)
    fleece = next(one for one in scheme.classes if one.key == "fleece")
    assert (fleece.upper_micron, fleece.status) == (Decimal("26.5"), Strength.SECONDARY)
    assert (fleece.minimum_length.value_mm, fleece.minimum_length.conflict_mm) == (65, 70)


def test_limits_that_are_not_known_stay_unknown() -> None:
    scheme = get_scheme("nb-33013")
    assert isinstance(scheme, LimitScheme)
    fat = scheme.parameter("fat")
    assert fat is not None
    assert (fat.minimum, fat.maximum, fat.limit_strength) == (None, None, Strength.NOT_KNOWN)


def test_without_an_edition_the_usual_one_is_meant() -> None:
    assert default_edition("ntp-231.301") == "2014"
    assert get_scheme("ntp-231.301").edition == "2014"
    assert get_scheme("raw-milk-co").edition == "2012"


@pytest.mark.parametrize(
    ("key", "edition"), [("ntp-231.301", "1999"), ("none", "2014"), ("../x", None), ("", None)]
)
def test_an_unknown_scheme_is_refused_with_the_list_of_known_ones(key: str, edition: str | None) -> None:
    with pytest.raises(UnknownSchemeError) as refused:
        get_scheme(key, edition)
    assert "ntp-231.301@2014" in refused.value.known


def test_each_commodity_has_a_default_that_fits_it() -> None:
    for commodity in COMMODITIES:
        for country in ("PE", "BO", None):
            assert default_scheme(commodity, country) in schemes_for(commodity)


def test_milk_defaults_by_country() -> None:
    assert default_scheme(RAW_MILK, "BO").id == "nb-33013@undated"
    assert default_scheme(RAW_MILK, "PE").id == "ntp-202.001@2003"
    assert not default_scheme(RAW_MILK, "PE").enabled_by_default


def test_llama_fibre_borrows_only_micron_ladders() -> None:
    assert all(isinstance(scheme, MicronScheme) for scheme in schemes_for(LLAMA_FIBRE))
    assert "ntp-231.300@2014" in {scheme.id for scheme in schemes_for(ALPACA_FIBRE)}


def test_the_colour_list_is_there_with_its_letters() -> None:
    (colours,) = colour_lists()
    assert len(colours.colours) == 17
    assert colours.colours[0].letters == "WH"


def test_carcass_classes_are_names_only() -> None:
    scheme = get_scheme("ibnorca-camelid-carcass")
    assert isinstance(scheme, CarcassScheme)
    assert [one.key for one in scheme.classes] == ["extra", "primera", "segunda", "industrial"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('upper_micron: "20.0"', "upper_micron: 20.0", "classes[0].upper_micron"),
        ('upper_micron: "23.0"', 'upper_micron: "19.0"', "classes[1].upper_micron"),
        ('upper_micron: "23.0"', 'upper_micron: "NaN"', "classes[1].upper_micron"),
        ('upper_micron: "23.0"', 'upper_micron: "23.05"', "classes[1].upper_micron"),
        (
            "status: secondary\n    min_length_mm: {value: 65",
            "status: sure\n    min_length_mm: {value: 65",
            "classes[2].status",
        ),
        ("names: {es: Baby, en: Baby}", "names: {es: Baby}", "classes[1].names.en"),
        ("kind: micron-classes", "kind: guesses", "kind"),
        ("commodity: alpaca-fibre", "commodity: potatoes", "commodity"),
        ("mode: half-up", "mode: half-even", "rounding.mode"),
        ("scheme: ntp-231.301", "scheme: other", "scheme"),
        ("action: warn", "action: guess", "length_check.action"),
        ("key: baby", "key: fleece", "classes"),
    ],
)
def test_a_bad_value_is_named_with_its_file_and_path(old: str, new: str, path: str) -> None:
    assert old in NTP_2014
    with pytest.raises(SchemeFileError) as refused:
        read_scheme("ntp-231.301-2014.yaml", NTP_2014.replace(old, new, 1).encode())
    assert refused.value.path == path
    assert str(refused.value).startswith("ntp-231.301-2014.yaml: ")


@pytest.mark.parametrize(
    "content", [b"", b"- a", b"{", b"a: !!python/object:os.system {}", b"\xff\xfe", b"x" * 300_000]
)
def test_what_is_no_scheme_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(SchemeFileError):
        read_scheme("x-1.yaml", content)


def test_every_source_has_its_spanish_sentence() -> None:
    sources = {source.what for scheme in all_schemes() for source in scheme.sources}
    assert sources - set(load_catalogue("es", "grading")) == set()
