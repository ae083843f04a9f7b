"""Opening, closing and cancelling tenders."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.outbox import enqueue
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.market.errors import LotNotOfferable, LotTaken, TenderClosed, TenderStillOpen
from chain.market.models import Bid, Tender, TenderLot
from chain.market.rules import (
    OfferedLot,
    TenderState,
    Terms,
    best_bid,
    check_lots,
    check_terms,
    check_transition,
)
from chain.market.services.steps import (
    MarketAudit,
    lock_own_tender,
    lock_tender_lots,
    note_tender,
    release_lots,
    terms_of,
)
from chain.sales.rules import Method, clean_reason, clean_text
from chain.sales.services.awards import make_award
from chain.sales.services.numbers import Series, next_number

#: Kind of the outbox message that closes a tender at its deadline.
CLOSE_MESSAGE = "market.close_tender"


def open_tender(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    title: str,
    lot_ids: Collection[UUID],
    reserve_minor_per_unit: int,
    closes_at: datetime,
    opens_at: datetime | None = None,
    note: str | None = None,
) -> Tender:
    """Offer own graded lots in a sealed tender, in the organisation's currency; the same command again answers the same.

    The lots are locked in id order before they are looked at: of two tenders that want one lot, one gets it.
    `reserve_minor_per_unit` is per kilogram or litre.

    Raises:
        Forbidden: the actor may not offer lots.
        ValidationFailed: title, reserve, times or number of lots are out of bounds.
        NotFound: a lot does not exist here.
        LotNotOfferable: a lot has no confirmed class.
        LotTaken: a lot is on offer, sold, settled or cancelled.
        MixedLots: different products.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.TENDERS_WRITE)
    title, note = clean_text(title), clean_text(note) or None
    wanted = sorted(set(lot_ids))
    content = {
        "organisation": actor.org,
        "title": title,
        "lots": wanted,
        "reserve": reserve_minor_per_unit,
        "opens_at": opens_at and opens_at.astimezone(UTC),
        "closes_at": closes_at.astimezone(UTC),
        "note": note,
    }
    digest = content_hash(content)
    earlier = _opened_before(session, id, digest)
    if earlier is not None:
        return earlier
    currency = get_organisation(session, actor.org).currency
    terms = Terms(reserve_minor_per_unit, currency, opens_at or now, closes_at)
    check_terms(terms, now=now, title=title, note=note)
    lots = lock_lots(session, actor.org, wanted) if wanted else []
    earlier = _opened_before(session, id, digest)  # a second click may have waited for the lots
    if earlier is not None:
        return earlier
    _check_lots(lots)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.OFFERED)
    tender = _insert(
        session,
        actor=actor,
        now=now,
        tender_id=id,
        title=title,
        note=note,
        terms=terms,
        lots=lots,
        digest=digest,
    )
    _announce(session, actor, now, tender, len(lots))
    return tender


def _announce(session: Session, actor: Actor, now: datetime, tender: Tender, lots: int) -> None:
    """Write the audit record and set the timer that opens the bids."""
    note_tender(
        session,
        tag=MarketAudit.TENDER_OPENED,
        actor=actor,
        now=now,
        tender=tender,
        before=None,
        more={"number": tender.number, "lots": lots, "closes_at": tender.closes_at},
    )
    enqueue(
        session,
        kind=CLOSE_MESSAGE,
        payload={"tender_id": tender.id},
        now=now,
        available_at=tender.closes_at,
        dedupe_key=f"{CLOSE_MESSAGE}:{tender.id}",
    )


def _opened_before(session: Session, tender_id: UUID, digest: str) -> Tender | None:
    """Return the tender that this very command opened before."""
    found = session.scalar(select(Tender).where(Tender.id == tender_id))
    if found is not None and found.content_hash != digest:
        raise IdempotencyConflict
    return found


def _check_lots(lots: Sequence[Lot]) -> None:
    check_lots([OfferedLot(lot.number, lot.commodity, lot.unit, lot.quantity) for lot in lots])
    for lot in lots:
        if lot.state == LotState.REGISTERED or (lot.state == LotState.GRADED and not lot.grade_confirmed):
            raise LotNotOfferable(number=lot.number)
        if lot.state != LotState.GRADED:
            raise LotTaken(number=lot.number)


def _insert(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    tender_id: UUID,
    title: str,
    note: str | None,
    terms: Terms,
    lots: Sequence[Lot],
    digest: str,
) -> Tender:
    tender = Tender(
        id=tender_id,
        organisation_id=actor.org,
        number=next_number(session, actor.org, Series.TENDER),
        title=title,
        commodity=lots[0].commodity,
        quantity=sum(lot.quantity for lot in lots),
        unit=lots[0].unit,
        reserve_minor_per_unit=terms.reserve_minor_per_unit,
        currency=terms.currency,
        opens_at=terms.opens_at,
        closes_at=terms.closes_at,
        state=TenderState.OPEN.value,
        note=note,
        content_hash=digest,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(tender)
    session.flush()
    session.execute(insert(TenderLot), [{"tender_id": tender_id, "lot_id": lot.id} for lot in lots])
    return tender


def close_tender(session: Session, *, actor: Actor, now: datetime, tender_id: UUID) -> Tender:
    """Open the bids at the deadline: the best valid one wins, without one the lots go back to the stock.

    The worker calls it when the deadline comes; a person may when the worker is down. Once is as good as often.

    Raises:
        Forbidden: the actor may not run tenders.
        NotFound: there is no such tender here.
        TenderStillOpen: the deadline has not come.
    """
    actor.require(Permission.TENDERS_WRITE)
    tender = lock_own_tender(session, actor, tender_id)
    if tender.state != TenderState.OPEN:
        return tender
    if now < tender.closes_at:
        raise TenderStillOpen
    bids = session.scalars(select(Bid).where(Bid.tender_id == tender.id)).all()
    best = best_bid(bids, terms_of(tender))
    to = TenderState.PASSED_IN if best is None else TenderState.AWARDED
    check_transition(tender.state, to)
    tender.state, tender.closed_at = to.value, now
    if best is None:
        release_lots(session, actor, now, tender)
    else:
        winner = next(bid for bid in bids if bid.sequence == best.sequence)
        tender.winning_bid_id = winner.id
        lots = lock_tender_lots(session, tender)
        make_award(
            session,
            actor=actor,
            now=now,
            seller_id=tender.organisation_id,
            buyer_id=winner.organisation_id,
            method=Method.TENDER,
            event_id=tender.id,
            bid_id=winner.id,
            lots=lots,
            prices=dict.fromkeys((lot.id for lot in lots), winner.price_minor_per_unit),
            currency=tender.currency,
            opened_by=tender.created_by,
        )
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.TENDER_PASSED_IN if best is None else MarketAudit.TENDER_AWARDED,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.OPEN.value,
        more={"bids": len(bids), "winning_bid_id": tender.winning_bid_id},
    )
    return tender


def cancel_tender(
    session: Session, *, actor: Actor, now: datetime, tender_id: UUID, reason: str | None = None
) -> Tender:
    """Withdraw a tender before its deadline; its bids stay sealed for good and the lots go back to the stock.

    Once somebody has bid, a reason is needed: the bidders read it. The same person's second click changes nothing.

    Raises:
        Forbidden: the actor may not run tenders.
        NotFound: there is no such tender here.
        TenderClosed: the deadline has passed; the bids must be opened.
        TenderStateRefused: it is not open any more.
        ReasonMissing: there are bids and no reason.
    """
    actor.require(Permission.TENDERS_WRITE)
    tender = lock_own_tender(session, actor, tender_id)
    if tender.state == TenderState.CANCELLED:
        return tender
    check_transition(tender.state, TenderState.CANCELLED)
    if now >= tender.closes_at:
        raise TenderClosed
    has_bids = bool(session.scalar(select(exists().where(Bid.tender_id == tender.id))))
    tender.reason = clean_reason(reason) if has_bids or clean_text(reason) else None
    tender.state, tender.closed_at = TenderState.CANCELLED.value, now
    release_lots(session, actor, now, tender)
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.TENDER_CANCELLED,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.OPEN.value,
        more={"reason": tender.reason},
    )
    return tender
