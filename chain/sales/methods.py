"""What the ways of selling tell this area about themselves: how their event is locked, and what happens when an award was answered.

The ways of selling (tenders, auctions, matches, offers) stand above this area and register here when they are imported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.i18n import Message
from chain.sales.models import Award


@dataclass(frozen=True, slots=True)
class EventName:
    """How an event is named on pages, and the address of its page for a reader who may open it (None: no page)."""

    title: str
    number: int | None = None
    #: endpoint and values for `url_for`
    endpoint: str | None = None
    values: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the log of an event gives when the rules are run over it again."""

    #: the replayed result equals what the database holds
    agrees: bool
    entries: int
    #: what was found, a line each, for people
    lines: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class MethodHooks:
    """What a way of selling does."""

    #: lock the event's row; taken before the award's row and the lots, so that nobody waits in a circle
    lock: Callable[[Session, UUID], object]
    #: bring the event into the state that follows from an award just confirmed, declined or lapsed
    answered: Callable[[Session, Actor, datetime, Award], None]
    #: name events, in one statement for many
    names: Callable[[Session, frozenset[UUID]], Mapping[UUID, EventName]]
    #: run the event's log through the rules again and compare; None: nothing to replay
    replay: Callable[[Session, UUID], Replayed] | None = None
    #: tell whether a buyer has bound itself under the terms as they are, so that they stand from then on
    is_bound: Callable[[Session, UUID], bool] | None = None
    #: the last line that may be told now, while what follows would tell how many ask; None: all of them
    last_told: Callable[[Session, UUID], int | None] | None = None


_registered: dict[str, MethodHooks] = {}


def register_method(method: str, hooks: MethodHooks) -> None:
    """Say what a way of selling does; call it in the area's handlers module, which `chain.app` imports."""
    _registered[method] = hooks


def hooks_of(method: str) -> MethodHooks:
    """Return what a way of selling does.

    Raises:
        KeyError: nobody registered it.
    """
    return _registered[method]


def registered_methods() -> Mapping[str, MethodHooks]:
    """Return every way of selling."""
    return dict(_registered)
