"""What is said about raw milk: reasons, warnings, and the one sentence for the producer. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading.result import Outcome, ParameterResult
from chain.grading.scheme import Names
from chain.grading.wording import in_sentence, joined

REASON_PASSES = N_("Everything that was measured meets the norm.")
REASON_NO_VERDICT = N_("The results are recorded without a verdict: no confirmed limit applies to them.")
REASON_INCOMPLETE = N_("A measurement that the norm asks for is missing, so there is no verdict yet.")
REASON_HIGH = {
    "storage_temperature": N_("The milk arrived at %(value)s °C. It must be below %(limit)s °C."),
    "fat": N_("The fat is %(value)s %%. At most %(limit)s %% is allowed."),
    "density": N_("The density is %(value)s g/ml. At most %(limit)s is allowed."),
    "freezing_point": N_(
        "The milk freezes at %(value)s °C, as watered milk does. It must be %(limit)s °C or colder."
    ),
}
REASON_LOW = {
    "fat": N_("The fat is %(value)s %%. At least %(limit)s %% is needed."),
    "density": N_("The density is %(value)s g/ml, as in watered milk. At least %(limit)s is needed."),
}
REASON_TOO_HIGH = N_("%(name)s: %(value)s%(unit)s. At most %(limit)s%(unit)s is allowed.")
REASON_TOO_LOW = N_("%(name)s: %(value)s%(unit)s. At least %(limit)s%(unit)s is needed.")
REASON_WORD = N_("%(name)s: the inspection did not give what the norm asks for.")
REASON_PLAN = N_("%(name)s: the samples do not meet the sampling plan of the norm.")
REASON_WITHIN = N_(
    "The difference is smaller than the analyser can tell, so the milk is not rejected for it."
)
WARN_NOT_ASSESSED = N_(
    "Not everything in the norm was checked at this delivery. What was not checked has not passed."
)
WARN_UNCONFIRMED = N_("Limits that nobody has confirmed are switched off. The results are only recorded.")
WARN_NEAR = N_(
    "%(name)s lies within ±%(margin)s of the limit %(limit)s, which the instrument cannot tell apart."
)

SAY_ACCEPT = N_("Your milk was accepted, because everything that was measured meets the norm; keep it so.")
SAY_ACCEPT_NEAR = N_(
    "Your milk was accepted, but this lies close to its limit, so take care of it: %(names)s."
)
SAY_LOW = {
    "conditional": N_(
        "Your milk was accepted with a remark for %(name)s: it gave %(value)s%(unit)s, and from %(limit)s%(unit)s on there is no remark."
    ),
    "reject": N_(
        "Your milk was rejected for %(name)s: it gave %(value)s%(unit)s, and from %(limit)s%(unit)s on it is accepted."
    ),
}
SAY_HIGH = {
    "conditional": N_(
        "Your milk was accepted with a remark for %(name)s: it gave %(value)s%(unit)s, and up to %(limit)s%(unit)s there is no remark."
    ),
    "reject": N_(
        "Your milk was rejected for %(name)s: it gave %(value)s%(unit)s, and up to %(limit)s%(unit)s it is accepted."
    ),
}
SAY_BELOW = N_(
    "Your milk was rejected for %(name)s: it gave %(value)s%(unit)s, and below %(limit)s%(unit)s it is accepted."
)
SAY_COLDER = {
    "conditional": N_(
        "Your milk was accepted with a remark for %(name)s: it gave %(value)s%(unit)s, and at %(limit)s%(unit)s or colder there is no remark."
    ),
    "reject": N_(
        "Your milk was rejected for %(name)s: it gave %(value)s%(unit)s, and at %(limit)s%(unit)s or colder it is accepted."
    ),
}
SAY_WORD = N_("Your milk was rejected for %(name)s; it is accepted when that inspection comes out well.")
SAY_PLAN = N_("Your milk was rejected for %(name)s; it is accepted when all samples meet the norm.")
SAY_SEVERAL = {
    "conditional": N_(
        "Your milk was accepted with a remark for %(names)s; once each of them meets the norm there is no remark."
    ),
    "reject": N_("Your milk was rejected for %(names)s; it is accepted when each of them meets the norm."),
}
SAY_MISSING = N_("Your milk has no verdict yet, because this was not measured: %(names)s.")
SAY_RECORDED = N_(
    "Your milk was recorded without a verdict, because no confirmed limit applies to what was measured."
)


def why_failed(result: ParameterResult, *, is_inclusive: bool) -> Message:
    """Return the reason for one parameter that failed."""
    if result.code.endswith("_plan"):
        return Message(REASON_PLAN, {"name": result.names})
    if result.limit is None:
        return Message(REASON_WORD, {"name": result.names})
    is_low = result.code.endswith("_low")
    own = (REASON_LOW if is_low else REASON_HIGH).get(result.key)
    if own and (result.key != "storage_temperature" or not is_inclusive):
        return Message(own, {"value": result.value, "limit": result.limit})
    return Message(REASON_TOO_LOW if is_low else REASON_TOO_HIGH, _params(result, result.names))


def _params(result: ParameterResult, name: Names) -> Mapping[str, object]:
    unit = "°C" if result.unit == "C" else result.unit
    return {
        "name": name,
        "value": result.value,
        "limit": result.limit,
        "unit": f" {unit}" if unit else "",
    }


def sentence(
    key: str | None,
    results: Sequence[ParameterResult],
    *,
    below: frozenset[str],
    lacking: Sequence[Names],
) -> Message:
    """Return the sentence for the producer.

    `below` names parameters whose maximum itself is not allowed; `lacking` are measurements without which nothing is said.
    """
    if key is None:
        return Message(SAY_MISSING, {"names": _listed(lacking)}) if lacking else Message(SAY_RECORDED)
    if key == "accept":
        near = [one.names for one in results if one.is_within_accuracy]
        return Message(SAY_ACCEPT_NEAR, {"names": _listed(near)}) if near else Message(SAY_ACCEPT)
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    if len(failed) > 1:
        return Message(SAY_SEVERAL[key], {"names": _listed([one.names for one in failed])})
    return _for_one(key, failed[0], is_below=failed[0].key in below)


def _listed(names: Sequence[Names]) -> Names:
    return joined([in_sentence(one) for one in names])


def _for_one(key: str, failed: ParameterResult, *, is_below: bool) -> Message:
    params = _params(failed, in_sentence(failed.names))
    if failed.code.endswith("_plan"):
        return Message(SAY_PLAN, {"name": params["name"]})
    if not isinstance(failed.value, Decimal) or failed.limit is None:
        return Message(SAY_WORD, {"name": params["name"]})
    if failed.code.endswith("_low"):
        return Message(SAY_LOW[key], params)
    if failed.key == "freezing_point":
        return Message(SAY_COLDER[key], params)
    return Message(SAY_BELOW if is_below and key == "reject" else SAY_HIGH[key], params)
