"""Events as people order them: one frozen value each, with an id that the client made. Pure.

Quantities of lots are in grams or millilitres, as the product is kept; losses and gains are in the event's balance unit:
millilitres when everything is milk, else grams.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chain.genealogy.words import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A part that is no more. `cause` is one of `LossCause`."""

    cause: str
    quantity: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Something that came in and is no lot. `cause` is one of `GainCause`."""

    cause: str
    quantity: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says."""

    id: UUID
    happened_at: datetime
    #: why, where a reason is asked for
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Event):
    """Several lots of one product become one: bulking fibre, filling a milk tank.

    The new lot holds the sum of the inputs, plus what was gained, minus what was lost.
    """

    lot_ids: tuple[UUID, ...]
    output_id: UUID
    label: str | None = None
    #: where the new lot lies; None: where all inputs lie, if that is one place
    site_id: UUID | None = None
    losses: tuple[Lost, ...] = ()
    gains: tuple[Added, ...] = ()
    #: give up organic or transition, so that a gain is allowed
    drop_claim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a split."""

    id: UUID
    quantity: int
    label: str | None = None
    #: None: where the lot lay
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Event):
    """One lot becomes several of the same kind; parts and losses sum to it."""

    lot_id: UUID
    parts: tuple[Part, ...]
    losses: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedPart:
    """One class of a sorting. `class_key` is a key of the scheme in force on the day; None: left undetermined."""

    id: UUID
    quantity: int
    class_key: str | None = None
    #: a key of the colour list, where the sorter parted by colour too
    colour: str | None = None
    label: str | None = None
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort(Event):
    """One lot is sorted into classes, by weight. The sorter proposes; another person confirms each class."""

    lot_id: UUID
    parts: tuple[SortedPart, ...]
    losses: tuple[Lost, ...] = ()
    gains: tuple[Added, ...] = ()
    drop_claim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One product of a process; `quantity` in the unit of that product."""

    id: UUID
    commodity: str
    quantity: int
    label: str | None = None
    best_before: date | None = None
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun(Event):
    """Lots become other products: scoured fibre, cheese, carcasses, charque. `process` is one of `Process`.

    A yield outside the band of the recipe needs a `reason`. `density` in g/ml weighs milk against grams.
    """

    process: str
    lot_ids: tuple[UUID, ...]
    outputs: tuple[Made, ...]
    losses: tuple[Lost, ...] = ()
    gains: tuple[Added, ...] = ()
    recipe_id: UUID | None = None
    density: str | None = None
    site_id: UUID | None = None
    drop_claim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Event):
    """Lots go to another site and stay what they are."""

    lot_ids: tuple[UUID, ...]
    to_site_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Event):
    """A producer takes goods back: of an own delivery, or at most the own share of a lot made of several.

    Less than the whole lot leaves a new lot, `remainder_id`.
    """

    lot_id: UUID
    producer_id: UUID
    quantity: int
    remainder_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Event):
    """Something of a lot, or all of it, is no more. Less than the whole lot leaves a new lot, `remainder_id`."""

    lot_id: UUID
    quantity: int
    cause: str
    remainder_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain(Event):
    """A lot is found to be more than it was; it becomes a new lot, `output_id`."""

    lot_id: UUID
    quantity: int
    cause: str
    output_id: UUID
    drop_claim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(Event):
    """Reverses an event, while nothing later rests on it: its outputs are cancelled, its inputs come back."""

    event_id: UUID


KIND_OF: dict[type[Event], EventKind] = {
    Merge: EventKind.MERGE,
    Split: EventKind.SPLIT,
    Sort: EventKind.SORT,
    ProcessRun: EventKind.PROCESS,
    Transfer: EventKind.TRANSFER,
    TakeBack: EventKind.TAKE_BACK,
    Loss: EventKind.LOSS,
    Gain: EventKind.GAIN,
    Undo: EventKind.UNDO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldBand:
    """What a recipe expects of one product, in basis points of the input's mass; None: nobody knows.

    `label` None stands for all outputs of the product together.
    """

    commodity: str
    label: str | None = None
    low_bp: int | None = None
    expected_bp: int | None = None
    high_bp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecipe:
    """What a process should give. A change is a new recipe that names the one it replaces, which is then archived."""

    id: UUID
    name: str
    process: str
    input_commodity: str
    outputs: tuple[YieldBand, ...]
    #: where the figures come from
    source: str | None = None
    #: one of `chain.grading.scheme.Strength`, without not_known
    strength: str = "unconfirmed"
    replaces_id: UUID | None = None
