"""Sets what intermediaries paid in a season."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import Conflict, IdempotencyConflict
from chain.income.models import Baseline
from chain.income.queries.baselines import standing_baseline
from chain.income.rules import BaselineTerms, check_baseline
from chain.income.services.audit_tags import IncomeAudit

SUBJECT = "baseline"


def set_baseline(
    session: Session, *, actor: Actor, now: datetime, baseline_id: UUID, terms: BaselineTerms
) -> tuple[Baseline, bool]:
    """Set the baseline of a season and product, once per id; tell whether it is new.

    One that stood for the season is replaced and remains to be read. The currency is that of the organisation's books.

    Raises:
        Forbidden: the actor may not.
        ValidationFailed: some terms cannot be right.
        IdempotencyConflict: the id was used with other content.
        Conflict: somebody else set it in the same instant.
    """
    actor.require(Permission.INCOME_WRITE)
    organisation = get_own_organisation(session, actor)
    terms = terms.cleaned()
    content = terms.as_mapping()
    known = session.get(Baseline, baseline_id)
    if known is not None:
        same = all(getattr(known, name) == value for name, value in content.items())
        if same and known.organisation_id == organisation.id:
            return known, False
        raise IdempotencyConflict
    check_baseline(terms, local_date(now, organisation.timezone).year).raise_any()
    _replace(session, actor, organisation.id, terms, now)
    baseline = Baseline(
        id=baseline_id,
        organisation_id=organisation.id,
        currency=organisation.currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    try:
        with session.begin_nested():
            session.add(baseline)
    except IntegrityError:
        raise Conflict from None
    audit.record(
        session,
        tag=IncomeAudit.BASELINE_SET,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=baseline.id,
        after={**content, "currency": organisation.currency},
    )
    return baseline, True


def _replace(
    session: Session, actor: Actor, organisation_id: UUID, terms: BaselineTerms, now: datetime
) -> None:
    old = standing_baseline(session, organisation_id, terms.commodity, terms.season)
    if old is None:
        return
    old.replaced_at = now
    old.replaced_by = actor.user_id
    session.flush()
    audit.record(
        session,
        tag=IncomeAudit.BASELINE_REPLACED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=old.id,
        before={"price_minor_per_unit": old.price_minor_per_unit, "source": old.source},
        after={"price_minor_per_unit": terms.price_minor_per_unit, "source": terms.source},
    )
