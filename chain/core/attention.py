"""What needs somebody's attention: areas register providers, the home of a buyer lists what they name, the most urgent first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.core.i18n import Message


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that waits for a person, with the page where it is done."""

    title: Message
    #: a path of this program
    href: str
    #: when it is too late; None: there is no hour
    due_at: datetime | None = None
    #: since when it waits
    since: datetime | None = None


#: `(session, actor, now) -> what waits`; a few cheap statements, bounded by the provider.
Provider = Callable[[Session, Any, datetime], Iterable[Attention]]


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of things that can wait. `label` is a msgid, `endpoint` the list where all of them stand."""

    key: str
    permission: str
    label: str
    endpoint: str
    provider: Provider
    order: int = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one section."""

    section: Section
    items: tuple[Attention, ...]


_sections: dict[str, Section] = {}


def register_attention(section: Section) -> None:
    """Let an area say what needs attention; a section of the same key takes the place of the one before."""
    _sections[section.key] = section


def attention_for(session: Session, actor: Any, now: datetime) -> list[Waiting]:
    """Return what waits for an actor, by section; empty sections are left out."""
    found = []
    for section in sorted(_sections.values(), key=lambda one: (one.order, one.key)):
        if actor.may(section.permission):
            items = tuple(section.provider(session, actor, now))
            if items:
                found.append(Waiting(section, items))
    return found


def most_urgent(waiting: Iterable[Waiting], limit: int) -> list[Attention]:
    """Return single things of all sections: those with the nearest hour first, then those that wait longest."""
    every = [item for one in waiting for item in one.items]
    timed = sorted((item for item in every if item.due_at is not None), key=_due)
    others = sorted((item for item in every if item.due_at is None), key=_since)
    return [*timed, *others][:limit]


def _due(item: Attention) -> tuple[float, str]:
    return (item.due_at.timestamp() if item.due_at else 0.0, item.href)


def _since(item: Attention) -> tuple[float, str]:
    return (item.since.timestamp() if item.since else 0.0, item.href)
