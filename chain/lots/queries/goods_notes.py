"""Reads of goods-received notes and their printings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.lots.models import GoodsNote, GoodsNotePrint


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One printing; copy 0 is the original."""

    id: UUID
    copy_number: int
    paper: str
    printed_at: datetime
    printed_by: str | None


def note_of(session: Session, lot_id: UUID) -> GoodsNote | None:
    """Return the note of a lot, if one was issued."""
    return session.scalar(select(GoodsNote).where(GoodsNote.lot_id == lot_id))


def get_note_for(session: Session, actor: Actor, lot_id: UUID) -> GoodsNote:
    """Return the note of a lot of the actor's organisation.

    Raises:
        NotFound: none was issued, or it is somebody else's.
    """
    found = note_of(session, lot_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def prints_of(session: Session, note_id: UUID) -> Sequence[PrintRow]:
    """Return the printings of a note, the original first."""
    rows = session.execute(
        select(
            GoodsNotePrint.id,
            GoodsNotePrint.copy_number,
            GoodsNotePrint.paper,
            GoodsNotePrint.printed_at,
            User.display_name,
        )
        .outerjoin(User, User.id == GoodsNotePrint.printed_by)
        .where(GoodsNotePrint.note_id == note_id)
        .order_by(GoodsNotePrint.copy_number)
    )
    return [PrintRow(*row) for row in rows]


def get_print(session: Session, note: GoodsNote, copy: int) -> PrintRow:
    """Return one printing of a note.

    Raises:
        NotFound: it was not printed that often.
    """
    found = [one for one in prints_of(session, note.id) if one.copy_number == copy]
    if not found:
        raise NotFound
    return found[0]
