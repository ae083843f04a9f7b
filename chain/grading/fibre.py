"""Fibre by mean diameter: the class, why, how near the next one is. Pure."""

from bisect import bisect_left
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import N_, Message
from chain.grading.attributes import MICRON, FibreAttributes
from chain.grading.result import UNDETERMINED, Distance, GradeResult
from chain.grading.scheme import ALPACA_FIBRE, MicronClass, MicronScheme, SorterClass, Strength, weakest

#: 95 % of the readings of one instrument lay within this of the standard methods (601 tops, AWTA): docs/grading.md.
UNCERTAINTY_TENTHS = 4
TENTH = Decimal("0.1")

REASON_FINEST = N_("The fibre measures %(micron)s microns. This class takes fibre up to %(upper)s microns.")
REASON_MIDDLE = N_(
    "The fibre measures %(micron)s microns. This class goes from %(lower)s to %(upper)s microns."
)
REASON_COARSEST = N_(
    "The fibre measures %(micron)s microns. This class takes fibre from %(lower)s microns up."
)
REASON_STEP = N_("With %(limit)s microns or less it would be one class finer.")
REASON_SORTER = N_(
    "The sorter found the fibre too short: such fibre has its own class, whatever its microns."
)
REASON_OUTSIDE = N_(
    "The fibre measures %(micron)s microns. The classes of this list end at %(upper)s microns."
)
REASON_NO_MICRON = N_("The microns of the fibre have not been measured yet.")
REASON_NOT_PLAUSIBLE = N_(
    "%(micron)s microns cannot be right: alpaca and llama fibre has from %(low)s to %(high)s."
)
WARN_NEAR = N_(
    "The measurement lies within %(margin)s microns of the limit %(limit)s: another measurement may give the class next to it."
)
WARN_SORTER_CLASS_OFF = N_(
    "The sorter found the fibre short, but this edition has no class for short fibre: the microns decide."
)
WARN_ANALOGY = N_("This list was made for alpaca. For llama fibre it is used by analogy.")
WARN_SHORT = {
    Strength.CONFIRMED: N_("The fibre is shorter than the %(minimum)s mm that the norm asks for."),
    Strength.SECONDARY: N_(
        "The fibre is shorter than %(minimum)s mm, the length asked for according to an exporter (secondary source)."
    ),
    Strength.THIRD_HAND: N_(
        "The fibre is shorter than %(minimum)s mm, the length asked for according to a third-hand source."
    ),
    Strength.UNCONFIRMED: N_(
        "The fibre is shorter than %(minimum)s mm; that this length is asked for is not confirmed."
    ),
}


def rounded_tenths(micron: Decimal) -> int:
    """Return tenths of a micron, rounded once, half up. 23.05 → 231; 23.049 → 230."""
    return int(micron.quantize(TENTH, ROUND_HALF_UP).scaleb(1))


def classify_fibre(
    scheme: MicronScheme, attributes: FibreAttributes, commodity: str = ALPACA_FIBRE
) -> GradeResult:
    """Return the class of a lot of fibre. A short staple only warns; Corta comes from the sorter alone."""
    return FibreClassifier(scheme, commodity).classify(
        attributes.micron, attributes.length_mm, is_short=attributes.is_short
    )


def class_range(scheme: MicronScheme, key: str) -> tuple[int | None, int | None]:
    """Return the lowest and the highest tenth of a micron of a class, both included; None is open-ended.

    For searching by what was measured: fleece of NTP 231.301:2014 → (231, 265). A class that a sorter or appraiser
    decides has no microns and raises KeyError, as does an unknown one.
    """
    lower: int | None = None
    for one in scheme.classes:
        upper = None if one.upper_micron is None else _tenths(one.upper_micron)
        if one.key == key:
            return lower, upper
        lower = None if upper is None else upper + 1
    raise KeyError(key)


class FibreClassifier:
    """Classes thousands of lots by one scheme: limits in whole tenths, one shared result per tenth and length answer.

    Build it once and keep it: a lot then costs one rounding and one look-up.
    """

    def __init__(self, scheme: MicronScheme, commodity: str = ALPACA_FIBRE) -> None:
        self.scheme = scheme
        self.commodity = commodity
        self._limits = [_tenths(one.upper_micron) for one in scheme.classes if one.upper_micron is not None]
        self._results: dict[tuple[int, bool | None, bool], GradeResult] = {}
        self._sorter_class = next((one for one in scheme.sorter_classes if one.is_active), None)

    def key(self, micron: Decimal) -> str | None:
        """Return only the key of the class, by micron alone."""
        tenths = rounded_tenths(micron)
        if not MICRON.hold(micron):
            return None
        found = self._class_at(tenths)
        return found.key if found else None

    def classify(
        self, micron: Decimal | None, length_mm: int | None = None, *, is_short: bool = False
    ) -> GradeResult:
        """Return the whole result; equal inputs may share one object."""
        if is_short and self._sorter_class is not None:
            return self._by_sorter(self._sorter_class)
        if micron is None:
            return self._undetermined(Message(REASON_NO_MICRON), missing=("micron",))
        if not MICRON.hold(micron):
            params = {"micron": micron, "low": MICRON.low, "high": MICRON.high}
            return self._undetermined(Message(REASON_NOT_PLAUSIBLE, params), code="micron_not_plausible")
        tenths = rounded_tenths(micron)
        bucket = (tenths, self._is_below_minimum(tenths, length_mm), is_short)
        result = self._results.get(bucket)
        if result is None:
            result = self._results[bucket] = self._result(*bucket)
        return result

    def classify_microns(self, microns: Iterable[Decimal]) -> list[GradeResult]:
        """Return one result per mean diameter, in the same order."""
        return [self.classify(micron) for micron in microns]

    def _class_at(self, tenths: int) -> MicronClass | None:
        index = bisect_left(self._limits, tenths)
        return self.scheme.classes[index] if index < len(self.scheme.classes) else None

    def _is_below_minimum(self, tenths: int, length_mm: int | None) -> bool | None:
        """Whether the length lies under the minimum of the class; None when it is unknown or does not matter."""
        found = self._class_at(tenths)
        if self.scheme.length_check == "none" or length_mm is None or found is None:
            return None
        minimum = found.minimum_length.value_mm
        return None if minimum is None else length_mm < minimum

    def _result(self, tenths: int, is_below_minimum: bool | None, is_short: bool) -> GradeResult:  # noqa: FBT001 — the parts of the cache key
        index = bisect_left(self._limits, tenths)
        if index == len(self.scheme.classes):
            params = {"micron": _microns(tenths), "upper": _microns(self._limits[-1])}
            return self._undetermined(Message(REASON_OUTSIDE, params), code="outside_ladder")
        found = self.scheme.classes[index]
        lower = self._limits[index - 1] if index else None
        upper = self._limits[index] if index < len(self._limits) else None
        missing = is_below_minimum is None and self._wants_length(found)
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=found.key,
            names=found.names,
            reasons=_reasons(tenths, lower, upper),
            warnings=self._warnings(tenths, found, is_below_minimum=is_below_minimum, is_short=is_short),
            missing=("length_mm",) if missing else (),
            distance=Distance(
                None if lower is None else _microns(tenths - lower),
                None if upper is None else _microns(upper - tenths),
            ),
            strength=weakest(
                found.status, *(one.status for one in self.scheme.classes[max(index - 1, 0) : index])
            ),
            is_by_analogy=self.commodity != self.scheme.commodity,
        )

    def _wants_length(self, found: MicronClass) -> bool:
        return self.scheme.length_check == "warn" and found.minimum_length.value_mm is not None

    def _warnings(
        self, tenths: int, found: MicronClass, *, is_below_minimum: bool | None, is_short: bool
    ) -> tuple[Message, ...]:
        warnings = [
            Message(WARN_NEAR, {"margin": _microns(UNCERTAINTY_TENTHS), "limit": _microns(limit)})
            for limit in self._limits
            if abs(limit - tenths) <= UNCERTAINTY_TENTHS and limit != self._open_end()
        ]
        if is_below_minimum:
            text = WARN_SHORT.get(found.minimum_length.status, WARN_SHORT[Strength.UNCONFIRMED])
            warnings.append(Message(text, {"minimum": found.minimum_length.value_mm}))
        if is_short:
            warnings.append(Message(WARN_SORTER_CLASS_OFF))
        return (*warnings, *self._analogy())

    def _open_end(self) -> int | None:
        """Return the end of a ladder that stops: no class lies beyond it."""
        return self._limits[-1] if len(self._limits) == len(self.scheme.classes) else None

    def _analogy(self) -> tuple[Message, ...]:
        return (Message(WARN_ANALOGY),) if self.commodity != self.scheme.commodity else ()

    def _by_sorter(self, chosen: SorterClass) -> GradeResult:
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=chosen.key,
            names=chosen.names,
            reasons=(Message(REASON_SORTER),),
            warnings=self._analogy(),
            codes=("chosen_by_sorter",),
            strength=chosen.status,
            is_by_analogy=self.commodity != self.scheme.commodity,
        )

    def _undetermined(
        self, reason: Message, *, missing: tuple[str, ...] = (), code: str | None = None
    ) -> GradeResult:
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=None,
            names=UNDETERMINED,
            reasons=(reason,),
            warnings=self._analogy(),
            missing=missing,
            codes=(code,) if code else (),
            is_by_analogy=self.commodity != self.scheme.commodity,
        )


def _reasons(tenths: int, lower: int | None, upper: int | None) -> tuple[Message, ...]:
    """Say why, and the step to the next finer class when there is one. A class starts a tenth above the one before."""
    micron = _microns(tenths)
    if lower is None:
        return (Message(REASON_FINEST, {"micron": micron, "upper": _microns(upper or tenths)}),)
    starts = _microns(lower + 1)
    step = Message(REASON_STEP, {"limit": _microns(lower)})
    if upper is None:
        return Message(REASON_COARSEST, {"micron": micron, "lower": starts}), step
    return Message(REASON_MIDDLE, {"micron": micron, "lower": starts, "upper": _microns(upper)}), step


def _tenths(micron: Decimal) -> int:
    return int(micron.scaleb(1))


def _microns(tenths: int) -> Decimal:
    return Decimal(tenths).scaleb(-1)
