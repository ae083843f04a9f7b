"""What other areas add to a goods-received note when it is issued, such as the containers that a producer holds.

Lots know nothing of the areas above them; who has something to say registers where the own views are imported.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.lots.models import Lot

#: Returns lines as {"msgid", "params"}, JSON-able, to be frozen with the note; a few cheap statements.
Loader = Callable[[Session, Actor, Lot], Sequence[dict[str, Any]]]

_loaders: dict[str, Loader] = {}


def register_note_facts(key: str, loader: Loader) -> None:
    """Let every note that is issued from now on carry the lines of `loader`."""
    _loaders[key] = loader


def note_facts(session: Session, actor: Actor, lot: Lot) -> list[dict[str, Any]]:
    """Return the lines of all who registered, in the order of their keys."""
    return [line for key in sorted(_loaders) for line in _loaders[key](session, actor, lot)]
