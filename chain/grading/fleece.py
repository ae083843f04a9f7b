"""Categories of whole fleeces: sorted proportions decide, dearest category first; what is unknown is named, never guessed. Pure."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import N_, Message
from chain.grading.attributes import FleeceAttributes
from chain.grading.fleece_shares import Shares, shares_of
from chain.grading.result import UNDETERMINED, Boundary, Distance, GradeResult
from chain.grading.scheme import FleeceCategory, FleeceScheme, Names
from chain.grading.unconfirmed import counts
from chain.grading.wording import joined, phrase, unique

REASON_PROPORTIONS = N_(
    "A fleece category needs the kilograms of each quality after sorting. One measurement of microns can never give it."
)
REASON_SHARE = N_(
    "%(superior)s %% of the sorted fibre is superior. %(name)s takes fleeces from %(limit)s %% on."
)
REASON_NOT_DEARER = N_("It is not %(name)s, because that category asks for %(needs)s.")
REASON_MISSING = N_("The category cannot be told yet. Missing: %(missing)s.")
REASON_NO_CATEGORY = N_("The fleece fits no category of this norm.")
WARN_ESTIMATE = N_("This rests on the estimate of an expert, not on a sorting.")
WARN_ROUNDED = N_("The share is %(exact)s %% and counts as %(rounded)s %%. How the norm rounds is not known.")
WARN_NEAR = N_(
    "The share lies within %(margin)s %% of the limit %(limit)s %%: another sorting may give the category next to it."
)

SAY_CATEGORY = N_(
    "Your fleece has %(superior)s %% superior fibre, so it is %(name)s; to be %(finer)s it needs %(needs)s."
)
SAY_BEST = N_("Your fleece has %(superior)s %% superior fibre, so it is %(name)s, the dearest category.")
SAY_MISSING = N_("Your fleece has no category yet, because this is missing: %(missing)s.")
SAY_NONE = N_(
    "Your fleece has %(superior)s %% superior fibre, but it fits no category; to be %(finer)s it needs %(needs)s."
)
SAY_NONE_YET = N_("Your fleece fits no category; to be %(finer)s it needs %(needs)s.")
SAY_WRONG = N_(
    "Your fleece has no category yet, because its figures contradict each other; write them again."
)
SAY_SORT = N_("Your fleece has no category yet, because it has to be sorted and each quality weighed.")

NEED_SUPERIOR = N_("%(limit)s %% superior fibre")
NEED_BABY = N_("%(limit)s %% baby")
NEED_LENGTH = N_("%(limit)s mm of length")
NEED_COLOUR = N_("colour %(colours)s")
NEED_MOISTURE = N_("at most %(limit)s %% moisture")
NEED_SOLIDS = N_("at most %(limit)s %% mineral solids")

MISSING_TEXTS: Mapping[str, str] = {
    "mass_per_quality": N_("the kilograms of each quality after sorting"),
    "superior_pct": N_("the superior share"),
    "inferior_pct": N_("the inferior share"),
    "baby_pct": N_("the baby share"),
    "length_mm": N_("the length"),
    "colour_term": N_("whether it is of one colour"),
    "moisture_pct": N_("the moisture"),
    "mineral_solids_pct": N_("the mineral solids"),
}
MISSING_MASS = N_("the kilograms of %(name)s")
MISSING_SIDE = N_("on which side %(name)s counts")
MISSING_CONFIRMATION = N_("that the organisation confirms the figures of the norm")


@dataclass(slots=True)
class _Answer:
    """One category against a fleece: what it would need, and what is not known."""

    needs: list[Names] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def classify_fleece(
    scheme: FleeceScheme, attributes: FleeceAttributes, confirmed: AbstractSet[str] = frozenset()
) -> GradeResult:
    """Return the category, or undetermined with everything that is missing, the organisation's confirmations included."""
    shares = shares_of(scheme, attributes, confirmed)
    if shares.problem is not None:
        return _result(scheme, attributes, reason=Message(shares.problem), code=shares.code)
    answers: list[tuple[FleeceCategory, _Answer]] = []
    for category in scheme.categories:
        answer = _hold(category, shares, attributes, confirmed)
        if not answer.needs and not answer.missing:
            # A dearer category that may hold too once more is known forbids this one.
            missing = _all_missing(answers)
            return (
                _lacking(scheme, attributes, missing)
                if missing
                else _found(scheme, attributes, shares, category, answers)
            )
        answers.append((category, answer))
    missing = _all_missing(answers)
    return (
        _lacking(scheme, attributes, missing)
        if missing
        else _no_category(scheme, attributes, shares, answers)
    )


def sort_first(scheme: FleeceScheme) -> GradeResult:
    """Answer for fibre of which only microns are known: they never give a fleece category."""
    sides = tuple(f"side_of_{quality}" for quality in scheme.undecided.qualities)
    return _result(
        scheme,
        FleeceAttributes(),
        reason=Message(REASON_PROPORTIONS),
        sentence=Message(SAY_SORT),
        missing=("mass_per_quality", *sides),
    )


# --- categories -------------------------------------------------------------------------------------------------------


def _hold(
    category: FleeceCategory, shares: Shares, attributes: FleeceAttributes, confirmed: AbstractSet[str]
) -> _Answer:
    """Hold a fleece against a category. Shares count from their lower end; limits that are off are not asked for."""
    answer = _Answer()
    if not counts(category.status, f"category:{category.key}", confirmed):
        answer.missing.append(f"confirmation:category:{category.key}")
        return answer
    answer.missing += shares.missing
    conditions = (
        *_lower_limits(category, shares, attributes),
        *_upper_limits(category, attributes, confirmed),
    )
    for condition in conditions:
        if condition.value is None:
            answer.missing += [condition.name] if condition.is_asked else []
        elif not condition.holds():
            answer.needs.append(phrase(condition.need, limit=condition.limit))
    if category.colours and attributes.colour_term is None:
        answer.missing.append("colour_term")
    elif category.colours and attributes.colour_term not in category.colours:
        answer.needs.append(phrase(NEED_COLOUR, colours=" / ".join(category.colours)))
    return answer


@dataclass(frozen=True, slots=True)
class _Condition:
    """A value against a limit in force."""

    name: str
    value: Decimal | int | None
    limit: Decimal | int
    need: str
    is_upper: bool = False
    #: False: that it is unknown is told by what it is made of
    is_asked: bool = True

    def holds(self) -> bool:
        if self.value is None:
            return False
        return self.value <= self.limit if self.is_upper else self.value >= self.limit


def _lower_limits(
    category: FleeceCategory, shares: Shares, attributes: FleeceAttributes
) -> Iterator[_Condition]:
    yield _Condition(
        "superior_pct", shares.superior, category.superior_min_pct, NEED_SUPERIOR, is_asked=False
    )
    if category.baby_min_pct is not None:
        asked = shares.lacks_baby
        yield _Condition("baby_pct", shares.baby, category.baby_min_pct, NEED_BABY, is_asked=asked)
    if category.min_length_mm is not None:
        yield _Condition("length_mm", attributes.length_mm, category.min_length_mm, NEED_LENGTH)


def _upper_limits(
    category: FleeceCategory, attributes: FleeceAttributes, confirmed: AbstractSet[str]
) -> Iterator[_Condition]:
    for name, value, limit, need in (
        ("moisture", attributes.moisture_pct, category.moisture_max_pct, NEED_MOISTURE),
        ("mineral_solids", attributes.mineral_solids_pct, category.mineral_solids_max_pct, NEED_SOLIDS),
    ):
        if limit is not None and counts(category.status, f"{name}:{category.key}", confirmed):
            yield _Condition(f"{name}_pct", value, limit, need, is_upper=True)


def _all_missing(answers: list[tuple[FleeceCategory, _Answer]]) -> list[str]:
    """Return what is missing for the categories that are still possible."""
    found: list[str] = []
    for _, answer in answers:
        if not answer.needs:
            found += [name for name in answer.missing if name not in found]
    return found


def _missing_phrases(missing: list[str]) -> Iterator[Names]:
    for name in missing:
        kind, _, rest = name.partition(":")
        if kind == "confirmation":
            yield phrase(MISSING_CONFIRMATION)
        elif kind == "mass":
            yield phrase(MISSING_MASS, name=rest.replace("_", " "))
        elif name.startswith("side_of_"):
            yield phrase(MISSING_SIDE, name=name.removeprefix("side_of_").replace("_", " "))
        else:
            yield phrase(MISSING_TEXTS[name])


# --- results ----------------------------------------------------------------------------------------------------------


def _found(
    scheme: FleeceScheme,
    attributes: FleeceAttributes,
    shares: Shares,
    category: FleeceCategory,
    dearer: list[tuple[FleeceCategory, _Answer]],
) -> GradeResult:
    """Return the first category whose conditions all hold, with what kept the fleece from the dearer one."""
    superior = shares.superior or Decimal(0)
    params: dict[str, object] = {"superior": superior, "name": category.names}
    reasons = [Message(REASON_SHARE, {**params, "limit": category.superior_min_pct})]
    sentence = Message(SAY_BEST, params)
    finer: FleeceCategory | None = None
    if dearer:
        finer, answer = dearer[-1]
        needs = joined(answer.needs)
        reasons.append(Message(REASON_NOT_DEARER, {"name": finer.names, "needs": needs}))
        sentence = Message(SAY_CATEGORY, {**params, "finer": finer.names, "needs": needs})
    index = scheme.categories.index(category)
    coarser = scheme.categories[index + 1] if index + 1 < len(scheme.categories) else None
    boundary = _boundary(scheme, shares, attributes)
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=category.key,
        names=category.names,
        reasons=tuple(reasons),
        warnings=_warnings(scheme, attributes, shares, boundary),
        sentence=sentence,
        codes=("estimate",) if attributes.is_estimate else (),
        distance=Distance(
            finer.superior_min_pct - superior if finer else None,
            superior - category.superior_min_pct if coarser else None,
            finer.key if finer else None,
            coarser.key if coarser else None,
        ),
        boundary=boundary,
        strength=category.status,
        is_estimate=attributes.is_estimate,
    )


def _boundary(scheme: FleeceScheme, shares: Shares, attributes: FleeceAttributes) -> Boundary | None:
    """Tell a share within the ± that was passed; no usual ± of a sorting is known."""
    if attributes.uncertainty is None or shares.exact is None:
        return None
    exact, margin = shares.exact, attributes.uncertainty
    near = [
        one
        for one in scheme.categories
        if one.superior_min_pct and abs(one.superior_min_pct - exact) <= margin
    ]
    if not near:
        return None
    first = scheme.categories.index(near[0])
    last = scheme.categories.index(near[-1])
    nearest = min(near, key=lambda one: abs(one.superior_min_pct - exact))
    keys = tuple(one.key for one in scheme.categories[first : last + 2])
    return Boundary("superior_pct", shares.superior or exact, nearest.superior_min_pct, margin, keys)


def _warnings(
    scheme: FleeceScheme, attributes: FleeceAttributes, shares: Shares, boundary: Boundary | None
) -> tuple[Message, ...]:
    warnings = []
    if attributes.is_estimate:
        warnings.append(Message(WARN_ESTIMATE))
    exact, rounded = shares.exact, shares.superior
    if exact is not None and rounded is not None:
        crossed = [one for one in scheme.categories if exact < one.superior_min_pct <= rounded]
        if crossed:
            shown = exact.quantize(Decimal("0.01"), ROUND_HALF_UP).normalize()
            warnings.append(Message(WARN_ROUNDED, {"exact": f"{shown:f}", "rounded": rounded}))
    if boundary is not None:
        params = {"margin": boundary.uncertainty, "limit": boundary.limit}
        warnings.append(Message(WARN_NEAR, params))
    return tuple(warnings)


def _lacking(scheme: FleeceScheme, attributes: FleeceAttributes, missing: list[str]) -> GradeResult:
    named = {"missing": joined(unique(_missing_phrases(missing)))}
    return _result(
        scheme,
        attributes,
        reason=Message(REASON_MISSING, named),
        sentence=Message(SAY_MISSING, named),
        missing=tuple(missing),
    )


def _no_category(
    scheme: FleeceScheme,
    attributes: FleeceAttributes,
    shares: Shares,
    answers: list[tuple[FleeceCategory, _Answer]],
) -> GradeResult:
    """Every category refuses the fleece: say what the one with the fewest wants needs, the dearer one at a tie."""
    nearest, answer = min(answers, key=lambda pair: len(pair[1].needs))
    needs = joined(answer.needs)
    params = {"superior": shares.superior, "finer": nearest.names, "needs": needs}
    return _result(
        scheme,
        attributes,
        reason=Message(REASON_NO_CATEGORY),
        sentence=Message(SAY_NONE_YET if shares.superior is None else SAY_NONE, params),
        code="no_category",
    )


def _result(
    scheme: FleeceScheme,
    attributes: FleeceAttributes,
    *,
    reason: Message,
    sentence: Message | None = None,
    missing: tuple[str, ...] = (),
    code: str | None = None,
) -> GradeResult:
    codes = (*((code,) if code else ()), *(("estimate",) if attributes.is_estimate else ()))
    return GradeResult(
        scheme=scheme.key,
        edition=scheme.edition,
        commodity=scheme.commodity,
        key=None,
        names=UNDETERMINED,
        reasons=(reason,),
        warnings=(Message(WARN_ESTIMATE),) if attributes.is_estimate else (),
        sentence=sentence or Message(SAY_WRONG),
        missing=missing,
        codes=codes,
        is_estimate=attributes.is_estimate,
    )
