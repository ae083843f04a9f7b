"""The writers of buyers: a demand is opened and may be withdrawn. Its terms never change; another one is opened."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.buyers.errors import NotABuyer
from chain.buyers.models import Demand
from chain.buyers.queries import lock_own_demand
from chain.buyers.rules import DemandState, Terms, check_terms
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import Conflict, IdempotencyConflict
from chain.core.text import tidy, tidy_lines


class BuyersAudit(StrEnum):
    """Tags of the audit trail."""

    DEMAND_OPENED = "buyers:demand:opened"
    DEMAND_WITHDRAWN = "buyers:demand:withdrawn"


def open_demand(
    session: Session, *, actor: Actor, now: datetime, demand_id: UUID, terms: Terms
) -> tuple[Demand, bool]:
    """Open a standing demand of the actor's organisation, once per id; tell whether it is new.

    Raises:
        Forbidden, NotABuyer: the actor or the organisation may not.
        ValidationFailed: some terms cannot be right.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.DEMANDS_WRITE)
    organisation = get_own_organisation(session, actor)
    if organisation.kind != OrganisationKind.BUYER:
        raise NotABuyer
    terms = replace(
        terms,
        title=tidy(terms.title),
        note=tidy_lines(terms.note) or None,
        grades=tuple(dict.fromkeys(terms.grades)),
        colours=tuple(dict.fromkeys(terms.colours)),
        currency=organisation.currency,
    )
    content = terms.as_mapping()
    known = session.get(Demand, demand_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, name) == value for name, value in content.items()
        ):
            return known, False
        raise IdempotencyConflict
    check_terms(terms, local_date(now, organisation.timezone)).raise_any()
    demand = Demand(
        id=demand_id,
        organisation_id=organisation.id,
        state=DemandState.OPEN.value,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    try:
        with session.begin_nested():
            session.add(demand)
    except IntegrityError:
        raise Conflict from None  # the same form was sent twice in the same instant
    audit.record(
        session,
        tag=BuyersAudit.DEMAND_OPENED,
        actor=actor,
        now=now,
        subject_type="demand",
        subject_id=demand.id,
        after=content,
    )
    return demand, True


def withdraw_demand(session: Session, *, actor: Actor, now: datetime, demand_id: UUID) -> Demand:
    """Withdraw a demand of the actor's organisation; a withdrawn one stays as it is.

    Raises:
        NotFound: there is none, or it is another buyer's.
    """
    actor.require(Permission.DEMANDS_WRITE)
    demand = lock_own_demand(session, actor, demand_id)
    if demand.state == DemandState.WITHDRAWN:
        return demand
    demand.state = DemandState.WITHDRAWN.value
    session.flush()
    audit.record(
        session,
        tag=BuyersAudit.DEMAND_WITHDRAWN,
        actor=actor,
        now=now,
        subject_type="demand",
        subject_id=demand.id,
        before={"state": DemandState.OPEN},
        after={"state": DemandState.WITHDRAWN},
    )
    return demand
