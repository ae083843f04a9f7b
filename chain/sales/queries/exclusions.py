"""Reads of exclusions: who is shut out from a seller's market, why, and since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.sales.models import BidderExclusion

EXCLUSION_SORT: SortColumns = {
    "excluded_at": BidderExclusion.excluded_at,
    "lifted_at": BidderExclusion.lifted_at,
}


def excluded_at(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an exclusion holds at a moment."""
    return and_(
        BidderExclusion.excluded_at <= now,
        or_(BidderExclusion.lifted_at.is_(None), BidderExclusion.lifted_at > now),
    )


def excluded_buyers(
    session: Session, *, seller_id: UUID, event_id: UUID, now: datetime
) -> Mapping[UUID, str]:
    """Return the buyers whose bids do not count in an event at a moment, each with the reason."""
    rows = session.execute(
        select(BidderExclusion.buyer_id, BidderExclusion.reason)
        .where(
            BidderExclusion.organisation_id == seller_id,
            or_(BidderExclusion.event_id.is_(None), BidderExclusion.event_id == event_id),
            excluded_at(now),
        )
        .order_by(BidderExclusion.excluded_at)
    )
    return {row.buyer_id: row.reason for row in rows}


def exclusion_reason(
    session: Session, *, seller_id: UUID, buyer_id: UUID, event_id: UUID | None, now: datetime
) -> str | None:
    """Return why a buyer is shut out from an event at a moment; None: it is not."""
    return session.scalar(
        select(BidderExclusion.reason)
        .where(
            BidderExclusion.organisation_id == seller_id,
            BidderExclusion.buyer_id == buyer_id,
            or_(BidderExclusion.event_id.is_(None), BidderExclusion.event_id == event_id),
            excluded_at(now),
        )
        .order_by(BidderExclusion.excluded_at.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """An exclusion with the names that the seller's people read."""

    exclusion: BidderExclusion
    buyer_name: str
    by_name: str | None
    lifted_by_name: str | None


def list_exclusions(
    session: Session, actor: Actor, request: PageRequest, *, event_id: UUID | None = None
) -> Page[ExclusionRow]:
    """Return the exclusions of the actor's market, those that hold first, then the latest.

    Raises:
        NotFound: the actor may not read the own tenders.
    """
    if not actor.may(Permission.TENDERS_READ):
        raise NotFound
    by, lifter = aliased(User), aliased(User)
    statement = (
        select(
            BidderExclusion,
            Organisation.name.label("buyer_name"),
            by.display_name.label("by_name"),
            lifter.display_name.label("lifted_by_name"),
        )
        .join(Organisation, Organisation.id == BidderExclusion.buyer_id)
        .outerjoin(by, by.id == BidderExclusion.excluded_by)
        .outerjoin(lifter, lifter.id == BidderExclusion.lifted_by)
        .where(BidderExclusion.organisation_id == actor.org)
        .order_by(BidderExclusion.lifted_at.is_not(None), BidderExclusion.excluded_at.desc())
    )
    if event_id is not None:
        statement = statement.where(
            or_(BidderExclusion.event_id == event_id, BidderExclusion.event_id.is_(None))
        )
    statement = order_by(statement, request.sort, EXCLUSION_SORT, BidderExclusion.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [
        ExclusionRow(row.BidderExclusion, row.buyer_name, row.by_name, row.lifted_by_name)
        for row in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)


def buying_organisations(session: Session) -> Sequence[tuple[UUID, str]]:
    """Return id and name of every buying organisation, by name."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.kind == OrganisationKind.BUYER.value)
        .order_by(Organisation.name, Organisation.id)
    )
    return [(row.id, row.name) for row in rows]
