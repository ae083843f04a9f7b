"""Fibre by mean diameter, and by length where the list asks for it: the class, why, how near the next one is. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import Message
from chain.grading import fibre_texts as say
from chain.grading.attributes import MICRON, FibreAttributes
from chain.grading.fibre_results import Bucket, ResultMaker, tenths_of
from chain.grading.fibre_texts import microns
from chain.grading.result import GradeResult
from chain.grading.scheme import ALPACA_FIBRE, MicronScheme
from chain.grading.unconfirmed import counts

#: 95 % of the readings of one instrument lay within this of the standard methods (601 tops, AWTA): docs/grading.md.
UNCERTAINTY_TENTHS = 4
UNCERTAINTY = Decimal("0.4")
TENTH = Decimal("0.1")
#: The table of a list by tenths of a micron reaches over everything that is believed.
FIRST_TENTH, LAST_TENTH = 100, 600
MAX_RESULTS_KEPT = 20_000
MAX_CLASSIFIERS = 64
NOTHING: frozenset[str] = frozenset()
_CLASSIFIERS: "dict[tuple[int, str, frozenset[str]], FibreClassifier]" = {}


def rounded_tenths(micron: Decimal) -> int:
    """Return tenths of a micron, rounded once, half up. 23.05 → 231; 23.049 → 230."""
    return int(micron.quantize(TENTH, ROUND_HALF_UP).scaleb(1))


def classify_fibre(
    scheme: MicronScheme,
    attributes: FibreAttributes,
    commodity: str = ALPACA_FIBRE,
    confirmed: AbstractSet[str] = NOTHING,
) -> GradeResult:
    """Return the class of a lot of fibre; `confirmed` holds keys of `unconfirmed_values` that a person vouches for."""
    classifier = _classifier_for(scheme, commodity, frozenset(confirmed))
    result = classifier.classify(
        attributes.micron,
        attributes.length_mm,
        is_short=attributes.is_short,
        uncertainty=attributes.uncertainty,
        appraised=attributes.appraised,
    )
    above = _above_requirements(scheme, attributes, confirmed)
    return replace(result, warnings=(*result.warnings, *above)) if above else result


def _classifier_for(scheme: MicronScheme, commodity: str, confirmed: frozenset[str]) -> "FibreClassifier":
    """Return a classifier that was built before, if there is one; it holds its scheme, so that the id stays its own."""
    wanted = (id(scheme), commodity, confirmed)
    found = _CLASSIFIERS.get(wanted)
    if found is None:
        if len(_CLASSIFIERS) >= MAX_CLASSIFIERS:
            _CLASSIFIERS.clear()
        found = _CLASSIFIERS[wanted] = FibreClassifier(scheme, commodity, confirmed)
    return found


def _above_requirements(
    scheme: MicronScheme, attributes: FibreAttributes, confirmed: AbstractSet[str]
) -> list[Message]:
    """Tell moisture, mineral solids and grease above a limit in force; they change no class."""
    given: Mapping[str, Decimal | None] = {
        "moisture_max_pct": attributes.moisture_pct,
        "mineral_solids_max_pct": attributes.mineral_solids_pct,
        "grease_max_pct": attributes.grease_pct,
    }
    found = []
    for need in scheme.requirements:
        value = given.get(need.key)
        if need.maximum is None or value is None or value <= need.maximum:
            continue
        if counts(need.status, f"requirement:{need.key}", confirmed):
            found.append(Message(say.WARN_ABOVE[need.key], {"value": value, "limit": need.maximum}))
    return found


def class_range(scheme: MicronScheme, key: str) -> tuple[int | None, int | None]:
    """Return the lowest and the highest tenth of a micron of a class, both included; None is open-ended.

    For searching by what was measured: fleece of NTP 231.301:2014 → (231, 265). A class that a sorter or appraiser
    decides has no microns and raises KeyError, as does an unknown one.
    """
    lower: int | None = None
    for one in scheme.classes:
        upper = None if one.upper_micron is None else tenths_of(one.upper_micron)
        if one.key == key:
            return lower, upper
        lower = None if upper is None else upper + 1
    raise KeyError(key)


class FibreClassifier:
    """Classes thousands of lots by one scheme: limits in whole tenths, one shared result per tenth and length answer.

    Build it once and keep it: a lot then costs one rounding and one look-up.
    """

    def __init__(
        self,
        scheme: MicronScheme,
        commodity: str = ALPACA_FIBRE,
        confirmed: AbstractSet[str] = NOTHING,
    ) -> None:
        self.scheme = scheme
        self.commodity = commodity
        self._maker = ResultMaker(scheme, commodity, frozenset(confirmed))
        self._results: dict[Bucket, GradeResult] = {}
        self._plain: dict[Decimal, GradeResult] = {}
        self._table: list[GradeResult] = []

    # --- one lot ------------------------------------------------------------------------------------------------------

    def key(self, micron: Decimal) -> str | None:
        """Return only the key of the class, by micron alone."""
        return self.classify(micron).key

    def classify(
        self,
        micron: Decimal | None,
        length_mm: int | None = None,
        *,
        is_short: bool = False,
        uncertainty: Decimal | None = None,
        appraised: str | None = None,
    ) -> GradeResult:
        """Return the whole result; equal inputs may share one object."""
        if (
            length_mm is None
            and micron is not None
            and not is_short
            and uncertainty is None
            and not appraised
        ):
            known = self._plain.get(micron)
            if known is None:
                known = self._keep(micron, self._classify(micron, None))
            return known
        if appraised:
            return self._maker.appraised(appraised)
        return self._classify(micron, length_mm, is_short=is_short, uncertainty=uncertainty)

    def _keep(self, micron: Decimal, result: GradeResult) -> GradeResult:
        if len(self._plain) >= MAX_RESULTS_KEPT:
            self._plain.clear()
        self._plain[micron] = result
        return result

    def _classify(
        self,
        micron: Decimal | None,
        length_mm: int | None,
        *,
        is_short: bool = False,
        uncertainty: Decimal | None = None,
    ) -> GradeResult:
        maker = self._maker
        if is_short and maker.sorter_class is not None:
            return maker.by_sorter(maker.sorter_class)
        if micron is None:
            missing = ("micron", "length_mm") if maker.needs_length(length_mm) else ("micron",)
            return maker.undetermined(say.REASON_NO_MICRON, say.SAY_NO_MICRON, missing=missing)
        if not MICRON.hold(micron):
            params = {"micron": micron, "low": MICRON.low, "high": MICRON.high}
            return maker.undetermined(
                say.REASON_NOT_PLAUSIBLE, say.SAY_NOT_PLAUSIBLE, params, code="micron_not_plausible"
            )
        tenths = rounded_tenths(micron)
        bucket = Bucket(
            tenths,
            maker.is_below_minimum(tenths, length_mm),
            is_short,
            UNCERTAINTY_TENTHS * 10 if uncertainty is None else int(uncertainty * 100),
            maker.length_key(tenths, length_mm),
        )
        result = self._results.get(bucket)
        if result is None:
            if len(self._results) >= MAX_RESULTS_KEPT:
                self._results.clear()
            result = self._results[bucket] = maker.result(bucket)
        return result

    # --- many lots ----------------------------------------------------------------------------------------------------

    def classify_microns(self, values: Iterable[Decimal]) -> list[GradeResult]:
        """Return one result per mean diameter, in the same order."""
        known, classify = self._plain, self.classify
        return [known.get(micron) or classify(micron) for micron in values]

    def classify_tenths(self, values: Sequence[int]) -> list[GradeResult]:
        """Return one result per mean diameter in whole tenths of a micron, as lots keep it; the fastest way.

        Raises:
            IndexError: a value outside 10.0 to 60.0 µm.
        """
        if not self._table:
            self._table = [self.classify(microns(one)) for one in range(FIRST_TENTH, LAST_TENTH + 1)]
        if values and (min(values) < FIRST_TENTH or max(values) > LAST_TENTH):
            raise IndexError(f"tenths of a micron lie from {FIRST_TENTH} to {LAST_TENTH}")
        table = [*([None] * FIRST_TENTH), *self._table]
        return [table[one] for one in values]  # type: ignore[misc]  # no value lies in the empty beginning
