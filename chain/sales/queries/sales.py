"""Reads of sales, for both sides; producers are the seller's to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.money import split_largest_remainder
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.genealogy.models import LotShare
from chain.lots.grades import class_with_norm
from chain.lots.models import Lot
from chain.producers.queries import names_of
from chain.sales.adjusting import Fulfilment, fulfilment
from chain.sales.models import Sale, SaleLine, SaleRelease
from chain.sales.queries.due import dues_of, is_kept
from chain.sales.queries.fulfilment import arrived_lots
from chain.sales.rules import SaleState

SALE_LOT_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": SaleLine.quantity,
    "amount": SaleLine.amount_minor,
    "grade": Lot.grade_key,
}
SALE_SORT: SortColumns = {
    "agreed_at": Sale.agreed_at,
    "number": Sale.number,
    "proceeds": Sale.proceeds_minor,
    "quantity": Sale.quantity,
}


@dataclass(frozen=True, slots=True)
class SaleDelivery:
    """A lot of a sale, or one delivery's part of a lot made of several, as the settlement needs it.

    Quantities are in the unit of the lot; the amounts sum to the proceeds.
    """

    lot_id: UUID
    #: the primary lot: the lot itself when a producer delivered it
    source_id: UUID
    producer_id: UUID
    quantity: int
    amount_minor: int
    #: the class in Spanish, as papers print it; a product without a norm has its name, or nothing
    grade_label: str
    delivered_on: date
    lot_number: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A sale in a list."""

    sale: Sale
    seller_name: str
    buyer_name: str
    lots: int
    is_own: bool
    fulfilment: Fulfilment


@dataclass(frozen=True, slots=True)
class SaleLot:
    """A lot of a sale on a page; `producer` is None for the buyer."""

    lot_id: UUID
    number: str
    quantity: int
    amount_minor: int
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    claim: str
    producer_name: str | None
    member_code: str | None
    price_minor_per_unit: int
    is_released: bool


def get_sale_for(session: Session, actor: Actor, sale_id: UUID) -> Sale:
    """Return a sale of the seller's or the buyer's organisation.

    Raises:
        NotFound: there is none, it is others' business, or the actor may not read sales.
    """
    found = session.get(Sale, sale_id)
    if found is None or actor.organisation_id not in {found.organisation_id, found.buyer_id}:
        raise NotFound
    if not actor.may(Permission.SALES_READ):
        raise NotFound
    return found


def _rows() -> Any:
    seller, buyer = aliased(Organisation), aliased(Organisation)
    lots = (
        select(func.count())
        .select_from(SaleLine)
        .where(SaleLine.sale_id == Sale.id)
        .correlate(Sale)
        .scalar_subquery()
    )
    return (
        select(
            Sale,
            seller.name.label("seller_name"),
            buyer.name.label("buyer_name"),
            lots.label("lots"),
            arrived_lots().label("arrived"),
        )
        .join(seller, seller.id == Sale.organisation_id)
        .join(buyer, buyer.id == Sale.buyer_id)
    )


def _row(row: Any, actor: Actor) -> SaleRow:
    return SaleRow(
        row.Sale,
        row.seller_name,
        row.buyer_name,
        row.lots,
        row.Sale.organisation_id == actor.organisation_id,
        fulfilment(row.Sale.ended, row.lots, row.arrived),
    )


def get_sale_row_for(session: Session, actor: Actor, sale_id: UUID) -> SaleRow:
    """Return a sale with the names of both sides.

    Raises:
        NotFound: as `get_sale_for`.
    """
    sale = get_sale_for(session, actor, sale_id)
    return _row(session.execute(_rows().where(Sale.id == sale.id)).one(), actor)


def _list(actor: Actor, state: SaleState | None) -> Any:
    statement = _rows().where(or_(Sale.organisation_id == actor.org, Sale.buyer_id == actor.org))
    return statement if state is None else statement.where(Sale.state == state.value)


def all_sales(session: Session, actor: Actor, *, state: SaleState | None = None) -> Sequence[SaleRow]:
    """Return every sale of the actor's organisation without paging, for files; the latest first."""
    statement = _list(actor, state).order_by(Sale.agreed_at.desc(), Sale.id)
    return [_row(row, actor) for row in session.execute(statement)]


def list_sales(
    session: Session, actor: Actor, request: PageRequest, *, state: SaleState | None = None
) -> Page[SaleRow]:
    """Return the sales of the actor's organisation, as seller or buyer, the latest first."""
    statement = _list(actor, state)
    statement = statement.order_by(Sale.agreed_at.desc(), Sale.id)
    statement = order_by(statement, request.sort, SALE_SORT, Sale.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_row(row, actor) for row in page.items], page.page, page.page_size, page.total)


def sale_lots(session: Session, actor: Actor, sale: Sale, request: PageRequest) -> Page[SaleLot]:
    """Return a page of a sale's lots; names of producers only for a reader of the seller who may see them elsewhere."""
    statement = (
        select(
            Lot,
            SaleLine.quantity,
            SaleLine.amount_minor,
            SaleLine.price_minor_per_unit,
            SaleRelease.lot_id.label("released"),
        )
        .join(SaleLine, SaleLine.lot_id == Lot.id)
        .outerjoin(
            SaleRelease, (SaleRelease.sale_id == SaleLine.sale_id) & (SaleRelease.lot_id == SaleLine.lot_id)
        )
        .where(SaleLine.sale_id == sale.id)
        .order_by(Lot.number, Lot.id)
    )
    statement = order_by(statement, request.sort, SALE_LOT_SORT, Lot.id.expression)
    page = paginate_rows(session, statement, request)
    names: Mapping[UUID, Any] = {}
    may_see = actor.may(Permission.PRODUCERS_READ) or actor.may(Permission.LOTS_READ)
    if actor.organisation_id == sale.organisation_id and may_see:
        producer_ids = {row.Lot.producer_id for row in page.items if row.Lot.producer_id is not None}
        names = names_of(session, sale.organisation_id, producer_ids)
    rows = []
    for row in page.items:
        lot, name = row.Lot, names.get(row.Lot.producer_id)
        rows.append(
            SaleLot(
                lot.id,
                lot.number,
                row.quantity,
                row.amount_minor,
                lot.grade_scheme,
                lot.grade_edition,
                lot.grade_key,
                lot.claim,
                name.full_name if name else None,
                name.member_code if name else None,
                row.price_minor_per_unit,
                row.released is not None,
            )
        )
    return Page(rows, page.page, page.page_size, page.total)


def sold_lot_row(session: Session, actor: Actor, sale_id: UUID, lot_id: UUID) -> Lot:
    """Return a lot of a sale of the actor's organisation, as seller or buyer.

    Raises:
        NotFound: as `get_sale_for`, or the sale has no such lot.
    """
    sale = get_sale_for(session, actor, sale_id)
    found = session.scalar(
        select(Lot)
        .join(SaleLine, SaleLine.lot_id == Lot.id)
        .where(SaleLine.sale_id == sale.id, Lot.id == lot_id)
    )
    if found is None:
        raise NotFound
    return found


def sale_deliveries(session: Session, sale_id: UUID) -> Sequence[SaleDelivery]:
    """Return what every delivery gets of a sale, by lot and delivery, in the seller's books: agreed and adjusted.

    A lot that was made of several is split over its primary lots by their shares, to the cent by largest remainder. Lots that
    the sale let go are not among them.
    """
    dues = {one.lot_id: one.book_minor for one in dues_of(session, session.get_one(Sale, sale_id))}
    source = aliased(Lot)
    rows = session.execute(
        select(
            SaleLine.lot_id,
            source.id.label("source_id"),
            source.producer_id,
            func.coalesce(LotShare.quantity, SaleLine.quantity).label("quantity"),
            source.delivered_on,
            Lot.number,
            Lot.label,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
        )
        .join(Lot, Lot.id == SaleLine.lot_id)
        .outerjoin(LotShare, LotShare.lot_id == SaleLine.lot_id)
        .join(source, source.id == func.coalesce(LotShare.primary_id, SaleLine.lot_id))
        .where(SaleLine.sale_id == sale_id, is_kept())
        .order_by(SaleLine.lot_id, source.id)
    )
    found: list[SaleDelivery] = []
    for lot_id, parts in groupby(rows, key=lambda row: row.lot_id):
        found += _split_lot(list(parts), dues[lot_id])
    return found


def _label(row: Any) -> str:
    """Return the class in Spanish; of a product without a norm what the lot is called, or nothing."""
    if row.grade_scheme:
        return class_with_norm(row.grade_scheme, row.grade_edition, row.grade_key, "es")
    return row.label or ""


def _split_lot(parts: Sequence[Any], amount_minor: int) -> list[SaleDelivery]:
    """Share a lot's amount over the deliveries it was made of."""
    amounts = split_largest_remainder(
        amount_minor, [row.quantity for row in parts], [row.source_id for row in parts]
    )
    return [
        SaleDelivery(
            lot_id=row.lot_id,
            source_id=row.source_id,
            producer_id=row.producer_id,
            quantity=row.quantity,
            amount_minor=amount,
            grade_label=_label(row),
            delivered_on=row.delivered_on,
            lot_number=row.number,
            grade_scheme=row.grade_scheme,
            grade_edition=row.grade_edition,
            grade_key=row.grade_key,
        )
        for row, amount in zip(parts, amounts, strict=True)
    ]
