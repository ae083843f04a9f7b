"""Pools: an organisation asks associations to match their lots together; each joins after it has seen its part."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import find_organisation_by_code, get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.matching.errors import NotASeller, PoolClosed, PoolCurrency
from chain.matching.models import MatchPool, MatchPoolMember
from chain.matching.proposing import MAX_MEMBERS, TITLE_LENGTH, MemberState
from chain.matching.queries.collecting import Scope, collect
from chain.matching.queries.pools import OPEN, joined_members, pool_row
from chain.matching.services.runs import require_runner, solved
from chain.matching.services.tags import MatchAudit

CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Part:
    """What an association would get of its offered lots today, after freight: alone, and in the pool."""

    alone_quantity: int
    alone_net_minor: int
    pool_quantity: int
    pool_net_minor: int
    #: how many associations would be in it
    members: int


def open_pool(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    title: str,
    members: Sequence[str],
) -> tuple[MatchPool, bool]:
    """Open a pool and ask associations, named by their codes, into it; tell whether it is new. The leader's lots take part.

    Raises:
        Forbidden: the actor may neither sell nor watch over the market.
        ValidationFailed: title, or number of members.
        NotASeller, PoolCurrency: one of them cannot be in it.
        IdempotencyConflict: the id is another pool's.
    """
    require_runner(actor, id)
    house = get_own_organisation(session, actor)
    name = tidy(title)
    _check(name, members)
    asked = {one.id: one for one in (_seller(session, code, house) for code in members)}
    asked.pop(house.id, None)
    known = session.get(MatchPool, id)
    if known is not None:
        named = set(
            session.scalars(select(MatchPoolMember.organisation_id).where(MatchPoolMember.pool_id == id))
        )
        if known.organisation_id == actor.org and known.title == name and named - {actor.org} == set(asked):
            return known, False
        raise IdempotencyConflict
    pool = MatchPool(
        id=id,
        organisation_id=actor.org,
        title=name,
        currency=house.currency,
        state=OPEN,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(pool)
    session.flush()
    session.add(
        MatchPoolMember(
            pool_id=id,
            organisation_id=house.id,
            state=MemberState.JOINED.value,
            invited_at=now,
            answered_at=now,
            answered_by=actor.user_id,
            seen={},
        )
    )
    session.add_all(
        MatchPoolMember(
            pool_id=id, organisation_id=one, state=MemberState.INVITED.value, invited_at=now, seen={}
        )
        for one in sorted(asked)
    )
    session.flush()
    _note(session, MatchAudit.POOL_OPENED, actor, now, pool)
    return pool, True


def part_in_pool(session: Session, *, actor: Actor, now: datetime, pool_id: UUID) -> Part:
    """Return what the actor's association would get alone and in the pool, as lots and demands stand now. Writes nothing.

    Raises:
        NotFound: there is no such pool, or the association was not asked into it.
        PoolClosed: it was closed.
    """
    row = pool_row(session, actor, pool_id)
    if row.pool.state != OPEN:
        raise PoolClosed
    actor.require(Permission.TENDERS_READ)
    members = {*joined_members(session, pool_id), actor.org}
    alone = _own_part(session, actor, Scope(actor.org, (actor.org,), row.pool.currency), now)
    scope = Scope(row.pool.organisation_id, tuple(sorted(members)), row.pool.currency)
    together = _own_part(session, actor, scope, now)
    return Part(*alone, *together, members=len(members))


def _own_part(session: Session, actor: Actor, scope: Scope, now: datetime) -> tuple[int, int]:
    collected = collect(session, scope, now=now)
    if not collected.instance.lots or not collected.instance.demands:
        return 0, 0
    found = solved(collected, None, with_proposed=False)
    own = [one for one in found.seller_sums if one.seller_id == actor.org]
    return sum(one.quantity for one in own), sum(one.net_minor for one in own)


def join_pool(
    session: Session, *, actor: Actor, now: datetime, pool_id: UUID, part: Part | None = None
) -> MatchPoolMember:
    """Join a pool: from now on its leader may match the association's offered lots with those of the others.

    `part` is what the association saw; it is kept. Joining again changes nothing.

    Raises:
        Forbidden: the actor may not accept sales.
        NotFound: there is no such pool, or the association was not asked into it.
        PoolClosed: it was closed.
    """
    actor.require(Permission.AWARDS_ACCEPT)
    pool, member = _lock(session, actor, pool_id)
    if member.state == MemberState.JOINED:
        return member
    if pool.state != OPEN:
        raise PoolClosed
    member.state, member.answered_at, member.answered_by = MemberState.JOINED.value, now, actor.user_id
    member.seen = {} if part is None else asdict(part)
    session.flush()
    _note(session, MatchAudit.POOL_JOINED, actor, now, pool)
    return member


def leave_pool(session: Session, *, actor: Actor, now: datetime, pool_id: UUID) -> MatchPoolMember:
    """Leave a pool, or say no to it. Proposals that were made stand until they are answered.

    Raises:
        Forbidden: the actor may not accept sales.
        NotFound: there is no such pool, or the association was not asked into it.
    """
    actor.require(Permission.AWARDS_ACCEPT)
    pool, member = _lock(session, actor, pool_id)
    if member.state != MemberState.LEFT:
        member.state, member.answered_at, member.answered_by = MemberState.LEFT.value, now, actor.user_id
        session.flush()
        _note(session, MatchAudit.POOL_LEFT, actor, now, pool)
    return member


def close_pool(session: Session, *, actor: Actor, now: datetime, pool_id: UUID) -> MatchPool:
    """Close a pool that the actor's organisation leads; nothing is matched in it any more.

    Raises:
        Forbidden: the actor may neither sell nor watch over the market.
        NotFound: there is none, or another organisation leads it.
    """
    require_runner(actor, pool_id)
    pool, _ = _lock(session, actor, pool_id)
    if pool.organisation_id != actor.org:
        raise NotFound
    if pool.state == OPEN:
        pool.state, pool.closed_at = CLOSED, now
        session.flush()
        _note(session, MatchAudit.POOL_CLOSED, actor, now, pool)
    return pool


def _check(title: str, members: Collection[str]) -> None:
    errors = FieldErrors()
    low, high = TITLE_LENGTH
    if not low <= len(title) <= high:
        errors.add("title", N_("Write %(low)s to %(high)s letters."), low=low, high=high)
    if not 1 <= len(members) <= MAX_MEMBERS:
        errors.add("members", N_("Name 1 to %(high)s associations."), high=MAX_MEMBERS)
    errors.raise_any()


def _seller(session: Session, code: str, house: Organisation) -> Organisation:
    found = find_organisation_by_code(session, tidy(code))
    if found is None or found.kind not in SELLER_KINDS:
        raise NotASeller(code=tidy(code)[:20])
    if found.currency != house.currency:
        raise PoolCurrency(name=found.name, given=found.currency, asked=house.currency)
    return found


def _lock(session: Session, actor: Actor, pool_id: UUID) -> tuple[MatchPool, MatchPoolMember]:
    pool = session.scalars(
        select(MatchPool)
        .where(MatchPool.id == pool_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    member = session.get(MatchPoolMember, (pool_id, actor.org), populate_existing=True)
    if pool is None or member is None:
        raise NotFound
    return pool, member


def _note(session: Session, tag: MatchAudit, actor: Actor, now: datetime, pool: MatchPool) -> None:
    members = session.execute(
        select(MatchPoolMember.organisation_id, MatchPoolMember.state)
        .where(MatchPoolMember.pool_id == pool.id)
        .order_by(MatchPoolMember.organisation_id)
    )
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="match_pool",
        subject_id=pool.id,
        after={
            "title": pool.title,
            "state": pool.state,
            "members": {str(one): state for one, state in members},
        },
    )
