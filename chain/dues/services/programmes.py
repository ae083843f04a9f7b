"""Programmes of the pass-on in kind, with their terms as data."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.dues.audit_tags import DuesAudit
from chain.dues.models import PassingProgramme
from chain.dues.passing_rules import MAX_MONTHS, MAX_PERCENT, Goods
from chain.dues.services.checks import WRITE_DECISION, check_text, tidy
from chain.ledger.services.posting import lock_books


@dataclass(frozen=True, slots=True)
class NewProgramme:
    """A programme to set."""

    id: UUID
    name: str
    sponsor: str
    goods: Goods
    due_months: int
    return_percent: int
    decided_by: str


def set_programme(session: Session, *, actor: Actor, now: datetime, new: NewProgramme) -> PassingProgramme:
    """Set a programme with its terms; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not keep the pass-on.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another programme.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    lock_books(session, actor.org)
    content: dict[str, Any] = asdict(new) | {"goods": new.goods.value}
    del content["id"]
    for key in ("name", "sponsor", "decided_by"):
        content[key] = tidy(content[key])
    known = session.get(PassingProgramme, new.id)
    if known is not None:
        if known.organisation_id == actor.org and all(getattr(known, key) == v for key, v in content.items()):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    check_text(errors, "name", content["name"], N_("Write the name of the programme."))
    check_text(errors, "sponsor", content["sponsor"], N_("Write who gave the animals or the seed."))
    _check_terms(errors, new.due_months, new.return_percent, content["decided_by"])
    errors.raise_any()
    programme = PassingProgramme(
        id=new.id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **content
    )
    session.add(programme)
    session.flush()
    record_passing(
        session, DuesAudit.PROGRAMME_SET, actor, now, "passing_programme", programme.id, None, content
    )
    return programme


def change_programme(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    programme_id: UUID,
    due_months: int,
    return_percent: int,
    decided_by: str,
) -> PassingProgramme:
    """Change the terms for what is received from now on; what was received keeps its day.

    Raises:
        NotFound: the organisation has no such programme.
        ValidationFailed: a field cannot be used.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    lock_books(session, actor.org)
    programme = get_programme(session, actor, programme_id)
    errors = FieldErrors()
    _check_terms(errors, due_months, return_percent, tidy(decided_by))
    errors.raise_any()
    after = {"due_months": due_months, "return_percent": return_percent, "decided_by": tidy(decided_by)}
    before = {key: getattr(programme, key) for key in after}
    for key, value in after.items():
        setattr(programme, key, value)
    session.flush()
    record_passing(
        session, DuesAudit.PROGRAMME_CHANGED, actor, now, "passing_programme", programme.id, before, after
    )
    return programme


def _check_terms(errors: FieldErrors, due_months: int, return_percent: int, decided_by: str) -> None:
    if not 0 < due_months <= MAX_MONTHS:
        errors.add("due_months", N_("The time is 1 to %(most)s months."), most=MAX_MONTHS)
    if not 0 < return_percent <= MAX_PERCENT:
        errors.add("return_percent", N_("The part is 1 to %(most)s %%."), most=MAX_PERCENT)
    check_text(errors, "decided_by", decided_by, WRITE_DECISION)


def get_programme(session: Session, actor: Actor, programme_id: UUID) -> PassingProgramme:
    """Return a programme of the actor's organisation.

    Raises:
        NotFound: there is none.
    """
    found = session.get(PassingProgramme, programme_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def record_passing(  # noqa: PLR0917 - of this area; one line of facts
    session: Session,
    tag: DuesAudit,
    actor: Actor,
    now: datetime,
    subject_type: str,
    subject_id: UUID,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    """Write one audit record of the pass-on."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=subject_type,
        subject_id=subject_id,
        before=before,
        after=after,
    )
