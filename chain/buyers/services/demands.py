"""The writers of demands: opened, changed (what they said before is kept), withdrawn."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind, Permission
from chain.buyers.errors import NotABuyer
from chain.buyers.models import Demand, DemandVersion
from chain.buyers.queries import lock_own_demand
from chain.buyers.rules import DemandState, Terms, check_terms
from chain.buyers.services.audit_tags import BuyersAudit
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import Conflict, FieldErrors, IdempotencyConflict
from chain.core.hashing import plain
from chain.core.i18n import N_
from chain.core.text import tidy, tidy_lines


def open_demand(
    session: Session, *, actor: Actor, now: datetime, demand_id: UUID, terms: Terms
) -> tuple[Demand, bool]:
    """Open a standing demand of the actor's organisation, once per id; tell whether it is new.

    Raises:
        Forbidden, NotABuyer: the actor or the organisation may not.
        ValidationFailed: some terms cannot be right.
        IdempotencyConflict: the id was used with other content.
    """
    organisation = _buyer(session, actor)
    terms = _tidy(terms, organisation)
    content = terms.as_mapping()
    known = session.get(Demand, demand_id)
    if known is not None:
        if known.organisation_id == actor.org and _first_terms(session, known) == plain(content):
            return known, False
        raise IdempotencyConflict
    _check(session, terms, local_date(now, organisation.timezone))
    demand = Demand(
        id=demand_id,
        organisation_id=organisation.id,
        state=DemandState.OPEN.value,
        version=1,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    try:
        with session.begin_nested():
            session.add(demand)
    except IntegrityError:
        raise Conflict from None  # the same form was sent twice in the same instant
    _note(session, BuyersAudit.DEMAND_OPENED, actor, now, demand, after=content)
    return demand, True


def change_demand(
    session: Session, *, actor: Actor, now: datetime, demand_id: UUID, version: int, terms: Terms
) -> Demand:
    """Change the terms of an open demand. What stood is kept; the same terms again change nothing.

    `version` is the one that the person saw. The product and the currency stay.

    Raises:
        NotFound: there is none, or it is another buyer's.
        ValidationFailed: some terms cannot be right.
        Conflict: it was withdrawn, or somebody changed it meanwhile.
    """
    organisation = _buyer(session, actor)
    demand = lock_own_demand(session, actor, demand_id)
    terms = replace(_tidy(terms, organisation), commodity=demand.commodity, currency=demand.currency)
    content = terms.as_mapping()
    before = terms_of(demand)
    if before == plain(content):
        return demand
    if demand.state != DemandState.OPEN or demand.version != version:
        raise Conflict
    _check(session, terms, local_date(now, organisation.timezone))
    session.add(
        DemandVersion(
            demand_id=demand.id,
            version=demand.version,
            terms=before,
            replaced_at=now,
            replaced_by=actor.user_id,
        )
    )
    for name, value in content.items():
        setattr(demand, name, value)
    demand.version += 1
    session.flush()
    _note(session, BuyersAudit.DEMAND_CHANGED, actor, now, demand, before=before, after=content)
    return demand


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
    states = {"state": DemandState.OPEN}, {"state": DemandState.WITHDRAWN}
    _note(session, BuyersAudit.DEMAND_WITHDRAWN, actor, now, demand, before=states[0], after=states[1])
    return demand


def terms_of(demand: Demand) -> dict[str, Any]:
    """Return the terms of a demand as JSON keeps them."""
    found: dict[str, Any] = plain({name: getattr(demand, name) for name in Terms.__dataclass_fields__})
    return found


def _first_terms(session: Session, demand: Demand) -> dict[str, Any]:
    first = session.get(DemandVersion, (demand.id, 1))
    return terms_of(demand) if first is None else first.terms


def _buyer(session: Session, actor: Actor) -> Organisation:
    actor.require(Permission.DEMANDS_WRITE)
    organisation = get_own_organisation(session, actor)
    if organisation.kind != OrganisationKind.BUYER:
        raise NotABuyer
    return organisation


def _tidy(terms: Terms, organisation: Organisation) -> Terms:
    return replace(
        terms,
        title=tidy(terms.title),
        note=tidy_lines(terms.note) or None,
        grades=tuple(dict.fromkeys(terms.grades)),
        colours=tuple(dict.fromkeys(terms.colours)),
        centres=tuple(dict.fromkeys(str(one).lower() for one in terms.centres)),
        private_to=tuple(dict.fromkeys(str(one).lower() for one in terms.private_to)),
        currency=organisation.currency,
    )


def _check(session: Session, terms: Terms, today: date) -> None:
    errors = check_terms(terms, today)
    _check_sellers(session, errors, {"centres": terms.centres, "private_to": terms.private_to})
    errors.raise_any()


def _check_sellers(session: Session, errors: FieldErrors, lists: Mapping[str, tuple[str, ...]]) -> None:
    named = {one for ids in lists.values() for one in ids}
    if not named:
        return
    found = session.scalars(
        select(Organisation.id).where(
            Organisation.id.in_([UUID(one) for one in named]),
            Organisation.kind.in_([kind.value for kind in SELLER_KINDS]),
        )
    )
    known = {str(one) for one in found}
    for field, ids in lists.items():
        if not known.issuperset(ids):
            errors.add(field, N_("Choose one of the options."))


def _note(
    session: Session,
    tag: BuyersAudit,
    actor: Actor,
    now: datetime,
    demand: Demand,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="demand",
        subject_id=demand.id,
        before=before,
        after=after,
    )
