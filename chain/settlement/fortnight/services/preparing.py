"""Preparing the run of a milk fortnight: read, calculate, write, each set-based."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Date, Uuid, case, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import ValidationFailed
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.planner import refresh_statistics
from chain.ledger.services.posting import lock_books
from chain.lots.models import Lot
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.errors import (
    EarlierFortnightOpen,
    FortnightSettled,
    LateDeliveries,
    NothingDelivered,
)
from chain.settlement.fortnight.period import DayType, Period, day_type, fortnight_from, fortnight_of
from chain.settlement.fortnight.queries.facts import (
    MILK,
    Facts,
    left_of,
    milk_sums,
    read_facts,
    taken_back,
    unpaid_milk,
)
from chain.settlement.fortnight.queries.ground import ground_now, ground_of
from chain.settlement.fortnight.results import Fortnight, Payroll
from chain.settlement.fortnight.rules import calculate
from chain.settlement.fortnight.run_lines import lines_of, sums_of
from chain.settlement.fortnight.services.zones import ensure_default_zone
from chain.settlement.models import RunLot, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.queries.deliveries import UNPAID, day_from, delivered_between
from chain.settlement.rules import GOODS, IN_THE_BOOKS, RunKind, RunMethod, RunState
from chain.settlement.services.storing import Basis, known_run, store_run

#: how many days before a fortnight one that is open is searched: half a year
HORIZON = 184
NOT_OVER = N_("The period is not over yet.")
SUNDAY_BLOCKS = (Payroll.SUNDAY.value, Payroll.EXCESS_SUNDAY.value)


def prepare_fortnight_run(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, first_day: date
) -> SettlementRun:
    """Prepare what each producer is owed for the milk of a fortnight, all zones at once; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not prepare runs.
        NotAFortnight: no fortnight begins on that day.
        ValidationFailed: the fortnight is not over.
        FortnightSettled: a run of this fortnight stands (S3).
        EarlierFortnightOpen: an earlier fortnight has deliveries and is not accounted (S2).
        LateDeliveries: an earlier fortnight is accounted, and milk of it was written down later.
        NothingDelivered: no milk waits for payment.
        DomainError: what `calculate` refuses.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    digest = content_hash({"kind": RunMethod.MILK_FORTNIGHT.value, "from": first_day})
    known = known_run(session, actor, run_id, digest)
    if known is not None:
        return known
    period = fortnight_from(first_day)
    organisation = get_own_organisation(session, actor)
    if period.last > local_date(now, organisation.timezone):
        raise ValidationFailed({"period_to": [Message(NOT_OVER)]})
    refuse_second(session, actor.org, period)
    refuse_gap(session, actor.org, period)
    ensure_default_zone(session, actor=actor, now=now)
    facts = read_facts(session, organisation, period)
    if not facts.given.milk:
        raise NothingDelivered
    found = calculate(facts.given)
    lines = lines_of(found)
    run = store_run(
        session,
        actor=actor,
        now=now,
        run_id=run_id,
        digest=digest,
        basis=Basis(
            kind=RunKind.PERIOD,
            method=RunMethod.MILK_FORTNIGHT,
            commodity=MILK,
            currency=organisation.currency,
            unit="ml",
            period_from=period.first,
            period_to=period.last,
            facts=_noted(facts, found),
        ),
        lines=lines,
        blocks=sums_of(lines, found, facts.given),
    )
    _insert_lots(session, actor.org, run.id, period, facts)
    return run


def refuse_second(session: Session, organisation_id: UUID, period: Period) -> None:
    """S3: once per fortnight; a run acts on all zones (S1)."""
    number = session.scalar(
        select(SettlementRun.number).where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.period_from == period.first,
            SettlementRun.state != RunState.DISCARDED.value,
        )
    )
    if number is not None:
        raise FortnightSettled(first=period.first, number=number)


def refuse_gap(session: Session, organisation_id: UUID, period: Period) -> None:
    """S2: fortnights are settled in their order; one without deliveries is skipped."""
    earliest = earliest_open(session, organisation_id, period.first)
    if earliest is None:
        return
    first = fortnight_of(earliest).first
    if _number_in_books(session, organisation_id, first) is not None:
        raise LateDeliveries(first=first, day=earliest)
    raise EarlierFortnightOpen(first=first)


def check_order(session: Session, run: SettlementRun) -> None:
    """S2 again when a fortnight is accounted: an earlier one may have been taken back since it was prepared."""
    if run.method == RunMethod.MILK_FORTNIGHT and run.period_from and run.period_to:
        refuse_gap(session, run.organisation_id, Period(run.period_from, run.period_to))


def check_book(session: Session, run: SettlementRun, deliveries: int) -> None:
    """Refuse a fortnight whose milk is not what its run was prepared from, whoever pays it: the scale was compared with all of it.

    The number of deliveries that the run pays tells in most cases that none waits besides.

    Raises:
        RunOutdated: milk was written down or taken back since, lies in another zone, or is in no settlement any more; or a scale
            reading, a quota, a licence, the reserve or a holiday is another one.
    """
    if run.method != RunMethod.MILK_FORTNIGHT or run.period_from is None or run.period_to is None:
        return
    period = Period(run.period_from, run.period_to)
    left = left_of(taken_back(session, run.organisation_id, period))
    sums, unpaid = milk_sums(session, run.organisation_id, period, left)
    if sum(sums.values()) != run.facts.get("book_ml", sum(sums.values())):
        raise RunOutdated
    if "ground" in run.facts and run.facts["ground"] != ground_now(session, run, period, sums):
        raise RunOutdated
    if unpaid == deliveries:
        return
    missing = select(Lot.id).where(*unpaid_milk(run.organisation_id, period), left > 0).limit(1)
    if session.scalar(missing) is not None:
        raise RunOutdated


def _number_in_books(session: Session, organisation_id: UUID, first: date) -> int | None:
    return session.scalar(
        select(SettlementRun.number).where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.period_from == first,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
        )
    )


def earliest_open(session: Session, organisation_id: UUID, before: date) -> date | None:
    """Return the first day before a day with milk that no accounted run pays, at most half a year back.

    Milk lies in no index by whether it is paid (docs/lots.md), so the search must end somewhere; whoever began with old deliveries
    in the books of another program is not held up by them either.
    """
    in_books = (
        select(RunLot.source_id)
        .join(SettlementRun, SettlementRun.id == RunLot.run_id)
        .where(
            RunLot.source_id == Lot.id,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
        )
        .exists()
    )
    return session.scalar(
        select(func.min(Lot.delivered_on)).where(
            Lot.organisation_id == organisation_id,
            Lot.commodity == MILK,
            Lot.origin == "delivery",
            *delivered_between(day_from(before, -HORIZON), day_from(before, -1)),
            Lot.state.in_(UNPAID),
            ~in_books,
        )
    )


def _noted(facts: Facts, found: Fortnight) -> dict[str, object]:
    """Return what the run keeps of the facts: prices, reserve, taxes, incomes that wait."""
    prices = facts.given.prices
    return {
        "book_ml": sum(one.quantity_ml for one in (*facts.given.milk, *facts.given.elsewhere)),
        "price": facts.price_name,
        "prices_minor": [
            [one.weekday_minor, one.sunday_minor, one.excess_weekday_minor, one.excess_sunday_minor]
            for one in prices
        ],
        "reserve_ml": found.reserve_ml,
        "taxes_minor": found.taxes_minor,
        "ground": ground_of(facts.given),
        "dues": facts.dues,
        **({"classes": facts.classes, "basis": facts.basis} if facts.basis else {}),
        "incomes": [str(income.key) for record in found.records for income in record.incomes],
        "waiting_incomes": [
            [str(one.producer), one.name, one.amount_minor, one.dated_on.isoformat()]
            for one in found.waiting_incomes
        ],
    }


def _insert_lots(session: Session, organisation_id: UUID, run_id: UUID, period: Period, facts: Facts) -> None:
    """Note which delivery gets how much, in one statement.

    The milk money of a producer's weekdays is spread over the weekdays' deliveries by litres, that of Sundays over the
    Sundays', both by largest remainder (ties: the lower id). The items of a line say how many litres those are.
    """
    refresh_statistics(session, Lot, len(facts.given.milk))
    sundays = [day for day in period.days if day_type(day, facts.given.choices.holidays) is DayType.SUNDAY]
    is_sunday_lot = case((Lot.delivered_on.in_([literal(day, Date) for day in sundays]), 1), else_=0).label(
        "is_sunday"
    )
    is_sunday_item = case((SettlementItem.block.in_(SUNDAY_BLOCKS), 1), else_=0).label("is_sunday")
    money = (
        select(
            SettlementLine.id.label("line_id"),
            SettlementLine.producer_id,
            is_sunday_item,
            cast(func.sum(SettlementItem.amount_minor), BigInteger).label("minor"),
            cast(func.sum(SettlementItem.quantity), BigInteger).label("whole"),
        )
        .join(SettlementItem, SettlementItem.line_id == SettlementLine.id)
        .where(SettlementLine.run_id == run_id, SettlementItem.kind.in_([kind.value for kind in GOODS]))
        .group_by(SettlementLine.id, SettlementLine.producer_id, is_sunday_item)
        .subquery()
    )
    left = left_of(facts.taken)
    brought = (
        select(Lot.id, Lot.producer_id, is_sunday_lot, left.label("left"))
        .where(*unpaid_milk(organisation_id, period), left > 0)
        .subquery()
    )
    shares = (
        select(
            brought.c.id.label("lot_id"),
            brought.c.is_sunday,
            money.c.line_id,
            money.c.minor,
            ((money.c.minor * brought.c.left) // money.c.whole).label("part"),
            ((money.c.minor * brought.c.left) % money.c.whole).label("rest"),
        )
        .join(
            money,
            (money.c.producer_id == brought.c.producer_id) & (money.c.is_sunday == brought.c.is_sunday),
        )
        .subquery()
    )
    same = [shares.c.line_id, shares.c.is_sunday]
    place = func.row_number().over(partition_by=same, order_by=[shares.c.rest.desc(), shares.c.lot_id])
    missing = shares.c.minor - cast(func.sum(shares.c.part).over(partition_by=same), BigInteger)
    session.execute(
        insert(RunLot).from_select(
            ["run_id", "lot_id", "source_id", "line_id", "amount_minor"],
            select(
                literal(run_id, Uuid()),
                shares.c.lot_id,
                shares.c.lot_id,
                shares.c.line_id,
                shares.c.part + case((place <= missing, 1), else_=0),
            ).order_by(shares.c.lot_id),  # the order of the indexes
        )
    )
