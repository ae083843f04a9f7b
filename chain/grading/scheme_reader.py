"""Checks the parsed YAML of a scheme value by value and builds the types of `scheme`."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

from chain.core.i18n import N_
from chain.grading.attributes import AGE_CLASSES, SARCOCYSTIS, SEXES
from chain.grading.fibre_reader import read_fleece_scheme, read_micron_scheme, scheme_and_edition
from chain.grading.node import IS_MISSING, NONE_OF, Node, SchemeFileError
from chain.grading.scheme import (
    COMMODITIES,
    CarcassClass,
    CarcassLimits,
    CarcassScheme,
    Colour,
    ColourRule,
    ColourRuleScheme,
    ColourScheme,
    Kind,
    LimitScheme,
    NamedClass,
    Parameter,
    Rounding,
    Scheme,
    Source,
    Strength,
)

__all__ = ["KIND_READERS", "Node", "SchemeFileError", "read_document"]

PARAMETER_KINDS = ("numeric", "qualitative", "requirement", "sampling_plan")
#: Above the heaviest carcass that is believed, so that an open end can be written.
MAX_CARCASS_KG = 1000
WEIGHT_RANGE = N_("“%(found)s” is no weight: it must lie above 0 and at most at %(most)s kg")
ABOVE_MAXIMUM = N_("%(minimum)s lies above the maximum %(maximum)s")


def _head(node: Node) -> dict[str, Any]:
    commodity = node.text("commodity")
    if commodity not in COMMODITIES:
        node.refuse("commodity", NONE_OF, found=commodity, options=", ".join(COMMODITIES))
    return {
        "key": node.text("scheme"),
        "edition": node.text("edition"),
        "commodity": commodity,
        "kind": node.choice("kind", Kind),
        "status": node.strength(),
        "label": node.names("label"),
        "sources": tuple(_source(child) for child in node.children("sources")),
        "rounding": _rounding(node.child("rounding")),
        "notes": node.texts("notes"),
        "enabled_by_default": node.flag("enabled_by_default", default=True),
    }


def _source(node: Node) -> Source:
    return Source(node.text("id"), node.text("what"), node.text_or_none("url"), node.strength())


def _rounding(node: Node) -> Rounding | None:
    if node.get("applies") is False:
        return None
    if node.text("mode") != "half-up":
        node.refuse("mode", N_("“%(found)s” is not known here; only half-up is"), found=node.text("mode"))
    return Rounding(
        node.whole_or_none("decimals"),
        node.strength(),
        is_project_choice=node.get("origin") == "project-choice",
    )


def _named_class(node: Node) -> NamedClass:
    return NamedClass(node.text("key"), node.names("names"), node.strength())


def _colour_scheme(node: Node) -> Scheme:
    return ColourScheme(**_head(node), colours=tuple(_colour(child) for child in node.children("colours")))


def _colour(node: Node) -> Colour:
    number = node.whole_or_none("number")
    if number is None:
        node.refuse("number", IS_MISSING)
    return Colour(
        node.text("key"),
        node.text("letters"),
        number,
        node.names("names"),
        node.text("family"),
        node.strength(),
        node.text_or_none("stands_for"),
    )


def _limit_scheme(node: Node) -> Scheme:
    return LimitScheme(**_head(node), parameters=_parameters(node))


def _carcass_scheme(node: Node) -> Scheme:
    classes = tuple(_carcass_class(child) for child in node.children("classes"))
    if len({one.key for one in classes}) != len(classes):
        node.refuse("classes", N_("two classes have the same key"))
    if classes and any(one.limits for one in classes) != all(one.limits for one in classes[:-1]):
        node.refuse("classes", N_("either no class has limits, or every one but the last"))
    return CarcassScheme(**_head(node), classes=classes, parameters=_parameters(node))


def _carcass_class(node: Node) -> CarcassClass:
    limits = None if node.get("limits") is None else _carcass_limits(node.child("limits"))
    return CarcassClass(node.text("key"), node.names("names"), node.strength(), limits)


def _carcass_limits(node: Node) -> CarcassLimits:
    """Read what a class asks for: weights in kilograms with a quoted number, words from the lists of a carcass record."""
    limits = CarcassLimits(
        weight_min_g=_grams(node, "weight_min_kg"),
        weight_max_g=_grams(node, "weight_max_kg"),
        sarcocystis=_words(node, "sarcocystis", SARCOCYSTIS),
        age_classes=_words(node, "age_classes", AGE_CLASSES),
        sexes=_words(node, "sexes", SEXES),
    )
    if limits == CarcassLimits():
        node.refuse("", N_("names no limit that is known here"))
    return limits


def _grams(node: Node, key: str) -> int | None:
    kilograms = node.decimal_or_none(key)
    if kilograms is None:
        return None
    if not 0 < kilograms <= MAX_CARCASS_KG:
        node.refuse(key, WEIGHT_RANGE, found=str(kilograms), most=str(MAX_CARCASS_KG))
    return int(kilograms.scaleb(3))


def _words(node: Node, key: str, options: tuple[str, ...]) -> tuple[str, ...]:
    found = node.texts(key)
    for word in found:
        if word not in options:
            node.refuse(key, NONE_OF, found=word, options=", ".join(options))
    return found


def _parameters(node: Node) -> tuple[Parameter, ...]:
    found = tuple(_parameter(child) for child in node.children("parameters"))
    if len({one.key for one in found}) != len(found):
        node.refuse("parameters", N_("two parameters have the same key"))
    return found


def _parameter(node: Node) -> Parameter:
    kind = node.text("kind")
    if kind not in PARAMETER_KINDS:
        node.refuse("kind", NONE_OF, found=kind, options=", ".join(PARAMETER_KINDS))
    minimum, maximum = node.decimal_or_none("min"), node.decimal_or_none("max")
    if minimum is not None and maximum is not None and minimum > maximum:
        node.refuse("min", ABOVE_MAXIMUM, minimum=str(minimum), maximum=str(maximum))
    return Parameter(
        key=node.text("key"),
        names=node.names("names"),
        kind=cast("Any", kind),
        unit=node.text_or_none("unit"),
        minimum=minimum,
        maximum=maximum,
        maximum_is_inclusive=node.flag("max_inclusive", default=True),
        required_result=node.text_or_none("required_result"),
        method=node.text_or_none("method"),
        confidence=_confidence(node.child("confidence")),
        values=node.texts("values"),
        is_needed=node.flag("needed_for_record", default=False),
        plan=_plan(node),
    )


def _confidence(node: Node) -> Mapping[str, Strength]:
    return {key: node.choice(key, Strength) for key in node.value}


def _plan(node: Node) -> Mapping[str, Decimal]:
    """Read a sampling plan n, c, m, M: sample count and accepted count whole, the two limits quoted."""
    if node.get("plan") is None:
        return {}
    plan = node.child("plan")
    read: dict[str, Decimal] = {}
    for key in ("n", "c"):
        whole = plan.whole_or_none(key)
        if whole is None:
            plan.refuse(key, IS_MISSING)
        read[key] = Decimal(whole)
    for key in ("m", "M"):
        limit = plan.decimal_or_none(key)
        if limit is None:
            plan.refuse(key, IS_MISSING)
        read[key] = limit
    return read


def _colour_rule_scheme(node: Node) -> Scheme:
    findings = tuple(_named_class(child) for child in node.children("findings"))
    colours = tuple(_named_class(child) for child in node.children("colours"))
    known = tuple(one.key for one in colours)
    rules = tuple(
        _colour_rule(child, known, tuple(one.key for one in findings)) for child in node.children("rules")
    )
    if not rules:
        node.refuse("rules", IS_MISSING)
    return ColourRuleScheme(
        **_head(node),
        colours_from=scheme_and_edition(node.child("colours_from")),
        colours=colours,
        findings=findings,
        rules=rules,
    )


def _colour_rule(node: Node, colours: tuple[str, ...], findings: tuple[str, ...]) -> ColourRule:
    by_colour = node.child("by_colour") if "by_colour" in node.value else None
    rule = ColourRule(
        key=node.text("key"),
        text=node.names("text"),
        status=node.strength(),
        colours=_words(node, "colours", colours),
        findings=_words(node, "findings", findings),
        options=_words(node, "options", colours),
        by_colour={key: by_colour.text(key) for key in by_colour.value} if by_colour else {},
        is_certain=node.flag("is_certain", default=True),
        options_text=node.names("options_text") if "options_text" in node.value else None,
    )
    for key in ("colours", "findings", "options"):
        if not getattr(rule, key):
            node.refuse(key, IS_MISSING)
    for registered, answer in rule.by_colour.items():
        if registered not in rule.colours or answer not in rule.options:
            node.refuse(f"by_colour.{registered}", NONE_OF, found=answer, options=", ".join(rule.options))
    return rule


def _with_head(read: Callable[[Node, dict[str, Any]], Scheme]) -> Callable[[Node], Scheme]:
    return lambda node: read(node, _head(node))


KIND_READERS: Mapping[Kind, Callable[[Node], Scheme]] = {
    Kind.MICRON: _with_head(read_micron_scheme),
    Kind.MICRON_LENGTH: _with_head(read_micron_scheme),
    Kind.FLEECE: _with_head(read_fleece_scheme),
    Kind.COLOURS: _colour_scheme,
    Kind.COLOUR_RULES: _colour_rule_scheme,
    Kind.LIMITS: _limit_scheme,
    Kind.CARCASS: _carcass_scheme,
}


def read_document(name: str, document: Any) -> Scheme:
    """Read a scheme that was parsed already, such as one that an organisation keeps in the database.

    Raises:
        SchemeFileError: naming the path of the first bad value.
    """
    node = Node(name, "", document)
    return KIND_READERS[node.choice("kind", Kind)](node)
