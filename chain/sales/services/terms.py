"""Terms of sales: those of the seller, those of one event; an award takes them with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import NotFound
from chain.sales.errors import TermsBound, TermsFixed
from chain.sales.methods import registered_methods
from chain.sales.models import Award, EventTerms, SaleTerms
from chain.sales.rules import Entry
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.services.log import write_log
from chain.sales.terms import Terms, check_terms, kept_terms, read_terms


def terms_of_seller(session: Session, organisation_id: UUID) -> Terms:
    """Return a seller's terms, or the defaults of the program."""
    row = session.get(SaleTerms, organisation_id)
    return Terms() if row is None else read_terms(row.terms)


def terms_of_event(
    session: Session, organisation_id: UUID, event_id: UUID, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the terms with which an event ends: the seller's, then the event's, then what its way of selling gives."""
    row = session.get(EventTerms, event_id)
    own = kept_terms(terms_of_seller(session, organisation_id) if row is None else read_terms(row.terms))
    more = dict(given or {})
    return {**more, **kept_terms(read_terms({**own, **more}))}


def set_terms(session: Session, *, actor: Actor, now: datetime, terms: Terms) -> Terms:
    """Set the terms that the organisation's sales have from now on. Awards that were made keep theirs.

    Raises:
        Forbidden: the actor may not offer lots.
        ValidationFailed: something cannot be kept.
    """
    actor.require(Permission.TENDERS_WRITE)
    organisation = get_own_organisation(session, actor)
    check_terms(terms, book_currency=organisation.currency)
    row = session.get(SaleTerms, actor.org, with_for_update=True)
    before = None if row is None else row.terms
    if row is None:
        row = SaleTerms(organisation_id=actor.org)
        session.add(row)
    row.terms, row.changed_at, row.changed_by = kept_terms(terms), now, actor.user_id
    session.flush()
    _note(session, actor, now, "sale_terms", actor.org, before, row.terms)
    return terms


def set_event_terms(
    session: Session, *, actor: Actor, now: datetime, method: str, event_id: UUID, terms: Terms
) -> Terms:
    """Set the terms of one event of the organisation; bidders read them, and its log tells of the change.

    Raises:
        Forbidden: the actor may not offer lots.
        NotFound: there is no such event here.
        TermsFixed: it has ended in an award.
        TermsBound: somebody has bid on the terms as they are.
        ValidationFailed: something cannot be kept.
    """
    actor.require(Permission.TENDERS_WRITE)
    hooks = registered_methods().get(method)
    if hooks is None:
        raise NotFound
    event = hooks.lock(session, event_id)
    if event is None or getattr(event, "organisation_id", None) != actor.org:
        raise NotFound
    if session.scalar(select(Award.id).where(Award.event_id == event_id).limit(1)) is not None:
        raise TermsFixed
    if hooks.is_bound is not None and hooks.is_bound(session, event_id):
        raise TermsBound
    check_terms(terms, book_currency=get_own_organisation(session, actor).currency)
    row = session.get(EventTerms, event_id)
    before = None if row is None else row.terms
    if row is None:
        row = EventTerms(event_id=event_id, organisation_id=actor.org, event_kind=method)
        session.add(row)
    row.terms, row.changed_at, row.changed_by = kept_terms(terms), now, actor.user_id
    session.flush()
    write_log(
        session,
        organisation_id=actor.org,
        event_kind=method,
        event_id=event_id,
        now=now,
        entries=[Entry("terms", row.terms, actor.user_id)],
    )
    _note(session, actor, now, method, event_id, before, row.terms)
    return terms


def _note(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    subject: str,
    subject_id: UUID,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        session,
        tag=SalesAudit.TERMS_CHANGED,
        actor=actor,
        now=now,
        subject_type=subject,
        subject_id=subject_id,
        before=before,
        after=after,
    )
