"""Reads of pools: the leader sees who takes part, an association those that it was asked into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.matching.errors import PoolClosed
from chain.matching.models import MatchPool, MatchPoolMember
from chain.matching.proposing import MemberState

OPEN = "open"
POOL_SORT: SortColumns = {"title": MatchPool.title, "created_at": MatchPool.created_at}


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool in a list."""

    pool: MatchPool
    leader_name: str
    #: how many have joined
    joined: int
    #: how the reader stands in it; None: leads it without being a member
    own_state: MemberState | None
    is_leader: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An association of a pool."""

    organisation_id: UUID
    code: str
    name: str
    state: MemberState
    invited_at: datetime
    answered_at: datetime | None


def _rows(actor: Actor) -> Any:
    joined = (
        select(func.count())
        .select_from(MatchPoolMember)
        .where(MatchPoolMember.pool_id == MatchPool.id, MatchPoolMember.state == MemberState.JOINED.value)
        .correlate(MatchPool)
        .scalar_subquery()
    )
    own = (
        select(MatchPoolMember.state)
        .where(MatchPoolMember.pool_id == MatchPool.id, MatchPoolMember.organisation_id == actor.org)
        .correlate(MatchPool)
        .scalar_subquery()
    )
    return (
        select(MatchPool, Organisation.name, joined.label("joined"), own.label("own"))
        .join(Organisation, Organisation.id == MatchPool.organisation_id)
        .where(or_(MatchPool.organisation_id == actor.org, own.is_not(None)))
    )


def _row(row: Any, actor: Actor) -> PoolRow:
    pool, name, joined, own = row
    return PoolRow(
        pool, name, joined, None if own is None else MemberState(own), pool.organisation_id == actor.org
    )


def list_pools(session: Session, actor: Actor, request: PageRequest) -> Page[PoolRow]:
    """Return the pools that the actor's organisation leads or was asked into, the newest first."""
    statement = _rows(actor).order_by(MatchPool.created_at.desc(), MatchPool.id)
    statement = order_by(statement, request.sort, POOL_SORT, MatchPool.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_row(row, actor) for row in page.items], page.page, page.page_size, page.total)


def pool_row(session: Session, actor: Actor, pool_id: UUID) -> PoolRow:
    """Return a pool that the actor's organisation leads or was asked into.

    Raises:
        NotFound: there is none, or it is others' business.
    """
    row = None
    if actor.may(Permission.TENDERS_READ):
        row = session.execute(_rows(actor).where(MatchPool.id == pool_id)).first()
    if row is None:
        raise NotFound
    return _row(row, actor)


def pool_members(session: Session, pool_id: UUID) -> Sequence[MemberRow]:
    """Return the associations of a pool by name. The caller has checked that the pool may be seen."""
    rows = session.execute(
        select(
            MatchPoolMember.organisation_id,
            Organisation.code,
            Organisation.name,
            MatchPoolMember.state,
            MatchPoolMember.invited_at,
            MatchPoolMember.answered_at,
        )
        .join(Organisation, Organisation.id == MatchPoolMember.organisation_id)
        .where(MatchPoolMember.pool_id == pool_id)
        .order_by(Organisation.name, Organisation.id)
    )
    return [
        MemberRow(row[0], row[1], row[2], MemberState(row[3]), row.invited_at, row.answered_at)
        for row in rows
    ]


def require_pool(session: Session, actor: Actor, pool_id: UUID) -> MatchPool:
    """Return an open pool that the actor's organisation leads.

    Raises:
        NotFound: there is none, or another organisation leads it.
        PoolClosed: it was closed.
    """
    pool = session.get(MatchPool, pool_id)
    if pool is None or pool.organisation_id != actor.org:
        raise NotFound
    if pool.state != OPEN:
        raise PoolClosed
    return pool


def joined_members(session: Session, pool_id: UUID) -> Sequence[UUID]:
    """Return the associations that have joined a pool."""
    return session.scalars(
        select(MatchPoolMember.organisation_id)
        .where(MatchPoolMember.pool_id == pool_id, MatchPoolMember.state == MemberState.JOINED.value)
        .order_by(MatchPoolMember.organisation_id)
    ).all()
