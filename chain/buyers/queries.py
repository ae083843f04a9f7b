"""Reads of standing demands. A buyer sees its own and no rival's; sellers see the open ones that are for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind
from chain.buyers.models import Demand, DemandVersion
from chain.buyers.rules import DemandState
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows

#: Demands that matching looks at in one go.
MAX_MATCHED = 500
MAX_VERSIONS = 50
MAX_SELLERS = 1000

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


def open_demands(
    session: Session, *, today: date, commodity: str | None = None, seller_id: UUID | None = None
) -> Sequence[Demand]:
    """Return the demands of all buyers that stand on a day, the oldest first, at most `MAX_MATCHED`.

    With a seller only those that it may see. Without one the caller keeps private demands from others
    (`rules.meets` says so of each offer).
    """
    statement = select(Demand).where(stands_on(today)).order_by(Demand.created_at, Demand.id)
    if seller_id is not None:
        statement = statement.where(shown_to(parties_of(session, seller_id)))
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    return session.scalars(statement.limit(MAX_MATCHED)).all()


def list_open_demands(
    session: Session, actor: Actor, request: PageRequest, *, today: date, commodity: str | None = None
) -> Page[DemandRow]:
    """Return the demands of all buyers that stand on a day and that a seller may see, the next to end first."""
    shown = shown_to(parties_of(session, actor.org))
    statement = with_buyer().where(stands_on(today), shown).order_by(Demand.valid_to, Demand.id)
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    return _page(session, statement, request)


def list_own_demands(
    session: Session, actor: Actor, request: PageRequest, *, commodity: str | None = None
) -> Page[DemandRow]:
    """Return the demands of the actor's organisation, the newest first."""
    statement = (
        with_buyer()
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
        stands = Demand.state == DemandState.OPEN if today is None else stands_on(today)
        visible = or_(visible, and_(stands, shown_to(parties_of(session, actor.organisation_id))))
    row = session.execute(with_buyer().where(Demand.id == demand_id, visible)).first()
    if row is None:
        raise NotFound
    return DemandRow(*row)


def get_demand_for(session: Session, actor: Actor, demand_id: UUID, *, today: date | None = None) -> Demand:
    """Return a demand of the own organisation or, for sellers, anybody's that stands.

    Raises:
        NotFound: there is none, or it is another buyer's and does not stand.
    """
    return get_demand_row_for(session, actor, demand_id, today=today).demand


def get_own_demand(session: Session, actor: Actor, demand_id: UUID) -> Demand:
    """Return a demand of the own organisation.

    Raises:
        NotFound: there is none, or it is another buyer's.
    """
    found = session.get(Demand, demand_id)
    if found is None or found.organisation_id != actor.org:
        raise NotFound
    return found


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


def parties_of(session: Session, organisation_id: UUID | None) -> tuple[UUID, ...]:
    """Return an organisation and the association that it belongs to: a demand may be private to either."""
    if organisation_id is None:
        return ()
    parent = session.scalar(select(Organisation.parent_id).where(Organisation.id == organisation_id))
    return (organisation_id,) if parent is None else (organisation_id, parent)


def shown_to(parties: Sequence[UUID]) -> ColumnElement[bool]:
    """Tell whether a demand is for every seller or names one of these organisations.

    The list is compared as text, which both databases can do: an id stands in it whole or not at all.
    """
    names = cast(Demand.private_to, Text)
    return or_(names == "[]", *(names.contains(str(one)) for one in parties))


def list_versions(session: Session, demand: Demand) -> Sequence[DemandVersion]:
    """Return what a demand said before, the newest first."""
    return session.scalars(
        select(DemandVersion)
        .where(DemandVersion.demand_id == demand.id)
        .order_by(DemandVersion.version.desc())
        .limit(MAX_VERSIONS)
    ).all()


def seller_names(session: Session) -> Sequence[tuple[UUID, str]]:
    """Return the organisations that sell, by name: who may be named in a demand."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.kind.in_([kind.value for kind in SELLER_KINDS]))
        .order_by(Organisation.name, Organisation.id)
        .limit(MAX_SELLERS)
    )
    return [(row.id, row.name) for row in rows]


def stands_on(today: date) -> ColumnElement[bool]:
    """Tell whether a demand is open and runs on a day."""
    return and_(Demand.state == DemandState.OPEN, Demand.valid_from <= today, Demand.valid_to >= today)


def with_buyer() -> Select[tuple[Demand, str]]:
    """Return demands with the names of their buyers."""
    return select(Demand, Organisation.name).join(Organisation, Organisation.id == Demand.organisation_id)


def _page(session: Session, statement: Select[tuple[Demand, str]], request: PageRequest) -> Page[DemandRow]:
    statement = order_by(statement, request.sort, SORT_COLUMNS, Demand.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([DemandRow(*row) for row in page.items], page.page, page.page_size, page.total)
