"""Announcing an auction, and registering for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.errors import (
    AuctionOver,
    CeilingNeeded,
    CeilingTooLow,
    LotNotOfferable,
    LotTaken,
    NotABidder,
    UnknownBuyer,
)
from chain.auctions.models import Auction, AuctionBidder, AuctionInvitation, AuctionLot, AuctionLotPart
from chain.auctions.queries.auctions import get_auction_for
from chain.auctions.rules import DEFAULT_STEPS, AuctionState, AwardBy, CatalogueLot, Closing, Step, Terms
from chain.auctions.rules.log import GENESIS
from chain.auctions.rules.steps import as_plain
from chain.auctions.rules.terms import OfferedLot, check_catalogue, check_same_product, check_terms, end_of
from chain.auctions.services import steps as step
from chain.auctions.services.steps import AuctionAudit, lock_auction, log_event, set_timer
from chain.buyers.services.limits import check_may_trade, hold_limit, room_of
from chain.core.errors import IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.rules import Entry, clean_text
from chain.sales.services.bidders import check_not_excluded
from chain.sales.services.numbers import Series, next_number

HOLD_KIND = "auction"


def open_auction(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    title: str,
    lots: Sequence[CatalogueLot],
    ends_at: datetime,
    starts_at: datetime | None = None,
    steps: Sequence[Step] = DEFAULT_STEPS,
    closing: Closing = Closing.EACH,
    stagger_seconds: int = 120,
    soft_close_seconds: int = 120,
    extension_seconds: int = 120,
    award_by: AwardBy = AwardBy.LOT,
    ceiling_required: bool = False,
    invited: Collection[UUID] = (),
    note: str | None = None,
) -> Auction:
    """Announce an auction of own graded lots, in the organisation's currency; the same command again answers the same.

    `lots` is the catalogue in its order; each entry bundles one or more deliveries sold at one price per kilogram or litre.
    `invited` are buying organisations; none: every buyer may register.

    Raises:
        Forbidden: the actor may not offer lots.
        ValidationFailed: words, times, steps or prices are out of bounds.
        NotFound: a delivery does not exist here.
        LotNotOfferable, LotTaken, MixedLots: a delivery cannot be offered.
        UnknownBuyer: an invited organisation is no buyer.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.TENDERS_WRITE)
    currency = get_organisation(session, actor.org).currency
    terms = Terms(
        title=clean_text(title),
        note=clean_text(note) or None,
        currency=currency,
        starts_at=(starts_at or now).astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        steps=tuple(steps),
        closing=closing,
        stagger_seconds=stagger_seconds,
        soft_close_seconds=soft_close_seconds,
        extension_seconds=extension_seconds,
        award_by=award_by,
        ceiling_required=ceiling_required,
        invited=tuple(sorted(set(invited))),
    )
    digest = _digest(actor, terms, lots, has_start=starts_at is not None)
    earlier = _opened_before(session, id, digest)
    if earlier is not None:
        return earlier
    check_terms(terms, now=now)
    check_catalogue(lots, currency)
    _check_guests(session, terms.invited)
    deliveries = lock_lots(session, actor.org, sorted({one for entry in lots for one in entry.lot_ids}))
    earlier = _opened_before(session, id, digest)  # a second click may have waited for the lots
    if earlier is not None:
        return earlier
    _check_deliveries(deliveries)
    change_lot_states(session, actor=actor, now=now, lots=deliveries, to=LotState.OFFERED)
    new = _New(id, terms, lots, deliveries, digest)
    auction = _insert(session, actor, now, new)
    _insert_catalogue(session, auction, new)
    _announce(session, actor, now, auction)
    return auction


def _digest(actor: Actor, terms: Terms, lots: Sequence[CatalogueLot], *, has_start: bool) -> str:
    return content_hash(
        {
            "organisation": actor.org,
            "title": terms.title,
            "note": terms.note,
            # without a start it is “now”, which a second click has later
            "starts_at": terms.starts_at if has_start else None,
            "ends_at": terms.ends_at,
            "steps": as_plain(terms.steps),
            "closing": terms.closing,
            "seconds": [terms.stagger_seconds, terms.soft_close_seconds, terms.extension_seconds],
            "award_by": terms.award_by,
            "ceiling_required": terms.ceiling_required,
            "invited": terms.invited,
            "lots": [[one.lot_ids, one.start_minor, one.reserve_minor, one.title] for one in lots],
        }
    )


def _opened_before(session: Session, auction_id: UUID, digest: str) -> Auction | None:
    """Return the auction that this very command opened before."""
    found = session.scalar(select(Auction).where(Auction.id == auction_id))
    if found is not None and found.content_hash != digest:
        raise IdempotencyConflict
    return found


def _check_guests(session: Session, guests: Sequence[UUID]) -> None:
    if not guests:
        return
    known = session.scalar(
        select(func.count())
        .select_from(Organisation)
        .where(Organisation.id.in_(guests), Organisation.kind == OrganisationKind.BUYER.value)
    )
    if known != len(guests):
        raise UnknownBuyer


def _check_deliveries(lots: Sequence[Lot]) -> None:
    check_same_product([OfferedLot(lot.commodity, lot.unit) for lot in lots])
    for lot in lots:
        if lot.state == LotState.REGISTERED or (lot.state == LotState.GRADED and not lot.grade_confirmed):
            raise LotNotOfferable(number=lot.number)
        if lot.state != LotState.GRADED:
            raise LotTaken(number=lot.number)


@dataclass(frozen=True, slots=True)
class _New:
    """A new auction, checked."""

    id: UUID
    terms: Terms
    lots: Sequence[CatalogueLot]
    deliveries: Sequence[Lot]
    digest: str


def _insert(session: Session, actor: Actor, now: datetime, new: _New) -> Auction:
    terms = new.terms
    auction = Auction(
        id=new.id,
        organisation_id=actor.org,
        number=next_number(session, actor.org, Series.AUCTION),
        title=terms.title,
        commodity=new.deliveries[0].commodity,
        quantity=sum(lot.quantity for lot in new.deliveries),
        unit=new.deliveries[0].unit,
        currency=terms.currency,
        lots=len(new.lots),
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        closing=terms.closing.value,
        stagger_seconds=terms.stagger_seconds,
        soft_close_seconds=terms.soft_close_seconds,
        extension_seconds=terms.extension_seconds,
        award_by=terms.award_by.value,
        steps=as_plain(terms.steps),
        ceiling_required=terms.ceiling_required,
        is_private=bool(terms.invited),
        note=terms.note,
        state=AuctionState.OPEN.value,
        content_hash=new.digest,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(auction)
    session.flush()
    if terms.invited:
        session.execute(
            insert(AuctionInvitation), [{"auction_id": new.id, "buyer_id": one} for one in terms.invited]
        )
    return auction


def _insert_catalogue(session: Session, auction: Auction, new: _New) -> None:
    quantities = {lot.id: lot.quantity for lot in new.deliveries}
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for position, one in enumerate(new.lots, 1):
        lot_id = one.id or new_id()
        rows.append(
            {
                "id": lot_id,
                "organisation_id": auction.organisation_id,
                "auction_id": auction.id,
                "position": position,
                "title": clean_text(one.title) or None,
                "quantity": sum(quantities[part] for part in one.lot_ids),
                "unit": auction.unit,
                "start_minor": one.start_minor,
                "reserve_minor": one.reserve_minor,
                "state": "open",
                "ends_at": end_of(new.terms, position),
                "reserve_met": False,
                "sequence": 0,
                "last_hash": GENESIS,
            }
        )
        parts += [{"auction_lot_id": lot_id, "lot_id": part} for part in one.lot_ids]
    session.execute(insert(AuctionLot), rows)
    session.execute(insert(AuctionLotPart), parts)


def _announce(session: Session, actor: Actor, now: datetime, auction: Auction) -> None:
    """Write the first line of the log, the audit record and the timer."""
    opened = {
        "lots": auction.lots,
        "starts_at": auction.starts_at,
        "ends_at": auction.ends_at,
        "closing": auction.closing,
        "steps": auction.steps,
        "soft_close_seconds": auction.soft_close_seconds,
        "extension_seconds": auction.extension_seconds,
    }
    log_event(session, now, auction, [Entry("opened", opened, actor.user_id)])
    step.note(
        session,
        tag=AuctionAudit.OPENED,
        actor=actor,
        now=now,
        auction=auction,
        more={"number": auction.number},
    )
    set_timer(session, now, auction.id)


def register_bidder(
    session: Session, *, actor: Actor, now: datetime, auction_id: UUID, ceiling_minor: int | None = None
) -> AuctionBidder:
    """Register the actor's buying organisation for an auction; rivals will know it by a number only. Once is as good as often.

    A ceiling is the most that the buyer can come to owe in this auction. It is held from the trading limit until the end.

    Raises:
        Forbidden: the actor may not bid.
        NotABidder: not a buying organisation.
        NotFound: there is no such auction for this buyer.
        AuctionOver: it has ended or was cancelled.
        CeilingNeeded, CeilingTooLow: the auction asks for one, or a trading limit binds the buyer.
        BidderExcluded: by the market manager.
        NotVetted, LimitExceeded: the buyer may not trade for that much.
        IdempotencyConflict: registered before with another ceiling.
    """
    actor.require(Permission.BIDS_PLACE)
    if actor.organisation_kind is not OrganisationKind.BUYER:
        raise NotABidder
    get_auction_for(session, actor, auction_id)
    auction = lock_auction(session, auction_id)
    earlier = session.scalar(
        select(AuctionBidder).where(
            AuctionBidder.auction_id == auction_id, AuctionBidder.buyer_id == actor.org
        )
    )
    if earlier is not None:
        if ceiling_minor is not None and earlier.ceiling_minor != ceiling_minor:
            raise IdempotencyConflict
        return earlier
    if AuctionState(auction.state) in {AuctionState.CLOSED, AuctionState.CANCELLED}:
        raise AuctionOver
    if ceiling_minor is None and (auction.ceiling_required or _has_limit(session, auction, actor.org, now)):
        raise CeilingNeeded
    if ceiling_minor is not None and ceiling_minor <= 0:
        raise CeilingTooLow
    check_not_excluded(
        session, seller_id=auction.organisation_id, buyer_id=actor.org, event_id=auction.id, now=now
    )
    check_may_trade(
        session,
        buyer_id=actor.org,
        seller_id=auction.organisation_id,
        amount_minor=ceiling_minor or 0,
        currency=auction.currency,
        now=now,
    )
    return _register(session, actor, now, auction, ceiling_minor)


def _has_limit(session: Session, auction: Auction, buyer_id: UUID, now: datetime) -> bool:
    """Tell whether a limit binds the buyer: then bids without a ceiling could pass it."""
    found = room_of(session, auction.organisation_id, buyer_id, currency=auction.currency, now=now)
    return found.is_required


def _register(
    session: Session, actor: Actor, now: datetime, auction: Auction, ceiling_minor: int | None
) -> AuctionBidder:
    taken = session.scalar(
        select(func.count()).select_from(AuctionBidder).where(AuctionBidder.auction_id == auction.id)
    )
    bidder = AuctionBidder(
        id=new_id(),
        auction_id=auction.id,
        buyer_id=actor.org,
        alias=(taken or 0) + 1,
        ceiling_minor=ceiling_minor,
        registered_at=now,
        registered_by=actor.user_id,
    )
    session.add(bidder)
    session.flush()
    if ceiling_minor is not None:
        hold_limit(
            session,
            buyer_id=actor.org,
            seller_id=auction.organisation_id,
            kind=HOLD_KIND,
            ref_id=bidder.id,
            amount_minor=ceiling_minor,
            currency=auction.currency,
            now=now,
        )
    log_event(session, now, auction, [Entry("registered", {"alias": bidder.alias}, buyer_id=actor.org)])
    step.note(
        session,
        tag=AuctionAudit.REGISTERED,
        actor=actor,
        now=now,
        auction=auction,
        more={"alias": bidder.alias},
    )
    return bidder
