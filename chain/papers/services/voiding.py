"""Voiding papers: the number stays, the paper prints ANULADO."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.models import AuditRecord
from chain.papers.audit_tags import PaperAudit
from chain.papers.errors import PaperAlreadyVoided, VoidRefused
from chain.papers.models import Paper
from chain.papers.queries.papers import lock_paper_for
from chain.papers.rules import CHUNK, PaperKind, serial, void_permission
from chain.papers.subjects import subject_of

MIN_REASON, MAX_REASON = 3, 200


def void_papers(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: UUID,
    subject_type: str,
    subject_ids: Collection[UUID],
    reason: str,
    entry_id: UUID | None = None,
    kind: PaperKind | None = None,
) -> list[str]:
    """Void the standing papers of subjects, of one kind or of all; return their numbers. The caller has checked who may.

    `entry_id` names the reversing entry in the books. Subjects without a standing paper are passed over.

    Raises:
        ValidationFailed: the reason is missing or too long.
    """
    why = checked_reason(reason)
    found: list[Paper] = []
    wanted = sorted(subject_ids)
    for start in range(0, len(wanted), CHUNK):
        statement = select(Paper).where(
            Paper.organisation_id == organisation_id,
            Paper.subject_type == subject_type,
            Paper.subject_id.in_(wanted[start : start + CHUNK]),
            Paper.voided_at.is_(None),
        )
        if kind is not None:
            statement = statement.where(Paper.kind == kind.value)
        found += session.scalars(
            statement.order_by(Paper.id).with_for_update().execution_options(populate_existing=True)
        )
    if not found:
        return []
    numbers = [
        serial(one.series, one.number) for one in sorted(found, key=lambda one: (one.series, one.number))
    ]
    _void(session, actor, now, found, why, entry_id)
    return numbers


def void_paper(session: Session, *, actor: Actor, now: datetime, paper_id: UUID, reason: str) -> Paper:
    """Void one paper on its own, where what it is about allows it.

    Raises:
        Forbidden: the actor may not void papers of this kind: tax papers need the duty that issues them.
        NotFound: it is not a paper of the organisation.
        PaperAlreadyVoided: it is void.
        VoidRefused: the paper falls with something else, such as its settlement.
        ValidationFailed: the reason is missing or too long.
    """
    paper = lock_paper_for(session, actor, paper_id)
    actor.require(void_permission(PaperKind(paper.kind)))
    if paper.voided_at is not None:
        raise PaperAlreadyVoided(serial=serial(paper.series, paper.number))
    refused = subject_of(paper.subject_type).why_not_void(session, paper)
    if refused is not None:
        raise VoidRefused(why=refused)
    _void(session, actor, now, [paper], checked_reason(reason), None)
    return paper


def checked_reason(reason: str) -> str:
    """Return a reason in one line.

    Raises:
        ValidationFailed: it is missing or too long.
    """
    why = " ".join(reason.split())
    if not MIN_REASON <= len(why) <= MAX_REASON:
        errors = FieldErrors()
        text = N_("Write the reason in %(least)s to %(limit)s characters.")
        errors.add("reason", text, least=MIN_REASON, limit=MAX_REASON)
        errors.raise_any()
    return why


def _void(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    papers: Collection[Paper],
    why: str,
    entry_id: UUID | None,
) -> None:
    ids = [paper.id for paper in papers]
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(Paper)
            .where(Paper.id.in_(ids[start : start + CHUNK]))
            .values(voided_at=now, voided_by=actor.user_id, void_reason=why, void_entry_id=entry_id)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        insert(AuditRecord),
        [
            audit.record_values(
                tag=PaperAudit.VOIDED,
                actor=actor,
                now=now,
                subject_type="paper",
                subject_id=paper.id,
                after={"number": serial(paper.series, paper.number), "reason": why},
            )
            for paper in papers
        ],
    )
    for paper in papers:
        session.expire(paper)
