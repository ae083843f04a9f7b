"""Running a match: calculate without writing anything, then keep the run, its proposals and what missed by least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.matching.drafting import Draft, SellerSum, drafts_of, seller_sums
from chain.matching.errors import ListChanged, NothingToMatch
from chain.matching.kept import to_records
from chain.matching.kept_instance import hash_of, result_hash, to_record
from chain.matching.missing import Missed, missed_of
from chain.matching.models import MatchLine, MatchMiss, MatchProposal, MatchRun
from chain.matching.proposing import DEFAULT_HOURS, MAX_HOURS, ProposalState
from chain.matching.queries.collecting import Collected, Scope, collect
from chain.matching.queries.pools import joined_members, require_pool
from chain.matching.rules.engine import solve
from chain.matching.rules.solution import Solution
from chain.matching.services.proposals import DUE_MESSAGE
from chain.matching.services.steps import log_proposal
from chain.matching.services.tags import MatchAudit
from chain.sales.rules import Entry
from chain.sales.services.numbers import Series, next_number

#: How long the engine may look for whole lots and least quantities that bring more.
TIME_LIMIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a match would give, before anything is kept."""

    pool_id: UUID | None
    with_proposed: bool
    collected: Collected
    solution: Solution
    drafts: Sequence[Draft]
    missed: Sequence[Missed]
    input_hash: str
    seller_sums: Sequence[SellerSum] = field(default=())

    @property
    def amount_minor(self) -> int:
        """What the buyers pay together."""
        return sum(one.amount_minor for one in self.drafts)

    @property
    def net_minor(self) -> int:
        """What is left to the producers together."""
        return sum(one.net_minor for one in self.drafts)

    @property
    def quantity(self) -> int:
        """Grams or millilitres that found a buyer."""
        return sum(one.quantity for one in self.drafts)


def calculate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    pool_id: UUID | None = None,
    with_proposed: bool = False,
) -> Calculated:
    """Return what a match of the own lots, or of a pool that the actor's organisation leads, would give. Writes nothing.

    Raises:
        Forbidden: the actor may neither sell nor watch over the market here.
        NotFound: there is no such pool here.
        PoolClosed: it was closed.
        NothingToMatch: no lot is offered, or no demand stands.
    """
    require_runner(actor, pool_id)
    house = get_own_organisation(session, actor)
    if pool_id is None:
        sellers: tuple[UUID, ...] = (house.id,)
    else:
        require_pool(session, actor, pool_id)
        sellers = tuple(joined_members(session, pool_id))
    scope = Scope(house.id, sellers, house.currency, with_proposed)
    collected = collect(session, scope, now=now)
    if not collected.instance.lots or not collected.instance.demands:
        raise NothingToMatch
    return solved(collected, pool_id, with_proposed=with_proposed)


def require_runner(actor: Actor, pool_id: UUID | None) -> None:
    """Refuse who may neither sell nor, for a pool, watch over the market.

    Raises:
        Forbidden.
    """
    if pool_id is None or not actor.may(Permission.MARKET_MANAGE):
        actor.require(Permission.TENDERS_WRITE)


def solved(collected: Collected, pool_id: UUID | None, *, with_proposed: bool) -> Calculated:
    instance = collected.instance
    solution = solve(instance, time_limit=TIME_LIMIT_SECONDS)
    freight = {(one.centre, one.buyer): one.cost_minor for one in instance.freight}
    drafts = drafts_of(solution, {one.id: one for one in instance.lots}, collected.demands, freight)
    return Calculated(
        pool_id,
        with_proposed,
        collected,
        solution,
        drafts,
        missed_of(instance, solution, collected.currency),
        hash_of(instance),
        seller_sums(drafts),
    )


def make_run(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    pool_id: UUID | None = None,
    with_proposed: bool = False,
    answer_hours: int = DEFAULT_HOURS,
    seen: str | None = None,
    calculated: Calculated | None = None,
) -> tuple[MatchRun, bool]:
    """Keep a run with its proposals, which both sides may answer until the time is over; tell whether it is new.

    `seen` is the hash of the input that a preview showed: other figures are refused. `calculated` is a calculation of this
    moment, made before the transaction, so that nobody waits for the engine.

    Raises:
        ValidationFailed: the hours are out of bounds.
        ListChanged: lots or demands are other ones than the preview showed.
        IdempotencyConflict: the id came before with other content.
        Whatever `calculate` raises.
    """
    require_runner(actor, pool_id)
    digest = content_hash(
        {"org": actor.org, "pool": pool_id, "hours": answer_hours, "with_proposed": with_proposed}
    )
    known = session.get(MatchRun, id)
    if known is not None:
        if known.content_hash != digest:
            raise IdempotencyConflict
        return known, False
    _check_hours(answer_hours)
    if calculated is None or (calculated.pool_id, calculated.with_proposed) != (pool_id, with_proposed):
        calculated = calculate(session, actor=actor, now=now, pool_id=pool_id, with_proposed=with_proposed)
    if seen is not None and seen != calculated.input_hash:
        raise ListChanged
    run = _insert_run(
        session, actor, now, calculated, {"id": id, "answer_hours": answer_hours, "content_hash": digest}
    )
    _insert_misses(session, run, calculated)
    for draft in sorted(calculated.drafts, key=lambda one: (one.seller_id, one.demand_id)):
        _propose(session, run, calculated, draft)
    audit.record(
        session,
        tag=MatchAudit.RUN_MADE,
        actor=actor,
        now=now,
        subject_type="match_run",
        subject_id=run.id,
        after={
            "number": run.number,
            "pool_id": pool_id,
            "value_minor": run.value_minor,
            "status": run.status,
            "proposals": len(calculated.drafts),
        },
    )
    return run, True


def _check_hours(hours: int) -> None:
    if not 1 <= hours <= MAX_HOURS:
        errors = FieldErrors()
        errors.add("answer_hours", N_("Write a whole number of hours from 1 to %(high)s."), high=MAX_HOURS)
        errors.raise_any()


def _insert_run(
    session: Session, actor: Actor, now: datetime, found: Calculated, given: Mapping[str, Any]
) -> MatchRun:
    instance, solution = found.collected.instance, found.solution
    house = get_own_organisation(session, actor)
    run = MatchRun(
        organisation_id=actor.org,
        pool_id=found.pool_id,
        number=next_number(session, actor.org, Series.MATCH),
        currency=house.currency,
        input=to_record(instance),
        input_hash=found.input_hash,
        result_hash=result_hash(solution),
        value_minor=solution.value_minor,
        bound_minor=-(-solution.bound // 1000),
        gap=f"{solution.gap:.6f}",
        status=solution.status.value,
        milliseconds=round(solution.seconds * 1000),
        lots=len(instance.lots),
        demands=len(instance.demands),
        demands_other_currency=found.collected.other_currency,
        offered_quantity=sum(one.quantity for one in instance.lots),
        matched_quantity=found.quantity,
        created_at=now,
        created_by=actor.user_id,
        **given,
    )
    session.add(run)
    session.flush()
    return run


def _insert_misses(session: Session, run: MatchRun, found: Calculated) -> None:
    rows = [
        {
            "id": new_id(),
            "run_id": run.id,
            "organisation_id": found.collected.lots[str(one.lot_id)].organisation_id,
            "lot_id": one.lot_id,
            "quantity": one.quantity,
            "demand_id": one.demand_id,
            "condition": one.condition,
            "reasons": to_records(one.reasons),
            "offered_minor_per_unit": one.offered_minor_per_unit,
            "needed_minor_per_unit": one.needed_minor_per_unit,
            "freight_minor_per_unit": one.freight_minor_per_unit,
        }
        for one in found.missed
    ]
    if rows:
        session.execute(insert(MatchMiss), rows)


def _propose(session: Session, run: MatchRun, found: Calculated, draft: Draft) -> None:
    now = run.created_at
    demand = found.collected.demands[str(draft.demand_id)]
    first = found.collected.lots[str(draft.lines[0].lot_id)]
    proposal = MatchProposal(
        id=new_id(),
        organisation_id=draft.seller_id,
        buyer_id=demand.organisation_id,
        run_id=run.id,
        demand_id=demand.id,
        demand_version=demand.version,
        number=next_number(session, draft.seller_id, Series.PROPOSAL),
        commodity=first.commodity,
        quantity=draft.quantity,
        unit=first.unit,
        currency=run.currency,
        amount_minor=draft.amount_minor,
        freight_minor_per_unit=draft.freight_minor_per_unit,
        freight_minor=draft.freight_minor,
        freight_paid_by=draft.freight_paid_by,
        state=ProposalState.OPEN.value,
        expires_at=now + timedelta(hours=run.answer_hours),
        made_at=now,
        opened_by=run.created_by,
    )
    session.add(proposal)
    session.flush()
    session.execute(
        insert(MatchLine),
        [
            {
                "id": new_id(),
                "proposal_id": proposal.id,
                "position": place,
                "lot_id": line.lot_id,
                "run_lot_id": line.lot_id,
                "quantity": line.quantity,
                "price_minor_per_unit": line.price_minor_per_unit,
                "explanation": to_records(line.why),
            }
            for place, line in enumerate(draft.lines, 1)
        ],
    )
    enqueue(
        session,
        kind=DUE_MESSAGE,
        payload={"proposal_id": proposal.id},
        now=now,
        available_at=proposal.expires_at,
        dedupe_key=f"{DUE_MESSAGE}:{proposal.id}",
    )
    data = {
        "run": run.id,
        "demand": demand.id,
        "quantity": draft.quantity,
        "amount_minor": draft.amount_minor,
        "input": run.input_hash,
        "result": run.result_hash,
    }
    log_proposal(session, now, proposal, Entry("proposed", data, run.created_by, demand.organisation_id))
