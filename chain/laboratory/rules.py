"""The laboratory as values: methods, kinds of samples and instruments, states of second opinions, agreement. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from chain.core.i18n import N_


class Method(StrEnum):
    """How a value came about."""

    TOUCH = "touch"
    INSTRUMENT = "instrument"
    LABORATORY = "laboratory"
    CAMERA = "camera"
    CALCULATED = "calculated"


METHOD_LABELS = {
    Method.TOUCH: N_("By touch and eye"),
    Method.INSTRUMENT: N_("Instrument"),
    Method.LABORATORY: N_("Laboratory"),
    Method.CAMERA: N_("Camera"),
    Method.CALCULATED: N_("Calculated"),
}


class Status(StrEnum):
    """How much a value is worth as a paper."""

    ESTIMATE = "estimate"
    REPORT = "report"
    CERTIFICATE = "certificate"


STATUS_LABELS = {
    Status.ESTIMATE: N_("Estimate"),
    Status.REPORT: N_("Report"),
    Status.CERTIFICATE: N_("Certificate"),
}


class InstrumentKind(StrEnum):
    """What an instrument is; decides nothing, helps to recognise it."""

    OFDA = "ofda"
    LASERSCAN = "laserscan"
    FIBER_EC = "fiber_ec"
    LACTOSCAN = "lactoscan"
    EKOMILK = "ekomilk"
    SCALE = "scale"
    CAMERA = "camera"
    HAND = "hand"
    OTHER = "other"


KIND_LABELS = {
    InstrumentKind.OFDA: "OFDA",
    InstrumentKind.LASERSCAN: "Laserscan",
    InstrumentKind.FIBER_EC: "Fiber EC",
    InstrumentKind.LACTOSCAN: "Lactoscan",
    InstrumentKind.EKOMILK: "Ekomilk",
    InstrumentKind.SCALE: N_("Scale"),
    InstrumentKind.CAMERA: N_("Camera"),
    InstrumentKind.HAND: N_("Hand and eye of a person"),
    InstrumentKind.OTHER: N_("Another instrument or laboratory"),
}
#: An instrument's own method; a calculation needs none.
INSTRUMENT_METHODS = (Method.INSTRUMENT, Method.LABORATORY, Method.CAMERA, Method.TOUCH)


class Purpose(StrEnum):
    """What a sample is for."""

    LABORATORY = "laboratory"
    RETAINED = "retained"
    SECOND_OPINION = "second_opinion"


PURPOSE_LABELS = {
    Purpose.LABORATORY: N_("For testing"),
    Purpose.RETAINED: N_("Kept back (split sample)"),
    Purpose.SECOND_OPINION: N_("For a second opinion"),
}


class AskedFor(StrEnum):
    """For whom a second opinion is asked."""

    PRODUCER = "producer"
    BUYER = "buyer"
    HOUSE = "house"


ASKED_FOR_LABELS = {
    AskedFor.PRODUCER: N_("The producer"),
    AskedFor.BUYER: N_("A buyer"),
    AskedFor.HOUSE: N_("The house itself"),
}


class OpinionState(StrEnum):
    """Where a second opinion stands."""

    OPEN = "open"
    DECIDED = "decided"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


OPINION_LABELS = {
    OpinionState.OPEN: N_("open"),
    OpinionState.DECIDED: N_("decided"),
    OpinionState.LAPSED: N_("lapsed: nobody decided in time"),
    OpinionState.WITHDRAWN: N_("withdrawn"),
}
OPINION_TRANSITIONS: Mapping[OpinionState, frozenset[OpinionState]] = {
    OpinionState.OPEN: frozenset({OpinionState.DECIDED, OpinionState.LAPSED, OpinionState.WITHDRAWN}),
    OpinionState.DECIDED: frozenset(),
    OpinionState.LAPSED: frozenset(),
    OpinionState.WITHDRAWN: frozenset(),
}

#: Choices of this project where practice says nothing; an organisation sets its own.
ASK_DAYS, DECIDE_DAYS = 10, 7
MAX_DAYS = 365
#: Below it a page says that the figure is too small to judge anybody by; a choice of this project.
SMALL_NUMBER = 30


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a second opinion may be asked, and how long it may take."""

    ask_days: int = ASK_DAYS
    decide_days: int = DECIDE_DAYS

    def ask_until(self, graded_at: datetime) -> datetime:
        """Return the last moment to ask."""
        return graded_at + timedelta(days=self.ask_days)

    def deadline(self, asked_at: datetime) -> datetime:
        """Return the moment by which it must be decided."""
        return asked_at + timedelta(days=self.decide_days)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two gradings of the same lots were equal. `pairs` holds first class, second class and their number."""

    n: int
    equal: int
    pairs: Sequence[tuple[str, str, int]]
    #: Cohen's kappa; None when chance alone explains everything (one class only) or nothing was compared
    kappa: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """The share that was equal, 0 to 1."""
        return Decimal(self.equal) / self.n if self.n else None

    @property
    def is_small(self) -> bool:
        """Whether there are too few to judge anybody by."""
        return self.n < SMALL_NUMBER


def agree(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Compare two gradings of the same things.

    Cohen's kappa = (po - pe) / (1 - pe): po is the share of equal pairs, pe the share that would be equal if both graded by
    their own frequencies without looking (J. Cohen, A coefficient of agreement for nominal scales, 1960). All classes
    count as equally far from each other.
    """
    counted = Counter(pairs)
    n = len(pairs)
    equal = sum(count for (first, second), count in counted.items() if first == second)
    rows = sorted((first, second, count) for (first, second), count in counted.items())
    return Agreement(n, equal, rows, _kappa(counted, n, equal))


def _kappa(counted: Counter[tuple[str, str]], n: int, equal: int) -> Decimal | None:
    if not n:
        return None
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (left, right), count in counted.items():
        first[left] += count
        second[right] += count
    by_chance = sum(first[one] * second[one] for one in first)
    if by_chance == n * n:
        return None
    kappa = Decimal(n * equal - by_chance) / Decimal(n * n - by_chance)
    return kappa.quantize(Decimal("0.001"))
