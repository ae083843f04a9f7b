"""Memberships: a person joins, leaves and comes back; codes are given or minted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.producers import queries
from chain.producers.errors import LeavingBeforeJoining, MemberCodeTaken, NotAMember
from chain.producers.models import Membership, Producer
from chain.producers.rules import next_code
from chain.producers.services.desk import Desk, ProducersAudit, open_desk


def begin_membership(desk: Desk, producer: Producer, code: str | None, joined_on: date) -> Membership:
    membership = Membership(
        id=new_id(),
        producer_id=producer.id,
        organisation_id=desk.organisation.id,
        member_code=code or _mint_code(desk),
        joined_on=joined_on,
        left_on=None,
    )
    try:
        with desk.session.begin_nested():
            desk.session.add(membership)
    except IntegrityError:
        raise MemberCodeTaken(member_code=membership.member_code) from None
    _record_membership(desk, ProducersAudit.MEMBERSHIP_BEGUN, membership)
    return membership


def _mint_code(desk: Desk) -> str:
    """Return the organisation's next free code. Its row is locked, so that two clerks never mint the same one."""
    organisation = desk.organisation
    desk.session.execute(
        select(Organisation.id).where(Organisation.id == organisation.id).with_for_update(key_share=True)
    )
    prefix = f"{organisation.code}-"
    return next_code(prefix, queries.latest_codes(desk.session, organisation.id, prefix))


def _record_membership(
    desk: Desk, tag: ProducersAudit, membership: Membership, before: dict[str, Any] | None = None
) -> None:
    audit.record(
        desk.session,
        tag=tag,
        actor=desk.actor,
        now=desk.now,
        subject_type="membership",
        subject_id=membership.id,
        before=before,
        after=_membership_facts(membership),
    )


def _membership_facts(membership: Membership) -> dict[str, Any]:
    return {
        "producer_id": membership.producer_id,
        "member_code": membership.member_code,
        "joined_on": membership.joined_on,
        "left_on": membership.left_on,
    }


def current_member(desk: Desk, producer_id: UUID) -> tuple[Producer, Membership]:
    """Return a member and the membership.

    Raises:
        NotFound: not of the organisation's roll.
        NotAMember: the person left.
    """
    producer = queries.get_producer_for(desk.session, desk.actor, producer_id)
    membership = queries.find_membership(desk.session, desk.organisation.id, producer.id)
    if membership is None:
        raise NotFound
    if membership.left_on is not None:
        raise NotAMember
    return producer, membership


def end_membership(
    session: Session, *, actor: Actor, now: datetime, producer_id: UUID, left_on: date | None = None
) -> Membership:
    """End a membership with a last day (today if none is given). What was delivered and paid stays as it is.

    Raises:
        LeavingBeforeJoining: the day lies before the first one or in the future.
        NotAMember: it ended before.
    """
    actor.require(Permission.PRODUCERS_WRITE)
    desk = open_desk(session, actor, now)
    _producer, membership = current_member(desk, producer_id)
    today = desk.today
    last_day = left_on or today
    if not membership.joined_on <= last_day <= today:
        raise LeavingBeforeJoining(first=membership.joined_on, last=today)
    before = _membership_facts(membership)
    membership.left_on = last_day
    session.flush()
    _record_membership(desk, ProducersAudit.MEMBERSHIP_ENDED, membership, before)
    return membership


def add_membership(session: Session, *, actor: Actor, now: datetime, producer_id: UUID) -> Membership:
    """Take a person back who left the organisation; the code stays. A present member is left as they are.

    People of other organisations join through `register_member` with their document.

    Raises:
        NotFound: the person was never in the organisation's roll.
    """
    actor.require(Permission.PRODUCERS_WRITE)
    producer = queries.get_producer_for(session, actor, producer_id)
    membership = queries.find_membership(session, actor.org, producer.id)
    if membership is None:
        raise NotFound
    if membership.left_on is None:
        return membership
    before = _membership_facts(membership)
    membership.left_on = None
    session.flush()
    _record_membership(open_desk(session, actor, now), ProducersAudit.MEMBERSHIP_BEGUN, membership, before)
    return membership
