"""Reads of standing demands. A buyer sees its own and no rival's; sellers see the open ones of all buyers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind
from chain.buyers.models import Demand
from chain.buyers.rules import DemandState
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows

#: Demands that matching looks at in one go.
MAX_MATCHED = 500

SORT_COLUMNS = {
    "valid_to": Demand.valid_to,
    "title": Demand.title,
    "price": Demand.price_minor_per_unit,
    "created_at": Demand.created_at,
}


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A demand with its buyer's name."""

    demand: Demand
    buyer_name: str


def open_demands(session: Session, *, today: date, commodity: str | None = None) -> Sequence[Demand]:
    """Return the demands of all buyers that stand on a day, the oldest first, at most `MAX_MATCHED`."""
    statement = select(Demand).where(_stands(today)).order_by(Demand.created_at, Demand.id)
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    return session.scalars(statement.limit(MAX_MATCHED)).all()


def list_open_demands(
    session: Session, request: PageRequest, *, today: date, commodity: str | None = None
) -> Page[DemandRow]:
    """Return the demands of all buyers that stand on a day, the next to end first."""
    statement = _with_buyer().where(_stands(today)).order_by(Demand.valid_to, Demand.id)
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    return _page(session, statement, request)


def list_own_demands(
    session: Session, actor: Actor, request: PageRequest, *, commodity: str | None = None
) -> Page[DemandRow]:
    """Return the demands of the actor's organisation, the newest first."""
    statement = (
        _with_buyer()
        .where(Demand.organisation_id == actor.organisation_id)
        .order_by(Demand.created_at.desc(), Demand.id.desc())
    )
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    return _page(session, statement, request)


def get_demand_row_for(
    session: Session, actor: Actor, demand_id: UUID, *, today: date | None = None
) -> DemandRow:
    """Return a demand of the own organisation, or for sellers, anybody's that stands (without a day: that is open).

    Raises:
        NotFound: there is none, or it is another buyer's and does not stand.
    """
    visible: ColumnElement[bool] = Demand.organisation_id == actor.organisation_id
    if actor.organisation_kind is not OrganisationKind.BUYER:
        visible = or_(visible, Demand.state == DemandState.OPEN if today is None else _stands(today))
    row = session.execute(_with_buyer().where(Demand.id == demand_id, visible)).first()
    if row is None:
        raise NotFound
    return DemandRow(*row)


def get_demand_for(session: Session, actor: Actor, demand_id: UUID, *, today: date | None = None) -> Demand:
    """Return a demand of the own organisation or, for sellers, anybody's that stands.

    Raises:
        NotFound: there is none, or it is another buyer's and does not stand.
    """
    return get_demand_row_for(session, actor, demand_id, today=today).demand


def lock_own_demand(session: Session, actor: Actor, demand_id: UUID) -> Demand:
    """Return a demand of the own organisation, locked.

    Raises:
        NotFound: there is none, or it is another buyer's.
    """
    found = session.scalar(
        select(Demand)
        .where(Demand.id == demand_id, Demand.organisation_id == actor.organisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _stands(today: date) -> ColumnElement[bool]:
    return and_(Demand.state == DemandState.OPEN, Demand.valid_from <= today, Demand.valid_to >= today)


def _with_buyer() -> Select[tuple[Demand, str]]:
    return select(Demand, Organisation.name).join(Organisation, Organisation.id == Demand.organisation_id)


def _page(session: Session, statement: Select[tuple[Demand, str]], request: PageRequest) -> Page[DemandRow]:
    statement = order_by(statement, request.sort, SORT_COLUMNS, Demand.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([DemandRow(*row) for row in page.items], page.page, page.page_size, page.total)
