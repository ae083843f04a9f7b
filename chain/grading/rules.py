"""The one door to classification: a scheme and what is known of a lot in, a class with its reasons out. Pure.

The decisions themselves stand in `fibre`, `fleece`, `colour`, `milk` and `carcass`.
"""

from collections.abc import Set as AbstractSet

from chain.grading.attribute_reader import read_attributes
from chain.grading.attributes import (
    Attributes,
    AttributesRefused,
    CarcassAttributes,
    ColourObservation,
    FibreAttributes,
    FleeceAttributes,
    MilkAttributes,
)
from chain.grading.carcass import classify_carcass
from chain.grading.colour import classify_colour
from chain.grading.fibre import FibreClassifier, class_range, classify_fibre
from chain.grading.fleece import classify_fleece, sort_first
from chain.grading.milk import classify_milk
from chain.grading.result import Boundary, Distance, GradeResult, Outcome, ParameterResult
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    CarcassScheme,
    ColourRuleScheme,
    ColourScheme,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Scheme,
)
from chain.grading.unconfirmed import UnconfirmedValue, unconfirmed_values

__all__ = [
    "ALPACA_FIBRE",
    "COMMODITIES",
    "LLAMA_CARCASS",
    "LLAMA_FIBRE",
    "RAW_MILK",
    "Attributes",
    "AttributesRefused",
    "Boundary",
    "CarcassAttributes",
    "ColourObservation",
    "Distance",
    "FibreAttributes",
    "FibreClassifier",
    "FleeceAttributes",
    "GradeResult",
    "MilkAttributes",
    "Outcome",
    "ParameterResult",
    "UnconfirmedValue",
    "class_range",
    "classify",
    "read_attributes",
    "unconfirmed_values",
]


def classify(
    scheme: Scheme,
    attributes: Attributes,
    *,
    commodity: str | None = None,
    confirmed: AbstractSet[str] = frozenset(),
) -> GradeResult:
    """Class a lot by a scheme.

    `commodity` is told when llama fibre borrows a ladder of alpaca; `confirmed` holds keys of `unconfirmed_values` for which
    a person of the organisation vouches: only with them do unconfirmed values count.

    Raises:
        TypeError: the attributes belong to another commodity than the scheme, or the scheme gives no classes.
    """
    match scheme, attributes:
        case MicronScheme(), FibreAttributes():
            return classify_fibre(scheme, attributes, commodity or scheme.commodity, confirmed)
        case LimitScheme(), MilkAttributes():
            return classify_milk(scheme, attributes, confirmed)
        case CarcassScheme(), CarcassAttributes():
            return classify_carcass(scheme, attributes, confirmed)
        case FleeceScheme(), FleeceAttributes():
            return classify_fleece(scheme, attributes, confirmed)
        case FleeceScheme(), FibreAttributes():
            return sort_first(scheme)
        case ColourScheme() | ColourRuleScheme(), ColourObservation():
            return classify_colour(scheme, attributes)
        case _:
            message = f"{scheme.id} cannot class {type(attributes).__name__}"
            raise TypeError(message)
