"""What the writers of proposals share: the lock, the log, the audit record, the end of a proposal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import NotFound
from chain.matching.models import MatchProposal
from chain.matching.proposing import ProposalState
from chain.matching.services.tags import MatchAudit
from chain.sales.rules import Entry, Method
from chain.sales.services.log import write_log


def lock_proposal(session: Session, proposal_id: UUID) -> MatchProposal:
    """Lock a proposal with its seller's row and return it as it is now.

    An acceptance changes other proposals of the seller when it divides a lot that they want too. So all steps on proposals of
    one seller come one after the other: the seller's row is locked first, in a way that leaves rows that point at it alone.

    Raises:
        NotFound: there is none.
    """
    seller_id = session.scalar(select(MatchProposal.organisation_id).where(MatchProposal.id == proposal_id))
    if seller_id is None:
        raise NotFound
    session.execute(
        select(Organisation.id).where(Organisation.id == seller_id).with_for_update(key_share=True)
    )
    return session.scalars(
        select(MatchProposal)
        .where(MatchProposal.id == proposal_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def log_proposal(session: Session, now: datetime, proposal: MatchProposal, entry: Entry) -> None:
    """Write a line of the proposal's log."""
    write_log(
        session,
        organisation_id=proposal.organisation_id,
        event_kind=Method.MATCH.value,
        event_id=proposal.id,
        now=now,
        entries=[entry],
    )


def note_proposal(
    session: Session,
    tag: MatchAudit,
    actor: Actor,
    now: datetime,
    proposal: MatchProposal,
    *,
    before: str | None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit record of a step."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="match_proposal",
        subject_id=proposal.id,
        before=None if before is None else {"state": before},
        after={"state": proposal.state, "number": proposal.number, **(more or {})},
    )


def end_proposal(
    session: Session,
    actor: Actor,
    now: datetime,
    proposal: MatchProposal,
    *,
    to: ProposalState,
    tag: MatchAudit,
    reason: str | None = None,
    side: str | None = None,
) -> None:
    """Bring an open proposal, whose row is locked, to an end without a sale."""
    before = proposal.state
    proposal.state, proposal.closed_at = to.value, now
    proposal.reason, proposal.closed_by_side = reason, side
    session.flush()
    log_proposal(session, now, proposal, Entry(to.value, {"side": side, "reason": reason}, actor.user_id))
    note_proposal(session, tag, actor, now, proposal, before=before, more={"reason": reason})
