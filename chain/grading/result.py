"""What a classification answers. Pure values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from chain.core.i18n import Message
from chain.grading.scheme import LengthClass, Names, Strength

UNDETERMINED: Names = {"es": "Sin determinar", "en": "Undetermined"}


class Outcome(StrEnum):
    """What one parameter says against its limit."""

    PASS = "pass"  # noqa: S105 — the outcome of a test, not a password
    FAIL = "fail"
    MISSING = "missing"
    #: A value against no limit, or against one that nobody has confirmed: neither a pass nor a fail.
    NO_LIMIT = "recorded, no limit"


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the rounded value lies from the limits of its class, in the unit of the scheme; None: no neighbour.

    `finer` and `coarser` are the keys of the neighbours; for a fleece "finer" is the dearer category and the distance is in
    percent of superior fibre.
    """

    to_finer: Decimal | None
    to_coarser: Decimal | None
    finer: str | None = None
    coarser: str | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """A value so near a limit that another measurement may give another class: a warning stands beside the result."""

    #: which attribute, such as micron
    attribute: str
    #: as it was compared: rounded
    value: Decimal
    #: the nearest limit
    limit: Decimal
    #: ± of the instrument, in the unit of the value
    uncertainty: Decimal
    #: every class that the true value may belong to, in the order of the scheme; the result's own is one of them
    possible_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterResult:
    """One parameter of a milk norm."""

    key: str
    names: Names
    outcome: Outcome
    value: Decimal | str | None
    code: str
    strength: Strength
    limit: Decimal | None = None
    #: A broken limit, but by less than the instrument can tell.
    is_within_accuracy: bool = False
    #: Distance to the nearest limit in force, in the unit of the parameter; below zero: broken by so much.
    margin: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ColourAnswer:
    """Both colours of a fibre: the one registered for the animal or lot, and the one in which a buyer processes it."""

    registered: str | None
    #: None while a person still has to choose among `options`
    processing: str | None
    #: every colour that the buyer's rules leave open
    options: tuple[str, ...] = ()
    #: key of the rule that decided
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeResult:
    """A class with its reasons; `key` is None when the class is undetermined.

    `strength` is that of the weakest value used. Reasons and warnings are whole sentences for the producer; `missing`
    names attributes; `codes` are stable words for programs.
    """

    scheme: str
    edition: str
    commodity: str
    key: str | None
    names: Names
    reasons: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()
    missing: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    #: one sentence for the producer: why, and the step to the next class
    sentence: Message | None = None
    distance: Distance | None = None
    #: set when the value lies within the instrument's ± of a limit
    boundary: Boundary | None = None
    #: class of the staple length, a result beside the class; None where the scheme has none or the length is unknown
    length_class: LengthClass | None = None
    strength: Strength = Strength.NOT_KNOWN
    is_by_analogy: bool = False
    #: it rests on an expert's estimate, not on a measurement or a sorting
    is_estimate: bool = False
    parameters: tuple[ParameterResult, ...] = ()
    colour: ColourAnswer | None = None

    def name(self, language: str) -> str:
        return self.names[language]

    def as_record(self) -> Mapping[str, object]:
        """Return plain values that JSON can keep, for storing beside a lot. Texts stay msgids with parameters."""
        return {
            "scheme": self.scheme,
            "edition": self.edition,
            "key": self.key,
            "names": dict(self.names),
            "reasons": [message_record(one) for one in self.reasons],
            "warnings": [message_record(one) for one in self.warnings],
            "sentence": message_record(self.sentence) if self.sentence else None,
            "missing": list(self.missing),
            "codes": list(self.codes),
            "length_class": self.length_class.key if self.length_class else None,
            "distance": _plain(self.distance),
            "boundary": _plain(self.boundary),
            "colour": _plain(self.colour),
            "strength": str(self.strength),
            "by_analogy": self.is_by_analogy,
            "estimate": self.is_estimate,
        }


def _plain(value: Distance | Boundary | ColourAnswer | None) -> Mapping[str, object] | None:
    """Return a part of a result as JSON keeps it; numbers become text, so that no digit is lost."""
    if value is None:
        return None
    return {
        name: str(found) if isinstance(found, Decimal) else found for name, found in asdict(value).items()
    }


def message_from_record(record: Mapping[str, Any]) -> Message:
    """Return a sentence that `as_record` kept, its numbers as Decimal again, so that the edge can write them."""
    return Message(
        record["msgid"], {name: _number_or_text(value) for name, value in record["params"].items()}
    )


def _number_or_text(value: object) -> object:
    try:
        return Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        return value


def message_record(message: Message) -> Mapping[str, object]:
    """Return a sentence as JSON keeps it: names by language stay mappings, numbers become text."""
    return {"msgid": message.msgid, "params": {name: _kept(value) for name, value in message.params.items()}}


def _kept(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, int) else str(value)
