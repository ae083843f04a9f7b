"""Bringing in a sheet of debts: look at it first, then all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.i18n import Message
from chain.core.titled_cells import BadCell
from chain.dues.errors import BadMovementRows
from chain.dues.models import Movement
from chain.dues.movement_file import UNKNOWN_CODE, FileRow, MovementFile
from chain.dues.services.movements import NewMovement, add_movements, check_movement
from chain.producers.queries import names_of, producers_by_member_code

CHUNK = 500


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A debt that the file would add."""

    row: FileRow
    new: NewMovement
    full_name: str
    #: the same row came with an earlier file
    is_known: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do."""

    rows: Sequence[PreviewRow]
    bad: Sequence[BadCell]

    @property
    def fresh(self) -> int:
        """How many debts are new."""
        return sum(not one.is_known for one in self.rows)

    @property
    def fresh_minor(self) -> int:
        """What the new ones sum to."""
        return sum(one.new.amount_minor for one in self.rows if not one.is_known)


def preview_movements(session: Session, *, actor: Actor, now: datetime, file: MovementFile) -> Preview:
    """Return what importing a file would add, and every cell that keeps it from it.

    Raises:
        Forbidden: the actor may not record debts.
    """
    actor.require(Permission.ADVANCES_WRITE)
    today = local_date(now, get_own_organisation(session, actor).timezone)
    ids = producers_by_member_code(session, actor.org, {row.member_code for row in file.rows})
    names = names_of(session, actor.org, set(ids.values()))
    bad = list(file.bad)
    news: list[tuple[FileRow, NewMovement]] = []
    seen: dict[UUID, int] = {}
    for row in file.rows:
        producer_id = ids.get(row.member_code)
        if producer_id is None:
            bad.append(BadCell(row.row, "member_code", Message(UNKNOWN_CODE)))
            continue
        first = row.id_in(actor.org, 0)
        seen[first] = seen.get(first, -1) + 1
        new = NewMovement(
            row.id_in(actor.org, seen[first]), producer_id, row.kind, row.amount_minor, row.dated_on, row.note, row.source, row.decided_by,
        )  # fmt: skip
        wrong = check_movement(new, today)
        if wrong:
            bad += [
                BadCell(row.row, "date" if field == "dated_on" else field, message)
                for field, messages in wrong.as_mapping().items()
                for message in messages
            ]
        else:
            news.append((row, new))
    known = _known(session, [new.id for _, new in news])
    rows = [PreviewRow(row, new, names[new.producer_id].full_name, new.id in known) for row, new in news]
    return Preview(rows, sorted(bad, key=lambda one: one.row))


def import_movements(session: Session, *, actor: Actor, now: datetime, file: MovementFile) -> tuple[int, int]:
    """Add the debts of a file, all of them or none; return how many were added and how many were known.

    Raises:
        Forbidden: the actor may not record debts.
        BadMovementRows: some cells cannot be used.
    """
    preview = preview_movements(session, actor=actor, now=now, file=file)
    if preview.bad:
        raise BadMovementRows([(one.row, one.column, one.reason) for one in preview.bad])
    added = add_movements(session, actor=actor, now=now, news=[one.new for one in preview.rows])
    return added, len(preview.rows) - added


def _known(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for start in range(0, len(ids), CHUNK):
        found |= set(session.scalars(select(Movement.id).where(Movement.id.in_(ids[start : start + CHUNK]))))
    return found
