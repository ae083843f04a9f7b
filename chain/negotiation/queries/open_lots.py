"""Reads of lots that are open to offers: what buyers see, and what a seller can show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.certification.models import Certificate
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.lots.queries.wanted import WantedLots, lot_conditions
from chain.negotiation.models import OpenLot
from chain.negotiation.queries.free import FREE
from chain.sales.showing import shown_lots

LOT_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": Lot.quantity,
    "micron": Lot.micron_tenths,
    "grade": Lot.grade_key,
    "asking": OpenLot.asking_minor_per_unit,
}


@dataclass(frozen=True, slots=True)
class OpenLotRow:
    """A lot that can be negotiated; never whose it was."""

    id: UUID
    number: str
    organisation_id: UUID
    seller_code: str
    seller_name: str
    commodity: str
    quantity: int
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    micron_tenths: int | None
    colour: str | None
    claim: str
    certificate_number: str | None
    currency: str
    #: null: no price is asked; or, in the seller's list, the lot is not shown
    asking_minor_per_unit: int | None
    shown_at: datetime | None


def _conditions(wanted: WantedLots) -> list[ColumnElement[bool]]:
    found = lot_conditions(wanted)
    if wanted.centre:
        found.append(Organisation.code == wanted.centre)
    return found


def _lots() -> Select[Any]:
    return (
        select(
            Lot.id,
            Lot.number,
            Lot.organisation_id,
            Organisation.code,
            Organisation.name,
            Lot.commodity,
            Lot.quantity,
            Lot.unit,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.micron_tenths,
            Lot.colour,
            Lot.claim,
            Certificate.number,
            Organisation.currency,
            OpenLot.asking_minor_per_unit,
            OpenLot.shown_at,
        )
        .join(Organisation, Organisation.id == Lot.organisation_id)
        .outerjoin(Certificate, Certificate.id == Lot.certificate_id)
        .outerjoin(OpenLot, OpenLot.lot_id == Lot.id)
    )


def _page(session: Session, statement: Select[Any], request: PageRequest) -> Page[OpenLotRow]:
    statement = order_by(statement, request.sort, LOT_SORT, Lot.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([OpenLotRow(*row) for row in page.items], page.page, page.page_size, page.total)


def open_lots(session: Session, actor: Actor, filters: WantedLots, request: PageRequest) -> Page[OpenLotRow]:
    """Return the free lots that sellers show; for a seller its own.

    Raises:
        NotFound: the actor neither buys nor sells.
    """
    statement = _lots().where(OpenLot.lot_id.is_not(None), *FREE, *_conditions(filters))
    if actor.organisation_kind is not OrganisationKind.BUYER:
        if not actor.may(Permission.TENDERS_READ):
            raise NotFound
        statement = statement.where(Lot.organisation_id == actor.org)
    elif not actor.may(Permission.BOARD_READ):
        raise NotFound
    return _page(session, statement.order_by(Organisation.name, Lot.number, Lot.id), request)


def stock_lots(session: Session, actor: Actor, filters: WantedLots, request: PageRequest) -> Page[OpenLotRow]:
    """Return the organisation's free lots with a confirmed class, those that are shown first."""
    statement = _lots().where(Lot.organisation_id == actor.org, *FREE, *_conditions(filters))
    return _page(session, statement.order_by(OpenLot.shown_at.is_(None), Lot.number, Lot.id), request)


def lots_by_id(
    session: Session, actor: Actor, now: datetime, lot_ids: Collection[UUID], *, offer_of: UUID | None = None
) -> Sequence[OpenLotRow]:
    """Return lots for the form of an offer: own ones, or for a buyer those that it is shown; the others are left out.

    `offer_of` is the seller of an offer that names the lots already: they are part of the talk.
    """
    statement = _lots()
    if offer_of is not None:
        statement = statement.where(Lot.id.in_(lot_ids), Lot.organisation_id == offer_of)
    elif actor.organisation_kind is OrganisationKind.BUYER:
        statement = statement.where(Lot.id.in_(shown_lots(session, actor, now, lot_ids)))
    elif actor.may(Permission.TENDERS_READ):
        statement = statement.where(Lot.id.in_(lot_ids), Lot.organisation_id == actor.org)
    else:
        return []
    return [OpenLotRow(*row) for row in session.execute(statement.order_by(Lot.number, Lot.id))]


@dataclass(frozen=True, slots=True)
class OpenLotOptions:
    """What the list can be filtered by at the moment."""

    commodities: Sequence[str]
    grades: Sequence[tuple[str, str, str]]
    colours: Sequence[str]
    centres: Mapping[str, str]


def open_lot_options(session: Session, actor: Actor, *, own_stock: bool = False) -> OpenLotOptions:
    """Return products, classes, colours and centres of the lots. One statement."""
    statement = (
        select(
            Lot.commodity,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.colour,
            Organisation.code,
            Organisation.name,
        )
        .join(Organisation, Organisation.id == Lot.organisation_id)
        .where(*FREE)
        .distinct()
    )
    if own_stock or actor.organisation_kind is not OrganisationKind.BUYER:
        statement = statement.where(Lot.organisation_id == actor.org)
    if not own_stock:
        statement = statement.join(OpenLot, OpenLot.lot_id == Lot.id)
    rows = session.execute(statement).all()
    return OpenLotOptions(
        commodities=sorted({row.commodity for row in rows}),
        grades=sorted(
            {(row.grade_scheme, row.grade_edition, row.grade_key) for row in rows if row.grade_key}
        ),
        colours=sorted({row.colour for row in rows if row.colour}),
        centres={row.code: row.name for row in sorted(rows, key=lambda one: one.name)},
    )


def shown_openly(
    session: Session, actor: Actor, now: datetime, lot_ids: Collection[UUID]
) -> Collection[UUID]:
    """Return those of the lots that are open to offers."""
    del now
    if not actor.may(Permission.BOARD_READ):
        return set()
    statement = (
        select(OpenLot.lot_id).join(Lot, Lot.id == OpenLot.lot_id).where(OpenLot.lot_id.in_(lot_ids), *FREE)
    )
    return set(session.scalars(statement))
