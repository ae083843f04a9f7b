"""What waits for somebody: areas register counters, the start page shows those that the person may act on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

#: Counts what waits for an actor: `(session, actor) -> number`. One cheap statement; it runs whenever the start page opens.
Counter = Callable[[Session, Any], int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of work that can wait. `label` is a msgid, `endpoint` the page where it is done."""

    permission: str
    label: str
    endpoint: str
    counter: Counter
    #: how the page's list is narrowed to what waits
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """Work that waits, as the start page shows it."""

    label: str
    href: str
    count: int


_registered: dict[tuple[str, str], Waiting] = {}


def register_waiting(permission: str, label: str, endpoint: str, counter: Counter, **query: str) -> None:
    """Show on the start page how much waits for whoever holds a permission; call it where `views` is imported.

    Example: `register_waiting(Permission.GRADES_CONFIRM, N_("Lots whose class waits for you"), "lots.list", count_registered)`.
    """
    _registered[endpoint, label] = Waiting(str(permission), label, endpoint, counter, query)


def waiting_for_actor(session: Session) -> list[WaitingLink]:
    """Return what waits for the actor of the request, without what is empty."""
    actor = g.get("actor")
    if actor is None or actor.organisation_id is None:
        return []
    found = []
    for entry in _registered.values():
        if actor.may(entry.permission):
            count = entry.counter(session, actor)
            if count:
                found.append(WaitingLink(entry.label, url_for(entry.endpoint, **entry.query), count))
    return found
