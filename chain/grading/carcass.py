"""Llama carcasses: sarcocystis and weight make a complete record. Where a list has limits the first class that holds counts;
where it has none, as in Bolivia's of 1997, a person chooses the class. Pure.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading.attributes import CarcassAttributes
from chain.grading.result import UNDETERMINED, Distance, GradeResult
from chain.grading.scheme import CarcassClass, CarcassLimits, CarcassScheme, Names, Strength
from chain.grading.unconfirmed import counts
from chain.grading.wording import OR, joined, phrase, unique

SARCOCYSTIS_PRESENT = "sarcocystis_present"
CLASS_CHOSEN = "class_chosen_by_person"
CLASS_UNKNOWN = "class_unknown"
NOT_KNOWN_WORDS = frozenset({"not_recorded", "not_inspected"})

REASON_CHOSEN = N_("A person chose this class: the norm names the classes, but its limits are not known.")
REASON_CHOSEN_BESIDE = N_("A person chose this class.")
REASON_NO_LIMITS = N_("The limits of the classes are not known. A person must choose the class.")
REASON_COMPLETE = N_("Weight and sarcocystis are recorded. That is enough to be paid.")
REASON_UNKNOWN = N_("The class that was chosen does not exist in this norm.")
REASON_PRESENT = N_(
    "Sarcocystis (“arrocillo”) was found. The sanitary inspector decides what may be sold; this is not part of the class."
)
REASON_PRESENT_COUNTS = N_(
    "Sarcocystis (“arrocillo”) was found. The sanitary inspector decides what may be sold."
)
REASON_HOLDS = N_("The carcass meets what %(name)s asks for.")
REASON_NOT_BETTER = N_("It is not %(name)s, because that class asks for %(needs)s.")
REASON_MISSING = N_("The class cannot be told yet. Missing: %(missing)s.")
REASON_NO_CLASS = N_("The carcass fits no class of this list.")
REASON_NOT_INSPECTED = N_(
    "The carcass was not inspected for sarcocystis. Not inspected does not mean free of it."
)
WARN_DIFFERS = N_("By its limits the list would say %(name)s.")

SAY_CHOSEN = N_(
    "A person put your carcass in %(name)s; the norm gives no limits, so ask what would make it %(better)s."
)
SAY_CHOSEN_BESIDE = N_(
    "A person put your carcass in %(name)s; ask that person what would make it %(better)s."
)
SAY_CHOSEN_BEST = N_("A person put your carcass in %(name)s, the best class of this norm.")
SAY_CHOOSE = N_(
    "Your carcass has all that is needed to be paid; a person still has to choose its class, because the norm gives no limits."
)
SAY_MISSING = N_("Your carcass has no class yet, because this is missing: %(missing)s.")
SAY_UNKNOWN = N_(
    "Your carcass has no class yet, because this norm does not have the class that was chosen; choose again."
)
SAY_CLASS = N_("Your carcass is %(name)s; to be %(better)s it would need %(needs)s.")
SAY_BEST = N_("Your carcass is %(name)s, the best class of this list.")
SAY_NONE = N_("Your carcass fits no class of this list; to be %(better)s it would need %(needs)s.")

NEED_WEIGHT_MIN = N_("at least %(kg)s kg")
NEED_WEIGHT_MAX = N_("at most %(kg)s kg")
NEED_SARCOCYSTIS = N_("no sarcocystis")
NEED_AGE = N_("teeth %(words)s")
NEED_SEX = {
    "female": N_("a female"),
    "male": N_("a male"),
    "castrated_male": N_("a castrated male"),
}
MISSING_TEXTS = {
    "weight_g": N_("the weight"),
    "sarcocystis": N_("the inspection for sarcocystis"),
    "age_class": N_("the age by teeth"),
    "sex": N_("the sex"),
}
MISSING_CONFIRMATION = N_("that the organisation confirms the limits of the list")


@dataclass(slots=True)
class _Answer:
    """One class against a carcass."""

    needs: list[Names] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """What the limits say."""

    key: str | None = None
    missing: tuple[str, ...] = ()
    #: the classes that refused the carcass, best first
    refused: list[tuple[CarcassClass, _Answer]] = field(default_factory=list)


def classify_carcass(
    scheme: CarcassScheme, attributes: CarcassAttributes, confirmed: AbstractSet[str] = frozenset()
) -> GradeResult:
    """Return the class that a person chose, or that the limits give; else undetermined. Missing is what settles the record."""
    by_limits = (
        _by_limits(scheme, attributes, confirmed) if any(one.limits for one in scheme.classes) else None
    )
    chosen = next((one for one in scheme.classes if one.key == attributes.chosen_class), None)
    found = chosen
    if chosen is None and by_limits is not None and not attributes.chosen_class:
        found = next((one for one in scheme.classes if one.key == by_limits.key), None)
    missing = _missing(attributes)
    if by_limits is not None and found is None:
        missing += tuple(name for name in by_limits.missing if name not in missing)
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=found.key if found else None,
        names=found.names if found else UNDETERMINED,
        reasons=tuple(_reasons(attributes, chosen, found, by_limits)),
        warnings=tuple(_warnings(scheme, attributes, chosen, by_limits)),
        sentence=_sentence(scheme, attributes, chosen, found, by_limits),
        missing=missing,
        codes=_codes(attributes, is_known=chosen is not None),
        distance=_distance(scheme, attributes, found) if by_limits else None,
        strength=found.status if found else Strength.NOT_KNOWN,
    )


# --- limits -----------------------------------------------------------------------------------------------------------


def _by_limits(scheme: CarcassScheme, attributes: CarcassAttributes, confirmed: AbstractSet[str]) -> _Found:
    """Return the first class whose limits all hold; a better one that may hold once more is known forbids it."""
    found = _Found()
    unknown: list[str] = []
    for one in scheme.classes:
        answer = _hold(one, attributes, confirmed)
        if not answer.needs:
            if not answer.missing:
                found.key = None if unknown else one.key
                break
            unknown += [name for name in answer.missing if name not in unknown]
        found.refused.append((one, answer))
    found.missing = tuple(unknown)
    return found


def _hold(one: CarcassClass, attributes: CarcassAttributes, confirmed: AbstractSet[str]) -> _Answer:
    answer = _Answer()
    if one.limits is None:
        return answer
    if not counts(one.status, f"class:{one.key}", confirmed):
        answer.missing.append(f"confirmation:class:{one.key}")
        return answer
    for name, holds, need in _conditions(one.limits, attributes):
        if holds is None:
            answer.missing.append(name)
        elif not holds:
            answer.needs.append(need)
    return answer


def _conditions(
    limits: CarcassLimits, attributes: CarcassAttributes
) -> Iterator[tuple[str, bool | None, Names]]:
    """Yield what is asked for: the attribute, whether it holds (None: unknown), and what would be needed."""
    weight = attributes.weight_g
    if limits.weight_min_g is not None:
        holds = None if weight is None else weight >= limits.weight_min_g
        yield "weight_g", holds, phrase(NEED_WEIGHT_MIN, kg=_kilograms(limits.weight_min_g))
    if limits.weight_max_g is not None:
        holds = None if weight is None else weight <= limits.weight_max_g
        yield "weight_g", holds, phrase(NEED_WEIGHT_MAX, kg=_kilograms(limits.weight_max_g))
    for name, value, allowed, need in (
        ("sarcocystis", attributes.sarcocystis, limits.sarcocystis, phrase(NEED_SARCOCYSTIS)),
        (
            "age_class",
            attributes.age_class,
            limits.age_classes,
            phrase(NEED_AGE, words=" / ".join(limits.age_classes)),
        ),
        ("sex", attributes.sex, limits.sexes, _sexes(limits.sexes)),
    ):
        if allowed:
            yield name, None if value is None or value in NOT_KNOWN_WORDS else value in allowed, need


def _sexes(words: tuple[str, ...]) -> Names:
    named = [phrase(NEED_SEX[one]) for one in words if one in NEED_SEX]
    return joined(named, OR) if named else {"es": "", "en": ""}


def _kilograms(grams: int) -> str:
    return f"{Decimal(grams).scaleb(-3).normalize():f}"


def _distance(
    scheme: CarcassScheme, attributes: CarcassAttributes, found: CarcassClass | None
) -> Distance | None:
    """Return the kilograms to the neighbours' least weights, where the limits know any."""
    if found is None or attributes.weight_g is None:
        return None
    index = scheme.classes.index(found)
    better = scheme.classes[index - 1] if index else None
    worse = scheme.classes[index + 1] if index + 1 < len(scheme.classes) else None
    up = better.limits.weight_min_g if better and better.limits else None
    down = found.limits.weight_min_g if worse and found.limits else None
    weight = Decimal(attributes.weight_g)
    return Distance(
        None if up is None else (up - weight).scaleb(-3),
        None if down is None else (weight - down).scaleb(-3),
        better.key if better else None,
        worse.key if worse else None,
    )


# --- words ------------------------------------------------------------------------------------------------------------


def _missing(attributes: CarcassAttributes) -> tuple[str, ...]:
    return (
        *(("weight_g",) if attributes.weight_g is None else ()),
        *(("sarcocystis",) if attributes.sarcocystis in {None, "not_inspected"} else ()),
    )


def _missing_words(names: tuple[str, ...]) -> Names:
    phrases = (
        phrase(MISSING_CONFIRMATION if one.startswith("confirmation:") else MISSING_TEXTS[one])
        for one in names
    )
    return joined(unique(phrases))


def _reasons(
    attributes: CarcassAttributes,
    chosen: CarcassClass | None,
    found: CarcassClass | None,
    by_limits: _Found | None,
) -> Iterator[Message]:
    if attributes.chosen_class and chosen is None:
        yield Message(REASON_UNKNOWN)
    elif by_limits is None:
        yield Message(REASON_CHOSEN if chosen else REASON_NO_LIMITS)
    elif chosen is not None:
        yield Message(REASON_CHOSEN_BESIDE)
    elif found is not None:
        yield Message(REASON_HOLDS, {"name": found.names})
        if by_limits.refused:
            better, answer = by_limits.refused[-1]
            yield Message(REASON_NOT_BETTER, {"name": better.names, "needs": joined(answer.needs)})
    elif by_limits.missing:
        yield Message(REASON_MISSING, {"missing": _missing_words(by_limits.missing)})
    else:
        yield Message(REASON_NO_CLASS)
    if not _missing(attributes):
        yield Message(REASON_COMPLETE)
    if attributes.sarcocystis == "present":
        yield Message(REASON_PRESENT if by_limits is None else REASON_PRESENT_COUNTS)


def _warnings(
    scheme: CarcassScheme,
    attributes: CarcassAttributes,
    chosen: CarcassClass | None,
    by_limits: _Found | None,
) -> Iterator[Message]:
    if attributes.sarcocystis == "not_inspected":
        yield Message(REASON_NOT_INSPECTED)
    if chosen is not None and by_limits is not None and by_limits.key not in {None, chosen.key}:
        said = next(one for one in scheme.classes if one.key == by_limits.key)
        yield Message(WARN_DIFFERS, {"name": said.names})


def _sentence(
    scheme: CarcassScheme,
    attributes: CarcassAttributes,
    chosen: CarcassClass | None,
    found: CarcassClass | None,
    by_limits: _Found | None,
) -> Message:
    if attributes.chosen_class and chosen is None:
        return Message(SAY_UNKNOWN)
    if by_limits is None or chosen is not None:
        return _sentence_of_choice(scheme, attributes, chosen, has_limits=by_limits is not None)
    if found is None and by_limits.missing:
        return Message(SAY_MISSING, {"missing": _missing_words(by_limits.missing)})
    if not by_limits.refused:
        return Message(SAY_BEST, {"name": found.names if found else UNDETERMINED})
    better, answer = by_limits.refused[-1]
    params = {"better": better.names, "needs": joined(answer.needs)}
    return Message(SAY_CLASS, {**params, "name": found.names}) if found else Message(SAY_NONE, params)


def _sentence_of_choice(
    scheme: CarcassScheme, attributes: CarcassAttributes, chosen: CarcassClass | None, *, has_limits: bool
) -> Message:
    """Say that a person decides, or decided."""
    if chosen is None:
        missing = _missing(attributes)
        return Message(SAY_MISSING, {"missing": _missing_words(missing)}) if missing else Message(SAY_CHOOSE)
    index = scheme.classes.index(chosen)
    if not index:
        return Message(SAY_CHOSEN_BEST, {"name": chosen.names})
    better = scheme.classes[index - 1]
    text = SAY_CHOSEN_BESIDE if has_limits else SAY_CHOSEN
    return Message(text, {"name": chosen.names, "better": better.names})


def _codes(attributes: CarcassAttributes, *, is_known: bool) -> tuple[str, ...]:
    codes = [SARCOCYSTIS_PRESENT] if attributes.sarcocystis == "present" else []
    if attributes.chosen_class:
        codes.append(CLASS_CHOSEN if is_known else CLASS_UNKNOWN)
    return tuple(codes)
