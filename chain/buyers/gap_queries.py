"""What is still missing of standing demands: for a buyer of its own, for sellers of those that they may fill."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Text, cast, or_
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind
from chain.buyers.coverage import coverage_of
from chain.buyers.models import Demand
from chain.buyers.periods import Gap, gap, period_span, spans
from chain.buyers.queries import get_demand_for, parties_of, shown_to, stands_on, with_buyer
from chain.core.paging import Page, PageRequest, order_by, paginate_rows

SORT_COLUMNS = {"valid_to": Demand.valid_to, "title": Demand.title}


@dataclass(frozen=True, slots=True)
class GapRow:
    """A demand with its buyer's name and the gap of the period of today."""

    demand: Demand
    buyer_name: str
    gap: Gap


def list_gaps(
    session: Session, actor: Actor, request: PageRequest, *, today: date, commodity: str | None = None
) -> Page[GapRow]:
    """Return the demands that stand today with the gap of the running period, the next to end first.

    A buyer gets its own. A seller gets those that it may see and that take goods of it.
    """
    statement = with_buyer().where(stands_on(today)).order_by(Demand.valid_to, Demand.id)
    if actor.organisation_kind is OrganisationKind.BUYER:
        statement = statement.where(Demand.organisation_id == actor.organisation_id)
    else:
        parties = parties_of(session, actor.org)
        named = cast(Demand.centres, Text)
        takes = or_(named == "[]", *(named.contains(str(one)) for one in parties))
        statement = statement.where(shown_to(parties), takes)
    if commodity is not None:
        statement = statement.where(Demand.commodity == commodity)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Demand.id.expression)
    page = paginate_rows(session, statement, request)
    covered = coverage_of(session, [row[0].id for row in page.items])
    rows = [
        GapRow(demand, name, gap(demand, period_span(demand, today), covered[demand.id]))
        for demand, name in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)


def demand_gaps(session: Session, demand: Demand) -> list[Gap]:
    """Return the gap of every period of a demand, in order."""
    covered = coverage_of(session, [demand.id])[demand.id]
    return [gap(demand, span, covered) for span in spans(demand)]


def demand_gaps_for(session: Session, actor: Actor, demand_id: UUID, *, today: date) -> list[Gap]:
    """Return the gap of every period of a demand that the actor may see.

    Raises:
        NotFound: no such demand, or another buyer's, or private to others.
    """
    return demand_gaps(session, get_demand_for(session, actor, demand_id, today=today))
