"""The deliveries of a run: held from its approval on (chain.settlement.queries.settling), settled when it is accounted.

Everything here is a statement over all lots of a run; a dairy's month has 120,000 of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.clock import local_date
from chain.dues.queries.dues import terms_for_run
from chain.genealogy.models import LotEventLine
from chain.genealogy.queries.taken import taken_of
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services import change_lot_states
from chain.pricing.queries import is_same_basis
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books, is_unclear, kept_lot_ids
from chain.sales.rules import SaleState
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.queries.facts import zones_of
from chain.settlement.fortnight.services.preparing import check_book, check_order
from chain.settlement.models import RunLot, SettlementLine, SettlementRun
from chain.settlement.queries.classes import PRICED_BY, ClassKey, hash_of_sums
from chain.settlement.queries.deliveries import UNPAID, run_deliveries
from chain.settlement.rules import RunKind, RunMethod, RunState
from chain.settlement.services.taking import not_shared_yet, without_group


def lots_of(run: SettlementRun) -> Select[tuple[UUID]]:
    """Return the statement for the lots that a run settles: of a sale those that it kept, own goods among them."""
    if run.kind == RunKind.SALE:
        return kept_lot_ids(run.sale_id)
    return select(RunLot.lot_id).where(RunLot.run_id == run.id)


def hold_sale(session: Session, run: SettlementRun) -> None:
    """Keep the sale of a run that is being approved from claims; its lots are held by the state of the run.

    It is settled when the run is accounted, for balances move only there.
    """
    if run.kind == RunKind.SALE:
        session.get_one(Sale, run.sale_id).state = SaleState.SETTLING.value
        session.flush()


def release_sale(session: Session, run: SettlementRun) -> None:
    """Let the sale of a run go again that is discarded or reversed."""
    if run.kind == RunKind.SALE:
        session.get_one(Sale, run.sale_id).state = SaleState.AGREED.value
        session.flush()


def check_lots(session: Session, now: datetime, run: SettlementRun) -> None:
    """See that sale and lots are what the run was prepared from.

    Raises:
        RunOutdated: something changed meanwhile.
    """
    if run.kind == RunKind.SALE:
        _check_sale(session, now, run)
    else:
        _check_deliveries(session, run)
    _check_terms(session, run)


def _check_terms(session: Session, run: SettlementRun) -> None:
    """Refuse a run whose deductions, group charges or cap are others by now: one ended, was confirmed, withdrawn or set for a past day."""
    known = run.facts.get("dues")
    if known is None:
        return
    if run.sale_id is not None:
        sale = session.get_one(Sale, run.sale_id)
        organisation = session.get_one(Organisation, run.organisation_id)
        first = last = local_date(sale.agreed_at, organisation.timezone)
    else:
        first, last = period_of(run)
    is_fortnight = run.method == RunMethod.MILK_FORTNIGHT
    zones = [zone.id for zone in zones_of(session, run.organisation_id)] if is_fortnight else []
    terms = terms_for_run(session, run.organisation_id, run.currency, first, last, zone_ids=zones)
    terms = not_shared_yet(session, terms, beside=run.id)
    if run.kind == RunKind.GATE:
        terms = without_group(terms)
    if terms.terms != known:
        raise RunOutdated


def period_of(run: SettlementRun) -> tuple[date, date]:
    """Return the first and the last day of a run of deliveries."""
    assert run.period_from is not None  # noqa: S101 - every run without a sale has its period
    assert run.period_to is not None  # noqa: S101 - the same
    return run.period_from, run.period_to


def _check_sale(session: Session, now: datetime, run: SettlementRun) -> None:
    """Lock the sale before its lots, as everybody does."""
    sale = session.scalars(
        select(Sale).where(Sale.id == run.sale_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    adjust_by_arrivals(session, now=now, sale_id=sale.id)
    is_same = due_in_books(session, sale) == run.goods_minor + run.own_minor
    wanted = SaleState.AGREED if run.state == RunState.PREPARED else SaleState.SETTLING
    if sale.state != wanted or not is_same or is_unclear(session, sale.id):
        raise RunOutdated
    sold = session.scalar(select(func.sum(Lot.quantity)).where(Lot.id.in_(lots_of(run))))
    if int(sold or 0) != run.quantity + run.own_quantity:
        raise RunOutdated


def _check_deliveries(session: Session, run: SettlementRun) -> None:
    """Lock the deliveries in the order of their ids; refuse those that were sold, cancelled or classed anew, or of which another part was taken back.

    One statement for any number of deliveries. A delivery keeps its producer and quantity, so the whole tells enough where nothing was
    taken back and the price looks at no class; else sums per producer and class reach Python.
    """
    of_class = PRICED_BY if "classes" in run.facts else ()
    own = (RunLot.run_id == run.id, RunLot.lot_id == Lot.id, Lot.organisation_id == run.organisation_id)
    locked = (
        select(Lot.quantity, case((Lot.state.in_(UNPAID), 0), else_=1).label("gone"))
        .where(*own)
        .order_by(RunLot.lot_id)
        .with_for_update(key_share=True, of=Lot)
        .subquery()
    )
    whole = session.execute(
        select(
            func.count().label("deliveries"),
            func.sum(locked.c.quantity).label("quantity"),
            func.sum(locked.c.gone).label("gone"),
        )
    ).one()
    taken = _taken_back(session, run, of_class)
    if whole.gone or (not taken and int(whole.quantity or 0) != run.quantity):
        raise RunOutdated
    if taken or of_class:
        key = (Lot.producer_id, *of_class)
        sums = session.execute(select(*key, func.sum(Lot.quantity)).where(*own).group_by(*key))
        _check_sums(session, run, {tuple(row[:-1]): int(row[-1]) for row in sums}, taken)
    _check_basis(session, run)
    check_book(session, run, whole.deliveries)


def _check_basis(session: Session, run: SettlementRun) -> None:
    """Refuse a run whose prices rest on results or women's premiums that are others by now (chain.pricing.rules.basis)."""
    known = run.facts.get("basis")
    if known is None:
        return
    if not is_same_basis(session, run.organisation_id, known, run_deliveries(session, run.id)):
        raise RunOutdated


def _check_sums(
    session: Session, run: SettlementRun, brought: dict[ClassKey, int], taken: Iterable[tuple[ClassKey, int]]
) -> None:
    """Compare what each producer brought, less what was taken back, with the lines of the run, and the classes with its facts."""
    for found_key, quantity in taken:
        brought[found_key] -= quantity
    sums: dict[UUID | None, int] = {}
    for (producer_id, *_), quantity in brought.items():
        sums[producer_id] = sums.get(producer_id, 0) + quantity
    prepared = session.execute(
        select(SettlementLine.producer_id, SettlementLine.quantity).where(SettlementLine.run_id == run.id)
    )
    if sums != {row.producer_id: row.quantity for row in prepared}:
        raise RunOutdated
    if "classes" in run.facts and hash_of_sums(brought.items()) != run.facts["classes"]:
        raise RunOutdated


def _taken_back(
    session: Session, run: SettlementRun, of_class: Sequence[InstrumentedAttribute[Any]]
) -> list[tuple[ClassKey, int]]:
    """Return what was taken back of deliveries of a run, with its producer and what its price looks at."""
    touched = session.execute(
        select(Lot.id, Lot.producer_id, *of_class)
        .join(LotEventLine, LotEventLine.lot_id == Lot.id)
        .join(RunLot, RunLot.lot_id == Lot.id)
        .where(
            LotEventLine.role == LineRole.TAKEN.value,
            RunLot.run_id == run.id,
            Lot.organisation_id == run.organisation_id,
        )
        .distinct()
    ).all()
    taken = taken_of(session, [row.id for row in touched])
    return [(tuple(row[1:]), taken.get(row.id, 0)) for row in touched]


def settle_lots(session: Session, actor: Actor, now: datetime, run: SettlementRun) -> UUID | None:
    """Mark the lots of an approved run as settled, and its sale; return the buyer of a sale.

    Lots that were paid a floor price, or bought at the gate to be sold, stay where they are, and stay locked.

    Raises:
        EarlierFortnightOpen, LateDeliveries: an earlier fortnight was taken back, or milk of it came later.
    """
    check_order(session, run)
    if run.kind == RunKind.SALE:
        lots = lock_lots(session, run.organisation_id, session.scalars(lots_of(run)).all())
        change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.SETTLED)
        sale = session.get_one(Sale, run.sale_id)
        sale.state = SaleState.SETTLED.value
        session.flush()
        return sale.buyer_id
    if not stays_open(run):
        _update(session, run, {"state": LotState.SETTLED.value})
    return None


def stays_open(run: SettlementRun) -> bool:
    """Tell whether the deliveries of a run may still be sold: it paid a floor price, or bought them at the gate."""
    return run.rest_basis_points is not None or (run.kind == RunKind.GATE and run.unit == "g")


def restore_lots(session: Session, run: SettlementRun) -> None:
    """Bring the lots of a reversed run back to where they were, and the sale."""
    if run.kind == RunKind.SALE:
        _update(session, run, {"state": LotState.SOLD.value})
    elif not stays_open(run):
        back = case(
            (Lot.grade_key.is_(None), literal(LotState.REGISTERED.value)),
            else_=literal(LotState.GRADED.value),
        )
        _update(session, run, {"state": back})
    release_sale(session, run)


def _update(session: Session, run: SettlementRun, values: Mapping[str, Any]) -> None:
    """Change all lots of a run in the order of their ids, in which they lie in the table and its indexes."""
    own = lots_of(run).subquery()
    listed = select(own.c.lot_id).order_by(own.c.lot_id).subquery()
    session.execute(
        update(Lot)
        .where(Lot.id == listed.c.lot_id, Lot.organisation_id == run.organisation_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
