"""Proposing: an offer, and a counter-offer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind
from chain.buyers.services.limits import check_may_trade
from chain.core.errors import IdempotencyConflict, NotFound
from chain.lots.models import Lot
from chain.negotiation.errors import LotNotForOffer, MixedOfferLots
from chain.negotiation.models import Offer, OfferStep
from chain.negotiation.queries.free import is_free
from chain.negotiation.queries.offers import last_terms, side_of_kind, writing_permission
from chain.negotiation.rules import (
    OfferState,
    Side,
    StepKind,
    Terms,
    available_part,
    check_answer,
    check_counter,
    check_terms,
    step_hash,
)
from chain.negotiation.services.steps import append_step, lock_to_answer, said_before, standing_of
from chain.sales.rules import clean_reason
from chain.sales.services.bidders import check_not_excluded
from chain.sales.services.numbers import Series, next_number
from chain.sales.showing import shown_lots


def start_offer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    terms: Terms,
    buyer_id: UUID | None = None,
    source_id: UUID | None = None,
) -> Offer:
    """Offer: a buyer for lots that it is shown, or a seller own lots to one buyer. The same command again answers the same.

    Nothing is reserved until the offer is accepted. `source_id` is the event that ended without a sale and led here.

    Raises:
        Forbidden: the actor may not offer for its organisation.
        NotFound: a lot does not exist or is not shown, or there is no such buyer.
        ValidationFailed: the terms cannot be meant.
        MixedOfferLots: the lots are of several products or sellers.
        LotNotForOffer: a lot has no confirmed class or is not free.
        BidderExcluded, NotVetted, LimitExceeded: the buyer may not trade with the seller.
        IdempotencyConflict: the id came before with other content.
    """
    side = side_of_kind(actor)
    actor.require(writing_permission(side))
    digest = step_hash(StepKind.OFFERED, terms=terms, reason=None, offer_id=id, side=side)
    known = _started_before(session, actor, id, digest)
    if known is not None:
        return known
    if not terms.lines:
        check_terms(terms, now=now, currency=get_organisation(session, actor.org).currency)
    lots = _lots(session, actor, now, side, terms)
    seller_id = lots[0].organisation_id
    buyer = _buyer(session, actor, side, buyer_id)
    currency = get_organisation(session, seller_id).currency
    check_terms(terms, now=now, currency=currency)
    _check_lots(lots, terms)
    _check_buyer(
        session, now, seller_id=seller_id, buyer_id=buyer.id, terms=terms, currency=currency, offer_id=id
    )
    offer = Offer(
        id=id,
        organisation_id=seller_id,
        buyer_id=buyer.id,
        number=next_number(session, seller_id, Series.OFFER),
        started_by=side.value,
        source_id=source_id,
        commodity=lots[0].commodity,
        unit=lots[0].unit,
        currency=currency,
        state=OfferState.OPEN.value,
        turn=side.other.value,
        last_step=0,
        quantity=terms.quantity,
        amount_minor=terms.amount_minor,
        expires_at=terms.expires_at,
        priced_by=None,
        started_at=now,
        changed_at=now,
    )
    session.add(offer)
    session.flush()
    append_step(
        session, actor=actor, now=now, offer=offer, kind=StepKind.OFFERED, to=OfferState.OPEN, side=side,
        step_id=id, terms=terms,
    )  # fmt: skip
    return offer


def _started_before(session: Session, actor: Actor, offer_id: UUID, digest: str) -> Offer | None:
    """Return the offer that this very command started before; its first step has its id."""
    found = session.get(Offer, offer_id)
    if found is None:
        return None
    first = session.get(OfferStep, offer_id)
    if (
        first is None
        or first.content_hash != digest
        or actor.org not in {found.organisation_id, found.buyer_id}
    ):
        raise IdempotencyConflict
    return found


def _buyer(session: Session, actor: Actor, side: Side, buyer_id: UUID | None) -> Organisation:
    wanted = actor.org if side is Side.BUYER else buyer_id
    found = session.get(Organisation, wanted) if wanted is not None else None
    if found is None or found.kind != OrganisationKind.BUYER:
        raise NotFound
    return found


def _lots(session: Session, actor: Actor, now: datetime, side: Side, terms: Terms) -> Sequence[Lot]:
    """Return the lots of terms as they are now: own ones of a seller, shown ones for a buyer.

    Raises:
        NotFound: one of them is not there for this actor, or no lot is named.
    """
    wanted = {line.lot_id for line in terms.lines}
    if side is Side.SELLER and actor.organisation_kind not in SELLER_KINDS:
        raise NotFound
    found = session.scalars(select(Lot).where(Lot.id.in_(wanted)).order_by(Lot.id)).all()
    if not found or len(found) != len(wanted):
        raise NotFound
    if side is Side.SELLER:
        if any(lot.organisation_id != actor.org for lot in found):
            raise NotFound
    elif shown_lots(session, actor, now, wanted) != wanted:
        raise NotFound
    return found


def _check_lots(lots: Sequence[Lot], terms: Terms) -> None:
    first, wanted = lots[0], {line.lot_id: line.quantity for line in terms.lines}
    for lot in lots:
        if (lot.organisation_id, lot.commodity, lot.unit) != (
            first.organisation_id,
            first.commodity,
            first.unit,
        ):
            raise MixedOfferLots
        if not is_free(lot) or not available_part(lot.quantity, wanted[lot.id]):
            raise LotNotForOffer(number=lot.number)


def _check_buyer(
    session: Session,
    now: datetime,
    *,
    seller_id: UUID,
    buyer_id: UUID,
    terms: Terms,
    currency: str,
    offer_id: UUID,
) -> None:
    check_not_excluded(session, seller_id=seller_id, buyer_id=buyer_id, event_id=offer_id, now=now)
    check_may_trade(
        session,
        buyer_id=buyer_id,
        seller_id=seller_id,
        amount_minor=terms.amount_minor,
        currency=currency,
        now=now,
    )


def check_offer_buyer(session: Session, now: datetime, offer: Offer, terms: Terms) -> None:
    """Refuse terms of an offer whose buyer may not trade with its seller.

    Raises:
        BidderExcluded, NotVetted, LimitExceeded.
    """
    _check_buyer(
        session,
        now,
        seller_id=offer.organisation_id,
        buyer_id=offer.buyer_id,
        terms=terms,
        currency=offer.currency,
        offer_id=offer.id,
    )


def counter_offer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - of the step
    offer_id: UUID,
    seen: int,
    terms: Terms,
    reason: str,
) -> Offer:
    """Answer a proposal with another one and its reason; `seen` is the number of the step that is answered.

    Lots may be left out or taken in parts, and none that the offer did not have may be added by a buyer that is not shown it.

    Raises:
        Forbidden: the actor may not answer for its organisation.
        NotFound: there is no such offer or lot.
        OfferStateRefused, OfferExpired, NotYourTurn, OfferChanged, OfferFirm: it cannot be countered now.
        ValidationFailed: the terms cannot be meant.
        ReasonMissing: no reason was written.
        MixedOfferLots, LotNotForOffer, BidderExcluded, NotVetted, LimitExceeded: as `start_offer`.
        IdempotencyConflict: the id came before with other content.
    """
    offer, side = lock_to_answer(session, actor, offer_id)
    why = clean_reason(reason)
    digest = step_hash(StepKind.COUNTERED, terms=terms, reason=why, offer_id=offer.id, side=side)
    if said_before(session, id, offer_id=offer.id, digest=digest):
        return offer
    check_answer(standing_of(offer), side, seen=seen, now=now)
    before = last_terms(session, offer.id)[1]
    check_counter(is_firm=before.is_firm)
    check_terms(terms, now=now, currency=offer.currency)
    known = {line.lot_id for line in before.lines}
    added = {line.lot_id for line in terms.lines} - known
    if added and side is Side.BUYER and shown_lots(session, actor, now, added) != added:
        raise NotFound
    lots = session.scalars(
        select(Lot).where(Lot.id.in_({line.lot_id for line in terms.lines})).order_by(Lot.id)
    ).all()
    if len(lots) != len(terms.lines) or any(lot.organisation_id != offer.organisation_id for lot in lots):
        raise NotFound
    if any((lot.commodity, lot.unit) != (offer.commodity, offer.unit) for lot in lots):
        raise MixedOfferLots
    _check_lots(lots, terms)
    check_offer_buyer(session, now, offer, terms)
    append_step(
        session, actor=actor, now=now, offer=offer, kind=StepKind.COUNTERED, to=OfferState.COUNTERED, side=side,
        step_id=id, terms=terms, reason=why,
    )  # fmt: skip
    return offer
