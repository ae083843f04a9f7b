"""Dividing the lots among those who get them, and the awards: one for each buyer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions.clock.models import Clock
from chain.auctions.clock.rules import Cut, Part, cut_lots
from chain.core.ids import new_id
from chain.core.money import GRAMS_PER_KILOGRAM
from chain.genealogy import rules as genealogy
from chain.genealogy.services import split_lot
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.models import Award
from chain.sales.rules import Method
from chain.sales.services.awards import make_award

#: Why a lot was divided, in the genealogy.
DIVIDED = "Reloj de dos rondas {number}"


@dataclass(frozen=True, slots=True)
class Portion:
    """The lots of a product and what of it was allotted."""

    product_id: UUID
    #: in the order in which they are filled
    lots: Sequence[Lot]
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class _Piece:
    lot_id: UUID
    buyer_id: UUID
    price_minor: int


def hand_over(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    clock: Clock,
    lots: Sequence[Lot],
    portions: Sequence[Portion],
) -> list[Award]:
    """Divide lots where a buyer gets a part, return to the stock what nobody got, and make the awards.

    The caller holds the clock's row and the lots, which are `offered`.
    """
    by_id = {lot.id: lot for lot in lots}
    cuts = [cut for portion in portions for cut in _cuts(portion)]
    kept = {cut.lot_id for cut in cuts if cut.is_whole and cut.parts[0][0] is not None}
    back = [lot for lot in lots if lot.id not in kept]
    change_lot_states(session, actor=actor, now=now, lots=back, to=LotState.GRADED)
    pieces = [
        _Piece(cut.lot_id, buyer_id, price)
        for cut in cuts
        if cut.lot_id in kept
        for buyer_id, _, price in cut.parts
        if buyer_id is not None
    ]
    for cut in cuts:
        if not cut.is_whole:
            pieces += _divide(session, actor, now, clock, lot=by_id[cut.lot_id], cut=cut)
    return _award(session, actor, now, clock, pieces=pieces, reserved=kept)


def _cuts(portion: Portion) -> list[Cut]:
    takes = [(part.buyer_id, part.kilograms * GRAMS_PER_KILOGRAM, part.price_minor) for part in portion.parts]
    return cut_lots([(lot.id, lot.quantity) for lot in portion.lots], takes)


def _divide(
    session: Session, actor: Actor, now: datetime, clock: Clock, *, lot: Lot, cut: Cut
) -> list[_Piece]:
    ids = [new_id() for _ in cut.parts]
    event = genealogy.Split(
        id=new_id(),
        happened_at=now,
        reason=DIVIDED.format(number=clock.number),
        lot_id=lot.id,
        parts=tuple(
            genealogy.Part(id=part_id, quantity=grams)
            for part_id, (_, grams, _) in zip(ids, cut.parts, strict=True)
        ),
    )
    split_lot(session, actor=actor, now=now, event=event)
    return [
        _Piece(part_id, buyer_id, price)
        for part_id, (buyer_id, _, price) in zip(ids, cut.parts, strict=True)
        if buyer_id is not None
    ]


def _award(
    session: Session,
    actor: Actor,
    now: datetime,
    clock: Clock,
    *,
    pieces: Sequence[_Piece],
    reserved: set[UUID],
) -> list[Award]:
    lots = {
        lot.id: lot for lot in lock_lots(session, clock.organisation_id, [piece.lot_id for piece in pieces])
    }
    fresh = [lot for lot in lots.values() if lot.id not in reserved]
    change_lot_states(session, actor=actor, now=now, lots=fresh, to=LotState.OFFERED)
    awards = []
    for buyer_id in sorted({piece.buyer_id for piece in pieces}):
        own = [piece for piece in pieces if piece.buyer_id == buyer_id]
        awards.append(
            make_award(
                session,
                actor=actor,
                now=now,
                seller_id=clock.organisation_id,
                buyer_id=buyer_id,
                method=Method.CLOCK,
                event_id=clock.id,
                lots=[lots[piece.lot_id] for piece in own],
                prices={piece.lot_id: piece.price_minor for piece in own},
                currency=clock.currency,
                opened_by=clock.opened_by,
            )
        )
    return awards
