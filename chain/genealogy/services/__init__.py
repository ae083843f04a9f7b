"""The writers of the genealogy; the public functions are named here for other areas.

Each event function takes the session, the actor, `now` and the event, and returns the stored event. The same id with the
same content answers the stored event; other content raises IdempotencyConflict.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.models import LotEvent, Recipe
from chain.genealogy.rules import (
    Gain,
    Loss,
    Merge,
    NewRecipe,
    ProcessRun,
    Sort,
    Split,
    TakeBack,
    Transfer,
    Undo,
)


def merge_lots(session: Session, *, actor: Actor, now: datetime, event: Merge) -> LotEvent:
    """Merge lots of one product into one."""
    raise RuntimeError  # being built


def split_lot(session: Session, *, actor: Actor, now: datetime, event: Split) -> LotEvent:
    """Split a lot into parts of the same kind."""
    raise RuntimeError  # being built


def sort_lot(session: Session, *, actor: Actor, now: datetime, event: Sort) -> LotEvent:
    """Sort a lot into classes by weight."""
    raise RuntimeError  # being built


def process_lots(session: Session, *, actor: Actor, now: datetime, event: ProcessRun) -> LotEvent:
    """Make other products of lots."""
    raise RuntimeError  # being built


def transfer_lots(session: Session, *, actor: Actor, now: datetime, event: Transfer) -> LotEvent:
    """Bring lots to another site."""
    raise RuntimeError  # being built


def take_back(session: Session, *, actor: Actor, now: datetime, event: TakeBack) -> LotEvent:
    """Give a producer goods back."""
    raise RuntimeError  # being built


def record_loss(session: Session, *, actor: Actor, now: datetime, event: Loss) -> LotEvent:
    """Write off a lot or a part of it."""
    raise RuntimeError  # being built


def record_gain(session: Session, *, actor: Actor, now: datetime, event: Gain) -> LotEvent:
    """Write up a lot."""
    raise RuntimeError  # being built


def undo_event(session: Session, *, actor: Actor, now: datetime, event: Undo) -> LotEvent:
    """Reverse an event on which nothing later rests."""
    raise RuntimeError  # being built


def write_recipe(session: Session, *, actor: Actor, now: datetime, recipe: NewRecipe) -> Recipe:
    """Store a recipe, and archive the one that it replaces."""
    raise RuntimeError  # being built


def archive_recipe(session: Session, *, actor: Actor, now: datetime, recipe_id: UUID) -> Recipe:
    """Take a recipe out of use."""
    raise RuntimeError  # being built
