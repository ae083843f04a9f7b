"""Shutting a bidder out of a market and letting it in again: by the market manager only, with a reason that everybody reads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.accounts.services.users import lock_organisations
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.sales.errors import AlreadyExcluded, AlreadyReadmitted
from chain.sales.methods import hooks_of
from chain.sales.models import BidderExclusion
from chain.sales.queries.events import find_event
from chain.sales.queries.exclusions import excluded_at
from chain.sales.rules import MARKET_LOG, Entry, clean_reason
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.services.log import write_log


def exclude_bidder(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    buyer_id: UUID,
    reason: str,
    event_id: UUID | None = None,
) -> BidderExclusion:
    """Shut a buyer out of one event of the actor's market, or of all; the reason stands in the public log.

    Bids that it placed before do not count at the opening. The same command again answers the same.

    Raises:
        Forbidden: the actor is not the market manager.
        NotFound: there is no such buyer, or no such event here.
        ReasonMissing: no reason was written.
        AlreadyExcluded: an exclusion of the same reach holds.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.MARKET_MANAGE)
    text = clean_reason(reason)
    earlier = session.get(BidderExclusion, id)
    if earlier is not None:
        same = (actor.org, buyer_id, event_id, text) == (
            earlier.organisation_id,
            earlier.buyer_id,
            earlier.event_id,
            earlier.reason,
        )
        if not same:
            raise IdempotencyConflict
        return earlier
    buyer = session.get(Organisation, buyer_id)
    if buyer is None or buyer.kind != OrganisationKind.BUYER:
        raise NotFound
    kind = None if event_id is None else find_event(session, actor.org, event_id).event_kind
    _lock(session, actor.org, event_id, kind)
    _check_not_excluded_yet(session, actor.org, buyer_id, event_id, now)
    row = BidderExclusion(
        id=id,
        organisation_id=actor.org,
        buyer_id=buyer_id,
        event_kind=kind,
        event_id=event_id,
        reason=text,
        excluded_at=now,
        excluded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    _write(session, actor, now, row, Entry("excluded", {"reason": text}, actor.user_id, buyer_id))
    _note(session, SalesAudit.BIDDER_EXCLUDED, actor, now, row, text)
    return row


def readmit_bidder(
    session: Session, *, actor: Actor, now: datetime, exclusion_id: UUID, reason: str
) -> BidderExclusion:
    """Lift an exclusion, with a reason that stands in the public log too.

    Raises:
        Forbidden: the actor is not the market manager.
        NotFound: there is no such exclusion here.
        ReasonMissing: no reason was written.
        AlreadyReadmitted: somebody lifted it before with another reason.
    """
    actor.require(Permission.MARKET_MANAGE)
    text = clean_reason(reason)
    found = session.get(BidderExclusion, exclusion_id)
    if found is None or found.organisation_id != actor.org:
        raise NotFound
    _lock(session, actor.org, found.event_id, found.event_kind)
    row = session.scalars(
        select(BidderExclusion)
        .where(BidderExclusion.id == exclusion_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.lifted_at is not None:
        if (row.lifted_by, row.lift_reason) == (actor.user_id, text):
            return row
        raise AlreadyReadmitted
    row.lifted_at, row.lifted_by, row.lift_reason = now, actor.user_id, text
    session.flush()
    _write(session, actor, now, row, Entry("readmitted", {"reason": text}, actor.user_id, row.buyer_id))
    _note(session, SalesAudit.BIDDER_READMITTED, actor, now, row, text)
    return row


def _lock(session: Session, organisation_id: UUID, event_id: UUID | None, kind: str | None) -> None:
    """Lock what the log belongs to: the event, or the seller for its whole market."""
    if event_id is None or kind is None:
        lock_organisations(session, [organisation_id])
    else:
        hooks_of(kind).lock(session, event_id)


def _check_not_excluded_yet(
    session: Session, organisation_id: UUID, buyer_id: UUID, event_id: UUID | None, now: datetime
) -> None:
    same_reach = (
        BidderExclusion.event_id.is_(None) if event_id is None else BidderExclusion.event_id == event_id
    )
    found = session.scalar(
        select(BidderExclusion.id)
        .where(
            BidderExclusion.organisation_id == organisation_id,
            BidderExclusion.buyer_id == buyer_id,
            same_reach,
            excluded_at(now),
        )
        .limit(1)
    )
    if found is not None:
        raise AlreadyExcluded


def _write(session: Session, actor: Actor, now: datetime, row: BidderExclusion, entry: Entry) -> None:
    """Write in the log of the event, or in that of the whole market, which has the seller's id."""
    write_log(
        session,
        organisation_id=actor.org,
        event_kind=row.event_kind or MARKET_LOG,
        event_id=row.event_id or actor.org,
        now=now,
        entries=[entry],
    )


def _note(  # noqa: PLR0917 - what, who, when, why
    session: Session, tag: SalesAudit, actor: Actor, now: datetime, row: BidderExclusion, reason: str
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="bidder_exclusion",
        subject_id=row.id,
        after={"buyer_id": row.buyer_id, "event_id": row.event_id, "reason": reason},
    )
