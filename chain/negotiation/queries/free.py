"""Whether a lot can be negotiated now: one rule as Python and as SQL."""

from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.stock import available, in_state


def is_free(lot: Lot) -> bool:
    """Tell whether a lot can be sold now: a confirmed class, in stock, not held, not reserved."""
    return (
        lot.state == LotState.GRADED
        and lot.grade_confirmed
        and not lot.is_held
        and lot.used_by_event_id is None
        and lot.left_at is None
        and lot.sold_at is None
    )


#: The same as conditions of a statement.
FREE = (in_state(LotState.GRADED), Lot.grade_confirmed, available())
