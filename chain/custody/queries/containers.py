"""Reads of lent containers: who has how many of what."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import ContainerMovement
from chain.lots.models import ContainerType
from chain.producers.models import Membership, Producer

#: Producers of one IN list.
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class ContainerBalance:
    """How many containers of a kind a producer has; below zero only after a correction."""

    container_type_id: UUID
    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Debt:
    """A producer who has containers."""

    producer_id: UUID
    full_name: str
    member_code: str | None
    container_type_id: UUID
    container_name: str
    count: int
    since: date


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A movement as lists show it."""

    id: UUID
    producer_id: UUID
    full_name: str
    container_type_id: UUID
    container_name: str
    kind: str
    count: int
    happened_on: date
    note: str | None
    recorded_at: datetime
    recorded_by: str | None


def container_balances(
    session: Session, organisation_id: UUID, producer_ids: Collection[UUID]
) -> dict[UUID, list[ContainerBalance]]:
    """Return what each producer has of the organisation's containers, without kinds of which nothing is out."""
    found: dict[UUID, list[ContainerBalance]] = {}
    wanted = sorted(set(producer_ids))
    total = func.sum(ContainerMovement.count)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(
                ContainerMovement.producer_id,
                ContainerType.id,
                ContainerType.name,
                ContainerType.kind,
                total,
            )
            .join(ContainerType, ContainerType.id == ContainerMovement.container_type_id)
            .where(
                ContainerMovement.organisation_id == organisation_id,
                ContainerMovement.producer_id.in_(wanted[start : start + CHUNK]),
            )
            .group_by(ContainerMovement.producer_id, ContainerType.id, ContainerType.name, ContainerType.kind)
            .having(total != 0)
            .order_by(ContainerMovement.producer_id, ContainerType.name)
        )
        for producer_id, type_id, name, kind, count in rows:
            found.setdefault(producer_id, []).append(ContainerBalance(type_id, name, kind, int(count)))
    return found


def list_debts(
    session: Session, actor: Actor, request: PageRequest, *, type_id: UUID | None = None
) -> Page[Debt]:
    """Return who has containers, those with the most first. `since`: the first movement."""
    total = func.sum(ContainerMovement.count)
    keys = (
        Producer.id,
        Producer.full_name,
        Membership.member_code,
        ContainerType.id,
        ContainerType.name,
    )
    statement: Select[Any] = (
        select(*keys, total, func.min(ContainerMovement.happened_on))
        .join(ContainerMovement, ContainerMovement.producer_id == Producer.id)
        .join(ContainerType, ContainerType.id == ContainerMovement.container_type_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Producer.id)
            & (Membership.organisation_id == ContainerMovement.organisation_id),
        )
        .where(ContainerMovement.organisation_id == actor.organisation_id)
        .group_by(*keys)
        .having(total != 0)
        .order_by(total.desc(), Producer.full_name, ContainerType.name, Producer.id)
    )
    if type_id is not None:
        statement = statement.where(ContainerType.id == type_id)
    columns: SortColumns = {"count": total, "name": Producer.full_name}
    page = paginate_rows(session, order_by(statement, request.sort, columns, Producer.id), request)
    rows = [_debt(*row) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def _debt(*row: Any) -> Debt:
    producer_id, name, code, type_id, container, count, since = row
    return Debt(producer_id, name, code, type_id, container, int(count), since)


def totals_out(session: Session, actor: Actor) -> Sequence[tuple[str, int]]:
    """Return how many containers of each kind are out."""
    rows = session.execute(
        select(ContainerType.name, func.sum(ContainerMovement.count))
        .join(ContainerType, ContainerType.id == ContainerMovement.container_type_id)
        .where(ContainerMovement.organisation_id == actor.organisation_id)
        .group_by(ContainerType.id, ContainerType.name)
        .order_by(ContainerType.name)
    )
    return [(name, int(total)) for name, total in rows if total]


MOVEMENT_SORTS: SortColumns = {
    "happened_on": ContainerMovement.happened_on,
    "recorded_at": ContainerMovement.recorded_at,
}


def list_movements(
    session: Session, actor: Actor, request: PageRequest, *, producer_id: UUID | None = None
) -> Page[MovementRow]:
    """Return movements, the latest first."""
    statement = (
        select(
            ContainerMovement.id,
            Producer.id,
            Producer.full_name,
            ContainerType.id,
            ContainerType.name,
            ContainerMovement.kind,
            ContainerMovement.count,
            ContainerMovement.happened_on,
            ContainerMovement.note,
            ContainerMovement.recorded_at,
            User.display_name,
        )
        .join(Producer, Producer.id == ContainerMovement.producer_id)
        .join(ContainerType, ContainerType.id == ContainerMovement.container_type_id)
        .outerjoin(User, User.id == ContainerMovement.recorded_by)
        .where(ContainerMovement.organisation_id == actor.organisation_id)
        .order_by(
            ContainerMovement.happened_on.desc(),
            ContainerMovement.recorded_at.desc(),
            ContainerMovement.id.desc(),
        )
    )
    if producer_id is not None:
        statement = statement.where(ContainerMovement.producer_id == producer_id)
    ordered = order_by(statement, request.sort, MOVEMENT_SORTS, ContainerMovement.id)
    page = paginate_rows(session, ordered, request)
    return Page([MovementRow(*row) for row in page.items], page.page, page.page_size, page.total)
