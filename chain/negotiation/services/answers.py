"""Answering: accepting reserves the lots and makes an award; refusing and taking back end the offer; so does the clock."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.genealogy.rules import Part, Split
from chain.genealogy.services.combining import split_lot
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.negotiation.models import Offer, OfferStep, OpenLot
from chain.negotiation.queries.free import is_free
from chain.negotiation.queries.offers import last_terms
from chain.negotiation.rules import (
    LIVE,
    OfferState,
    StepKind,
    Terms,
    available_part,
    check_answer,
    check_withdraw,
    step_hash,
)
from chain.negotiation.services.offers import check_offer_buyer
from chain.negotiation.services.steps import (
    append_step,
    lock_offer,
    lock_to_answer,
    said_before,
    seller_actor,
    standing_of,
)
from chain.sales.models import Award
from chain.sales.rules import AwardState, Method, clean_reason
from chain.sales.services.awards import make_award


def accept_offer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - of the step
    offer_id: UUID,
    seen: int,
) -> Offer:
    """Accept the last proposal of the other side: the lots are reserved and the seller's officers are asked to confirm.

    When a lot is not there any more the offer ends as “gone”, and nothing is reserved: look at its state. `seen` is the number
    of the step that was read, so that nobody accepts what was changed a second ago.

    Raises:
        Forbidden: the actor may not answer for its organisation.
        NotFound: there is no such offer.
        OfferStateRefused, OfferExpired, NotYourTurn, OfferChanged: it cannot be accepted now.
        BidderExcluded, NotVetted, LimitExceeded: the buyer may not trade with the seller.
        IdempotencyConflict: the id came before with other content.
    """
    offer, side = lock_to_answer(session, actor, offer_id)
    digest = step_hash(StepKind.ACCEPTED, terms=None, reason=None, offer_id=offer.id, side=side)
    if _accepted_before(session, id, offer, digest):
        return offer
    check_answer(standing_of(offer), side, seen=seen, now=now)
    terms = last_terms(session, offer.id)[1]
    check_offer_buyer(session, now, offer, terms)
    house = seller_actor(session, offer.organisation_id)
    lots = lock_lots(session, offer.organisation_id, [line.lot_id for line in terms.lines])
    wanted = {line.lot_id: line.quantity for line in terms.lines}
    if any(not is_free(lot) or not available_part(lot.quantity, wanted[lot.id]) for lot in lots):
        append_step(
            session, actor=actor, now=now, offer=offer, kind=StepKind.GONE, to=OfferState.GONE, side=side, step_id=id
        )  # fmt: skip
        return offer
    append_step(
        session, actor=actor, now=now, offer=offer, kind=StepKind.ACCEPTED, to=OfferState.ACCEPTED, side=side,
        step_id=id,
    )  # fmt: skip
    taken = _take_parts(session, house, now, lots, terms)
    change_lot_states(session, actor=house, now=now, lots=[lot for lot, _ in taken], to=LotState.OFFERED)
    award = make_award(
        session,
        actor=house,
        now=now,
        seller_id=offer.organisation_id,
        buyer_id=offer.buyer_id,
        method=Method.OFFER,
        event_id=offer.id,
        lots=[lot for lot, _ in taken],
        prices={lot.id: price for lot, price in taken},
        currency=offer.currency,
        opened_by=offer.priced_by,
        bid_id=last_terms(session, offer.id)[0].id,
        terms={"freight": terms.freight, "payment_days": terms.payment_days, "note": terms.note},
    )
    offer.award_id = award.id
    session.flush()
    return offer


def _accepted_before(session: Session, step_id: UUID, offer: Offer, digest: str) -> bool:
    """Tell whether this very acceptance came before, whether it sold or found the lots gone."""
    known = session.get(OfferStep, step_id)
    if known is not None and known.offer_id == offer.id and known.kind == StepKind.GONE:
        return True
    return said_before(session, step_id, offer_id=offer.id, digest=digest)


def _take_parts(
    session: Session, house: Actor, now: datetime, lots: Sequence[Lot], terms: Terms
) -> list[tuple[Lot, int]]:
    """Return the lots to sell with their prices: whole ones, and the parts split off the others."""
    by_lot = {line.lot_id: line for line in terms.lines}
    taken: list[tuple[Lot, int]] = []
    for lot in lots:
        line = by_lot[lot.id]
        if line.quantity == lot.quantity:
            taken.append((lot, line.price_minor_per_unit))
            continue
        part = Part(id=new_id(), quantity=line.quantity)
        rest = Part(id=new_id(), quantity=lot.quantity - line.quantity)
        event = Split(id=new_id(), happened_at=now, lot_id=lot.id, parts=(part, rest))
        split_lot(session, actor=house, now=now, event=event)
        (made,) = lock_lots(session, house.org, [part.id])
        _keep_shown(session, lot.id, rest.id)
        taken.append((made, line.price_minor_per_unit))
    return taken


def _keep_shown(session: Session, lot_id: UUID, rest_id: UUID) -> None:
    """Show what is left of a lot that was shown to buyers."""
    shown = session.get(OpenLot, lot_id)
    if shown is not None:
        session.add(
            OpenLot(
                lot_id=rest_id,
                organisation_id=shown.organisation_id,
                asking_minor_per_unit=shown.asking_minor_per_unit,
                shown_at=shown.shown_at,
                shown_by=shown.shown_by,
            )
        )
        session.flush()


def refuse_offer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - of the step
    offer_id: UUID,
    seen: int,
    reason: str,
) -> Offer:
    """Refuse the last proposal of the other side, with a reason that it reads.

    Raises:
        Forbidden: the actor may not answer for its organisation.
        NotFound: there is no such offer.
        OfferStateRefused, OfferExpired, NotYourTurn, OfferChanged: it cannot be refused now.
        ReasonMissing: no reason was written.
        IdempotencyConflict: the id came before with other content.
    """
    offer, side = lock_to_answer(session, actor, offer_id)
    why = clean_reason(reason)
    digest = step_hash(StepKind.REFUSED, terms=None, reason=why, offer_id=offer.id, side=side)
    if said_before(session, id, offer_id=offer.id, digest=digest):
        return offer
    check_answer(standing_of(offer), side, seen=seen, now=now)
    append_step(
        session, actor=actor, now=now, offer=offer, kind=StepKind.REFUSED, to=OfferState.REFUSED, side=side,
        step_id=id, reason=why,
    )  # fmt: skip
    return offer


def withdraw_offer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - of the step
    offer_id: UUID,
    reason: str,
) -> Offer:
    """Take the own last proposal back before it is answered, with a reason.

    Raises:
        Forbidden: the actor may not answer for its organisation.
        NotFound: there is no such offer.
        OfferStateRefused, OfferExpired: it has ended; when the other side accepted in the same moment, the sale stands.
        NotYourProposal: the other side made the last proposal.
        ReasonMissing: no reason was written.
        IdempotencyConflict: the id came before with other content.
    """
    offer, side = lock_to_answer(session, actor, offer_id)
    why = clean_reason(reason)
    digest = step_hash(StepKind.WITHDRAWN, terms=None, reason=why, offer_id=offer.id, side=side)
    if said_before(session, id, offer_id=offer.id, digest=digest):
        return offer
    check_withdraw(standing_of(offer), side, now=now)
    append_step(
        session, actor=actor, now=now, offer=offer, kind=StepKind.WITHDRAWN, to=OfferState.WITHDRAWN, side=side,
        step_id=id, reason=why,
    )  # fmt: skip
    return offer


def expire_offer(session: Session, *, now: datetime, offer_id: UUID, step: int) -> Offer:
    """End an offer whose time has passed; nothing happens when somebody answered or countered meanwhile."""
    offer = lock_offer(session, offer_id)
    if offer.last_step == step and offer.state in LIVE and now >= offer.expires_at:
        append_step(
            session, actor=seller_actor(session, offer.organisation_id), now=now, offer=offer,
            kind=StepKind.EXPIRED, to=OfferState.EXPIRED, side=None,
        )  # fmt: skip
    return offer


def after_answer(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    """Bring an offer, whose row is locked, to its end once the seller's officers answered its award."""
    del actor
    offer = lock_offer(session, award.event_id)
    sold = award.state == AwardState.CONFIRMED
    offer.state = (OfferState.SOLD if sold else OfferState.DECLINED).value
    offer.changed_at = offer.ended_at = now
    session.flush()
