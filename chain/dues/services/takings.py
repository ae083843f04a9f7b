"""Moving the balances of debts when a run is accounted, and back when it is reversed. Nothing else of a run does."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from chain.core.audit import ActsFor
from chain.core.ids import new_id
from chain.dues.errors import DuesOutdated, TakingsApplied
from chain.dues.models import Application, Movement
from chain.dues.rules import ApplicationKind, Taking
from chain.ledger.services.posting import lock_books

#: Ids in one statement.
CHUNK = 500


def apply_takings(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    organisation_id: UUID,
    run_id: UUID,
    applied_on: date,
    takings: Iterable[Taking],
) -> int:
    """Take what a run takes off its debts: a row for each amount, and the balances; return how many rows.

    Takings of rules are passed over: no rule carries. The run posts the money itself.

    Raises:
        TakingsApplied: the run took its debts before and gave nothing back.
        DuesOutdated: of some debt less is open than the run takes.
    """
    lock_books(session, organisation_id)
    if _standing(session, run_id):
        raise TakingsApplied
    amounts: dict[UUID, int] = {}
    for one in takings:
        if one.movement_id is not None and one.amount_minor > 0:
            amounts[one.movement_id] = amounts.get(one.movement_id, 0) + one.amount_minor
    locked = lock_movements(session, organisation_id, amounts)
    for row in locked:
        if amounts[row.id] > row.balance_minor:
            raise DuesOutdated(number=row.number, balance=row.balance_minor, amount=amounts[row.id])
    if len(locked) != len(amounts):
        raise DuesOutdated(number="?", balance=0, amount=0)
    rows = [
        application_row(
            actor=actor,
            now=now,
            organisation_id=organisation_id,
            movement_id=movement_id,
            kind=ApplicationKind.RUN,
            amount_minor=amount,
            applied_on=applied_on,
            run_id=run_id,
        )
        for movement_id, amount in sorted(amounts.items())
    ]
    write_applications(session, rows)
    return len(rows)


def restore_takings(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    organisation_id: UUID,
    run_id: UUID,
    applied_on: date,
) -> int:
    """Give back to the debts what a run took, each row by a row of its own; return how many. A second time gives nothing."""
    lock_books(session, organisation_id)
    standing = _standing(session, run_id)
    lock_movements(session, organisation_id, {row.movement_id for row in standing})
    rows = [
        application_row(
            actor=actor,
            now=now,
            organisation_id=organisation_id,
            movement_id=row.movement_id,
            kind=ApplicationKind.RESTORED,
            amount_minor=-row.amount_minor,
            applied_on=applied_on,
            run_id=run_id,
            restores_id=row.id,
        )
        for row in standing
    ]
    write_applications(session, rows)
    return len(rows)


def lock_movements(session: Session, organisation_id: UUID, ids: Iterable[UUID]) -> list[Any]:
    """Lock debts in the order of their ids and return id, number, amount and balance as they are now."""
    wanted = sorted(set(ids))
    found: list[Any] = []
    for start in range(0, len(wanted), CHUNK):
        found += session.execute(
            select(Movement.id, Movement.number, Movement.amount_minor, Movement.balance_minor)
            .where(
                Movement.organisation_id == organisation_id,
                Movement.id.in_(wanted[start : start + CHUNK]),
            )
            .order_by(Movement.id)
            .with_for_update()
        ).all()
    return found


def application_row(
    *,
    actor: ActsFor,
    now: datetime,
    organisation_id: UUID,
    movement_id: UUID,
    kind: ApplicationKind,
    amount_minor: int,
    applied_on: date,
    **more: Any,
) -> dict[str, Any]:
    """Return the values of one row of `due_application`."""
    return {
        "id": new_id(),
        "organisation_id": organisation_id,
        "movement_id": movement_id,
        "kind": kind.value,
        "amount_minor": amount_minor,
        "applied_on": applied_on,
        "run_id": None,
        "restores_id": None,
        "reason": None,
        "entry_id": None,
        "created_at": now,
        "created_by": actor.user_id,
    } | more


def write_applications(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert applications and move the balances of their debts, which are locked."""
    if not rows:
        return
    session.execute(insert(Application), list(rows))
    changes: dict[UUID, int] = {}
    for row in rows:
        changes[row["movement_id"]] = changes.get(row["movement_id"], 0) + row["amount_minor"]
    statement = (
        update(Movement.__table__)  # type: ignore[arg-type]  # a declarative table
        .where(Movement.__table__.c.id == bindparam("of_movement"))
        .values(balance_minor=Movement.__table__.c.balance_minor - bindparam("taken"))
    )
    session.connection().execute(
        statement, [{"of_movement": key, "taken": amount} for key, amount in sorted(changes.items())]
    )
    for known in list(session.identity_map.values()):
        if isinstance(known, Movement) and known.id in changes:
            session.expire(known, ["balance_minor"])


def _standing(session: Session, run_id: UUID) -> Sequence[Any]:
    """Return the amounts that a run took and did not give back, in the order of their debts."""
    given_back = select(Application.restores_id).where(
        Application.run_id == run_id, Application.restores_id.is_not(None)
    )
    return session.execute(
        select(Application.id, Application.movement_id, Application.amount_minor)
        .where(
            Application.run_id == run_id,
            Application.kind == ApplicationKind.RUN.value,
            Application.id.not_in(given_back),
        )
        .order_by(Application.movement_id, Application.id)
    ).all()
