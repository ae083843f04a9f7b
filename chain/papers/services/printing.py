"""Noting each print: the first of a paper is the original, later ones are numbered copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.papers.audit_tags import PaperAudit
from chain.papers.errors import FormatNotForKind, TooManyPapers
from chain.papers.models import Paper, PaperPrint
from chain.papers.rules import CHUNK, PaperFormat, PaperKind, is_printed_on, print_permission, serial

MAX_PRINTED_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper that is being printed, and which copy it is: 0 is the original."""

    paper: Paper
    copy: int


def print_papers(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    paper_ids: Sequence[UUID],
    fmt: PaperFormat = PaperFormat.A5,
) -> list[Printed]:
    """Note a print of each paper, in the order of their numbers; the first of each is the original.

    A voided paper is printed too, marked ANULADO: its number stays.

    Raises:
        Forbidden: the actor may not print papers of one of the kinds.
        NotFound: one of them is not a paper of the organisation.
        FormatNotForKind: one of them does not fit on that paper.
        TooManyPapers: more than 2,000 at once.
    """
    papers = _papers(session, actor, paper_ids, fmt, lock=True)
    printed = [Printed(paper, paper.printed) for paper in papers]
    session.execute(
        insert(PaperPrint),
        [
            {
                "id": new_id(),
                "paper_id": one.paper.id,
                "copy": one.copy,
                "format": fmt.value,
                "printed_at": now,
                "printed_by": actor.user_id,
            }
            for one in printed
        ],
    )
    ids = [paper.id for paper in papers]
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(Paper)
            .where(Paper.id.in_(ids[start : start + CHUNK]))
            .values(printed=Paper.printed + 1)
            .execution_options(synchronize_session=False)
        )
    audit.record(
        session,
        tag=PaperAudit.PRINTED,
        actor=actor,
        now=now,
        subject_type="paper",
        subject_id=papers[0].id,
        after={
            "first": serial(papers[0].series, papers[0].number),
            "last": serial(papers[-1].series, papers[-1].number),
            "count": len(papers),
            "format": fmt.value,
        },
    )
    for paper in papers:
        session.expire(paper, ["printed"])
    return printed


def papers_to_print(
    session: Session, *, actor: Actor, paper_ids: Sequence[UUID], fmt: PaperFormat
) -> list[Paper]:
    """Return the papers that `print_papers` would note, in the order of their numbers, without noting or locking them.

    Raises:
        Forbidden, NotFound, FormatNotForKind, TooManyPapers: see print_papers.
    """
    return _papers(session, actor, paper_ids, fmt, lock=False)


def _papers(
    session: Session, actor: Actor, paper_ids: Sequence[UUID], fmt: PaperFormat, *, lock: bool
) -> list[Paper]:
    wanted = sorted(set(paper_ids))
    if len(wanted) > MAX_PRINTED_AT_ONCE:
        raise TooManyPapers(limit=MAX_PRINTED_AT_ONCE)
    found: list[Paper] = []
    for start in range(0, len(wanted), CHUNK):
        statement = (
            select(Paper)
            .where(Paper.id.in_(wanted[start : start + CHUNK]), Paper.organisation_id == actor.org)
            .order_by(Paper.id)
            .execution_options(populate_existing=True)
        )
        found += session.scalars(statement.with_for_update() if lock else statement)
    if not found or len(found) != len(wanted):
        raise NotFound
    for kind in {PaperKind(paper.kind) for paper in found}:
        actor.require(print_permission(kind))
        if not is_printed_on(kind, fmt):
            raise FormatNotForKind
    return sorted(found, key=lambda one: (one.series, one.number))
