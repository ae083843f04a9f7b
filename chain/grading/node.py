"""One mapping of a parsed YAML or JSON document with its path, so that every refusal of a value says where it stands."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from chain.core.i18n import N_, Message
from chain.grading.scheme import Names, Strength

LANGUAGES = ("es", "en")

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

OneOf = TypeVar("OneOf", bound=StrEnum)


class SchemeFileError(ValueError):
    """A scheme file holds something that cannot be right; `message` says it to whoever wrote it."""

    def __init__(self, file_name: str, path: str, problem: str, /, **params: object) -> None:
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

    def refuse(self, key: str, problem: str, /, **params: object) -> NoReturn:
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
