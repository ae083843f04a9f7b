"""A thousand random events: every gram stays, every table sums to its lot, no claim gets better, and undoing restores."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.certification.rules import Claim
from chain.core.ids import new_id
from chain.genealogy.errors import CannotUndo, ClaimedGain, ShareTooSmall
from chain.genealogy.models import LotEvent, LotShare
from chain.genealogy.queries.shares import producer_shares, shares_of
from chain.genealogy.rules import (
    Gain,
    Loss,
    Lost,
    Made,
    Merge,
    Part,
    ProcessRun,
    Sort,
    SortedPart,
    Split,
    TakeBack,
    Transfer,
)
from chain.genealogy.services import (
    merge_lots,
    process_lots,
    record_gain,
    record_loss,
    sort_lot,
    split_lot,
    take_back,
    transfer_lots,
)
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.errors import LotUsed
from chain.lots.models import Lot
from chain.lots.stock import in_stock
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, certify, lot_of, make_site, undo
from tests.support.lots import fibre, make_lot, make_producer

CAST = Cast()
EVENTS = 1_000
SEED = 20_251_205
CLASSES = ("super_baby", "baby", "fleece", "medium_fleece", "huarizo", None)


class History:
    """A centre in which anything may happen next."""

    def __init__(self, session: Session, now: datetime, seed: int) -> None:
        self.session, self.now, self.random = session, now, Random(seed)
        self.producers = [make_producer(session, now, name=f"Productora {number}") for number in range(6)]
        for producer, level in zip(self.producers, ("full", "full", "full", "transition"), strict=False):
            certify(session, now, producer, level)
        self.sites = [make_site(session, f"A{number}") for number in range(3)]
        self.live: list[UUID] = []
        self.events: list[UUID] = []
        self.before: dict[UUID, list[dict[str, Any]]] = {}
        self.refused = 0
        self.steps: list[Callable[[], None]] = [
            self.merge, self.merge, self.merge, self.split, self.split, self.sort, self.sort, self.scour, self.lose, self.gain, self.take,
            self.move, self.undo, self.undo,
        ]  # fmt: skip

    def deliver(self) -> None:
        micron = f"{self.random.uniform(17, 32):.1f}"
        attributes = {"colour": self.random.choice(("white", "beige", "light_fawn")), "micron": micron}
        order = fibre(
            self.random.choice(self.producers),
            self.now,
            gross_g=self.random.randint(101, 60_000) + 500,
            attributes=attributes,
        )
        self.live.append(make_lot(self.session, self.now, order).id)

    def pick(self, most: int = 1) -> list[Lot]:
        chosen = self.random.sample(self.live, min(most, len(self.live)))
        return [lot_of(self.session, lot_id) for lot_id in chosen]

    def done(self, event: LotEvent, used: list[Lot], made: list[UUID]) -> None:
        self.events.append(event.id)
        gone = {lot.id for lot in used}
        self.live = [lot_id for lot_id in self.live if lot_id not in gone] + made

    def remember(self, event_id: UUID, lots: list[Lot]) -> None:
        self.before[event_id] = [columns(lot) for lot in lots]

    def cut(self, total: int, pieces: int) -> list[int]:
        """Cut a quantity into random pieces above zero."""
        marks = sorted(self.random.sample(range(1, total), min(pieces, total) - 1)) if total > 1 else []
        return [end - start for start, end in zip([0, *marks], [*marks, total], strict=True)]

    def merge(self) -> None:
        lots = self.pick(4)
        lots = [lot for lot in lots if lot.commodity == lots[0].commodity]
        if len(lots) < 2:
            return
        order = Merge(
            id=new_id(), happened_at=self.now, lot_ids=tuple(lot.id for lot in lots), output_id=new_id()
        )
        self.remember(order.id, lots)
        self.done(merge_lots(self.session, actor=CLERK, now=self.now, event=order), lots, [order.output_id])

    def split(self) -> None:
        (lot,) = self.pick()
        pieces = self.cut(lot.quantity, self.random.randint(2, 5))
        if len(pieces) < 2:
            return
        parts = tuple(Part(id=new_id(), quantity=one) for one in pieces)
        order = Split(id=new_id(), happened_at=self.now, lot_id=lot.id, parts=parts)
        self.remember(order.id, [lot])
        event = split_lot(self.session, actor=CLERK, now=self.now, event=order)
        self.done(event, [lot], [part.id for part in parts])

    def sort(self) -> None:
        (lot,) = self.pick()
        pieces = self.cut(lot.quantity, self.random.randint(2, 5))
        if lot.commodity != "alpaca-fibre" or len(pieces) < 2:
            return
        parts = tuple(
            SortedPart(id=new_id(), quantity=one, class_key=self.random.choice(CLASSES)) for one in pieces[1:]
        )
        lost = (Lost(cause="dust", quantity=pieces[0]),)
        order = Sort(id=new_id(), happened_at=self.now, lot_id=lot.id, parts=parts, losses=lost)
        self.remember(order.id, [lot])
        event = sort_lot(self.session, actor=CLERK, now=self.now, event=order)
        self.done(event, [lot], [part.id for part in parts])

    def scour(self) -> None:
        lots = [lot for lot in self.pick(2) if lot.commodity == "alpaca-fibre" and lot.quantity > 1]
        if not lots:
            return
        total = sum(lot.quantity for lot in lots)
        clean = self.random.randint(1, total - 1)
        made = Made(id=new_id(), commodity="scoured-fibre", quantity=clean)
        order = ProcessRun(
            id=new_id(),
            happened_at=self.now,
            process="scour",
            lot_ids=tuple(lot.id for lot in lots),
            outputs=(made,),
            losses=(Lost(cause="dust", quantity=total - clean),),
        )
        self.remember(order.id, lots)
        self.done(process_lots(self.session, actor=CLERK, now=self.now, event=order), lots, [made.id])

    def lose(self) -> None:
        (lot,) = self.pick()
        gone = lot.quantity if self.random.random() < 0.2 else self.random.randint(1, lot.quantity)
        rest = None if gone == lot.quantity else new_id()
        order = Loss(
            id=new_id(),
            happened_at=self.now,
            lot_id=lot.id,
            quantity=gone,
            cause="moisture",
            remainder_id=rest,
        )
        self.remember(order.id, [lot])
        event = record_loss(self.session, actor=CLERK, now=self.now, event=order)
        self.done(event, [lot], [rest] if rest else [])

    def gain(self) -> None:
        (lot,) = self.pick()
        order = Gain(
            id=new_id(),
            happened_at=self.now,
            lot_id=lot.id,
            quantity=self.random.randint(1, 500),
            cause="moisture",
            output_id=new_id(),
            drop_claim=self.random.random() < 0.2,
        )
        self.remember(order.id, [lot])
        try:
            event = record_gain(self.session, actor=CLERK, now=self.now, event=order)
        except ClaimedGain:
            assert lot.claim != "conventional"
            self.refused += 1
            return
        self.done(event, [lot], [order.output_id])

    def take(self) -> None:
        (lot,) = self.pick()
        owner = self.random.choice(producer_shares(self.session, CLERK, lot.id))
        wanted = self.random.randint(1, owner.quantity + 1)
        rest = None if wanted >= lot.quantity else new_id()
        order = TakeBack(
            id=new_id(),
            happened_at=self.now,
            lot_id=lot.id,
            producer_id=owner.producer_id,
            quantity=wanted,
            remainder_id=rest,
        )
        self.remember(order.id, [lot])
        others = sum(one.quantity for one in producer_shares(self.session, CLERK, lot.id)) - owner.quantity
        try:
            event = take_back(self.session, actor=CLERK, now=self.now, event=order)
        except ShareTooSmall:
            assert wanted == owner.quantity + 1
            self.refused += 1
            return
        self.done(event, [lot], [rest] if rest else [])
        if rest:
            left = {one.producer_id: one.quantity for one in producer_shares(self.session, CLERK, rest)}
            assert left.pop(owner.producer_id, 0) == owner.quantity - wanted
            assert sum(left.values()) == others

    def move(self) -> None:
        target = self.random.choice(self.sites).id
        lots = [lot for lot in self.pick(3) if lot.site_id != target]
        if not lots:
            return
        order = Transfer(
            id=new_id(), happened_at=self.now, lot_ids=tuple(lot.id for lot in lots), to_site_id=target
        )
        self.remember(order.id, lots)
        self.events.append(transfer_lots(self.session, actor=CLERK, now=self.now, event=order).id)

    def undo(self) -> None:
        if not self.events:
            return
        event_id = self.random.choice(self.events[-6:])
        try:
            undo(self.session, self.now, event_id)
        except (LotUsed, CannotUndo):
            self.refused += 1
            return
        self.events.remove(event_id)
        made = set(self.session.scalars(select(Lot.id).where(Lot.made_by_event_id == event_id)))
        was = self.before.pop(event_id)
        self.live = [lot_id for lot_id in self.live if lot_id not in made]
        self.live = sorted({*self.live, *(one["id"] for one in was)})
        for row in was:
            assert columns(lot_of(self.session, row["id"])) == row


def columns(lot: Lot) -> dict[str, Any]:
    return {column.key: getattr(lot, column.key) for column in Lot.__table__.columns}


def test_a_thousand_random_events_keep_every_gram(session: Session, now: datetime) -> None:
    history = History(session, now, SEED)
    for _ in range(30):
        history.deliver()
    attempts = 0
    while count_events(session) < EVENTS:
        attempts += 1
        assert attempts < 3 * EVENTS
        if len(history.live) < 12 or history.random.random() < 0.1:
            history.deliver()
        history.random.choice(history.steps)()
    assert history.refused > 20
    check_grams(session)
    check_tables(session, history.live)
    check_claims(session, history.live)
    report = verify_genealogy(session, CAST.centre.id)
    assert report.is_whole, [str(one.message) for one in report.problems[:5]]
    assert (report.events, report.organisations) == (EVENTS, 1)
    assert report.lots > EVENTS


def count_events(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LotEvent)) or 0


def check_grams(session: Session) -> None:
    """What came by delivery and by gains is in stock, lost or taken back; what undoing restored cancels out."""
    delivered = session.scalar(select(func.sum(Lot.quantity)).where(Lot.origin == "delivery"))
    in_house = session.scalar(select(func.sum(Lot.quantity)).where(in_stock()))
    totals = session.execute(
        select(func.sum(LotEvent.gain_total), func.sum(LotEvent.loss_total), func.sum(LotEvent.taken_total))
    ).one()
    gained, lost, taken = (int(one) for one in totals)
    assert int(delivered or 0) + gained == int(in_house or 0) + lost + taken


def check_tables(session: Session, live: list[UUID]) -> None:
    in_house = set(session.scalars(select(Lot.id).where(in_stock())))
    assert in_house == set(live)
    for lot_id, shares in shares_of(session, live).items():
        assert sum(one.quantity for one in shares) == lot_of(session, lot_id).quantity
        assert all(one.quantity > 0 for one in shares)


def check_claims(session: Session, live: list[UUID]) -> None:
    """A claim stands only where every delivery in the lot has one at least as good."""
    rows = session.execute(select(Lot.id, Lot.claim).where(Lot.origin == "delivery")).all()
    claims = {row.id: row.claim for row in rows}
    for lot_id in live:
        lot = lot_of(session, lot_id)
        sources = session.scalars(select(LotShare.primary_id).where(LotShare.lot_id == lot_id)).all()
        assert all(Claim(claims[one]).rank() >= Claim(lot.claim).rank() for one in sources)


def test_what_was_used_cannot_be_undone_before_what_used_it(session: Session, now: datetime) -> None:
    history = History(session, now, SEED + 1)
    for _ in range(6):
        history.deliver()
    history.merge()
    history.live.sort(reverse=True)  # the newest first
    first = history.events[0]
    made = session.scalars(select(Lot).where(Lot.made_by_event_id == first)).one()
    part = Loss(id=new_id(), happened_at=now, lot_id=made.id, quantity=made.quantity, cause="moisture")
    record_loss(session, actor=CLERK, now=now, event=part)
    with pytest.raises(LotUsed) as refused:
        undo(session, now, first)
    assert refused.value.params["number"] == made.number
    undo(session, now, part.id)
    undo(session, now, first)
    check_grams(session)
