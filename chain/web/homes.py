"""Start pages for some readers: an area that has one registers it, the home shows it in the place of the list of doors."""

from collections.abc import Callable
from typing import Any

#: Tells whether an actor has this start page.
Wants = Callable[[Any], bool]
#: Renders it for the actor of the request.
Render = Callable[[], str]

_homes: list[tuple[Wants, Render]] = []


def register_home(wants: Wants, render: Render) -> None:
    """Give some actors a start page of their own; call it where views are imported."""
    _homes[:] = [(wants, render)]


def home_of(actor: Any) -> Render | None:
    """Return the start page of an actor; None: the list of doors."""
    return next((render for wants, render in _homes if wants(actor)), None)
