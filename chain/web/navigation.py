"""The navigation: each area lists its entries, the user sees those that the roles allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from flask import g, request, url_for

from chain.core.i18n import N_

#: Sections of the navigation: whoever has many entries finds them by these.
COLLECTION = N_("Collection")
MARKET = N_("Market")
PAYMENTS = N_("Payments")
ADMINISTRATION = N_("Administration")
#: With more entries than these, the navigation and the start page show the sections.
MANY_ENTRIES = 7

Entry = TypeVar("Entry")


class Actor(Protocol):
    """Whoever acts: all that the navigation asks."""

    def may(self, permission: str, /) -> bool:
        """Say whether a permission is held."""


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry. `label` is a msgid; the lowest `order` stands first."""

    label: str
    endpoint: str
    permission: str
    order: int = 100
    #: what one finds there, in a few words for the start page; a msgid
    about: str = ""
    #: paths of pages that belong to the entry besides its own and those below it
    covers: tuple[str, ...] = ()
    #: the section that it belongs to, a msgid
    group: str = ""
    #: whoever has this permission finds a link to it on another entry's page instead; empty: nobody does
    unless: str = ""


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry as a template shows it."""

    label: str
    href: str
    #: "page": the entry's own page is open; "true": one of its section; "": neither
    current: str


@dataclass(frozen=True, slots=True)
class NavigationSection:
    """Entries that stand together. `label` is a msgid; empty: a short navigation needs no sections."""

    label: str
    links: Sequence[NavigationLink]


def in_sections(entries: Sequence[tuple[str, Entry]]) -> list[tuple[str, list[Entry]]]:
    """Put entries, each with the name of its section, into their sections; few entries stay in one without a name."""
    if len(entries) <= MANY_ENTRIES or len({group for group, _entry in entries}) == 1:
        return [("", [entry for _group, entry in entries])] if entries else []
    sections: dict[str, list[Entry]] = {}
    for group, entry in entries:
        sections.setdefault(group, []).append(entry)
    return list(sections.items())


def entries_of(actor: Actor, items: Sequence[NavigationItem]) -> list[NavigationItem]:
    """Return the entries that somebody may open and does not reach from another entry's page, in order."""
    return [
        item
        for item in sorted(items, key=lambda entry: entry.order)
        if actor.may(item.permission) and not (item.unless and actor.may(item.unless))
    ]


def visible_links(items: Sequence[NavigationItem]) -> list[NavigationSection]:
    """Return the entries that the actor may open, in order and in sections."""
    actor = g.get("actor")
    if actor is None:
        return []
    shown = entries_of(actor, items)
    places = [(url_for(item.endpoint), *item.covers) for item in shown]
    nearest = max((_depth(request.path, paths) for paths in places), default=0)
    links = [
        (item.group, NavigationLink(item.label, paths[0], _mark(request.path, paths, nearest)))
        for item, paths in zip(shown, places, strict=True)
    ]
    return [NavigationSection(label, entries) for label, entries in in_sections(links)]


def _depth(path: str, places: Sequence[str]) -> int:
    """Return how much of a path the nearest of the places covers."""
    return max((len(place) for place in places if path == place or path.startswith(f"{place}/")), default=0)


def _mark(path: str, places: Sequence[str], nearest: int) -> str:
    if path == places[0]:
        return "page"
    return "true" if nearest and _depth(path, places) == nearest else ""
