"""The goods-received note of a delivery: what it says is frozen when it is first issued; every printing is counted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.ids import new_id, parse_id
from chain.lots.attributes import COLOURS
from chain.lots.errors import NoNote
from chain.lots.grades import class_name
from chain.lots.models import CollectionRoute, GoodsNote, GoodsNotePrint, Lot
from chain.lots.note_facts import note_facts
from chain.lots.queries import certificate_of, grades_of, lock_lots
from chain.lots.queries.equipment import bags_of
from chain.lots.queries.notices import cancellation_of
from chain.lots.queries.rejections import rejections_of_lots
from chain.lots.rules import LotState
from chain.lots.services.once import insert_once
from chain.lots.services.states import SUBJECT, LotAudit
from chain.producers.queries import names_of

#: The form of the frozen content; a later form gets a later number and both stay readable.
CONTENT_VERSION = 1
UNKNOWN_PAPER = N_("Choose one of the options.")


class Paper(StrEnum):
    """What a note is printed on."""

    W80 = "w80"
    W58 = "w58"
    A5 = "a5"


@dataclass(frozen=True, slots=True)
class PrintedNote:
    """A printing of a note; `copy` 0 is the original."""

    note: GoodsNote
    copy: int
    paper: Paper


def issue_goods_note(session: Session, *, actor: Actor, now: datetime, lot_id: UUID) -> GoodsNote:
    """Issue the note of a delivery, or return the one that was issued before.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such lot here.
        NoNote: it was cancelled before a note was issued, or was made of other lots.
    """
    actor.require(Permission.LOTS_REGISTER)
    (lot,) = lock_lots(session, actor.org, [lot_id])
    return _note_of(session, actor, now, lot)


def print_goods_note(
    session: Session, *, actor: Actor, now: datetime, lot_id: UUID, print_id: UUID, paper: str
) -> PrintedNote:
    """Count a printing of a note and issue it if it was not. The first is the original, all others are copies; the same
    `print_id` again is the same sheet. The lot is locked: of two at once, one prints the original.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such lot here.
        NoNote: there is nothing to print.
        ValidationFailed: the paper is unknown.
        IdempotencyConflict: the id was used for another printing.
    """
    actor.require(Permission.LOTS_REGISTER)
    parse_id(print_id)
    if paper not in set(Paper):
        raise ValidationFailed({"paper": [Message(UNKNOWN_PAPER)]})
    (lot,) = lock_lots(session, actor.org, [lot_id])
    note = _note_of(session, actor, now, lot)
    earlier = session.get(GoodsNotePrint, print_id)
    if earlier is not None:
        if (earlier.note_id, earlier.paper) != (note.id, paper):
            raise IdempotencyConflict
        return PrintedNote(note, earlier.copy_number, Paper(paper))
    count = session.scalar(
        select(func.count()).select_from(GoodsNotePrint).where(GoodsNotePrint.note_id == note.id)
    )
    printed = insert_once(
        session,
        GoodsNotePrint(
            id=print_id,
            note_id=note.id,
            copy_number=count or 0,
            paper=paper,
            printed_at=now,
            printed_by=actor.user_id,
        ),
    )
    audit.record(
        session,
        tag=LotAudit.NOTE_PRINTED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        after={"copy": printed.copy_number, "paper": paper},
    )
    return PrintedNote(note, printed.copy_number, Paper(paper))


def _note_of(session: Session, actor: Actor, now: datetime, lot: Lot) -> GoodsNote:
    found = session.scalar(select(GoodsNote).where(GoodsNote.lot_id == lot.id))
    if found is not None:
        return found
    if lot.state == LotState.CANCELLED.value or lot.producer_id is None:
        raise NoNote(number=lot.number)
    content = _content(session, actor, now, lot, lot.producer_id)
    note = GoodsNote(
        id=new_id(),
        organisation_id=lot.organisation_id,
        lot_id=lot.id,
        content=content,
        content_hash=content_hash(content),
        issued_at=now,
        issued_by=actor.user_id,
    )
    session.add(note)
    session.flush()
    audit.record(
        session,
        tag=LotAudit.NOTE_ISSUED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        after={"hash": note.content_hash},
    )
    return note


def _content(session: Session, actor: Actor, now: datetime, lot: Lot, producer_id: UUID) -> dict[str, Any]:
    """Return what the note says, as plain values: numbers in grams and millilitres, names as they are today."""
    house = get_organisation(session, lot.organisation_id)
    person = names_of(session, lot.organisation_id, [producer_id])[producer_id]
    route = session.get(CollectionRoute, lot.route_id) if lot.route_id else None
    return {
        "version": CONTENT_VERSION,
        "number": lot.number,
        "lot_id": str(lot.id),
        "organisation": {
            "code": house.code,
            "name": house.name,
            "country": house.country,
            "timezone": house.timezone,
            "place": house.place,
            "tax_id": house.tax_id,
        },
        "producer": {
            "name": person.full_name,
            "member_code": person.member_code,
            "community": person.community,
        },
        "delivered_at": lot.delivered_at.isoformat(),
        "delivered_on": lot.delivered_on.isoformat(),
        "issued_on": local_date(now, house.timezone).isoformat(),
        "commodity": lot.commodity,
        "quantity": lot.quantity,
        "unit": lot.unit,
        "gross_g": lot.gross_g,
        "tare_g": lot.tare_g,
        "bags": _bags(session, lot),
        "route": None if route is None else {"code": route.code, "name": route.name},
        "attributes": dict(lot.attributes),
        "colour": _colour(lot),
        "class": _class(session, lot),
        "claim": _claim(session, lot),
        "rejected": _rejected(session, lot),
        "facts": note_facts(session, actor, lot),
        "corrects": _corrects(session, lot),
        "weighed_by": _name(session, lot.registered_by),
    }


def _bags(session: Session, lot: Lot) -> list[dict[str, Any]]:
    return [
        {
            "position": bag.position,
            "container": bag.container,
            "code": bag.code,
            "gross_g": bag.gross_g,
            "tare_g": bag.tare_g,
            "volume_ml": bag.volume_ml,
            "net": bag.net,
            "source": bag.source,
        }
        for bag in bags_of(session, lot.id)
    ]


def _colour(lot: Lot) -> dict[str, str] | None:
    colour = COLOURS.get(lot.attributes.get("colour") or "")
    return None if colour is None else {"key": colour.key, **dict(colour.names)}


def _class(session: Session, lot: Lot) -> dict[str, Any]:
    """Return the class that counts, with the sentence for the producer of the grading that set it."""
    grades = grades_of(session, lot.id)
    reasons = [reason for grade in grades for reason in grade.reasons if not reason.get("warning")]
    spoken = [one for one in reasons if one.get("sentence")] or reasons[:1]
    return {
        "scheme": lot.grade_scheme,
        "edition": lot.grade_edition,
        "key": lot.grade_key,
        "es": class_name(lot.grade_scheme, lot.grade_edition, lot.grade_key, "es"),
        "en": class_name(lot.grade_scheme, lot.grade_edition, lot.grade_key, "en"),
        "is_confirmed": lot.grade_confirmed,
        "sentence": {"msgid": spoken[-1]["msgid"], "params": spoken[-1]["params"]} if spoken else None,
    }


def _claim(session: Session, lot: Lot) -> dict[str, Any]:
    certificate = certificate_of(session, lot)
    return {
        "claim": lot.claim,
        "certificate": certificate.number if certificate else None,
        "issued_by": certificate.issued_by if certificate else None,
    }


def _rejected(session: Session, lot: Lot) -> list[dict[str, Any]]:
    """Return what was not taken of the delivery, also when it was written down with a version that was corrected."""
    lots, older = [lot.id], lot.replaces_id
    while older is not None:
        lots.append(older)
        older = session.get_one(Lot, older).replaces_id
    return [
        {
            "quantity": one.quantity,
            "unit": one.unit,
            "cause": one.cause,
            "note": one.note,
            "disposition": one.disposition,
            "collect_by": one.collect_by.isoformat() if one.collect_by else None,
        }
        for one in rejections_of_lots(session, lots)
    ]


def _corrects(session: Session, lot: Lot) -> dict[str, Any] | None:
    if lot.replaces_id is None:
        return None
    old = session.get_one(Lot, lot.replaces_id)
    cancelled = cancellation_of(session, old.id)
    return {
        "number": old.number,
        "quantity": old.quantity,
        "unit": old.unit,
        "reason": cancelled.reason if cancelled else None,
    }


def _name(session: Session, user_id: UUID | None) -> str | None:
    user = session.get(User, user_id) if user_id else None
    return user.display_name if user else None
