"""Who bought a lot: custody asks whoever knows. The market, which lies above, registers itself where its views are imported.

Example, in the market: `register_buyers(buyers_of)` with `buyers_of(session, actor, lot_ids) -> {lot_id: SoldTo(sale_id, buyer_id)}`
for the lots of the actor's organisation that were sold. Until somebody registers, a sold lot is dispatched only with the
id of its sale.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.custody.services.dispatches import SoldTo

Buyers = Callable[[Session, Actor, Sequence[UUID]], Mapping[UUID, SoldTo]]

_registered: list[Buyers] = []


def register_buyers(buyers: Buyers) -> None:
    """Let the edges of custody ask who bought lots; the latest registration counts."""
    _registered[:] = [buyers]


def buyers_of(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> Mapping[UUID, SoldTo]:
    """Return who bought lots, as far as anybody knows."""
    return _registered[0](session, actor, lot_ids) if _registered else {}
