"""What the way from a seller to a buyer costs: of the notes that hold on a day, the one that begins last, written last."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.matching.models import FreightRate

FREIGHT_SORT: SortColumns = {
    "valid_from": FreightRate.valid_from,
    "price": FreightRate.minor_per_unit,
    "entered_at": FreightRate.entered_at,
}


@dataclass(frozen=True, slots=True)
class FreightRow:
    """A note of freight with the names of both ends and of who wrote it."""

    id: UUID
    organisation_id: UUID
    seller_id: UUID
    seller_name: str
    buyer_id: UUID
    buyer_name: str
    minor_per_unit: int
    currency: str
    valid_from: date
    note: str | None
    entered_at: datetime

    @property
    def is_by_seller(self) -> bool:
        """Whether the seller wrote it."""
        return self.organisation_id == self.seller_id


def freight_on(
    session: Session, seller_ids: Collection[UUID], *, day: date, currency: str
) -> Mapping[tuple[UUID, UUID], int]:
    """Return minor units for a kilogram or litre by (seller, buyer), in a currency; a missing pair is not known."""
    rows = session.execute(
        select(FreightRate.seller_id, FreightRate.buyer_id, FreightRate.minor_per_unit)
        .where(
            FreightRate.seller_id.in_(seller_ids),
            FreightRate.currency == currency,
            FreightRate.valid_from <= day,
        )
        .order_by(FreightRate.valid_from, FreightRate.entered_at, FreightRate.id)
    )
    return {(row.seller_id, row.buyer_id): row.minor_per_unit for row in rows}


def list_freight(session: Session, actor: Actor, request: PageRequest) -> Page[FreightRow]:
    """Return the notes of the ways that begin or end at the actor's organisation, the newest first."""
    seller, buyer = aliased(Organisation), aliased(Organisation)
    statement = (
        select(
            FreightRate.id,
            FreightRate.organisation_id,
            FreightRate.seller_id,
            seller.name,
            FreightRate.buyer_id,
            buyer.name,
            FreightRate.minor_per_unit,
            FreightRate.currency,
            FreightRate.valid_from,
            FreightRate.note,
            FreightRate.entered_at,
        )
        .join(seller, seller.id == FreightRate.seller_id)
        .join(buyer, buyer.id == FreightRate.buyer_id)
        .where(or_(FreightRate.seller_id == actor.org, FreightRate.buyer_id == actor.org))
        .order_by(FreightRate.valid_from.desc(), FreightRate.entered_at.desc(), FreightRate.id)
    )
    statement = order_by(statement, request.sort, FREIGHT_SORT, FreightRate.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([FreightRow(*row) for row in page.items], page.page, page.page_size, page.total)


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation at the other end of the way."""

    id: UUID
    code: str
    name: str


def freight_partners(session: Session, actor: Actor) -> list[Partner]:
    """Return the buyers, for a seller; the sellers, for a buyer. At most 500."""
    is_buyer = actor.organisation_kind is OrganisationKind.BUYER
    kinds = SELLER_KINDS if is_buyer else frozenset({OrganisationKind.BUYER})
    rows = session.execute(
        select(Organisation.id, Organisation.code, Organisation.name)
        .where(Organisation.kind.in_(sorted(kinds)))
        .order_by(Organisation.name)
        .limit(500)
    )
    return [Partner(*row) for row in rows]
