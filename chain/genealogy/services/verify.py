"""Proving the genealogy: every event is reckoned anew, in its order, from the deliveries on.

Held in memory is one event at a time. What was undone is reckoned too; it must have been right while it stood.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.certification.rules import Claim, worst_of
from chain.core.i18n import N_, Message
from chain.genealogy.models import LotEvent, LotEventLine, LotShare
from chain.genealogy.queries.shares import CHUNK, DELIVERY, tables_of
from chain.genealogy.services.store import own_primaries
from chain.genealogy.shares import ShareTable, Taken, pooled, scaled, share_out
from chain.genealogy.words import EventKind, LineRole
from chain.lots.models import Lot
from chain.lots.rules import LotState

NOT_CONSERVED = N_("What went in and what came out differ.")
WRONG_TOTAL = N_("The lines do not sum to what the operation says.")
WRONG_QUANTITY = N_("Lot %(number)s does not hold what the operation says.")
WRONG_SHARES = N_("The shares of lot %(number)s are not what they should be.")
SHARES_MISSING = N_("The shares of lot %(number)s do not sum to it.")
CLAIM_TOO_GOOD = N_("Lot %(number)s claims more than what it was made of.")
WRONG_MARK = N_("Lot %(number)s is marked otherwise than the operations say.")
NO_LINES = N_("The operation has no lines.")


@dataclass(frozen=True, slots=True)
class GenealogyProblem:
    """What is wrong, and with which event; `event_number` null: with a lot, whatever event it comes from."""

    organisation_code: str
    message: Message
    event_number: int | None = None


@dataclass(frozen=True, slots=True)
class GenealogyReport:
    """What a verification looked at and found."""

    organisations: int
    events: int
    lots: int
    problems: Sequence[GenealogyProblem]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


Tell = Callable[..., None]


def verify_genealogy(session: Session, organisation_id: UUID | None = None) -> GenealogyReport:
    """Verify the genealogy of one organisation or of all; everything that is wrong is named."""
    statement = select(Organisation.id, Organisation.code).order_by(Organisation.code)
    if organisation_id is not None:
        statement = statement.where(Organisation.id == organisation_id)
    organisations = events = lots = 0
    problems: list[GenealogyProblem] = []
    for house in session.execute(statement).all():
        organisations += 1
        ids = session.scalars(
            select(LotEvent.id).where(LotEvent.organisation_id == house.id).order_by(LotEvent.number)
        ).all()
        for event_id in ids:
            events += 1
            lots += _verify_event(session, house.code, event_id, problems)
        problems += [
            GenealogyProblem(house.code, Message(SHARES_MISSING, {"number": number}))
            for number in _lots_without_their_shares(session, house.id)
        ]
        problems += [
            GenealogyProblem(house.code, Message(WRONG_MARK, {"number": number}))
            for number in _wrongly_marked(session, house.id)
        ]
    return GenealogyReport(organisations, events, lots, problems)


def _verify_event(session: Session, code: str, event_id: UUID, problems: list[GenealogyProblem]) -> int:
    event = session.get_one(LotEvent, event_id)
    lines = session.scalars(
        select(LotEventLine).where(LotEventLine.event_id == event_id).order_by(LotEventLine.position)
    ).all()

    def tell(text: str, **params: object) -> None:
        problems.append(GenealogyProblem(code, Message(text, params), event.number))

    try:
        if not lines:
            tell(NO_LINES)
            return 0
        _check_totals(event, lines, tell)
        if event.kind in {EventKind.UNDO, EventKind.TRANSFER}:
            return 0
        lots = _lots_of(session, lines)
        _check_lots(lines, lots, tell)
        _check_shares(session, event, lines, lots, tell)
        return sum(1 for one in lines if one.role == LineRole.OUTPUT)
    finally:
        for one in lines:
            session.expunge(one)


def _check_totals(event: LotEvent, lines: Sequence[LotEventLine], tell: Tell) -> None:
    if event.input_total + event.gain_total != event.output_total + event.loss_total + event.taken_total:
        tell(NOT_CONSERVED)
    sums: dict[str, int] = defaultdict(int)
    for one in lines:
        sums[one.role] += one.balance
    said = (event.input_total, event.output_total, event.loss_total, event.gain_total, event.taken_total)
    roles = (LineRole.INPUT, LineRole.OUTPUT, LineRole.LOSS, LineRole.GAIN, LineRole.TAKEN)
    if said != tuple(sums[role] for role in roles):
        tell(WRONG_TOTAL)


def _lots_of(session: Session, lines: Sequence[LotEventLine]) -> Mapping[UUID, Lot]:
    wanted = [one.lot_id for one in lines if one.lot_id is not None and one.role != LineRole.TAKEN]
    found: dict[UUID, Lot] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        found.update((lot.id, lot) for lot in session.scalars(select(Lot).where(Lot.id.in_(chunk))))
    return found


def _check_lots(lines: Sequence[LotEventLine], lots: Mapping[UUID, Lot], tell: Tell) -> None:
    inputs = [lots[one.lot_id] for one in lines if one.role == LineRole.INPUT and one.lot_id is not None]
    best = worst_of(lot.claim for lot in inputs)
    for one in lines:
        if one.lot_id is None or one.role not in {LineRole.INPUT, LineRole.OUTPUT}:
            continue
        lot = lots[one.lot_id]
        if (lot.quantity, lot.unit) != (one.quantity, one.unit):
            tell(WRONG_QUANTITY, number=lot.number)
        if one.role == LineRole.OUTPUT and Claim(lot.claim).rank() > best.rank():
            tell(CLAIM_TOO_GOOD, number=lot.number)


def _check_shares(
    session: Session, event: LotEvent, lines: Sequence[LotEventLine], lots: Mapping[UUID, Lot], tell: Tell
) -> None:
    """Reckon the tables of what the event made from those of what it used."""
    tables = tables_of(session, list(lots.values()))
    inputs = [one for one in lines if one.role == LineRole.INPUT]
    outputs = [one for one in lines if one.role == LineRole.OUTPUT]
    if any(one.lot_id not in tables for one in inputs):
        return  # told where that lot was made
    in_balance = [scaled(tables[_lot_id(one)], one.balance) for one in inputs]
    pool = in_balance[0] if len(in_balance) == 1 else pooled(in_balance)
    total = event.input_total + event.gain_total
    taken = _taken(session, pool, [one for one in lines if one.role == LineRole.TAKEN])
    if sum(one.balance for one in outputs) > total:
        return  # told as not conserved
    shared = share_out(pool, total, [one.balance for one in outputs], taken)
    empty = ShareTable([], [])
    for one, table in zip(outputs, shared.outputs, strict=True):
        expected = scaled(table, one.quantity)
        kept = tables.get(_lot_id(one), empty)
        if (list(expected.ids), list(expected.parts)) != (list(kept.ids), list(kept.parts)):
            tell(WRONG_SHARES, number=lots[_lot_id(one)].number)


def _lot_id(one: LotEventLine) -> UUID:
    assert one.lot_id is not None  # noqa: S101 - inputs and outputs are lots
    return one.lot_id


def _taken(session: Session, pool: ShareTable, lines: Sequence[LotEventLine]) -> Taken | None:
    if not lines or lines[0].producer_id is None:
        return None
    own = own_primaries(session, pool.ids, lines[0].producer_id)
    return Taken(frozenset(own), sum(one.balance for one in lines))


def _lots_without_their_shares(session: Session, organisation_id: UUID) -> Iterator[str]:
    """Find derived lots whose shares do not sum to them."""
    total = func.coalesce(func.sum(LotShare.quantity), 0)
    rows = session.execute(
        select(Lot.number)
        .outerjoin(LotShare, LotShare.lot_id == Lot.id)
        .where(Lot.organisation_id == organisation_id, Lot.origin != DELIVERY)
        .group_by(Lot.id, Lot.number, Lot.quantity)
        .having(total != Lot.quantity)
        .order_by(Lot.number)
    )
    return (row.number for row in rows.all())


def _wrongly_marked(session: Session, organisation_id: UUID) -> Iterator[str]:
    """Find lots whose marks differ from the events that stand: used by another one, or made by none that stands."""
    reversal = aliased(LotEvent)
    standing = (
        select(LotEventLine.lot_id, LotEventLine.role, LotEvent.id.label("event_id"))
        .join(LotEvent, LotEvent.id == LotEventLine.event_id)
        .outerjoin(reversal, reversal.reverses_id == LotEvent.id)
        .where(
            LotEvent.organisation_id == organisation_id,
            LotEvent.kind != EventKind.UNDO.value,
            reversal.id.is_(None),
        )
        .subquery()
    )
    used = aliased(standing)
    made = aliased(standing)
    rows = session.execute(
        select(Lot.number)
        .outerjoin(used, (used.c.lot_id == Lot.id) & (used.c.role == LineRole.INPUT.value))
        .outerjoin(made, (made.c.lot_id == Lot.id) & (made.c.role == LineRole.OUTPUT.value))
        .where(
            Lot.organisation_id == organisation_id,
            Lot.used_by_event_id.is_distinct_from(used.c.event_id)
            | (
                Lot.made_by_event_id.is_distinct_from(made.c.event_id)
                & (Lot.state != LotState.CANCELLED.value)
            ),
        )
        .order_by(Lot.number)
    )
    return (row.number for row in rows.all())
