"""Reads schemes of fibre: ladders by micron, with or without length classes, and categories of whole fleeces."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from chain.core.i18n import N_
from chain.grading.node import IS_MISSING, NONE_OF, Node
from chain.grading.scheme import (
    ALPACA_FIBRE,
    LLAMA_FIBRE,
    FleeceCategory,
    FleeceScheme,
    Kind,
    KnownLength,
    LengthCheck,
    LengthClass,
    LengthGrade,
    MicronClass,
    MicronScheme,
    NamedClass,
    Requirement,
    Scheme,
    Share,
    SorterClass,
)

NOT_ABOVE = N_("%(limit)s does not lie above the class before it (%(below)s)")
TOO_FINE = N_("%(limit)s has more than one decimal")
NO_SHORT_CLASS = N_("short-class needs an active class that a sorter decides")
SHARES_OVERLAP = N_("“%(quality)s” counts on two sides")
NOT_FALLING = N_("%(limit)s does not lie below the category before it (%(above)s)")
OPEN_BELOW = N_("the last category must begin at 0")
PERCENT = 100


def scheme_and_edition(node: Node) -> tuple[str, str]:
    """Read which scheme, in which edition, the values of this one come from."""
    return node.text("scheme"), node.text("edition")


# --- ladders ----------------------------------------------------------------------------------------------------------


def read_micron_scheme(node: Node, head: dict[str, Any]) -> Scheme:
    """Read a ladder, finest class first."""
    if head["commodity"] not in {ALPACA_FIBRE, LLAMA_FIBRE}:
        node.refuse("commodity", N_("micron classes are for fibre"))
    if head["rounding"] is None or head["rounding"].decimals != 1:
        node.refuse("rounding.decimals", N_("micron classes compare one decimal"))
    classes = tuple(_micron_class(child) for child in node.children("classes"))
    _check_ladder(node, classes)
    others = list(node.children("other_classes"))
    lengths = tuple(_length_class(child, classes) for child in node.children("length_classes"))
    scheme = MicronScheme(
        **head,
        classes=classes,
        sorter_classes=tuple(_sorter_class(one) for one in others if one.get("decided_by") != "length"),
        requirements=_requirements(node),
        length_check=_length_check(node),
        length_classes=lengths,
        length_grades=tuple(_length_grade(one) for one in others if one.get("decided_by") == "length"),
    )
    _check_whole(node, scheme)
    return scheme


def _check_ladder(node: Node, classes: tuple[MicronClass, ...]) -> None:
    if not classes:
        node.refuse("classes", N_("a ladder needs at least one class"))
    if len({one.key for one in classes}) != len(classes):
        node.refuse("classes", N_("two classes have the same key"))
    below = Decimal(0)
    for index, one in enumerate(classes):
        where = f"classes[{index}].upper_micron"
        if one.upper_micron is None:
            if index < len(classes) - 1:
                node.refuse(where, N_("only the last class may be open-ended"))
        elif one.upper_micron <= below:
            node.refuse(where, NOT_ABOVE, limit=str(one.upper_micron), below=str(below))
        elif one.upper_micron != round(one.upper_micron, 1):
            node.refuse(where, TOO_FINE, limit=str(one.upper_micron))
        else:
            below = one.upper_micron


def _check_whole(node: Node, scheme: MicronScheme) -> None:
    """Check what concerns several classes: keys that stand twice, lengths that are no length class."""
    keys = [one.key for one in scheme.classes]
    keys += [one.key for one in scheme.length_grades]
    keys += [one.key for one in scheme.sorter_classes]
    if len(set(keys)) != len(keys):
        node.refuse("other_classes", N_("two classes have the same key"))
    _check_lengths(node, scheme)
    has_short_class = any(one.is_active and one.decided_by == "sorter" for one in scheme.sorter_classes)
    if scheme.length_check == "short-class" and not has_short_class:
        node.refuse("length_check.action", NO_SHORT_CLASS)


def _check_lengths(node: Node, scheme: MicronScheme) -> None:
    decides = scheme.kind is Kind.MICRON_LENGTH
    known = tuple(one.key for one in scheme.length_classes)
    if len(set(known)) != len(known):
        node.refuse("length_classes", N_("two classes have the same key"))
    if decides and not known:
        node.refuse("length_classes", IS_MISSING)
    for index, length_class in enumerate(scheme.length_classes):
        if decides and length_class.min_mm is None:
            node.refuse(f"length_classes[{index}].min_mm", IS_MISSING)
    for index, one in enumerate(scheme.classes):
        for length in (*one.lengths, *one.refused_lengths):
            if length not in known:
                node.refuse(f"classes[{index}].lengths", NONE_OF, found=length, options=", ".join(known))
        if decides and not one.lengths:
            node.refuse(f"classes[{index}].lengths", IS_MISSING)


def _length_check(node: Node) -> LengthCheck:  # noqa: RET503 — refuse() never returns
    action = node.child("length_check").text("action") if "length_check" in node.value else "none"
    options: tuple[LengthCheck, ...] = get_args(LengthCheck)
    for option in options:
        if option == action:
            return option
    node.refuse("length_check.action", NONE_OF, found=action, options=", ".join(options))


def _micron_class(node: Node) -> MicronClass:
    length = node.child("min_length_mm")
    conflict = length.child("conflict").whole_or_none("value") if "conflict" in length.value else None
    return MicronClass(
        key=node.text("key"),
        names=node.names("names"),
        printed=node.text("printed"),
        upper_micron=node.decimal_or_none("upper_micron"),
        status=node.strength(),
        minimum_length=KnownLength(length.whole_or_none("value"), length.strength(), conflict),
        bands=node.texts("bands"),
        note=node.text_or_none("note"),
        lengths=node.texts("lengths"),
        refused_lengths=node.texts("refused_lengths"),
        also_requires=node.texts("also_requires"),
    )


def _sorter_class(node: Node) -> SorterClass:
    decided_by = node.text("decided_by") if "decided_by" in node.value else "sorter"
    by_appraiser = decided_by == "appraiser"
    if not by_appraiser and decided_by != "sorter":
        node.refuse("decided_by", NONE_OF, found=decided_by, options="sorter, appraiser, length")
    return SorterClass(
        node.text("key"),
        node.names("names"),
        # An appraiser's classes are part of the list; whether an edition still has a sorter's class must be said.
        node.flag("active_by_default", default=by_appraiser),
        node.strength(),
        node.text_or_none("note"),
        "appraiser" if by_appraiser else "sorter",
    )


def _length_class(node: Node, classes: tuple[MicronClass, ...]) -> LengthClass:
    """Read `min_mm`, `max_mm` and `below_mm`; `max_mm_<class>` is the end in one micron class."""
    key = node.text("key")
    ends: dict[str, int] = {}
    for one in classes:
        longest = node.whole_or_none(f"max_mm_{one.key.lower()}")
        if longest is not None:
            ends[one.key] = longest
    below = node.whole_or_none("below_mm")
    most = node.whole_or_none("max_mm")
    return LengthClass(
        key=key,
        names=node.names("names") if "names" in node.value else {"es": key, "en": key},
        status=node.strength(),
        min_mm=node.whole_or_none("min_mm"),
        max_mm=node.whole_or_none("upper_mm_inclusive") if most is None else most,
        below_mm=node.whole_or_none("upper_mm_exclusive") if below is None else below,
        max_mm_of_class=ends,
    )


def _length_grade(node: Node) -> LengthGrade:
    lengths = node.texts("lengths")
    if not lengths:
        node.refuse("lengths", IS_MISSING)
    return LengthGrade(
        node.text("key"),
        node.names("names"),
        node.strength(),
        lengths,
        node.decimal_or_none("upper_micron"),
    )


def _requirements(node: Node) -> tuple[Requirement, ...]:
    if "requirements" not in node.value:
        return ()
    group = node.child("requirements")
    found = ((key, group.child(key)) for key in group.value)
    return tuple(Requirement(key, one.decimal_or_none("value"), one.strength()) for key, one in found)


# --- whole fleeces ----------------------------------------------------------------------------------------------------


def read_fleece_scheme(node: Node, head: dict[str, Any]) -> Scheme:
    """Read the categories of whole fleeces, dearest first, and which qualities count as superior, inferior and baby."""
    proportions = node.child("proportions")
    shares = {key: _share(proportions.child(key)) for key in ("superior", "inferior", "undecided", "baby")}
    seen: set[str] = set()
    for key in ("superior", "inferior", "undecided"):
        for quality in shares[key].qualities:
            if quality in seen:
                proportions.refuse(key, SHARES_OVERLAP, quality=quality)
            seen.add(quality)
    for quality in shares["baby"].qualities:
        if quality not in shares["superior"].qualities:
            proportions.refuse(
                "baby", NONE_OF, found=quality, options=", ".join(shares["superior"].qualities)
            )
    terms = _terms(node)
    categories = tuple(_category(child, terms) for child in node.children("categories"))
    _check_categories(node, categories)
    return FleeceScheme(
        **head,
        categories=categories,
        superior=shares["superior"],
        inferior=shares["inferior"],
        undecided=shares["undecided"],
        baby=shares["baby"],
        classes_from=scheme_and_edition(proportions.child("classes_from")),
        colour_terms=tuple(terms.values()),
    )


def _share(node: Node) -> Share:
    return Share(node.texts("keys"), node.strength())


def _terms(node: Node) -> Mapping[str, NamedClass]:
    if "colour_terms" not in node.value:
        return {}
    group = node.child("colour_terms")
    found = {key: group.child(key) for key in group.value}
    return {
        key: NamedClass(key, {"es": one.text("es"), "en": one.text("en")}, one.strength())
        for key, one in found.items()
    }


def _category(node: Node, terms: Mapping[str, NamedClass]) -> FleeceCategory:
    superior = node.child("superior_pct")
    colours = node.texts("colours")
    for colour in colours:
        if colour not in terms:
            node.refuse("colours", NONE_OF, found=colour, options=", ".join(terms))
    return FleeceCategory(
        key=node.text("key"),
        names=node.names("names"),
        status=node.strength(),
        superior_min_pct=_percent(superior, "min"),
        superior_max_pct=_percent(superior, "max"),
        baby_min_pct=_percent_or_none(node, "baby_min_pct"),
        min_length_mm=node.whole_or_none("min_length_mm"),
        colours=colours,
        moisture_max_pct=_percent_or_none(node, "moisture_max_pct"),
        mineral_solids_max_pct=_percent_or_none(node, "mineral_solids_max_pct"),
    )


def _percent_or_none(node: Node, key: str) -> Decimal | None:
    """Read a whole percentage or a quoted one."""
    found = node.get(key)
    whole = node.whole_or_none(key) if not isinstance(found, str) else None
    value = node.decimal_or_none(key) if isinstance(found, str) else None if whole is None else Decimal(whole)
    if value is not None and not 0 <= value <= PERCENT:
        node.refuse(key, N_("a percentage lies from 0 to 100"))
    return value


def _percent(node: Node, key: str) -> Decimal:
    value = _percent_or_none(node, key)
    if value is None:
        node.refuse(key, IS_MISSING)
    return value


def _check_categories(node: Node, categories: tuple[FleeceCategory, ...]) -> None:
    if not categories:
        node.refuse("categories", IS_MISSING)
    if len({one.key for one in categories}) != len(categories):
        node.refuse("categories", N_("two classes have the same key"))
    above = Decimal(PERCENT + 1)
    for index, one in enumerate(categories):
        if one.superior_min_pct >= above:
            where = f"categories[{index}].superior_pct.min"
            node.refuse(where, NOT_FALLING, limit=str(one.superior_min_pct), above=str(above))
        above = one.superior_min_pct
    if above != 0:
        node.refuse(f"categories[{len(categories) - 1}].superior_pct.min", OPEN_BELOW)
