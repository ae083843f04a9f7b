"""The navigation: each area lists its entries, the user sees those that the roles allow."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request, url_for


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


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry as a template shows it."""

    label: str
    href: str
    #: "page": the entry's own page is open; "true": one of its section; "": neither
    current: str


def visible_links(items: Sequence[NavigationItem]) -> list[NavigationLink]:
    """Return the entries that the actor may open, in order."""
    actor = g.get("actor")
    if actor is None:
        return []
    shown = [item for item in sorted(items, key=lambda entry: entry.order) if actor.may(item.permission)]
    places = [(url_for(item.endpoint), *item.covers) for item in shown]
    nearest = max((_depth(request.path, paths) for paths in places), default=0)
    return [
        NavigationLink(item.label, paths[0], _mark(request.path, paths, nearest))
        for item, paths in zip(shown, places, strict=True)
    ]


def _depth(path: str, places: Sequence[str]) -> int:
    """Return how much of a path the nearest of the places covers."""
    return max((len(place) for place in places if path == place or path.startswith(f"{place}/")), default=0)


def _mark(path: str, places: Sequence[str], nearest: int) -> str:
    if path == places[0]:
        return "page"
    return "true" if nearest and _depth(path, places) == nearest else ""
