"""Which lots a buyer may look at outside of a sale: the ways of selling say which of theirs they show.

An area that shows lots to buyers registers here; samples and offers ask before they name a lot to anybody.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor

#: Returns those of the lots that the actor may see at that moment; one cheap statement.
Shower = Callable[[Session, Actor, datetime, Collection[UUID]], Collection[UUID]]

_showers: dict[str, Shower] = {}


def register_showing(name: str, shower: Shower) -> None:
    """Let a way of selling say which lots it shows to buyers."""
    _showers[name] = shower


def shown_lots(session: Session, actor: Actor, now: datetime, lot_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the lots that a buyer may look at."""
    found: set[UUID] = set()
    for shower in _showers.values():
        missing = set(lot_ids) - found
        if missing:
            found.update(shower(session, actor, now, missing))
    return found


#: Returns the lots of an event that the actor may see; empty when the event is another area's.
Naming = Callable[[Session, Actor, datetime, UUID], Collection[UUID]]

_namings: dict[str, Naming] = {}


def register_event_lots(name: str, naming: Naming) -> None:
    """Let a way of selling name the lots of its events, to whoever goes on with them otherwise."""
    _namings[name] = naming


def lots_of_event(session: Session, actor: Actor, now: datetime, event_id: UUID) -> set[UUID]:
    """Return the lots of an event that the actor may see."""
    found: set[UUID] = set()
    for naming in _namings.values():
        found.update(naming(session, actor, now, event_id))
    return found
