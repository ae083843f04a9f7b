"""What other areas show on a lot's page: they register a panel or an action where their views are imported.

Lots know nothing of the areas above them; the page asks whoever registered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.lots.models import Lot

#: Gives the template of a panel its `panel` data; None leaves the panel out. A few cheap statements.
Loader = Callable[[Session, Actor, Lot], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of a lot's page. `template` is included with `panel` and `lot`."""

    permission: str
    template: str
    loader: Loader
    #: the lowest stands first
    order: int = 100


@dataclass(frozen=True, slots=True)
class LotAction:
    """Something one can do with a lot: a link to `endpoint` with the lot's id under the name `argument`."""

    permission: str
    label: str
    endpoint: str
    is_offered: Callable[[Lot], bool]
    argument: str = "lot_id"
    order: int = 100


_panels: dict[str, Panel] = {}
_actions: dict[tuple[str, str], LotAction] = {}


def register_panel(panel: Panel) -> None:
    """Show a panel on every lot's page to whoever holds its permission."""
    _panels[panel.template] = panel


def register_action(action: LotAction) -> None:
    """Offer an action on every lot's page to whoever holds its permission."""
    _actions[action.endpoint, action.label] = action


def panels_for(session: Session, actor: Actor, lot: Lot) -> list[tuple[str, Mapping[str, Any]]]:
    """Return template and data of each panel that the actor sees, in order."""
    found = []
    for panel in sorted(_panels.values(), key=lambda one: (one.order, one.template)):
        if actor.may(panel.permission):
            data = panel.loader(session, actor, lot)
            if data is not None:
                found.append((panel.template, data))
    return found


def actions_for(actor: Actor, lot: Lot) -> list[LotAction]:
    """Return the actions that the actor may take with a lot now, in order."""
    offered = [one for one in _actions.values() if actor.may(one.permission) and one.is_offered(lot)]
    return sorted(offered, key=lambda one: (one.order, one.label))
