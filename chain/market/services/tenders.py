"""Opening and cancelling tenders."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.outbox import enqueue
from chain.core.sealing import commitment, new_nonce, sealer
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.market.errors import LotNotOfferable, LotTaken, NotInvited, TenderClosed
from chain.market.models import Bid, Tender, TenderInvitation, TenderLot
from chain.market.queries.replay import lots_hash, seed_context, terms_text
from chain.market.queries.sealed import grade_key, offered_lots
from chain.market.rules import (
    LotToOffer,
    TenderState,
    Terms,
    check_lots,
    check_terms,
    check_transition,
    seed_hash,
)
from chain.market.services.steps import (
    MarketAudit,
    lock_own_tender,
    log_tender,
    note_tender,
    release_lots,
)
from chain.sales.rules import Entry, clean_reason, clean_text
from chain.sales.services.numbers import Series, next_number

#: Kind of the outbox message that closes a tender at its deadline.
CLOSE_MESSAGE = "market.close_tender"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command asks for, cleaned."""

    tender_id: UUID
    title: str
    note: str | None
    terms: Terms
    digest: str
    lot_reserves: Mapping[UUID, int] = field(default_factory=dict)
    #: buyers of a private tender; None: all buyers see it
    invited: Sequence[UUID] | None = None


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
    lot_reserves: Mapping[UUID, int] | None = None,
    invited: Collection[UUID] | None = None,
) -> Tender:
    """Offer own graded lots in a sealed tender, in the organisation's currency; the same command again answers the same.

    The lots are locked in id order before they are looked at: of two tenders that want one lot, one gets it. Reserves are
    per kilogram or litre; `lot_reserves` go before the one for all. `invited` makes the tender private to these buyers.

    Raises:
        Forbidden: the actor may not offer lots.
        ValidationFailed: title, reserve, times or number of lots are out of bounds.
        NotFound: a lot does not exist here, or a reserve is for a lot that is not offered.
        NotInvited: nobody is invited, or an organisation that does not buy.
        LotNotOfferable: a lot has no confirmed class.
        LotTaken: a lot is on offer, sold, settled or cancelled.
        MixedLots: different products.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.TENDERS_WRITE)
    title, note = clean_text(title), clean_text(note) or None
    wanted = sorted(set(lot_ids))
    reserves = dict(lot_reserves or {})
    guests = None if invited is None else sorted(set(invited))
    content = {
        "organisation": actor.org,
        "title": title,
        "lots": wanted,
        "reserve": reserve_minor_per_unit,
        "lot_reserves": reserves,
        "invited": guests,
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
    check_terms(terms, now=now, title=title, note=note, lot_reserves=list(reserves.values()))
    if not set(reserves) <= set(wanted):
        raise NotFound
    _check_guests(session, guests)
    lots = lock_lots(session, actor.org, wanted) if wanted else []
    earlier = _opened_before(session, id, digest)  # a second click may have waited for the lots
    if earlier is not None:
        return earlier
    _check_lots(lots)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.OFFERED)
    seed = secrets.token_hex(32)
    asked = _Asked(id, title, note, terms, digest, reserves, guests)
    tender = _insert(session, actor=actor, now=now, asked=asked, lots=lots, seed=seed)
    _announce(session, actor, now, tender, len(lots))
    _begin_log(session, actor, now, tender, seed)
    return tender


def _check_guests(session: Session, guests: Sequence[UUID] | None) -> None:
    if guests is None:
        return
    buyers = session.scalars(
        select(Organisation.id).where(
            Organisation.id.in_(guests), Organisation.kind == OrganisationKind.BUYER.value
        )
    ).all()
    if not guests or len(buyers) != len(guests):
        raise NotInvited


def _begin_log(session: Session, actor: Actor, now: datetime, tender: Tender, seed: str) -> None:
    """Write the log's first line: what is offered, and the hashes of the lottery's seed and of the reserves."""
    lots = offered_lots(session, tender)
    said = {
        "number": tender.number,
        "quantity": tender.quantity,
        "unit": tender.unit,
        "currency": tender.currency,
        "opens_at": tender.opens_at,
        "closes_at": tender.closes_at,
        "lots": len(lots),
        "lots_hash": lots_hash(lots),
        "seed_hash": seed_hash(seed),
        "terms_hash": commitment(terms_text(tender.id, lots), tender.terms_nonce or ""),
        "private": tender.is_private,
    }
    log_tender(session, now, tender, [Entry("opened", said, actor.user_id)])


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
    check_lots([LotToOffer(lot.number, lot.commodity, lot.unit, lot.quantity) for lot in lots])
    for lot in lots:
        if lot.state == LotState.REGISTERED or (lot.state == LotState.GRADED and not lot.grade_confirmed):
            raise LotNotOfferable(number=lot.number)
        if lot.state != LotState.GRADED:
            raise LotTaken(number=lot.number)


def _insert(
    session: Session, *, actor: Actor, now: datetime, asked: _Asked, lots: Sequence[Lot], seed: str
) -> Tender:
    tender = Tender(
        id=asked.tender_id,
        organisation_id=actor.org,
        number=next_number(session, actor.org, Series.TENDER),
        title=asked.title,
        commodity=lots[0].commodity,
        quantity=sum(lot.quantity for lot in lots),
        unit=lots[0].unit,
        reserve_minor_per_unit=asked.terms.reserve_minor_per_unit,
        currency=asked.terms.currency,
        opens_at=asked.terms.opens_at,
        closes_at=asked.terms.closes_at,
        state=TenderState.OPEN.value,
        note=asked.note,
        content_hash=asked.digest,
        created_at=now,
        created_by=actor.user_id,
        is_private=asked.invited is not None,
        seed_sealed=sealer().seal(seed, seed_context(asked.tender_id)),
        terms_nonce=new_nonce(),
    )
    session.add(tender)
    session.flush()
    rows = [
        {
            "tender_id": tender.id,
            "lot_id": lot.id,
            "reserve_minor_per_unit": asked.lot_reserves.get(lot.id),
            "grade": grade_key(lot),
            "colour": lot.colour,
        }
        for lot in lots
    ]
    session.execute(insert(TenderLot), rows)
    if asked.invited:
        guests = [{"tender_id": tender.id, "organisation_id": one} for one in asked.invited]
        session.execute(insert(TenderInvitation), guests)
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
    log_tender(session, now, tender, [Entry("cancelled", {"reason": tender.reason}, actor.user_id)])
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
