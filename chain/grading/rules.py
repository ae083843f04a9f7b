"""The one door to classification: a scheme and what is known of a lot in, a class with its reasons out. Pure.

The decisions themselves stand in `fibre`, `milk` and `carcass`.
"""

from collections.abc import Set as AbstractSet

from chain.core.i18n import N_, Message
from chain.grading.attribute_reader import read_attributes
from chain.grading.attributes import (
    Attributes,
    AttributesRefused,
    CarcassAttributes,
    FibreAttributes,
    MilkAttributes,
)
from chain.grading.carcass import classify_carcass
from chain.grading.fibre import FibreClassifier, classify_fibre
from chain.grading.milk import classify_milk
from chain.grading.result import UNDETERMINED, Distance, GradeResult, Outcome, ParameterResult
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    CarcassScheme,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Scheme,
)

__all__ = [
    "ALPACA_FIBRE",
    "COMMODITIES",
    "LLAMA_CARCASS",
    "LLAMA_FIBRE",
    "RAW_MILK",
    "Attributes",
    "AttributesRefused",
    "CarcassAttributes",
    "Distance",
    "FibreAttributes",
    "FibreClassifier",
    "GradeResult",
    "MilkAttributes",
    "Outcome",
    "ParameterResult",
    "classify",
    "read_attributes",
]

REASON_PROPORTIONS = N_(
    "A fleece category needs the kilograms of each quality after sorting. One measurement of microns can never give it."
)


def classify(
    scheme: Scheme,
    attributes: Attributes,
    *,
    commodity: str | None = None,
    confirmed: AbstractSet[str] = frozenset(),
) -> GradeResult:
    """Class a lot by a scheme.

    `commodity` is told when llama fibre borrows a ladder of alpaca; `confirmed` names milk parameters whose unconfirmed
    limits a person has confirmed.

    Raises:
        TypeError: the attributes belong to another commodity than the scheme, or the scheme gives no classes.
    """
    match scheme, attributes:
        case MicronScheme(), FibreAttributes():
            return classify_fibre(scheme, attributes, commodity or scheme.commodity, confirmed)
        case LimitScheme(), MilkAttributes():
            return classify_milk(scheme, attributes, confirmed)
        case CarcassScheme(), CarcassAttributes():
            return classify_carcass(scheme, attributes)
        case FleeceScheme(), FibreAttributes():
            return _fleece_undetermined(scheme)
        case _:
            message = f"{scheme.id} cannot class {type(attributes).__name__}"
            raise TypeError(message)


def _fleece_undetermined(scheme: FleeceScheme) -> GradeResult:
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=None,
        names=UNDETERMINED,
        reasons=(Message(REASON_PROPORTIONS),),
        missing=("mass_per_quality", "side_of_medium_fleece"),
    )
