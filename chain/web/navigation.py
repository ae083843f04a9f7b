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


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """An entry as a template shows it."""

    label: str
    href: str
    current: bool


def visible_links(items: Sequence[NavigationItem]) -> list[NavigationLink]:
    """Return the entries that the actor may open, in order."""
    actor = g.get("actor")
    if actor is None:
        return []
    links = []
    for item in sorted(items, key=lambda entry: entry.order):
        if actor.may(item.permission):
            href = url_for(item.endpoint)
            links.append(NavigationLink(item.label, href, current=request.path == href))
    return links
