"""Raw milk against a norm: each parameter passes, fails, is missing or has no limit; then one answer. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal

from chain.core.i18n import Message
from chain.grading import milk_texts as say
from chain.grading.attributes import MilkAttributes
from chain.grading.result import UNDETERMINED, Boundary, GradeResult, Outcome, ParameterResult
from chain.grading.scheme import LimitScheme, Names, Parameter, Strength, weakest
from chain.grading.unconfirmed import counts

ACCEPT, CONDITIONAL, REJECT = "accept", "conditional", "reject"
NAMES: Mapping[str, Names] = {
    ACCEPT: {"es": "Aceptada", "en": "Accepted"},
    CONDITIONAL: {"es": "Aceptada con observación", "en": "Accepted with a remark"},
    REJECT: {"es": "Rechazada", "en": "Rejected"},
}

#: Measured at every reception; without them (where they have a limit) there is no answer. Project choice.
RECEPTION = frozenset({"storage_temperature", "fat", "density"})
#: Accuracy of one ultrasonic analyser (secondary): nobody is turned away for less. A thermometer has no such margin here.
ACCURACY = {
    "fat": Decimal("0.10"),
    "solids_not_fat": Decimal("0.15"),
    "protein": Decimal("0.15"),
    "lactose": Decimal("0.20"),
    "density": Decimal("0.0003"),
    "freezing_point": Decimal("0.001"),
    "added_water": Decimal(3),
}
#: What else satisfies a required result: laboratories write the same answer in different words.
SATISFIES: Mapping[str, frozenset[str]] = {
    "absent": frozenset({"absent", "negative"}),
    "negative": frozenset({"negative", "absent", "does_not_coagulate"}),
    "does_not_coagulate": frozenset({"does_not_coagulate", "negative"}),
    "below_mrl": frozenset({"below_mrl", "absent", "negative"}),
}
NOT_TESTED = "not_tested"

LIMIT_OFF, LIMIT_UNKNOWN = "limit_unconfirmed", "limit_unknown"
PLAN_NEEDS_SAMPLES = "plan_needs_samples"


def classify_milk(
    scheme: LimitScheme, attributes: MilkAttributes, confirmed: AbstractSet[str] = frozenset()
) -> GradeResult:
    """Judge a delivery. `confirmed` names parameters whose unconfirmed limits a person has confirmed.

    Reject: a limit in force is broken by more than the instrument's accuracy. Conditional: broken, but by less.
    Accept: all reception parameters with a limit in force pass. Otherwise undetermined.
    """
    given = _given(attributes)
    results = tuple(
        result
        for parameter in scheme.parameters
        if (result := _judge(parameter, given.get(parameter.key), attributes, confirmed)) is not None
    )
    judged = [one for one in results if one.outcome in {Outcome.PASS, Outcome.FAIL}]
    below = frozenset(one.key for one in scheme.parameters if not one.maximum_is_inclusive)
    key = _answer(results)
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=key,
        names=NAMES[key] if key else UNDETERMINED,
        reasons=_reasons(results, key, below),
        warnings=_warnings(results, attributes),
        missing=tuple(one.key for one in results if one.outcome is Outcome.MISSING),
        codes=tuple(one.code for one in results if one.outcome is Outcome.FAIL),
        sentence=say.sentence(
            key, results, below=below, lacking=[one.names for one in results if _is_lacking(one)]
        ),
        boundary=_boundary(results, attributes),
        strength=weakest(*(one.strength for one in judged)) if judged else Strength.NOT_KNOWN,
        parameters=results,
    )


def _given(attributes: MilkAttributes) -> dict[str, Decimal | str]:
    named = {
        "fat": attributes.fat,
        "density": attributes.density,
        "storage_temperature": attributes.temperature,
    }
    other = {key: value for key, value in attributes.other.items() if value != NOT_TESTED}
    return {**other, **{key: value for key, value in named.items() if value is not None}}


def _judge(
    parameter: Parameter,
    value: Decimal | str | None,
    attributes: MilkAttributes,
    confirmed: AbstractSet[str],
) -> ParameterResult | None:
    """Return the outcome of one parameter; None when there is neither a value nor a limit in force."""
    strength = parameter.limit_strength
    in_force = counts(strength, parameter.key, confirmed) and strength is not Strength.NOT_KNOWN
    blank = ParameterResult(
        parameter.key,
        parameter.names,
        Outcome.MISSING,
        value,
        f"{parameter.key}_missing",
        strength,
        unit=parameter.unit,
    )
    samples = attributes.samples.get(parameter.key, ())
    if samples and in_force and parameter.plan:
        return _judge_samples(parameter, samples, blank)
    if value is None and not samples:
        return blank if in_force else None
    if value is None or not in_force or parameter.plan:
        code = LIMIT_UNKNOWN if strength is Strength.NOT_KNOWN else LIMIT_OFF
        shown = max(samples) if value is None else value
        return replace(
            blank,
            outcome=Outcome.NO_LIMIT,
            code=PLAN_NEEDS_SAMPLES if in_force and parameter.plan else code,
            value=shown,
        )
    return _held(parameter, value, blank, _accuracy(parameter.key, attributes))


def _held(
    parameter: Parameter, value: Decimal | str, blank: ParameterResult, accuracy: Decimal | None
) -> ParameterResult:
    """Hold a value against a limit in force; a difference within the accuracy is marked, whether it passes or fails."""
    broken = _broken_limit(parameter, value)
    margin = _margin(parameter, value)
    is_near = accuracy is not None and margin is not None and abs(margin) <= accuracy
    if broken is None:
        return replace(
            blank,
            outcome=Outcome.PASS,
            code=f"{parameter.key}_pass",
            margin=margin,
            is_within_accuracy=is_near,
            limit=_nearest_limit(parameter, value) if is_near else None,
        )
    return replace(
        blank,
        outcome=Outcome.FAIL,
        code=f"{parameter.key}_{broken}",
        limit={"low": parameter.minimum, "high": parameter.maximum}.get(broken),
        margin=margin,
        is_within_accuracy=is_near,
    )


def _judge_samples(
    parameter: Parameter, samples: tuple[Decimal, ...], blank: ParameterResult
) -> ParameterResult:
    """Judge counts by n, c, m, M: none above M, at most c above m. Fewer samples than n can fail, but never pass."""
    plan = parameter.plan
    shown = replace(blank, value=max(samples))
    above = sum(1 for count in samples if count > plan["m"])
    if max(samples) > plan["M"] or above > plan["c"]:
        return replace(shown, outcome=Outcome.FAIL, code=f"{parameter.key}_plan")
    if len(samples) < plan["n"]:
        return replace(shown, code=f"{parameter.key}_samples_missing")
    return replace(shown, outcome=Outcome.PASS, code=f"{parameter.key}_pass")


def _broken_limit(parameter: Parameter, value: Decimal | str) -> str | None:
    """Return "low", "high" or "result" for a broken limit. Numbers are compared with their sign, unrounded."""
    required = parameter.required_result
    if isinstance(value, str):
        return None if required and value in SATISFIES.get(required, {required}) else "result"
    if required is not None:  # percent of added water, where the norm wants none
        return None if value == 0 and required == "absent" else "result"
    if parameter.minimum is not None and value < parameter.minimum:
        return "low"
    if parameter.maximum is None or value < parameter.maximum:
        return None
    return None if value == parameter.maximum and parameter.maximum_is_inclusive else "high"


def _margin(parameter: Parameter, value: Decimal | str) -> Decimal | None:
    """Return how far a number lies inside its limits; below zero: outside."""
    if isinstance(value, str):
        return None
    if parameter.required_result is not None:
        return -value
    margins = []
    if parameter.minimum is not None:
        margins.append(value - parameter.minimum)
    if parameter.maximum is not None:
        margins.append(parameter.maximum - value)
    return min(margins, default=None)


def _nearest_limit(parameter: Parameter, value: Decimal | str) -> Decimal | None:
    limits = [one for one in (parameter.minimum, parameter.maximum) if one is not None]
    if isinstance(value, str) or not limits:
        return None
    return min(limits, key=lambda limit: abs(limit - value))


def _accuracy(key: str, attributes: MilkAttributes) -> Decimal | None:
    return attributes.uncertainty.get(key, ACCURACY.get(key))


def _answer(results: tuple[ParameterResult, ...]) -> str | None:
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    if not all(one.is_within_accuracy for one in failed):
        return REJECT
    if not failed and not any(one.outcome is Outcome.PASS for one in results):
        return None
    if _lacks_reception(results):
        return None
    return CONDITIONAL if failed else ACCEPT


def _lacks_reception(results: tuple[ParameterResult, ...]) -> bool:
    return any(_is_lacking(one) for one in results)


def _is_lacking(result: ParameterResult) -> bool:
    return result.outcome is Outcome.MISSING and result.key in RECEPTION


def _reasons(
    results: tuple[ParameterResult, ...], key: str | None, below: frozenset[str]
) -> tuple[Message, ...]:
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    reasons = [say.why_failed(one, is_inclusive=one.key not in below) for one in failed]
    if key == CONDITIONAL:
        reasons.append(Message(say.REASON_WITHIN))
    elif key == ACCEPT:
        reasons.append(Message(say.REASON_PASSES))
    elif key is None:
        text = say.REASON_INCOMPLETE if _lacks_reception(results) else say.REASON_NO_VERDICT
        reasons.append(Message(text))
    return tuple(reasons)


def _warnings(results: tuple[ParameterResult, ...], attributes: MilkAttributes) -> tuple[Message, ...]:
    warnings = []
    if any(one.outcome is Outcome.MISSING for one in results):
        warnings.append(Message(say.WARN_NOT_ASSESSED))
    if any(one.code == LIMIT_OFF for one in results):
        warnings.append(Message(say.WARN_UNCONFIRMED))
    for one in results:
        if one.outcome is Outcome.PASS and one.is_within_accuracy:
            margin = _accuracy(one.key, attributes)
            warnings.append(Message(say.WARN_NEAR, {"name": one.names, "margin": margin, "limit": one.limit}))
    return tuple(warnings)


def _boundary(results: tuple[ParameterResult, ...], attributes: MilkAttributes) -> Boundary | None:
    """Return the parameter that lies nearest to its limit, measured by the accuracy of its instrument."""
    near = [
        (abs(one.margin) / accuracy if accuracy else Decimal(0), one, accuracy)
        for one in results
        if one.is_within_accuracy
        and one.margin is not None
        and (accuracy := _accuracy(one.key, attributes)) is not None
    ]
    if not near:
        return None
    _, one, accuracy = min(near, key=lambda found: found[0])
    if not isinstance(one.value, Decimal) or one.limit is None:
        return None
    return Boundary(one.key, one.value, one.limit, accuracy, (ACCEPT, CONDITIONAL))
