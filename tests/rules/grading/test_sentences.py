"""Every result, of whatever commodity, has one sentence for the producer, in Spanish and in English."""

import json
import re
from decimal import Decimal
from itertools import product

import pytest

from chain.core.catalogues import load_catalogue, translate
from chain.grading.result import message_from_record
from chain.grading.rules import (
    Attributes,
    CarcassAttributes,
    ColourObservation,
    FibreAttributes,
    FleeceAttributes,
    MilkAttributes,
    classify,
    unconfirmed_values,
)
from chain.grading.scheme import (
    ColourRuleScheme,
    ColourScheme,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Scheme,
)
from chain.grading.scheme_files import all_schemes
from chain.web.i18n import translate as translate_on_a_page
from chain.web.i18n import using_language

SCHEMES = all_schemes()


def fibres() -> list[Attributes]:
    """Whatever may be known: nothing, everything, the extremes and what cannot be; the same below."""
    sizes = (None, "5", "10", "18", "20.05", "23", "26.6", "29", "33.9", "36", "60")
    lots = [
        FibreAttributes(None if size is None else Decimal(size), length, is_short=short)
        for size, length, short in product(sizes, (None, 30, 55, 70, 100, 200), (False, True))
    ]
    return [*lots, FibreAttributes(appraised="H8"), FibreAttributes(appraised="best")]


def fleeces(scheme: FleeceScheme) -> list[Attributes]:
    none = dict.fromkeys(scheme.qualities, 0)
    masses: list[dict[str, int | None]] = [
        {},
        {"baby": 20_000},
        {**none},
        dict.fromkeys(scheme.qualities, 1_000),
        {**none, "baby": 80_000, "gruesa": 20_000},
    ]
    return [
        FleeceAttributes(mass, length_mm=length, colour_term=colour, is_estimate=estimate)
        for mass, length, colour, estimate in product(
            masses, (None, 50, 80), (None, "entero", "pintado"), (False, True)
        )
    ]


def colours(scheme: ColourScheme | ColourRuleScheme) -> list[Attributes]:
    if isinstance(scheme, ColourScheme):
        return [ColourObservation(), ColourObservation("white"), ColourObservation("navy")]
    findings = [frozenset[str](), *(frozenset({one.key}) for one in scheme.findings)]
    registered = (None, "navy", *(one.key for one in scheme.colours))
    return [
        ColourObservation(*values) for values in product(registered, findings, (None, "light_fawn", "white"))
    ]


def deliveries() -> list[Attributes]:
    others: list[dict[str, Decimal | str]] = [
        {},
        {"freezing_point": Decimal("-0.505")},
        {"antibiotics": "present"},
        {"hold_time": Decimal(13)},
    ]
    return [
        MilkAttributes(fat, density, temperature, other)
        for fat, density, temperature, other in product(
            (None, Decimal("2.5"), Decimal("2.95"), Decimal("3.6")),
            (None, Decimal("1.029"), Decimal("1.031"), Decimal("1.040")),
            (None, Decimal(8), Decimal(12)),
            others,
        )
    ]


def carcasses() -> list[Attributes]:
    return [
        CarcassAttributes(weight, sarcocystis, chosen_class=chosen)
        for weight, sarcocystis, chosen in product(
            (None, 35_000), (None, "absent", "present", "not_inspected"), (None, "extra", "segunda", "none")
        )
    ]


def attributes_for(scheme: Scheme) -> list[Attributes]:
    if isinstance(scheme, FleeceScheme):
        return fleeces(scheme)
    if isinstance(scheme, ColourScheme | ColourRuleScheme):
        return colours(scheme)
    if isinstance(scheme, MicronScheme):
        return fibres()
    return deliveries() if isinstance(scheme, LimitScheme) else carcasses()


@pytest.mark.parametrize("scheme", SCHEMES, ids=[scheme.id for scheme in SCHEMES])
def test_every_result_has_one_sentence_in_both_languages(scheme: Scheme) -> None:
    spanish_texts = load_catalogue("es", "grading")
    found = attributes_for(scheme)
    assert found
    every = frozenset(one.key for one in unconfirmed_values(scheme)) - {"side:medium_fleece:inferior"}
    for attributes, confirmed in product(found, (frozenset[str](), every)):
        result = classify(scheme, attributes, confirmed=confirmed)
        assert result.sentence is not None
        assert result.sentence.msgid in spanish_texts
        for language in ("es", "en"):
            said = translate(language, result.sentence, "grading")
            assert re.fullmatch(r"[A-Z].*\.", said), said
            assert ". " not in said, said
            assert not re.search(r"None|%\(|\{|\bnull\b", said), said
        # what is kept beside a lot says the same when it is read again
        kept = json.loads(json.dumps(result.as_record()))
        again = message_from_record(kept["sentence"])
        assert translate("es", again, "grading") == translate("es", result.sentence, "grading")
        assert (result.key is None) == (result.name("en") == "Undetermined")


def test_a_page_names_the_class_in_the_language_of_the_reader() -> None:
    scheme = next(one for one in SCHEMES if one.id == "ntp-231.301@2022")
    sentence = classify(scheme, FibreAttributes(Decimal(33))).sentence
    assert sentence is not None
    with using_language("es"):
        assert "por eso es Gruesa" in translate_on_a_page(sentence)
    with using_language("en"):
        assert "so it is Coarse" in translate_on_a_page(sentence)
    with using_language("qu"):
        assert "por eso es Gruesa" in translate_on_a_page(sentence)
