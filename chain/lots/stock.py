"""Whether a lot is there to be used: one rule as Python and as SQL, which every area asks."""

from sqlalchemy import ColumnElement, and_

from chain.lots.errors import LotCancelled, LotGone, LotHeld, LotOffered, LotSold, LotUsed
from chain.lots.models import Lot
from chain.lots.rules import LotState


def in_stock() -> ColumnElement[bool]:
    """Return the condition that a lot lies in the house and belongs to it, held or offered lots included.

    A lot that a period settlement paid stays in stock: the organisation bought it. One that a buyer bought does not.
    """
    return and_(
        Lot.used_by_event_id.is_(None),
        Lot.left_at.is_(None),
        Lot.sold_at.is_(None),
        Lot.state != LotState.CANCELLED.value,
    )


def in_state(state: LotState) -> ColumnElement[bool]:
    """Return the condition that a lot is in a state, over the index of those states that few lots share."""
    if state in {LotState.REGISTERED, LotState.SETTLED}:
        return Lot.state == state.value
    return Lot.rare_state == state.value


def waits_for_class() -> ColumnElement[bool]:
    """Return the condition that a second person should see the lot: all that are registered, but for milk without a class.

    A dairy takes in thousands of cans a day, which are paid by the litre. Whoever wants to class one opens it.
    """
    return Lot.rare_state == LotState.REGISTERED.value


def available() -> ColumnElement[bool]:
    """Return the condition that a lot is in stock, not held, and not reserved by an offer."""
    return and_(in_stock(), Lot.is_held.is_(False), Lot.state != LotState.OFFERED.value)


def check_available(lot: Lot) -> None:
    """Refuse a lot that `available()` leaves out.

    Raises:
        LotCancelled, LotUsed, LotSold, LotGone, LotOffered, LotHeld: which of them it is.
    """
    if lot.state == LotState.CANCELLED.value:
        raise LotCancelled(number=lot.number)
    if lot.used_by_event_id is not None:
        raise LotUsed(number=lot.number)
    if lot.sold_at is not None:
        raise LotSold(number=lot.number)
    if lot.left_at is not None:
        raise LotGone(number=lot.number)
    if lot.state == LotState.OFFERED.value:
        raise LotOffered(number=lot.number)
    if lot.is_held:
        raise LotHeld(number=lot.number)
