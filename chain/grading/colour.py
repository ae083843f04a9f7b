"""Colours: a list takes the registered colour as it is; a buyer's rules say in which colour the fibre is processed. Pure.

Both colours are kept. Where the rules leave several, a person chooses; the answer never falls outside what they leave.
"""

from chain.core.i18n import N_, Message
from chain.grading.attributes import ColourObservation
from chain.grading.result import UNDETERMINED, ColourAnswer, GradeResult
from chain.grading.scheme import ColourRule, ColourRuleScheme, ColourScheme, Names, Strength, class_names_of
from chain.grading.wording import OR, joined

COLOUR_UNKNOWN, NOT_ALLOWED, CHOSEN = "colour_unknown", "colour_not_allowed", "colour_chosen_by_person"

REASON_LISTED = N_("The colour was chosen by eye against the list.")
REASON_NO_RULE = N_("Nothing was found that changes the colour.")
REASON_RULE = N_("The buyer's rule: %(rule)s.")
REASON_MISSING = N_("The colour has not been recorded yet.")
REASON_UNKNOWN = N_("The colour is not in this list.")
REASON_CHOOSE = N_("The rule leaves several colours: %(options)s. A person chooses.")
REASON_NOT_ALLOWED = N_("The rule does not leave the colour that was chosen. It leaves: %(options)s.")

SAY_SAME = N_(
    "Your fibre is %(name)s and will be processed as such, because nothing was found that changes its colour."
)
SAY_LISTED = N_("Your fibre is %(name)s, as a person saw it against the colour list.")
SAY_OTHER = N_(
    "Your fibre was registered as %(registered)s, but it will be processed as %(name)s, because %(rule)s; without that it would stay %(registered)s."
)
SAY_CHOOSE = N_(
    "Your fibre was registered as %(registered)s, but it will be processed as %(options)s, because %(rule)s; without that it would stay %(registered)s."
)
SAY_MAY = N_(
    "Your fibre was registered as %(registered)s; the buyer decides whether it will be processed as %(options)s, because %(rule)s."
)
SAY_MISSING = N_("The colour of your fibre has not been recorded yet; it must be looked at.")
SAY_UNKNOWN = N_("The colour of your fibre is not in this list; it must be chosen again from the list.")


def classify_colour(scheme: ColourScheme | ColourRuleScheme, seen: ColourObservation) -> GradeResult:
    """Return the processing colour by a buyer's rules, or the registered colour by a list."""
    names = class_names_of(scheme)
    if seen.registered is None:
        return _answer(scheme, None, seen, REASON_MISSING, Message(SAY_MISSING), missing=("colour",))
    if seen.registered not in names:
        return _answer(scheme, None, seen, REASON_UNKNOWN, Message(SAY_UNKNOWN), codes=(COLOUR_UNKNOWN,))
    registered = names[seen.registered]
    if isinstance(scheme, ColourScheme):
        sentence = Message(SAY_LISTED, {"name": registered})
        return _answer(scheme, seen.registered, seen, REASON_LISTED, sentence, strength=scheme.status)
    rule = next((one for one in scheme.rules if _applies(one, seen)), None)
    if rule is None:
        sentence = Message(SAY_SAME, {"name": registered})
        return _answer(scheme, seen.registered, seen, REASON_NO_RULE, sentence, strength=scheme.status)
    return _by_rule(scheme, seen, rule)


def _applies(rule: ColourRule, seen: ColourObservation) -> bool:
    return seen.registered in rule.colours and not seen.findings.isdisjoint(rule.findings)


def _by_rule(scheme: ColourRuleScheme, seen: ColourObservation, rule: ColourRule) -> GradeResult:
    names = class_names_of(scheme)
    registered = seen.registered or ""
    only = rule.by_colour.get(registered)
    options = (only,) if only else rule.options
    if not rule.is_certain:
        options = (*options, registered)
    listed = joined([names[one] for one in options], OR)
    params: dict[str, object] = {"registered": names[registered], "rule": rule.text}
    why = Message(REASON_RULE, {"rule": rule.text})
    in_short = rule.options_text if rule.options_text and not only else listed
    chosen = seen.chosen if seen.chosen in options else None
    key = chosen or (options[0] if len(options) == 1 else None)
    if key is not None:
        sentence = Message(SAY_SAME, {"name": names[key]})
        if key != registered:
            sentence = Message(SAY_OTHER, {**params, "name": names[key]})
        codes = (rule.key, *((CHOSEN,) if chosen else ()))
        return _answer(
            scheme, key, seen, why, sentence, codes=codes, rule=rule, options=options, strength=rule.status
        )
    refused = Message(REASON_NOT_ALLOWED, {"options": listed})
    return _answer(
        scheme,
        None,
        seen,
        why,
        Message(SAY_CHOOSE if rule.is_certain else SAY_MAY, {**params, "options": in_short}),
        more=refused if seen.chosen else Message(REASON_CHOOSE, {"options": listed}),
        codes=(rule.key, *((NOT_ALLOWED,) if seen.chosen else ())),
        missing=("chosen_colour",),
        rule=rule,
        options=options,
    )


def _answer(
    scheme: ColourScheme | ColourRuleScheme,
    key: str | None,
    seen: ColourObservation,
    reason: str | Message,
    sentence: Message,
    *,
    more: Message | None = None,
    missing: tuple[str, ...] = (),
    codes: tuple[str, ...] = (),
    rule: ColourRule | None = None,
    options: tuple[str, ...] = (),
    strength: Strength = Strength.NOT_KNOWN,
) -> GradeResult:
    names: Names = class_names_of(scheme)[key] if key else UNDETERMINED
    first = Message(reason) if isinstance(reason, str) else reason
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=key,
        names=names,
        reasons=(first, more) if more else (first,),
        sentence=sentence,
        missing=missing,
        codes=codes,
        strength=strength,
        colour=ColourAnswer(seen.registered, key, options, rule.key if rule else None),
    )
