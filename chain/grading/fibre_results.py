"""Builds the results of fibre by micron and length, one per bucket of equal lots. `fibre` finds the bucket. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from chain.core.i18n import Message
from chain.grading import fibre_texts as say
from chain.grading.fibre_texts import microns
from chain.grading.result import UNDETERMINED, Boundary, Distance, GradeResult
from chain.grading.scheme import (
    Kind,
    LengthClass,
    LengthGrade,
    MicronClass,
    MicronScheme,
    SorterClass,
    Strength,
    weakest,
)
from chain.grading.unconfirmed import counts


class Bucket(NamedTuple):
    """What decides a result: lots that agree in it share one object."""

    tenths: int
    #: None: unknown or of no matter; True: below the minimum of the class
    is_below_minimum: bool | None
    is_short: bool
    #: ± in hundredths of a micron
    uncertainty: int
    #: class of the length; "" is a length outside every class, None an unknown one
    length: str | None


class ResultMaker:
    """Knows what is in force of one scheme, and words one result per bucket."""

    def __init__(self, scheme: MicronScheme, commodity: str, confirmed: frozenset[str]) -> None:
        self.scheme = scheme
        self.commodity = commodity
        self.confirmed = confirmed
        self.limits = [tenths_of(one.upper_micron) for one in scheme.classes if one.upper_micron is not None]
        self._minimums = {one.key: self._minimum_of(one) for one in scheme.classes}
        self.sorter_class = next((one for one in scheme.sorter_classes if self._is_short_class(one)), None)

    # --- limits and lengths in force ----------------------------------------------------------------------------------

    def _is_short_class(self, one: SorterClass) -> bool:
        return one.decided_by == "sorter" and (one.is_active or f"sorter:{one.key}" in self.confirmed)

    def _minimum_of(self, one: MicronClass) -> tuple[int, Strength] | None:
        """Return the minimum length that is in force; a figure that somebody confirmed goes first."""
        length = one.minimum_length
        if self.scheme.length_check == "none":
            return None
        if length.conflict_mm is not None and f"length:{one.key}:{length.conflict_mm}" in self.confirmed:
            return length.conflict_mm, Strength.UNCONFIRMED
        if length.value_mm is None or not counts(length.status, f"length:{one.key}", self.confirmed):
            return None
        return length.value_mm, length.status

    def _class_at(self, tenths: int) -> MicronClass | None:
        index = bisect_left(self.limits, tenths)
        return self.scheme.classes[index] if index < len(self.scheme.classes) else None

    def is_below_minimum(self, tenths: int, length_mm: int | None) -> bool | None:
        """Whether the length lies under the minimum of the class; None when it is unknown or does not matter."""
        found = self._class_at(tenths)
        if length_mm is None or found is None:
            return None
        minimum = self._minimums[found.key]
        return None if minimum is None else length_mm < minimum[0]

    def needs_length(self, length_mm: int | None) -> bool:
        return length_mm is None and self.scheme.kind is Kind.MICRON_LENGTH

    def length_key(self, tenths: int, length_mm: int | None) -> str | None:
        if length_mm is None or not self.scheme.length_classes:
            return None
        found = self._class_at(tenths)
        micron_class = found.key if found else None
        for one in self.scheme.length_classes:
            if one.holds(length_mm, micron_class):
                return one.key if counts(one.status, f"length_class:{one.key}", self.confirmed) else ""
        return ""

    def _length_class(self, key: str | None) -> LengthClass | None:
        return next((one for one in self.scheme.length_classes if one.key == key), None)

    def _switched_off(self, index: int) -> MicronClass | None:
        """Return the class whose unconfirmed limit the answer would rest on."""
        for one in self.scheme.classes[max(index - 1, 0) : index + 1]:
            if not counts(one.status, f"class:{one.key}", self.confirmed):
                return one
        return None

    # --- results ------------------------------------------------------------------------------------------------------

    def result(self, bucket: Bucket) -> GradeResult:
        index = bisect_left(self.limits, bucket.tenths)
        off = self._switched_off(index)
        if off is None and self.scheme.kind is Kind.MICRON_LENGTH:
            return self._by_both(bucket, index)
        if off is None and index == len(self.scheme.classes):
            return self._outside(bucket)
        if off is not None:
            params = {"micron": microns(bucket.tenths), "name": off.names}
            missing = (f"confirmation:class:{off.key}",)
            return self.undetermined(
                say.REASON_NOT_CONFIRMED,
                say.SAY_NOT_CONFIRMED,
                params,
                missing=missing,
                code="limit_unconfirmed",
            )
        found = self.scheme.classes[index]
        length = self._length_class(bucket.length)
        lacks_length = bucket.is_below_minimum is None and self._minimums[found.key] is not None
        if self.scheme.length_check in {"refuse", "short-class"} and (
            lacks_length or bucket.is_below_minimum
        ):
            return self._short(bucket, found, is_missing=lacks_length)
        wants_class = bool(self.scheme.length_classes) and bucket.length is None
        result = self._by_micron(bucket, index)
        return replace(
            result,
            missing=("length_mm",) if lacks_length or wants_class else (),
            length_class=length,
            reasons=(
                *result.reasons,
                *((Message(say.REASON_LENGTH_CLASS, {"length": length.names}),) if length else ()),
            ),
        )

    def _by_micron(self, bucket: Bucket, index: int) -> GradeResult:
        """Return the class by microns, with its neighbours; the length has been dealt with."""
        found = self.scheme.classes[index]
        lower, upper = self._ends(index)
        finer = self.scheme.classes[index - 1] if index else None
        coarser = self.scheme.classes[index + 1] if index + 1 < len(self.scheme.classes) else None
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=found.key,
            names=found.names,
            reasons=say.reasons_by_micron(bucket.tenths, lower, upper),
            warnings=self._warnings(bucket, found),
            sentence=say.sentence_by_micron(
                bucket.tenths, found.names, lower, upper, finer.names if finer else None
            ),
            distance=Distance(
                None if lower is None else microns(bucket.tenths - lower),
                None if upper is None else microns(upper - bucket.tenths),
                finer.key if finer else None,
                coarser.key if coarser else None,
            ),
            boundary=self._boundary(bucket),
            strength=weakest(found.status, *((finer.status,) if finer else ())),
            is_by_analogy=self._is_by_analogy,
        )

    def _by_both(self, bucket: Bucket, index: int) -> GradeResult:
        """Return the grade where micron and length decide together; where the list is silent an appraiser decides."""
        micron = microns(bucket.tenths)
        if bucket.length is None:
            return self.undetermined(say.REASON_NO_LENGTH, say.SAY_NO_LENGTH, missing=("length_mm",))
        length = self._length_class(bucket.length)
        found = self.scheme.classes[index] if index < len(self.scheme.classes) else None
        silent = self.undetermined(
            say.REASON_SILENT, say.SAY_SILENT, {"micron": micron}, code="appraiser_needed"
        )
        if length is None:
            return silent
        for grade in self.scheme.length_grades:
            if length.key in grade.lengths:
                is_fine_enough = grade.upper_micron is None or micron <= grade.upper_micron
                return self._length_grade(bucket, grade, length, found) if is_fine_enough else silent
        if found is None or length.key not in (*found.lengths, *found.refused_lengths):
            return silent
        result = replace(self._by_micron(bucket, index), length_class=length)
        params = {"micron": micron, "name": found.names, "length": length.names}
        reason = Message(say.REASON_LENGTH_CLASS, {"length": length.names})
        if length.key in found.refused_lengths:
            minimum = self._taken_from(found)
            return replace(
                result,
                codes=("length_refused",),
                reasons=(*result.reasons, reason, Message(say.REASON_LENGTH_REFUSED, params)),
                sentence=Message(say.SAY_LENGTH_REFUSED, {**params, "minimum": minimum}),
            )
        sentence = self._grade_sentence(index, length, params)
        return replace(result, reasons=(*result.reasons, reason), sentence=sentence)

    def _grade_sentence(self, index: int, length: LengthClass, params: Mapping[str, object]) -> Message:
        """Say the step to the finer grade, or to the longer class where the finer grade does not take this length."""
        if not index:
            return Message(say.SAY_GRADE_FINEST, params)
        finer = self.scheme.classes[index - 1]
        if length.key in finer.lengths:
            step = {"limit": microns(self.limits[index - 1]), "finer": finer.names}
            return Message(say.SAY_GRADE, {**params, **step})
        taken = [
            one for one in self.scheme.length_classes if one.key in finer.lengths and one.min_mm is not None
        ]
        longer = min(taken, key=lambda one: one.min_mm or 0)
        return Message(say.SAY_GRADE_LONGER, {**params, "minimum": longer.min_mm, "longer": longer.names})

    def _length_grade(
        self, bucket: Bucket, grade: LengthGrade, length: LengthClass, found: MicronClass | None
    ) -> GradeResult:
        params = {"length": length.names, "name": grade.names}
        sentence = Message(say.SAY_APPRAISER, params)
        if found is not None:
            step = {"minimum": self._taken_from(found), "finer": found.names}
            sentence = Message(say.SAY_LENGTH_GRADE, {**params, **step})
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=grade.key,
            names=grade.names,
            reasons=(Message(say.REASON_LENGTH_GRADE, params),),
            warnings=self._analogy(),
            sentence=sentence,
            boundary=self._boundary(bucket),
            length_class=length,
            strength=grade.status,
            is_by_analogy=self._is_by_analogy,
        )

    def _taken_from(self, found: MicronClass) -> int | None:
        """Return the shortest staple in mm that the class takes."""
        taken = (one.min_mm for one in self.scheme.length_classes if one.key in found.lengths)
        return min((one for one in taken if one is not None), default=None)

    def _short(self, bucket: Bucket, found: MicronClass, *, is_missing: bool) -> GradeResult:
        """Answer for a staple below the minimum, or of unknown length, where the scheme lets the length decide."""
        if is_missing:
            return self.undetermined(say.REASON_NO_LENGTH, say.SAY_NO_LENGTH, missing=("length_mm",))
        minimum = self._minimums[found.key] or (0, found.status)
        params = {"micron": microns(bucket.tenths), "finer": found.names, "minimum": minimum[0]}
        if self.scheme.length_check == "refuse" or self.sorter_class is None:
            return self.undetermined(
                say.REASON_LENGTH_SHORT, say.SAY_LENGTH_SHORT, params, code="length_short"
            )
        chosen = self.sorter_class
        return replace(
            self.by_sorter(chosen),
            reasons=(Message(say.REASON_LENGTH_SHORT, params),),
            sentence=Message(say.SAY_SHORT_CLASS, {**params, "name": chosen.names}),
            codes=("short_by_length",),
        )

    def _outside(self, bucket: Bucket) -> GradeResult:
        last = self.scheme.classes[-1]
        limit = microns(self.limits[-1])
        params = {
            "micron": microns(bucket.tenths),
            "upper": limit,
            "limit": limit,
            "finer": last.names,
        }
        return self.undetermined(say.REASON_OUTSIDE, say.SAY_OUTSIDE, params, code="outside_ladder")

    def by_sorter(self, chosen: SorterClass) -> GradeResult:
        return self._chosen(chosen, say.REASON_SORTER, say.SAY_SORTER, "chosen_by_sorter")

    def appraised(self, key: str) -> GradeResult:
        """Return the class that a person decided; only classes that persons decide can be chosen."""
        for one in self.scheme.sorter_classes:
            is_in_use = one.is_active or f"sorter:{one.key}" in self.confirmed
            if one.key == key and is_in_use:
                return self._chosen(one, say.REASON_APPRAISER, say.SAY_APPRAISER, "chosen_by_appraiser")
        return self.undetermined(say.REASON_CLASS_UNKNOWN, say.SAY_CLASS_UNKNOWN, code="class_unknown")

    def _chosen(self, chosen: SorterClass, reason: str, sentence: str, code: str) -> GradeResult:
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=chosen.key,
            names=chosen.names,
            reasons=(Message(reason),),
            warnings=self._analogy(),
            codes=(code,),
            sentence=Message(sentence, {"name": chosen.names}),
            strength=chosen.status,
            is_by_analogy=self._is_by_analogy,
        )

    def undetermined(
        self,
        reason: str,
        sentence: str,
        params: Mapping[str, object] | None = None,
        *,
        missing: tuple[str, ...] = (),
        code: str | None = None,
    ) -> GradeResult:
        return GradeResult(
            scheme=self.scheme.key,
            edition=self.scheme.edition,
            commodity=self.commodity,
            key=None,
            names=UNDETERMINED,
            reasons=(Message(reason, params or {}),),
            warnings=self._analogy(),
            missing=missing,
            codes=(code,) if code else (),
            sentence=Message(sentence, params or {}),
            is_by_analogy=self._is_by_analogy,
        )

    # --- neighbours and warnings --------------------------------------------------------------------------------------

    def _ends(self, index: int) -> tuple[int | None, int | None]:
        lower = self.limits[index - 1] if index else None
        return lower, self.limits[index] if index < len(self.limits) else None

    def _near_limits(self, bucket: Bucket) -> list[int]:
        """Return the indexes of the limits within the instrument's ±; the end of a ladder has no class beyond it."""
        last = len(self.scheme.classes) - 1
        return [
            index
            for index, limit in enumerate(self.limits)
            if index < last and abs(limit - bucket.tenths) * 10 <= bucket.uncertainty
        ]

    def _boundary(self, bucket: Bucket) -> Boundary | None:
        near = self._near_limits(bucket)
        if not near:
            return None
        nearest = min(near, key=lambda index: abs(self.limits[index] - bucket.tenths))
        return Boundary(
            attribute="micron",
            value=microns(bucket.tenths),
            limit=microns(self.limits[nearest]),
            uncertainty=_plus_minus(bucket),
            possible_keys=tuple(one.key for one in self.scheme.classes[near[0] : near[-1] + 2]),
        )

    def _warnings(self, bucket: Bucket, found: MicronClass) -> tuple[Message, ...]:
        margin = _plus_minus(bucket)
        warnings = [
            Message(say.WARN_NEAR, {"margin": margin, "limit": microns(self.limits[index])})
            for index in self._near_limits(bucket)
        ]
        minimum = self._minimums[found.key]
        if bucket.is_below_minimum and minimum is not None:
            text = say.WARN_SHORT.get(minimum[1], say.WARN_SHORT[Strength.UNCONFIRMED])
            warnings.append(Message(text, {"minimum": minimum[0]}))
        if bucket.is_short:
            warnings.append(Message(say.WARN_SORTER_CLASS_OFF))
        if found.also_requires:
            warnings.append(Message(say.WARN_ALSO_REQUIRES))
        return (*warnings, *self._analogy())

    @property
    def _is_by_analogy(self) -> bool:
        return self.commodity != self.scheme.commodity

    def _analogy(self) -> tuple[Message, ...]:
        return (Message(say.WARN_ANALOGY),) if self._is_by_analogy else ()


def tenths_of(micron: Decimal) -> int:
    """Return a limit, which has at most one decimal, in tenths of a micron."""
    return int(micron.scaleb(1))


def _plus_minus(bucket: Bucket) -> Decimal:
    return Decimal(bucket.uncertainty).scaleb(-2).normalize()
