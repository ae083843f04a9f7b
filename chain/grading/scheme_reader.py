"""Checks the parsed YAML of a scheme value by value and builds the types of `scheme`."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal, NoReturn, TypeVar, cast

from chain.core.i18n import N_, Message
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_FIBRE,
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

MAX_SHOWN = 80

NOT_A_MAPPING = N_("expected a mapping, found %(found)s")
NOT_A_LIST = N_("expected a list, found %(found)s")
NOT_TEXTS = N_("expected a list of texts, found %(found)s")
NOT_A_TEXT = N_("expected a text, found %(found)s")
NOT_QUOTED = N_("expected a quoted number, found %(found)s")
NO_NUMBER = N_("“%(found)s” is not a number")
NOT_WHOLE = N_("expected a whole number, found %(found)s")
NOT_A_FLAG = N_("expected true or false, found %(found)s")
NONE_OF = N_("“%(found)s” is none of %(options)s")
IS_MISSING = N_("is missing")
NOT_ABOVE = N_("%(limit)s does not lie above the class before it (%(below)s)")
TOO_FINE = N_("%(limit)s has more than one decimal")
ABOVE_MAXIMUM = N_("%(minimum)s lies above the maximum %(maximum)s")

OneOf = TypeVar("OneOf", bound=StrEnum)


class SchemeFileError(ValueError):
    """A scheme file holds something that cannot be right; `message` says it to whoever wrote it."""

    def __init__(self, file_name: str, path: str, problem: str, **params: object) -> None:
        self.message = Message(problem, {name: _shown(value) for name, value in params.items()})
        super().__init__(f"{file_name}: {path or 'top level'}: {self.message}")
        self.file_name = file_name
        self.path = path
        self.problem = str(self.message)


def _shown(value: object) -> str:
    """Return a value of a file as a refusal shows it: a text as it stands, anything else as Python writes it, short."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


class Node:
    """A mapping of the file together with its path, so that every refusal says where."""

    def __init__(self, file_name: str, path: str, value: Any) -> None:
        self.file_name = file_name
        self.path = path
        if not isinstance(value, dict):
            self.refuse("", NOT_A_MAPPING, found=value)
        self.value: dict[str, Any] = value

    def refuse(self, key: str, problem: str, **params: object) -> NoReturn:
        where = ".".join(part for part in (self.path, key) if part)
        raise SchemeFileError(self.file_name, where, problem, **params)

    def get(self, key: str) -> Any:
        return self.value.get(key)

    def child(self, key: str) -> "Node":
        if key not in self.value:
            self.refuse(key, IS_MISSING)
        return Node(self.file_name, f"{self.path}.{key}".lstrip("."), self.value[key])

    def children(self, key: str) -> Iterator["Node"]:
        items = self.value.get(key, [])
        if not isinstance(items, list):
            self.refuse(key, NOT_A_LIST, found=items)
        for index, item in enumerate(items):
            yield Node(self.file_name, f"{self.path}.{key}[{index}]".lstrip("."), item)

    def text(self, key: str) -> str:
        found = self.value.get(key)
        if not isinstance(found, str) or not found.strip():
            self.refuse(key, NOT_A_TEXT, found=found)
        return found

    def text_or_none(self, key: str) -> str | None:
        return None if self.value.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.value.get(key) or []
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            self.refuse(key, NOT_TEXTS, found=found)
        return tuple(found)

    def choice(self, key: str, options: type[OneOf]) -> OneOf:
        found = self.text(key)
        try:
            return options(found)
        except ValueError:
            self.refuse(key, NONE_OF, found=found, options=", ".join(options))

    def decimal_or_none(self, key: str) -> Decimal | None:
        """Read a quoted number; an unquoted one would have passed through a float."""
        found = self.value.get(key)
        if found is None:
            return None
        if not isinstance(found, str):
            self.refuse(key, NOT_QUOTED, found=found)
        try:
            number = Decimal(found)
        except InvalidOperation:
            self.refuse(key, NO_NUMBER, found=found)
        if not number.is_finite():
            self.refuse(key, NO_NUMBER, found=found)
        return number

    def whole_or_none(self, key: str) -> int | None:
        found = self.value.get(key)
        if found is None:
            return None
        if not isinstance(found, int) or isinstance(found, bool):
            self.refuse(key, NOT_WHOLE, found=found)
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.value.get(key, default)
        if not isinstance(found, bool):
            self.refuse(key, NOT_A_FLAG, found=found)
        return found

    def names(self, key: str) -> Names:
        child = self.child(key)
        return {language: child.text(language) for language in LANGUAGES}

    def strength(self) -> Strength:
        return self.choice("status", Strength)


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


def _micron_scheme(node: Node) -> Scheme:
    head = _head(node)
    if head["commodity"] not in {ALPACA_FIBRE, LLAMA_FIBRE}:
        node.refuse("commodity", N_("micron classes are for fibre"))
    if head["rounding"] is None or head["rounding"].decimals != 1:
        node.refuse("rounding.decimals", N_("micron classes compare one decimal"))
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


def _length_check(node: Node) -> Literal["none", "warn"]:
    action = node.child("length_check").text("action") if "length_check" in node.value else "none"
    if action == "warn":
        return "warn"
    if action != "none":
        node.refuse("length_check.action", NONE_OF, found=action, options="none, warn")
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
    for child in node.children("classes"):
        if child.get("limits") is not None:
            child.refuse(
                "limits", N_("limits of carcass classes are not supported; the norm's are not known")
            )
    return CarcassScheme(
        **_head(node),
        classes=tuple(_named_class(child) for child in node.children("classes")),
        parameters=_parameters(node),
    )


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


KIND_READERS: Mapping[Kind, Callable[[Node], Scheme]] = {
    Kind.MICRON: _micron_scheme,
    Kind.FLEECE: _fleece_scheme,
    Kind.COLOURS: _colour_scheme,
    Kind.LIMITS: _limit_scheme,
    Kind.CARCASS: _carcass_scheme,
}
