"""Lots that are made of lots: numbered and stored here, for the event of the genealogy that makes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import LotState
from chain.lots.services.numbers import take_numbers
from chain.lots.services.schemes import House

DERIVED = "derived"
PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedGrade:
    """The class that a derived lot begins with; a confirmed one was confirmed on the lots that it is made of."""

    scheme: str
    edition: str
    key: str | None
    is_confirmed: bool = False
    #: who brought the class about, when that was not who made the lot
    proposed_by: UUID | None = None
    #: sentences as {"msgid", "params"}
    reasons: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedLot:
    """A lot that an event makes. Quantities in the unit of its product."""

    id: UUID
    commodity: str
    quantity: int
    unit: str
    made_at: datetime
    made_on: date
    claim: str
    certificate_id: UUID | None
    mix: Mapping[str, Any]
    content_hash: str
    grade: DerivedGrade | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    micron_tenths: int | None = None
    colour: str | None = None
    label: str | None = None
    best_before: date | None = None
    site_id: UUID | None = None


def create_derived_lots(
    session: Session, *, actor: Actor, now: datetime, house: House, event_id: UUID, lots: Sequence[DerivedLot]
) -> list[Lot]:
    """Number and store the lots that an event makes, in their order; the event's audit record stands for them.

    Raises:
        IdempotencyConflict: the id of one of them belongs to another lot.
    """
    if not lots:
        return []
    refuse_known_ids(session, [one.id for one in lots])
    numbers = take_numbers(session, house.id, house.code, len(lots))
    made = [_lot(one, number, actor, now, event_id) for one, number in zip(lots, numbers, strict=True)]
    try:
        with session.begin_nested():
            session.add_all(made)
            session.flush()
    except IntegrityError:
        raise IdempotencyConflict from None  # somebody registered a lot with this id at the same moment
    grades = [_grade_row(one, actor, now) for one in lots if one.grade is not None]
    if grades:
        session.execute(insert(LotGrade), grades)
    return made


def refuse_known_ids(session: Session, lot_ids: Collection[UUID]) -> None:
    """Refuse ids that lots have already.

    Raises:
        IdempotencyConflict: one of them is taken.
    """
    if session.scalar(select(Lot.id).where(Lot.id.in_(lot_ids)).limit(1)) is not None:
        raise IdempotencyConflict


def _lot(one: DerivedLot, number: str, actor: Actor, now: datetime, event_id: UUID) -> Lot:
    grade = one.grade
    is_confirmed = grade is not None and grade.is_confirmed
    return Lot(
        id=one.id,
        organisation_id=actor.org,
        number=number,
        commodity=one.commodity,
        origin=DERIVED,
        producer_id=None,
        delivered_at=one.made_at,
        delivered_on=one.made_on,
        quantity=one.quantity,
        unit=one.unit,
        attributes=dict(one.attributes),
        micron_tenths=one.micron_tenths,
        colour=one.colour,
        grade_scheme=grade.scheme if grade else None,
        grade_edition=grade.edition if grade else None,
        grade_key=grade.key if grade else None,
        grade_confirmed=is_confirmed,
        claim=one.claim,
        certificate_id=one.certificate_id,
        state=(LotState.GRADED if is_confirmed else LotState.REGISTERED).value,
        registered_at=now,
        registered_by=actor.user_id,
        content_hash=one.content_hash,
        label=one.label,
        best_before=one.best_before,
        mix=dict(one.mix),
        made_by_event_id=event_id,
        site_id=one.site_id,
    )


def _grade_row(one: DerivedLot, actor: Actor, now: datetime) -> dict[str, Any]:
    assert one.grade is not None  # noqa: S101 - the caller asked
    return {
        "id": new_id(),
        "lot_id": one.id,
        "kind": PROPOSAL,
        "scheme": one.grade.scheme,
        "edition": one.grade.edition,
        "key": one.grade.key,
        "reasons": [dict(reason) for reason in one.grade.reasons],
        "graded_at": now,
        "graded_by": one.grade.proposed_by or actor.user_id,
    }
