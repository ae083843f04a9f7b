"""What waits to be prepared: deliveries of a period with the prices in force, deliveries at the gate, decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, order_by, paginate
from chain.lots.models import Lot
from chain.pricing.queries import schemes_between
from chain.pricing.rules import SchemeSpan
from chain.producers.models import Membership, Producer
from chain.settlement.models import GateRule
from chain.settlement.queries.deliveries import delivered_between, waiting
from chain.settlement.rules import MAX_GATE_LOTS


@dataclass(frozen=True, slots=True)
class PeriodPreview:
    """What a run of a period would pay, before it is prepared."""

    deliveries: int
    producers: int
    quantity: int
    unit: str
    spans: Sequence[SchemeSpan]
    #: days with deliveries and no price
    missing: Sequence[date]


def period_preview(
    session: Session, organisation: Organisation, commodity: str, first: date, last: date
) -> PeriodPreview:
    """Count what waits in a period, and name the prices in force and the days that have none."""
    rows = session.execute(
        select(
            Lot.delivered_on,
            func.count().label("deliveries"),
            func.sum(Lot.quantity).label("quantity"),
            func.max(Lot.unit).label("unit"),
        )
        .where(
            *waiting(organisation.id),
            Lot.commodity == commodity,
            *delivered_between(first, last),
        )
        .group_by(Lot.delivered_on)
        .order_by(Lot.delivered_on)
    ).all()
    people = session.scalar(
        select(func.count(Lot.producer_id.distinct())).where(
            *waiting(organisation.id),
            Lot.commodity == commodity,
            *delivered_between(first, last),
        )
    )
    spans = schemes_between(session, organisation, commodity, first, last)
    return PeriodPreview(
        deliveries=sum(row.deliveries for row in rows),
        producers=people or 0,
        quantity=sum(int(row.quantity) for row in rows),
        unit=rows[0].unit if rows else "g",
        spans=spans,
        missing=[row.delivered_on for row in rows if not any(span.holds(row.delivered_on) for span in spans)],
    )


def gate_deliveries(session: Session, actor: Actor, day: date) -> Sequence[Any]:
    """Return the deliveries of a day that wait for payment, with the producers' names, the last one first."""
    return session.execute(
        select(
            Lot.id,
            Lot.number,
            Lot.commodity,
            Lot.quantity,
            Lot.unit,
            Lot.delivered_at,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—").label("member_code"),
        )
        .join(Producer, Producer.id == Lot.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Lot.producer_id) & (Membership.organisation_id == Lot.organisation_id),
        )
        .where(*waiting(actor.org), *delivered_between(day, day))
        .order_by(Lot.delivered_at.desc(), Lot.id)
        .limit(MAX_GATE_LOTS)
    ).all()


def list_gate_rules(session: Session, actor: Actor, request: PageRequest) -> Page[GateRule]:
    """Return the decisions of the actor's organisation, the latest first."""
    statement = (
        select(GateRule)
        .where(GateRule.organisation_id == actor.org)
        .order_by(GateRule.valid_from.desc(), GateRule.id.desc())
    )
    sorts = {"valid_from": GateRule.valid_from}
    return paginate(session, order_by(statement, request.sort, sorts, GateRule.id), request)
