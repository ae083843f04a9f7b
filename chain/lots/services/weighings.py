"""Weighing in several goes: bags are added to an open weighing, by several people and after power cuts, until it is closed
and becomes the lot with the same id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import plain
from chain.core.i18n import Message
from chain.core.ids import parse_id
from chain.lots.attributes import SPECS
from chain.lots.bags import MAX_BAGS, TOO_MANY_BAGS, Bag, bag_from_record, check_bags
from chain.lots.errors import NothingWeighed, TooManyWeighings, WeighingClosed
from chain.lots.models import Lot, OpenWeighing
from chain.lots.queries.equipment import containers_of
from chain.lots.rules import UNKNOWN_COMMODITY, UNKNOWN_PRODUCER, Delivery
from chain.lots.services.once import insert_once
from chain.lots.services.registration import Registered, register_lot
from chain.lots.services.states import LotAudit, checked_reason
from chain.producers.queries import member_ids_among

OPEN, CLOSED, DISCARDED = "open", "closed", "discarded"
SUBJECT = "weighing"
#: Of one house at the same time: a scale has one queue.
MAX_OPEN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWeighing:
    """Who brings what; `entered` is what else the form held, by the names of a delivery."""

    id: UUID
    producer_id: UUID
    commodity: str
    entered: Mapping[str, Any] = field(default_factory=dict)


def start_weighing(session: Session, *, actor: Actor, now: datetime, weighing: NewWeighing) -> OpenWeighing:
    """Begin to weigh a delivery. The same id with the same producer and product answers the first one.

    Raises:
        Forbidden: the actor may not register lots.
        ValidationFailed: unknown product or producer.
        IdempotencyConflict: the id was used for something else.
        TooManyWeighings: 200 are open.
    """
    actor.require(Permission.LOTS_REGISTER)
    parse_id(weighing.id)
    earlier = session.get(OpenWeighing, weighing.id)
    if earlier is not None:
        same = (earlier.organisation_id, earlier.producer_id, earlier.commodity)
        if same != (actor.org, weighing.producer_id, weighing.commodity):
            raise IdempotencyConflict
        return earlier
    if session.get(Lot, weighing.id) is not None:
        raise IdempotencyConflict
    if weighing.commodity not in SPECS:
        raise ValidationFailed(
            {"commodity": [Message(UNKNOWN_COMMODITY, {"value": weighing.commodity[:40]})]}
        )
    if weighing.producer_id not in member_ids_among(session, actor.org, {weighing.producer_id}):
        raise ValidationFailed({"producer_id": [Message(UNKNOWN_PRODUCER)]})
    count = session.scalar(
        select(func.count())
        .select_from(OpenWeighing)
        .where(OpenWeighing.organisation_id == actor.org, OpenWeighing.state == OPEN)
    )
    if (count or 0) >= MAX_OPEN:
        raise TooManyWeighings(limit=MAX_OPEN)
    row = insert_once(
        session,
        OpenWeighing(
            id=weighing.id,
            organisation_id=actor.org,
            producer_id=weighing.producer_id,
            commodity=weighing.commodity,
            bags=[],
            entered=plain(weighing.entered),
            state=OPEN,
            started_at=now,
            started_by=actor.user_id,
            changed_at=now,
        ),
    )
    _record(session, actor, row, LotAudit.WEIGHING_STARTED, {"commodity": row.commodity})
    return row


def add_bag(
    session: Session, *, actor: Actor, now: datetime, weighing_id: UUID, bag_id: UUID, bag: Bag
) -> OpenWeighing:
    """Add a bag. The row is locked: of two clerks at once, both bags are kept. The same id and bag again changes nothing.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such weighing here.
        WeighingClosed: it was closed or discarded.
        ValidationFailed: the bag is not believed, or there are 200.
        IdempotencyConflict: the id was used for another bag.
    """
    actor.require(Permission.LOTS_REGISTER)
    parse_id(bag_id)
    row = _lock(session, actor, weighing_id)
    sent = bag.as_record()
    for kept in row.bags:
        if kept["id"] == bag_id.hex:
            if kept["sent"] != sent:
                raise IdempotencyConflict
            return row
    if row.state != OPEN:
        raise WeighingClosed
    errors: dict[str, list[Message]] = {}
    filled = check_bags(SPECS[row.commodity], [bag], containers_of(session, actor.org), errors)
    if filled is None:
        raise ValidationFailed(
            {
                name.removeprefix("bags.0."): [_without_place(one) for one in found]
                for name, found in errors.items()
            }
        )
    if len(row.bags) >= MAX_BAGS:
        raise ValidationFailed({"bags": [Message(TOO_MANY_BAGS, {"limit": MAX_BAGS})]})
    entry: dict[str, Any] = {
        "id": bag_id.hex,
        "sent": sent,
        "bag": filled[0].as_record(),
        "at": now.isoformat(),
        "by": actor.user_id.hex if actor.user_id else None,
    }
    row.bags, row.changed_at = [*row.bags, entry], now
    session.flush()
    _record(session, actor, row, LotAudit.WEIGHING_ADDED, {"bags": len(row.bags), **entry["bag"]})
    return row


def _without_place(message: Message) -> Message:
    """Return what is wrong with the one bag that was sent."""
    problem = message.params.get("problem")
    return problem if isinstance(problem, Message) else message


def weighed_bags(row: OpenWeighing) -> tuple[Bag, ...]:
    """Return the bags of a weighing, the first one first, with their tares."""
    return tuple(bag_from_record(entry["bag"]) for entry in row.bags)


def close_weighing(
    session: Session, *, actor: Actor, now: datetime, weighing_id: UUID, delivery: Delivery
) -> Registered:
    """Make the lot with the weighing's id of its bags and of what `delivery` says beside them. Closing it again with
    the same words answers the first lot.

    `delivery` holds time, attributes, class and route; its id, producer, product and bags are the weighing's.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such weighing here.
        WeighingClosed: it was discarded.
        NothingWeighed: it has no bag.
        ValidationFailed, IdempotencyConflict: as `register_lot`.
    """
    actor.require(Permission.LOTS_REGISTER)
    row = _lock(session, actor, weighing_id)
    if row.state == DISCARDED:
        raise WeighingClosed
    if not row.bags:
        raise NothingWeighed
    whole = replace(
        delivery,
        id=row.id,
        producer_id=row.producer_id,
        commodity=row.commodity,
        bags=weighed_bags(row),
        gross_g=None,
        tare_g=None,
        quantity=None,
    )
    registered = register_lot(session, actor=actor, now=now, delivery=whole)
    if row.state == OPEN:
        row.state, row.changed_at = CLOSED, now
        session.flush()
        _record(session, actor, row, LotAudit.WEIGHING_CLOSED, {"number": registered.lot.number})
    return registered


def discard_weighing(
    session: Session, *, actor: Actor, now: datetime, weighing_id: UUID, reason: str
) -> OpenWeighing:
    """Give an open weighing up, with a reason. Discarding it again changes nothing.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such weighing here.
        ReasonNeeded: the reason has fewer than 3 or more than 500 characters.
        WeighingClosed: it became a lot.
    """
    actor.require(Permission.LOTS_REGISTER)
    row = _lock(session, actor, weighing_id)
    why = checked_reason(reason)
    if row.state == DISCARDED:
        return row
    if row.state != OPEN:
        raise WeighingClosed
    row.state, row.changed_at = DISCARDED, now
    session.flush()
    _record(session, actor, row, LotAudit.WEIGHING_DISCARDED, {"reason": why, "bags": len(row.bags)})
    return row


def _lock(session: Session, actor: Actor, weighing_id: UUID) -> OpenWeighing:
    row = session.scalar(
        select(OpenWeighing)
        .where(OpenWeighing.id == weighing_id, OpenWeighing.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


def _record(
    session: Session,
    actor: Actor,
    row: OpenWeighing,
    tag: LotAudit,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=row.changed_at,
        subject_type=SUBJECT,
        subject_id=row.id,
        after={"state": row.state, **after},
    )
