"""Who received lots: told by the areas above, which sell and dispatch them and register here how to ask them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whoever got a lot, and the paper that says so."""

    name: str
    #: such as the number of a sale or of a waybill
    reference: str | None = None


#: Answers for as many of the lots as it knows, by a few statements.
Loader = Callable[[Session, Collection[UUID]], Mapping[UUID, Receiver]]

_loaders: dict[str, Loader] = {}


def register_receivers(area: str, loader: Loader) -> None:
    """Let an area tell who received lots; registering again replaces."""
    _loaders[area] = loader


def receivers_of(session: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, Receiver]:
    """Return the receivers of lots that any area knows; where two know one, the first by name answers."""
    found: dict[UUID, Receiver] = {}
    if not lot_ids:
        return found
    for area in sorted(_loaders, reverse=True):
        found.update(_loaders[area](session, lot_ids))
    return found
