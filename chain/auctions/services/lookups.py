"""What decides about bids besides the lots: lines that were written before, registrations, exclusions, ceilings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Uuid, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from chain.auctions.models import AuctionBid, AuctionBidder, AuctionLot
from chain.auctions.queries.facts import open_maximum
from chain.core.money import amount_for
from chain.sales.models import BidderExclusion

#: what buyers could come to owe, by auction and buyer, then by lot
Owed = dict[tuple[UUID, UUID], dict[UUID, int]]


@dataclass(frozen=True, slots=True)
class Bidder:
    """A registration as it stands while the lots are locked."""

    id: UUID
    ceiling_minor: int | None
    excluded_because: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What of an earlier line answers its repetition."""

    buyer_id: UUID | None
    content_hash: str | None
    sealed: str | None
    id: UUID
    outcome: str | None
    sequence: int


_bid, _bidder, _shut = AuctionBid.__table__, AuctionBidder.__table__, BidderExclusion.__table__
_lot = AuctionLot.__table__

_EARLIER = select(
    _bid.c.id,
    _bid.c.buyer_id,
    _bid.c.idempotency_key,
    _bid.c.content_hash,
    _bid.c.sealed,
    _bid.c.outcome,
    _bid.c.sequence,
).where(_bid.c.idempotency_key.in_(bindparam("keys", expanding=True)))


def known_of(rows: Iterable[Any]) -> dict[Any, Known]:
    """Return lines that were written before, by (buyer, key) and by id.

    An id that somebody used under another key is found by the primary key, when the line is inserted.
    """
    found: dict[Any, Known] = {}
    for row in rows:
        known = Known(row.buyer_id, row.content_hash, row.sealed, row.id, row.outcome, row.sequence)
        found[row.id] = found[row.buyer_id, row.idempotency_key] = known
    return found


def _shut_out() -> ColumnElement[bool]:
    """Return the condition under which an exclusion holds for a bidder's auction; as `check_not_excluded` says it."""
    return and_(
        _shut.c.buyer_id == _bidder.c.buyer_id,
        _shut.c.organisation_id == _lot_seller.c.organisation_id,
        _shut.c.lifted_at.is_(None),
        or_(_shut.c.event_id.is_(None), _shut.c.event_id == _bidder.c.auction_id),
    )


_lot_seller = AuctionLot.__table__.alias("seller_of")
_BIDDERS = (
    select(
        _bidder.c.id,
        _bidder.c.auction_id,
        _bidder.c.buyer_id,
        _bidder.c.ceiling_minor,
        _shut.c.reason.label("excluded_because"),
    )
    .join(_lot_seller, and_(_lot_seller.c.auction_id == _bidder.c.auction_id, _lot_seller.c.position == 1))
    .outerjoin(_shut, _shut_out())
    .where(
        _bidder.c.auction_id.in_(bindparam("auctions", expanding=True, type_=Uuid())),
        _bidder.c.buyer_id.in_(bindparam("buyers", expanding=True, type_=Uuid())),
    )
    .order_by(_shut.c.excluded_at)
)


def owed(session: Session, bidders: Mapping[tuple[UUID, UUID], Bidder]) -> Owed:
    """Return what buyers with a ceiling could come to owe for lots that they lead or won, by auction, buyer and lot.

    Their registrations are locked first (lots before registrations, both in the order of ids): of two bids on two lots at once,
    the later one sees the earlier one.
    """
    held = {pair: one for pair, one in bidders.items() if one.ceiling_minor is not None}
    if not held:
        return {}
    ids = sorted(one.id for one in held.values())
    session.execute(
        select(AuctionBidder.id).where(AuctionBidder.id.in_(ids)).order_by(AuctionBidder.id).with_for_update()
    )
    rows = session.execute(
        select(
            _lot.c.id,
            _lot.c.auction_id,
            _lot.c.quantity,
            _lot.c.price_minor,
            _lot.c.leader_id,
            _lot.c.leader_bid_id,
            _lot.c.leader_sealed,
        ).where(
            _lot.c.auction_id.in_({auction_id for auction_id, _ in held}),
            _lot.c.leader_id.in_({buyer_id for _, buyer_id in held}),
            _lot.c.state.not_in(("passed_in", "declined", "cancelled")),
        )
    )
    found: Owed = {}
    for row in rows:
        if (row.auction_id, row.leader_id) in held:
            found.setdefault((row.auction_id, row.leader_id), {})[row.id] = _at_most(row)
    return found


def _at_most(row: Row[Any]) -> int:
    """Return what the leader of a lot could come to owe for it."""
    highest = row.price_minor
    if row.leader_sealed is not None:
        highest, _ = open_maximum(row.leader_bid_id, row.leader_sealed)
    return amount_for(row.quantity, highest)


def earlier_lines(session: Session, keys: Collection[str]) -> Sequence[Row[Any]]:
    """Return the lines that were written under some keys, whoever wrote them."""
    return session.connection().execute(_EARLIER, {"keys": list(keys)}).all()


def bidders(session: Session, auctions: Collection[UUID], buyers: Collection[UUID]) -> Sequence[Row[Any]]:
    """Return registrations, once for each exclusion that holds."""
    sought = {"auctions": list(auctions), "buyers": list(buyers)}
    return session.connection().execute(_BIDDERS, sought).all()


def registered_of(rows: Iterable[Any]) -> dict[tuple[UUID, UUID], Bidder]:
    """Return registrations by auction and buyer."""
    return {
        (row.auction_id, row.buyer_id): Bidder(row.id, row.ceiling_minor, row.excluded_because)
        for row in rows
    }
