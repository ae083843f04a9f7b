"""Checks the parsed YAML of a scheme value by value and builds the types of `scheme`."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal, NoReturn, TypeVar, cast

from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    CarcassScheme,
    Colour,
    ColourScheme,
    FleeceScheme,
    Kind,
    KnownLength,
    LimitScheme,
    MicronClass,
    MicronScheme,
    NamedClass,
    Names,
    Parameter,
    Requirement,
    Rounding,
    Scheme,
    SorterClass,
    Source,
    Strength,
)

LANGUAGES = ("es", "en")
PARAMETER_KINDS = ("numeric", "qualitative", "requirement", "sampling_plan")

OneOf = TypeVar("OneOf", bound=StrEnum)


class SchemeFileError(ValueError):
    """A scheme file holds something that cannot be right."""

    def __init__(self, file_name: str, path: str, problem: str) -> None:
        super().__init__(f"{file_name}: {path or 'top level'}: {problem}")
        self.file_name = file_name
        self.path = path
        self.problem = problem


class Node:
    """A mapping of the file together with its path, so that every refusal says where."""

    def __init__(self, file_name: str, path: str, value: Any) -> None:
        self.file_name = file_name
        self.path = path
        if not isinstance(value, dict):
            self.refuse("", f"expected a mapping, found {value!r}")
        self.value: dict[str, Any] = value

    def refuse(self, key: str, problem: str) -> NoReturn:
        where = ".".join(part for part in (self.path, key) if part)
        raise SchemeFileError(self.file_name, where, problem)

    def get(self, key: str) -> Any:
        return self.value.get(key)

    def child(self, key: str) -> "Node":
        if key not in self.value:
            self.refuse(key, "is missing")
        return Node(self.file_name, f"{self.path}.{key}".lstrip("."), self.value[key])

    def children(self, key: str) -> Iterator["Node"]:
        items = self.value.get(key, [])
        if not isinstance(items, list):
            self.refuse(key, f"expected a list, found {items!r}")
        for index, item in enumerate(items):
            yield Node(self.file_name, f"{self.path}.{key}[{index}]".lstrip("."), item)

    def text(self, key: str) -> str:
        found = self.value.get(key)
        if not isinstance(found, str) or not found.strip():
            self.refuse(key, f"expected a text, found {found!r}")
        return found

    def text_or_none(self, key: str) -> str | None:
        return None if self.value.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.value.get(key) or []
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            self.refuse(key, f"expected a list of texts, found {found!r}")
        return tuple(found)

    def choice(self, key: str, options: type[OneOf]) -> OneOf:
        found = self.text(key)
        try:
            return options(found)
        except ValueError:
            self.refuse(key, f"{found!r} is none of {', '.join(options)}")

    def decimal_or_none(self, key: str) -> Decimal | None:
        """Read a quoted number; an unquoted one would have passed through a float."""
        found = self.value.get(key)
        if found is None:
            return None
        if not isinstance(found, str):
            self.refuse(key, f"expected a quoted number, found {found!r}")
        try:
            number = Decimal(found)
        except InvalidOperation:
            self.refuse(key, f"{found!r} is not a number")
        if not number.is_finite():
            self.refuse(key, f"{found!r} is not a number")
        return number

    def whole_or_none(self, key: str) -> int | None:
        found = self.value.get(key)
        if found is None:
            return None
        if not isinstance(found, int) or isinstance(found, bool):
            self.refuse(key, f"expected a whole number, found {found!r}")
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.value.get(key, default)
        if not isinstance(found, bool):
            self.refuse(key, f"expected true or false, found {found!r}")
        return found

    def names(self, key: str) -> Names:
        child = self.child(key)
        return {language: child.text(language) for language in LANGUAGES}

    def strength(self) -> Strength:
        return self.choice("status", Strength)


def _head(node: Node) -> dict[str, Any]:
    commodity = node.text("commodity")
    if commodity not in COMMODITIES:
        node.refuse("commodity", f"{commodity!r} is none of {', '.join(COMMODITIES)}")
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
        node.refuse("mode", f"{node.text('mode')!r} is not known here; only half-up is")
    return Rounding(
        node.whole_or_none("decimals"),
        node.strength(),
        is_project_choice=node.get("origin") == "project-choice",
    )


def _micron_scheme(node: Node) -> Scheme:
    head = _head(node)
    if head["commodity"] != ALPACA_FIBRE:
        node.refuse("commodity", "micron classes are for fibre")
    if head["rounding"] is None or head["rounding"].decimals != 1:
        node.refuse("rounding.decimals", "micron classes compare one decimal")
    classes = tuple(_micron_class(child) for child in node.children("classes"))
    _check_ladder(node, classes)
    return MicronScheme(
        **head,
        classes=classes,
        sorter_classes=tuple(_sorter_class(child) for child in node.children("other_classes")),
        requirements=_requirements(node),
        length_check=_length_check(node),
    )


def _check_ladder(node: Node, classes: tuple[MicronClass, ...]) -> None:
    if not classes:
        node.refuse("classes", "a ladder needs at least one class")
    if len({one.key for one in classes}) != len(classes):
        node.refuse("classes", "two classes have the same key")
    below = Decimal(0)
    for index, one in enumerate(classes):
        where = f"classes[{index}].upper_micron"
        if one.upper_micron is None:
            if index < len(classes) - 1:
                node.refuse(where, "only the last class may be open-ended")
        elif one.upper_micron <= below:
            node.refuse(where, f"{one.upper_micron} does not lie above the class before it ({below})")
        elif one.upper_micron != round(one.upper_micron, 1):
            node.refuse(where, f"{one.upper_micron} has more than one decimal")
        else:
            below = one.upper_micron


def _length_check(node: Node) -> Literal["none", "warn"]:
    action = node.child("length_check").text("action") if "length_check" in node.value else "none"
    if action == "warn":
        return "warn"
    if action != "none":
        node.refuse("length_check.action", f"{action!r} is none of none, warn")
    return "none"


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
    )


def _sorter_class(node: Node) -> SorterClass:
    is_active = node.flag("active_by_default", default=False)
    return SorterClass(
        node.text("key"), node.names("names"), is_active, node.strength(), node.text_or_none("note")
    )


def _requirements(node: Node) -> tuple[Requirement, ...]:
    if "requirements" not in node.value:
        return ()
    group = node.child("requirements")
    found = ((key, group.child(key)) for key in group.value)
    return tuple(Requirement(key, one.decimal_or_none("value"), one.strength()) for key, one in found)


def _named_class(node: Node) -> NamedClass:
    return NamedClass(node.text("key"), node.names("names"), node.strength())


def _fleece_scheme(node: Node) -> Scheme:
    return FleeceScheme(
        **_head(node), categories=tuple(_named_class(child) for child in node.children("categories"))
    )


def _colour_scheme(node: Node) -> Scheme:
    return ColourScheme(**_head(node), colours=tuple(_colour(child) for child in node.children("colours")))


def _colour(node: Node) -> Colour:
    number = node.whole_or_none("number")
    if number is None:
        node.refuse("number", "is missing")
    return Colour(
        node.text("key"),
        node.text("letters"),
        number,
        node.names("names"),
        node.text("family"),
        node.strength(),
    )


def _limit_scheme(node: Node) -> Scheme:
    return LimitScheme(**_head(node), parameters=_parameters(node))


def _carcass_scheme(node: Node) -> Scheme:
    for child in node.children("classes"):
        if child.get("limits") is not None:
            child.refuse("limits", "limits of carcass classes are not supported; the norm's are not known")
    return CarcassScheme(
        **_head(node),
        classes=tuple(_named_class(child) for child in node.children("classes")),
        parameters=_parameters(node),
    )


def _parameters(node: Node) -> tuple[Parameter, ...]:
    found = tuple(_parameter(child) for child in node.children("parameters"))
    if len({one.key for one in found}) != len(found):
        node.refuse("parameters", "two parameters have the same key")
    return found


def _parameter(node: Node) -> Parameter:
    kind = node.text("kind")
    if kind not in PARAMETER_KINDS:
        node.refuse("kind", f"{kind!r} is none of {', '.join(PARAMETER_KINDS)}")
    minimum, maximum = node.decimal_or_none("min"), node.decimal_or_none("max")
    if minimum is not None and maximum is not None and minimum > maximum:
        node.refuse("min", f"{minimum} lies above the maximum {maximum}")
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
            plan.refuse(key, "is missing")
        read[key] = Decimal(whole)
    for key in ("m", "M"):
        limit = plan.decimal_or_none(key)
        if limit is None:
            plan.refuse(key, "is missing")
        read[key] = limit
    return read


KIND_READERS: Mapping[Kind, Callable[[Node], Scheme]] = {
    Kind.MICRON: _micron_scheme,
    Kind.FLEECE: _fleece_scheme,
    Kind.COLOURS: _colour_scheme,
    Kind.LIMITS: _limit_scheme,
    Kind.CARCASS: _carcass_scheme,
}
