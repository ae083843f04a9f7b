"""What other areas show on a producer's page: they register a panel where their views are imported.

Producers know nothing of the areas above them; the page asks whoever registered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor

#: Gives the template of a panel its `panel` data; None leaves the panel out. A few cheap statements.
Loader = Callable[[Session, Actor, UUID], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class ProducerPanel:
    """A section of a producer's page. `template` is included with `panel` and `producer`."""

    permission: str
    template: str
    loader: Loader
    #: the lowest stands first
    order: int = 100


_panels: dict[str, ProducerPanel] = {}


def register_producer_panel(panel: ProducerPanel) -> None:
    """Show a panel on every producer's page to whoever holds its permission."""
    _panels[panel.template] = panel


def producer_panels(session: Session, actor: Actor, producer_id: UUID) -> list[tuple[str, Mapping[str, Any]]]:
    """Return template and data of each panel that the actor sees, in order."""
    found = []
    for panel in sorted(_panels.values(), key=lambda one: (one.order, one.template)):
        if actor.may(panel.permission):
            data = panel.loader(session, actor, producer_id)
            if data is not None:
                found.append((panel.template, data))
    return found
