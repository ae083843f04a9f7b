"""What a classification answers. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from chain.core.i18n import Message
from chain.grading.scheme import Names, Strength

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
    """How far the rounded value lies from the limits of its class, in the unit of the scheme; None: no neighbour."""

    to_finer: Decimal | None
    to_coarser: Decimal | None


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
    distance: Distance | None = None
    strength: Strength = Strength.NOT_KNOWN
    is_by_analogy: bool = False
    parameters: tuple[ParameterResult, ...] = ()

    def name(self, language: str) -> str:
        return self.names[language]

    def as_record(self) -> Mapping[str, object]:
        """Return plain values that JSON can keep, for storing beside a lot. Texts stay msgids with parameters."""
        return {
            "scheme": self.scheme,
            "edition": self.edition,
            "key": self.key,
            "names": dict(self.names),
            "reasons": [_message_record(one) for one in self.reasons],
            "warnings": [_message_record(one) for one in self.warnings],
            "missing": list(self.missing),
            "codes": list(self.codes),
            "strength": str(self.strength),
            "by_analogy": self.is_by_analogy,
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


def _message_record(message: Message) -> Mapping[str, object]:
    return {
        "msgid": message.msgid,
        "params": {
            name: value if isinstance(value, int) else str(value) for name, value in message.params.items()
        },
    }
