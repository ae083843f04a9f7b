"""Raw milk against a norm: each parameter passes, fails, is missing or has no limit; then one answer. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading.attributes import MilkAttributes
from chain.grading.result import UNDETERMINED, GradeResult, Outcome, ParameterResult
from chain.grading.scheme import LimitScheme, Names, Parameter, Strength, weakest

ACCEPT, CONDITIONAL, REJECT = "accept", "conditional", "reject"
NAMES: Mapping[str, Names] = {
    ACCEPT: {"es": "Aceptada", "en": "Accepted"},
    CONDITIONAL: {"es": "Aceptada con observación", "en": "Accepted with a remark"},
    REJECT: {"es": "Rechazada", "en": "Rejected"},
}

#: Measured at every reception; without them (where they have a limit) there is no answer. Project choice.
RECEPTION = frozenset({"storage_temperature", "fat", "density"})
#: Accuracy of one ultrasonic analyser (secondary): nobody is turned away for less. A thermometer has no such margin here.
ACCURACY = {"fat": Decimal("0.10"), "density": Decimal("0.0003")}

LIMIT_OFF, LIMIT_UNKNOWN = "limit_unconfirmed", "limit_unknown"

REASON_PASSES = N_("Everything that was measured meets the norm.")
REASON_NO_VERDICT = N_("The results are recorded without a verdict: no confirmed limit applies to them.")
REASON_INCOMPLETE = N_("A measurement that the norm asks for is missing, so there is no verdict yet.")
REASON_HIGH = {
    "storage_temperature": N_("The milk arrived at %(value)s °C. It must be below %(limit)s °C."),
    "fat": N_("The fat is %(value)s %%. At most %(limit)s %% is allowed."),
    "density": N_("The density is %(value)s g/ml. At most %(limit)s is allowed."),
}
REASON_LOW = {
    "fat": N_("The fat is %(value)s %%. At least %(limit)s %% is needed."),
    "density": N_("The density is %(value)s g/ml, as in watered milk. At least %(limit)s is needed."),
}
REASON_OUT = N_("A result lies outside the norm: %(value)s against the limit %(limit)s.")
REASON_WORD = N_("An inspection did not give what the norm asks for.")
REASON_WITHIN = N_(
    "The difference is smaller than the analyser can tell, so the milk is not rejected for it."
)
WARN_NOT_ASSESSED = N_(
    "Not everything in the norm was checked at this delivery. What was not checked has not passed."
)
WARN_UNCONFIRMED = N_("Limits that nobody has confirmed are switched off. The results are only recorded.")


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
        if (result := _judge(parameter, given.get(parameter.key), parameter.key in confirmed)) is not None
    )
    judged = [one for one in results if one.outcome in {Outcome.PASS, Outcome.FAIL}]
    key = _answer(results)
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=key,
        names=NAMES[key] if key else UNDETERMINED,
        reasons=_reasons(results, key),
        warnings=_warnings(results),
        missing=tuple(one.key for one in results if one.outcome is Outcome.MISSING),
        codes=tuple(one.code for one in results if one.outcome is Outcome.FAIL),
        strength=weakest(*(one.strength for one in judged)) if judged else Strength.NOT_KNOWN,
        parameters=results,
    )


def _given(attributes: MilkAttributes) -> dict[str, Decimal | str]:
    named = {
        "fat": attributes.fat,
        "density": attributes.density,
        "storage_temperature": attributes.temperature,
    }
    return {**attributes.other, **{key: value for key, value in named.items() if value is not None}}


def _judge(parameter: Parameter, value: Decimal | str | None, is_confirmed: bool) -> ParameterResult | None:  # noqa: FBT001 — one answer of a person
    """Return the outcome of one parameter; None when there is neither a value nor a limit in force."""
    strength = parameter.limit_strength
    has_limit = strength is not Strength.NOT_KNOWN and parameter.kind != "sampling_plan"
    in_force = has_limit and (is_confirmed or strength is not Strength.UNCONFIRMED)

    def result(outcome: Outcome, code: str) -> ParameterResult:
        return ParameterResult(parameter.key, parameter.names, outcome, value, code, strength)

    if value is None:
        return result(Outcome.MISSING, f"{parameter.key}_missing") if in_force else None
    if not in_force:
        return result(Outcome.NO_LIMIT, LIMIT_UNKNOWN if strength is Strength.NOT_KNOWN else LIMIT_OFF)
    broken = _broken_limit(parameter, value)
    if broken is None:
        return result(Outcome.PASS, f"{parameter.key}_pass")
    limit = {"low": parameter.minimum, "high": parameter.maximum}.get(broken)
    return replace(
        result(Outcome.FAIL, f"{parameter.key}_{broken}"),
        limit=limit,
        is_within_accuracy=_is_within_accuracy(parameter.key, value, limit),
    )


def _broken_limit(parameter: Parameter, value: Decimal | str) -> str | None:
    """Return "low", "high" or "result" for a broken limit. Numbers are compared with their sign, unrounded."""
    if isinstance(value, str):
        return "result" if value != parameter.required_result else None
    if parameter.minimum is not None and value < parameter.minimum:
        return "low"
    if parameter.maximum is None or value < parameter.maximum:
        return None
    return None if value == parameter.maximum and parameter.maximum_is_inclusive else "high"


def _is_within_accuracy(key: str, value: Decimal | str, limit: Decimal | None) -> bool:
    if isinstance(value, str) or limit is None or key not in ACCURACY:
        return False
    return abs(value - limit) <= ACCURACY[key]


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
    return any(one.outcome is Outcome.MISSING and one.key in RECEPTION for one in results)


def _reasons(results: tuple[ParameterResult, ...], key: str | None) -> tuple[Message, ...]:
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    reasons = [_why_failed(one) for one in failed]
    if key == CONDITIONAL:
        reasons.append(Message(REASON_WITHIN))
    elif key == ACCEPT:
        reasons.append(Message(REASON_PASSES))
    elif key is None:
        text = REASON_INCOMPLETE if _lacks_reception(results) else REASON_NO_VERDICT
        reasons.append(Message(text))
    return tuple(reasons)


def _why_failed(result: ParameterResult) -> Message:
    if result.limit is None:
        return Message(REASON_WORD)
    texts = REASON_LOW if result.code.endswith("_low") else REASON_HIGH
    return Message(texts.get(result.key, REASON_OUT), {"value": result.value, "limit": result.limit})


def _warnings(results: tuple[ParameterResult, ...]) -> tuple[Message, ...]:
    warnings = []
    if any(one.outcome is Outcome.MISSING for one in results):
        warnings.append(Message(WARN_NOT_ASSESSED))
    if any(one.code == LIMIT_OFF for one in results):
        warnings.append(Message(WARN_UNCONFIRMED))
    return tuple(warnings)
