"""What an event is going to do, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from chain.core.i18n import N_
from chain.genealogy.mix import ClassKey, Mix
from chain.genealogy.rules import Added, Lost
from chain.genealogy.services.opening import Opened, mix_of
from chain.lots.grades import note_record
from chain.lots.models import Lot
from chain.lots.queries.proposers import last_proposer
from chain.lots.services.derived import DerivedGrade

TAKEN_OVER = N_("Taken over from the lots that it was made of.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A lot that the event makes; `balance` is its quantity in the event's balance unit."""

    id: UUID
    commodity: str
    quantity: int
    unit: str
    balance: int
    mix: Mix
    grade: DerivedGrade | None = None
    colour: str | None = None
    label: str | None = None
    best_before: date | None = None
    #: None: where the lots lay
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPart:
    """What a producer takes back, in the balance unit."""

    producer_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is written of an event. Balances of the inputs stand in the order of its lots."""

    balance_unit: str
    balances: Sequence[int]
    outcomes: Sequence[Outcome] = ()
    losses: Sequence[Lost] = ()
    gains: Sequence[Added] = ()
    taken: TakenPart | None = None
    drop_claim: bool = False
    process: str | None = None
    recipe_id: UUID | None = None
    density: str | None = None
    #: where it happened, and where outputs lie that name no place
    site_id: UUID | None = None


def common_site(lots: Sequence[Lot]) -> UUID | None:
    """Return where the lots lie, if that is one place; those that lie nowhere known come to it."""
    sites = {lot.site_id for lot in lots if lot.site_id is not None}
    return sites.pop() if len(sites) == 1 else None


def same_grade(lots: Sequence[Lot]) -> DerivedGrade | None:
    """Return the class that all lots have and somebody confirmed on each; None: there is no such class."""
    first = lots[0]
    if first.grade_scheme is None or first.grade_key is None or not first.grade_confirmed:
        return None
    wanted = (first.grade_scheme, first.grade_edition, first.grade_key, True)
    for lot in lots:
        if (lot.grade_scheme, lot.grade_edition, lot.grade_key, lot.grade_confirmed) != wanted:
            return None
    return DerivedGrade(
        scheme=first.grade_scheme,
        edition=first.grade_edition or "",
        key=first.grade_key,
        is_confirmed=True,
        reasons=[note_record(TAKEN_OVER)],
    )


def kept_grade(opened: Opened) -> DerivedGrade | None:
    """Return the class of the event's lot for its parts: they are what it was.

    One that waits for a second person waits for another one than who proposed it, whoever divided the lot.
    """
    lot = opened.lot
    if not lot.grade_scheme:
        return None
    return DerivedGrade(
        scheme=lot.grade_scheme,
        edition=lot.grade_edition or "",
        key=lot.grade_key,
        is_confirmed=lot.grade_confirmed,
        proposed_by=None if lot.grade_confirmed else last_proposer(opened.session, lot.id),
        reasons=[note_record(TAKEN_OVER)],
    )


def proposed_grade(opened: Opened, commodity: str, micron: Decimal | None) -> DerivedGrade | None:
    """Return the class that the norm in force proposes by the mean micron; None: no norm classes the product."""
    attributes = {} if micron is None else {"micron": f"{micron.quantize(Decimal('0.01')).normalize():f}"}
    found = opened.schemes.proposer(commodity, opened.day).propose(attributes, None)
    if not found.scheme:
        return None
    return DerivedGrade(scheme=found.scheme, edition=found.edition, key=found.key, reasons=found.reasons)


def graded_mix(mix: Mix, grade: DerivedGrade | None) -> Mix:
    """Return the mixture with the class that all of it has."""
    if grade is None or not grade.is_confirmed or grade.key is None:
        return mix
    whole = ClassKey(grade.scheme, grade.edition, grade.key, is_confirmed=True)
    return Mix(mix.family, mix.quantity, mix.colours, {whole: mix.quantity}, mix.claims, mix.micron)


def mixes_of(opened: Opened) -> list[Mix]:
    """Return the mixtures of the event's lots."""
    return [mix_of(lot) for lot in opened.lots]
