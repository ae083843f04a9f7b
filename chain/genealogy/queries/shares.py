"""Whose is what: the kept share tables of lots. docs/genealogy.md tells why they are kept."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import false, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.genealogy.models import LotShare
from chain.genealogy.queries.ids import IdReader
from chain.genealogy.shares import ShareTable, sole
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.producers.queries import names_of

#: Lots of one IN list: far under the limits of both databases (32,766 on SQLite, 65,535 on PostgreSQL).
CHUNK = 10_000
DELIVERY = "delivery"


class Share(msgspec.Struct, frozen=True, gc=False):
    """The part of a lot that comes from one delivery, in the unit of the lot."""

    primary_id: UUID
    producer_id: UUID
    #: of the delivery
    number: str
    delivered_on: date
    quantity: int


@dataclass(frozen=True, slots=True)
class ProducerShare:
    """What one producer owns of a lot, over all deliveries, in the unit of the lot."""

    producer_id: UUID
    full_name: str
    member_code: str | None
    community: str | None
    deliveries: int
    quantity: int


def shares_of(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, list[Share]]:
    """Return the shares of lots, by the id of the delivery; a delivery answers with itself. They sum to the lot.

    One statement for up to `CHUNK` lots.
    """
    wanted = sorted(set(lot_ids))
    found: dict[UUID, list[Share]] = {lot_id: [] for lot_id in wanted}
    source, ids = aliased(Lot), IdReader(session)
    for start in range(0, len(wanted), CHUNK):
        rows = session.connection().execute(
            select(
                ids.column(Lot.id),
                ids.column(source.id),
                ids.column(source.producer_id),
                source.number,
                source.delivered_on,
                func.coalesce(LotShare.quantity, Lot.quantity),
            )
            .select_from(Lot)
            .outerjoin(LotShare, LotShare.lot_id == Lot.id)
            .join(source, source.id == func.coalesce(LotShare.primary_id, Lot.id))
            .where(Lot.id.in_(wanted[start : start + CHUNK]))
            .order_by(Lot.id, source.id)
        )
        for lot_id, primary_id, producer_id, number, day, quantity in rows:
            share = Share(ids.read(primary_id), ids.read(producer_id), number, day, quantity)
            found[ids.read(lot_id)].append(share)
    return {lot_id: shares for lot_id, shares in found.items() if shares}


def tables_of(session: Session, lots: Sequence[Lot]) -> dict[UUID, ShareTable]:
    """Return the share tables of lots, for reckoning with them."""
    tables = {lot.id: sole(lot.id, lot.quantity) for lot in lots if lot.origin == DELIVERY}
    ids = IdReader(session)
    derived = [lot.id for lot in lots if lot.origin != DELIVERY]
    parts: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for start in range(0, len(derived), CHUNK):
        rows = session.connection().execute(
            select(ids.column(LotShare.lot_id), ids.column(LotShare.primary_id), LotShare.quantity)
            .where(LotShare.lot_id.in_(derived[start : start + CHUNK]))
            .order_by(LotShare.lot_id, LotShare.primary_id)
        )
        for lot_id, primary_id, quantity in rows:
            parts[ids.read(lot_id)].append((ids.read(primary_id), quantity))
    for lot_id, rows_of in parts.items():
        tables[lot_id] = ShareTable([row[0] for row in rows_of], [row[1] for row in rows_of])
    return tables


def share_page(session: Session, actor: Actor, lot_id: UUID, request: PageRequest) -> Page[Share]:
    """Return a page of the shares of a lot, the largest first.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        UnknownSort: the sort is not by quantity, number or delivered_on.
    """
    lot = get_lot_for(session, actor, lot_id)
    part = func.coalesce(LotShare.quantity, Lot.quantity)
    statement = select(Lot.id, Lot.producer_id, Lot.number, Lot.delivered_on, part)
    if lot.producer_id is not None:
        statement = statement.outerjoin(LotShare, false()).where(Lot.id == lot.id)
    else:
        statement = statement.join(LotShare, LotShare.primary_id == Lot.id).where(LotShare.lot_id == lot.id)
    columns: SortColumns = {"quantity": part, "number": Lot.number, "delivered_on": Lot.delivered_on}
    statement = order_by(statement.order_by(part.desc(), Lot.id), request.sort, columns, Lot.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([Share(*row) for row in page.items], page.page, page.page_size, page.total)


def producer_shares(session: Session, actor: Actor, lot_id: UUID) -> list[ProducerShare]:
    """Return what each producer owns of a lot, the largest share first.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
    """
    lot = get_lot_for(session, actor, lot_id)
    if lot.producer_id is not None:
        sums = [(lot.producer_id, 1, lot.quantity)]
    else:
        rows = session.execute(
            select(Lot.producer_id, func.count(), func.sum(LotShare.quantity))
            .join(LotShare, LotShare.primary_id == Lot.id)
            .where(LotShare.lot_id == lot.id)
            .group_by(Lot.producer_id)
        )
        sums = [(producer_id, count, int(total)) for producer_id, count, total in rows if producer_id]
    names = names_of(session, lot.organisation_id, {one[0] for one in sums})
    shares = []
    for producer_id, count, quantity in sums:
        name = names.get(producer_id)
        shares.append(
            ProducerShare(
                producer_id,
                name.full_name if name else "",
                name.member_code if name else None,
                name.community if name else None,
                count,
                quantity,
            )
        )
    return sorted(shares, key=lambda one: (-one.quantity, one.producer_id.int))
