"""Which classes a demand may name, and how they are called.

Norms and own schemes belong to areas above this one; they hand in what they know (`use_classes`) when the program starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SchemeClasses:
    """The classes of one edition of a scheme, best first: (key, name)."""

    #: "scheme/edition"
    scheme: str
    #: how it is written: "NTP 231.301:2014"
    name: str
    classes: tuple[tuple[str, str], ...]


class Classes(Protocol):
    """What an upper area knows of classes."""

    def offered(self, commodity: str, organisation_id: UUID | None, language: str) -> Sequence[SchemeClasses]:
        """Return the schemes that a buyer may choose classes of: the published ones, its own and those that others share."""

    def name(self, scheme: str, edition: str, key: str, language: str) -> str:
        """Return a class with its norm for the eye."""


class _Known:
    """The one place that is set at start-up."""

    classes: ClassVar[Classes | None] = None


def use_classes(classes: Classes | None) -> None:
    """Say where classes and their names come from."""
    _Known.classes = classes


def offered_classes(
    commodity: str, organisation_id: UUID | None = None, language: str = "es"
) -> Sequence[SchemeClasses]:
    """Return the schemes and classes that a buyer may choose for a commodity; nothing while nobody handed any in."""
    return [] if _Known.classes is None else _Known.classes.offered(commodity, organisation_id, language)


def grade_label(grade: str, language: str = "es") -> str:
    """Return a class key for the eye: "ntp-231.301/2014/super_baby" → "Super Baby (NTP 231.301:2014)"."""
    scheme, _, rest = grade.partition("/")
    edition, _, key = rest.partition("/")
    return grade if not key or _Known.classes is None else _Known.classes.name(scheme, edition, key, language)
