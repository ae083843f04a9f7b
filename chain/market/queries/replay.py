"""The log of a tender run again: the chain, the commitments, the seed, the reserves and the award, compared with the database."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.sealing import SealBroken, commitment, sealer
from chain.market.errors import SealKeyWrong
from chain.market.models import Bid, Tender
from chain.market.queries.sealed import offered_lots
from chain.market.rules import OfferedLot, OpenedOffer, Result, Standing, decide, read_offer, seed_hash
from chain.sales.errors import LogBroken
from chain.sales.methods import Replayed
from chain.sales.models import Award, AwardLine, MarketEntry
from chain.sales.queries.log import check_chain, log_of


def seed_context(tender_id: UUID) -> str:
    """Return what a sealed seed is bound to."""
    return f"seed of tender {tender_id}"


def seed_of(tender: Tender) -> str:
    """Return the seed of a tender's lottery; of one that opened before there were seeds, its id.

    Raises:
        SealKeyWrong: it was sealed with another key.
    """
    if tender.seed_sealed is None:
        return str(tender.id)
    try:
        return sealer().open(tender.seed_sealed, seed_context(tender.id))
    except SealBroken:
        raise SealKeyWrong from None


def terms_text(tender_id: UUID, lots: Sequence[OfferedLot]) -> str:
    """Return the reserves as text; its hash with a nonce is in the log's first line, so that they cannot change unseen."""
    reserves = {str(lot.id): lot.reserve_minor for lot in lots}
    return json.dumps({"tender": str(tender_id), "reserves": reserves}, sort_keys=True, separators=(",", ":"))


def lots_hash(lots: Sequence[OfferedLot]) -> str:
    """Return the hash of what is offered: id, quantity, class and colour of each lot, by id."""
    facts = [[lot.id, lot.quantity, lot.grade, lot.colour] for lot in sorted(lots, key=lambda one: one.id)]
    return content_hash({"lots": facts})


def awarded_hash(prices: Mapping[UUID, int]) -> str:
    """Return the hash of what a buyer gets: id and price of each lot, by id."""
    return content_hash({"lots": [[lot_id, prices[lot_id]] for lot_id in sorted(prices)]})


def replay_tender(session: Session, tender_id: UUID) -> Replayed:
    """Run a tender's log through the rules again.

    Raises:
        NotFound: there is no such tender.
    """
    tender = session.get(Tender, tender_id)
    if tender is None:
        raise NotFound
    log = log_of(session, tender_id)
    try:
        check_chain(log)
    except LogBroken as broken:
        return Replayed(agrees=False, entries=len(log), lines=(broken.message,))
    found = _Replay(session, tender, log)
    found.run()
    return Replayed(agrees=not found.wrong, entries=len(log), lines=(*found.right, *found.wrong))


class _Replay:
    """One replay: what agrees and what does not, a line each."""

    def __init__(self, session: Session, tender: Tender, log: Sequence[MarketEntry]) -> None:
        self.session = session
        self.tender = tender
        self.log = log
        self.lots = offered_lots(session, tender)
        self.right: list[Message] = [Message(N_("No line of the log was changed or taken out."))]
        self.wrong: list[Message] = []

    def of_kind(self, kind: str) -> list[MarketEntry]:
        """Return the lines of one kind."""
        return [entry for entry in self.log if entry.kind == kind]

    def say(self, agrees: bool, right: str, wrong: str, **params: Any) -> None:  # noqa: FBT001 - what was found
        """Note what was found."""
        (self.right if agrees else self.wrong).append(Message(right if agrees else wrong, params))

    def run(self) -> None:
        """Check one thing after the other."""
        self.check_terms()
        self.check_bids()
        if not self.of_kind("opening"):
            self.right.append(Message(N_("The bids are not opened; there is no result to compare.")))
            return
        offers = self.open_offers()
        if self.wrong:
            return
        excluded = {
            entry.buyer_id
            for entry in self.of_kind("bid_opened")
            if entry.data["standing"] == Standing.EXCLUDED
        }
        result = decide(self.lots, offers, self.seed, {one for one in excluded if one is not None})
        self.compare(offers, result)

    @property
    def seed(self) -> str:
        """The revealed seed."""
        return str(self.of_kind("seed")[0].data["seed"])

    def check_terms(self) -> None:
        """Compare lots, reserves and seed with the hashes of the first line."""
        for opened in self.of_kind("opened"):
            same_lots = opened.data["lots_hash"] == lots_hash(self.lots)
            self.say(
                same_lots,
                N_("The lots are those that were offered."),
                N_("The lots are not those that were offered."),
            )
            text = terms_text(self.tender.id, self.lots)
            same_terms = opened.data["terms_hash"] == commitment(text, self.tender.terms_nonce or "")
            self.say(
                same_terms,
                N_("The lowest prices are those of the beginning."),
                N_("The lowest prices were changed after the beginning."),
            )
            for revealed in self.of_kind("seed"):
                self.say(
                    opened.data["seed_hash"] == seed_hash(revealed.data["seed"]),
                    N_("The seed of the lottery is the one whose hash was published at the beginning."),
                    N_("The seed of the lottery is not the one whose hash was published at the beginning."),
                )

    def check_bids(self) -> None:
        """Compare the bids of the log with those of the database, in their order."""
        kept = self.session.execute(
            select(Bid.id, Bid.commitment, Bid.organisation_id)
            .where(Bid.tender_id == self.tender.id, Bid.sealed.is_not(None))
            .order_by(Bid.sequence)
        ).all()
        logged = [
            (entry.data["bid"], entry.data["commitment"], entry.buyer_id) for entry in self.of_kind("bid")
        ]
        self.say(
            [(str(row.id), row.commitment, row.organisation_id) for row in kept] == logged,
            N_("The log has every bid of the database, in the same order."),
            N_("The bids of the log are not those of the database."),
        )

    def open_offers(self) -> list[OpenedOffer]:
        """Open the commitments of the log with the published texts and nonces."""
        committed = {entry.data["bid"]: entry for entry in self.of_kind("bid")}
        rows = self.session.execute(select(Bid.id, Bid.placed_at).where(Bid.tender_id == self.tender.id))
        placed = {row.id: row.placed_at for row in rows}
        offers = []
        broken = 0
        for entry in self.of_kind("bid_opened"):
            bid_id, said = UUID(entry.data["bid"]), entry.data
            first = committed.pop(said["bid"], None)
            at: datetime | None = first.at if first else placed.get(bid_id)
            is_kept = said["nonce"] is None or (
                first is not None and first.data["commitment"] == commitment(said["text"], said["nonce"])
            )
            if not is_kept or at is None or entry.buyer_id is None:
                broken += 1
                continue
            offers.append(OpenedOffer(bid_id, entry.buyer_id, said["number"], at, read_offer(said["text"])))
        self.say(
            not broken and not committed,
            N_("Each opened bid is the one that was sealed: %(count)s bids."),
            N_("%(broken)s bids are not those that were sealed."),
            count=len(offers),
            broken=broken + len(committed),
        )
        return offers

    def compare(self, offers: Sequence[OpenedOffer], result: Result) -> None:
        """Compare standings and awards with what the rules give now."""
        standings = {UUID(entry.data["bid"]): entry.data["standing"] for entry in self.of_kind("bid_opened")}
        self.say(
            standings == {bid_id: one.value for bid_id, one in result.standings.items()},
            N_("The same bids count."),
            N_("Other bids count by the rule than the log says."),
        )
        facts = {one.bid_id: one.offer.prices(self.lots) for one in offers}
        expected: dict[UUID, dict[UUID, int]] = {}
        for lot_id, bid_id in result.allocation.lots.items():
            expected.setdefault(bid_id, {})[lot_id] = facts[bid_id][lot_id]
        kept = self._kept()
        logged = {UUID(entry.data["bid"]): entry.data["lots_hash"] for entry in self.of_kind("awarded")}
        self.say(
            kept == expected
            and logged == {bid_id: awarded_hash(prices) for bid_id, prices in expected.items()},
            N_("The rule gives the same award: %(count)s buyers get lots.")
            if expected
            else N_("The rule gives the same result: no valid bid."),
            N_("The rule gives another award than the one that was made."),
            count=len(expected),
        )

    def _kept(self) -> dict[UUID, dict[UUID, int]]:
        """Return lots and prices of the awards that were made, by bid."""
        rows = self.session.execute(
            select(Award.bid_id, AwardLine.lot_id, AwardLine.price_minor_per_unit)
            .join(AwardLine, AwardLine.award_id == Award.id)
            .where(Award.event_id == self.tender.id)
        )
        kept: dict[UUID, dict[UUID, int]] = {}
        for row in rows:
            kept.setdefault(row.bid_id, {})[row.lot_id] = row.price_minor_per_unit
        return kept
