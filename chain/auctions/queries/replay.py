"""Running the logs of an auction through the rules again, and comparing with what the database holds."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.auctions.models import Auction, AuctionBid, AuctionLot, AuctionLotPart
from chain.auctions.queries.facts import buyer_mark, facts_of, open_maximum, phase_of
from chain.auctions.rules import AuctionLotState, Event, Kind, LotTerms, State, apply, first_state
from chain.auctions.rules import reserve_met as is_reserve_met
from chain.auctions.rules.log import GENESIS, Line, line_hash
from chain.auctions.rules.terms import Closing
from chain.core.i18n import N_, Message
from chain.core.sealing import SealBroken, commitment
from chain.sales.errors import LogBroken
from chain.sales.methods import Replayed
from chain.sales.models import Award, AwardLine, MarketEntry
from chain.sales.queries.log import check_chain, log_of

SAME = N_("Lot %(position)s: %(lines)s lines give the same result.")
CHANGED = N_("Lot %(position)s: line %(line)s was changed, added or taken out.")
OTHER = N_("Lot %(position)s: line %(line)s does not follow from the rules.")
OTHER_END = N_("Lot %(position)s: the database holds another result than the log gives.")
OTHER_AWARD = N_("Lot %(position)s: the award does not go to the winner at the price of the log.")
OTHER_MAXIMUM = N_("Lot %(position)s: the maximum of line %(line)s is not the one that was sealed.")
EVENT_BROKEN = N_("The log of the auction was changed at line %(line)s.")
EVENT_SAME = N_("The log of the auction hangs together: %(lines)s lines.")


def replay_auction(session: Session, auction_id: UUID) -> Replayed:
    """Replay every lot of an auction; tells no figure that is still sealed."""
    auction = session.get_one(Auction, auction_id)
    entries = log_of(session, auction_id)
    lines: list[Message] = []
    agrees = True
    try:
        check_chain(entries)
        lines.append(Message(EVENT_SAME, {"lines": len(entries)}))
    except LogBroken as broken:
        agrees = False
        lines.append(Message(EVENT_BROKEN, {"line": broken.params["sequence"]}))
    lots = session.scalars(
        select(AuctionLot)
        .where(AuctionLot.auction_id == auction_id)
        .order_by(AuctionLot.position)
        .execution_options(populate_existing=True)
    ).all()
    count = len(entries)
    for lot in lots:
        bids = session.scalars(
            select(AuctionBid).where(AuctionBid.auction_lot_id == lot.id).order_by(AuctionBid.sequence)
        ).all()
        count += len(bids)
        problem = _replay_lot(session, auction, lot, bids, entries)
        agrees = agrees and problem is None
        lines.append(problem or Message(SAME, {"position": lot.position, "lines": len(bids)}))
    return Replayed(agrees, count, tuple(lines))


def _replay_lot(
    session: Session,
    auction: Auction,
    lot: AuctionLot,
    bids: Sequence[AuctionBid],
    entries: Sequence[MarketEntry],
) -> Message | None:
    """Return what does not agree; None: everything does."""
    terms = facts_of(session, [lot.id])[lot.id].terms
    state, problem = _run(terms, announced(auction, lot), lot, bids)
    if problem is not None:
        return problem
    here = {"position": lot.position}
    held = (phase_of(lot.state), lot.ends_at, lot.price_minor, lot.leader_id, lot.reserve_met)
    if held != (state.phase, state.ends_at, state.price, state.leader, is_reserve_met(terms, state)):
        return Message(OTHER_END, here)
    if (lot.sequence, lot.last_hash) != (len(bids), bids[-1].hash if bids else GENESIS):
        return Message(OTHER_END, here)
    line = _wrong_maximum(lot, bids, entries)
    if line is not None:
        return Message(OTHER_MAXIMUM, {**here, "line": line})
    return None if _is_awarded_rightly(session, lot, state, terms) else Message(OTHER_AWARD, here)


def announced(auction: Auction, lot: AuctionLot) -> State:
    """Return the state of a lot as the catalogue announced it."""
    later = timedelta(0)
    if auction.closing == Closing.EACH:
        later = timedelta(seconds=auction.stagger_seconds) * (lot.position - 1)
    return first_state(auction.ends_at + later)


def _run(
    terms: LotTerms, state: State, lot: AuctionLot, bids: Sequence[AuctionBid]
) -> tuple[State, Message | None]:
    """Run the lines of a lot through the rules; stop at the first that is not as they say."""
    previous = GENESIS
    for place, bid in enumerate(bids, 1):
        where = {"position": lot.position, "line": place}
        if bid.sequence != place or bid.previous_hash != previous or bid.hash != _hash(previous, bid):
            return state, Message(CHANGED, where)
        previous = bid.hash
        try:
            event = event_of(bid)
        except SealBroken:
            return state, Message(CHANGED, where)
        state, decision = apply(terms, state, event)
        outcome = decision.outcome.value if decision.outcome else None
        left = (state.price, state.leader, state.ends_at, outcome, decision.silent)
        if left != (bid.price_minor, bid.leader_id, bid.ends_at, bid.outcome, bid.is_silent):
            return state, Message(OTHER, where)
    return state, None


def event_of(bid: AuctionBid) -> Event:
    """Return a line of the log as the event that it was; a maximum is opened for it, and told to nobody."""
    amount = bid.amount_minor
    if bid.sealed is not None:
        amount, _ = open_maximum(bid.id, bid.sealed)
    return Event(Kind(bid.kind), bid.at, bid.buyer_id, amount, bid.seen_minor, bid.ends_at)


def _hash(previous: str, bid: AuctionBid) -> str:
    line = Line(
        bid.sequence,
        Kind(bid.kind),
        bid.at,
        buyer_mark(bid.auction_lot_id, bid.buyer_id),
        bid.amount_minor,
        bid.commitment,
        bid.price_minor,
        buyer_mark(bid.auction_lot_id, bid.leader_id),
        bid.ends_at,
    )
    return line_hash(previous, bid.auction_lot_id, line)


def _wrong_maximum(lot: AuctionLot, bids: Sequence[AuctionBid], entries: Sequence[MarketEntry]) -> int | None:
    """Return the line whose sealed figure is not what was committed to, or not what the end opened."""
    told = {
        one["sequence"]: (one["maximum_minor"], one["nonce"])
        for entry in entries
        if entry.kind == "lot_closed" and entry.data["lot"] == str(lot.id)
        for one in entry.data["maxima"]
    }
    ended = any(bid.kind == Kind.CLOSED for bid in bids)
    for bid in bids:
        if bid.sealed is None:
            continue
        amount, nonce = open_maximum(bid.id, bid.sealed)
        if bid.commitment != commitment(str(amount), nonce):
            return bid.sequence
        if ended and told.get(bid.sequence) != (amount, nonce):
            return bid.sequence
    return None


def _is_awarded_rightly(session: Session, lot: AuctionLot, state: State, terms: LotTerms) -> bool:
    """Tell whether the lot went to the leader at the price, if and only if the reserve was met."""
    if lot.state in {AuctionLotState.OPEN, AuctionLotState.PAUSED, AuctionLotState.CANCELLED}:
        return lot.award_id is None
    if lot.state == AuctionLotState.PASSED_IN:
        return lot.award_id is None and not is_reserve_met(terms, state)
    if not is_reserve_met(terms, state):
        return False
    if lot.award_id is None:
        return lot.state == AuctionLotState.AWARDED
    award = session.get_one(Award, lot.award_id)
    prices = session.scalars(
        select(AwardLine.price_minor_per_unit)
        .join(AuctionLotPart, AuctionLotPart.lot_id == AwardLine.lot_id)
        .where(AwardLine.award_id == award.id, AuctionLotPart.auction_lot_id == lot.id)
    ).all()
    return award.buyer_id == state.leader and bool(prices) and set(prices) == {state.price}
