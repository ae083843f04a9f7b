"""Registering lots, one or a thousand, by the same path: check, grade, claim, number, and one statement per table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.certification.queries import claims_on
from chain.certification.rules import Claim
from chain.core import audit
from chain.core.errors import IdempotencyConflict, ValidationFailed
from chain.core.i18n import Message
from chain.lots.errors import BatchTooLarge
from chain.lots.models import Lot
from chain.lots.queries.equipment import containers_of, routes_among
from chain.lots.rules import (
    MAX_BATCH,
    NO_CONTAINERS,
    UNKNOWN_PRODUCER,
    UNKNOWN_ROUTE,
    Checked,
    Delivery,
    Errors,
    check_delivery,
)
from chain.lots.services.numbers import take_numbers
from chain.lots.services.rows import LotRows, NewLot
from chain.lots.services.schemes import House, SchemeBook, open_house
from chain.producers.queries import member_ids_among

CONVENTIONAL = Claim.CONVENTIONAL.value


# Over tables rather than objects, and built once: every registration asks them.
_lot = Lot.__table__
_KNOWN = select(
    _lot.c.id, _lot.c.organisation_id, _lot.c.content_hash, _lot.c.source_key, _lot.c.number, _lot.c.grade_key
)
_KNOWN_BY_ID = _KNOWN.where(_lot.c.id.in_(bindparam("ids", expanding=True)))
_KNOWN_BY_SOURCE = _KNOWN.where(
    _lot.c.organisation_id == bindparam("organisation_id"),
    _lot.c.source_key.in_(bindparam("sources", expanding=True)),
)


class ItemStatus(StrEnum):
    """What became of one delivery of a batch."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The answer to one delivery; `number` and `grade_key` for what is stored, now or before."""

    id: UUID
    status: ItemStatus
    errors: Errors = field(default_factory=dict)
    number: str | None = None
    grade_key: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A stored lot, and whether it had been stored before."""

    lot: Lot
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A single registration that may share its transaction with others."""

    actor: Actor
    delivery: Delivery
    request_id: str | None


def register_lot(session: Session, *, actor: Actor, now: datetime, delivery: Delivery) -> Registered:
    """Register one delivery. The same id with the same content answers the first result.

    Raises:
        Forbidden: the actor may not register lots.
        ValidationFailed: the delivery is not believed; every field at once.
        IdempotencyConflict: the id was used with other content.
    """
    (result,) = register_lots(session, actor=actor, now=now, deliveries=[delivery])
    refuse_unstored(result)
    lot = session.get_one(Lot, result.id, populate_existing=True)
    return Registered(lot, duplicate=result.status is ItemStatus.DUPLICATE)


def refuse_unstored(result: ItemResult) -> None:
    """Raise what a single registration raises when its delivery was not stored.

    Raises:
        ValidationFailed: the delivery is not believed.
        IdempotencyConflict: the id was used with other content.
    """
    if result.status is ItemStatus.REJECTED:
        raise ValidationFailed(result.errors)
    if result.status is ItemStatus.CONFLICT:
        raise IdempotencyConflict


def register_asked(session: Session, *, now: datetime, asks: Sequence[Ask]) -> list[ItemResult]:
    """Register single deliveries of several requests in one transaction: one pass per actor, each answered for itself.

    Raises:
        Forbidden: an actor may not register lots.
    """
    by_actor: dict[Actor, list[int]] = {}
    for place, ask in enumerate(asks):
        ask.actor.require(Permission.LOTS_REGISTER)
        by_actor.setdefault(ask.actor, []).append(place)
    results: dict[int, ItemResult] = {}
    # in the order of the organisations, whose counters are locked: two processes never wait for each other
    for actor in sorted(by_actor, key=lambda one: one.org):
        places = by_actor[actor]
        batch = _Batch(session, actor, now, [asks[place].request_id for place in places])
        answers = batch.register([asks[place].delivery for place in places])
        results.update(zip(places, answers, strict=True))
    return [results[place] for place in range(len(asks))]


def register_lots(
    session: Session, *, actor: Actor, now: datetime, deliveries: Sequence[Delivery]
) -> list[ItemResult]:
    """Register up to 1,000 deliveries; one answer per delivery, in their order. What is rejected stops nothing else.

    Raises:
        Forbidden: the actor may not register lots.
        BatchTooLarge: more than 1,000 at once.
    """
    actor.require(Permission.LOTS_REGISTER)
    if len(deliveries) > MAX_BATCH:
        raise BatchTooLarge(limit=MAX_BATCH)
    if not deliveries:
        return []
    return _Batch(session, actor, now).register(deliveries)


class _Batch:
    """One run of the path; `results` fills up step by step, by the place of the delivery."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        request_ids: Sequence[str | None] | None = None,
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        #: of each delivery, by its place; without them all came with the request that is being answered
        self.request_ids = request_ids
        self.results: list[ItemResult | None] = []

    def register(self, deliveries: Sequence[Delivery]) -> list[ItemResult]:
        """Return the answers."""
        self.results = [None] * len(deliveries)
        waiting = self._check(deliveries)
        waiting, repeated = self._set_repeats_aside(waiting)
        waiting = self._answer_known(waiting)
        waiting = self._refuse_strangers(waiting)
        waiting = self._refuse_unknown_routes(waiting)
        if waiting:
            self._store(waiting)
        for place, checked, first in repeated:
            self.results[place] = self._repeat_answer(checked, first)
        return [result for result in self.results if result is not None]

    def _check(self, deliveries: Sequence[Delivery]) -> dict[int, Checked]:
        believed: dict[int, Checked] = {}
        containers = NO_CONTAINERS
        if any(bag.container_type_id for delivery in deliveries for bag in delivery.bags):
            containers = containers_of(self.session, self.actor.org)
        for place, delivery in enumerate(deliveries):
            answer = check_delivery(delivery, self.now, containers)
            if isinstance(answer, Checked):
                believed[place] = answer
            else:
                self.results[place] = ItemResult(delivery.id, ItemStatus.REJECTED, answer)
        return believed

    def _set_repeats_aside(
        self, waiting: Mapping[int, Checked]
    ) -> tuple[dict[int, Checked], list[tuple[int, Checked, int]]]:
        """Split off deliveries whose id or source stands earlier in the same batch; they get its answer."""
        firsts: dict[Any, int] = {}
        kept: dict[int, Checked] = {}
        repeated: list[tuple[int, Checked, int]] = []
        for place, checked in waiting.items():
            delivery = checked.delivery
            first = firsts.setdefault(delivery.id, place)
            if first == place and delivery.source_key is not None:
                first = firsts.setdefault(delivery.source_key, place)
            if first == place:
                kept[place] = checked
            else:
                repeated.append((place, checked, first))
        return kept, repeated

    def _repeat_answer(self, checked: Checked, first: int) -> ItemResult:
        found = self.results[first]
        assert found is not None  # noqa: S101 - every first delivery was answered
        original_hash = self._hashes.get(first)
        same_source = checked.delivery.source_key is not None and checked.delivery.id != found.id
        if not same_source and original_hash != checked.content_hash:
            return ItemResult(checked.delivery.id, ItemStatus.CONFLICT)
        status = ItemStatus.DUPLICATE if found.status is ItemStatus.STORED else found.status
        return ItemResult(checked.delivery.id, status, found.errors, found.number, found.grade_key)

    def _answer_known(self, waiting: dict[int, Checked]) -> dict[int, Checked]:
        """Answer deliveries that are stored already: duplicate or conflict."""
        self._hashes = {place: checked.content_hash for place, checked in waiting.items()}
        return self._answer_from(waiting, self._find_known(waiting))

    def _find_known(self, waiting: Mapping[int, Checked]) -> Sequence[Row[Any]]:
        if not waiting:
            return []
        connection = self.session.connection()
        ids = [checked.delivery.id for checked in waiting.values()]
        rows = list(connection.execute(_KNOWN_BY_ID, {"ids": ids}))
        sources = [
            checked.delivery.source_key
            for checked in waiting.values()
            if checked.delivery.source_key is not None
        ]
        if sources:
            wanted = {"organisation_id": self.actor.org, "sources": sources}
            rows += connection.execute(_KNOWN_BY_SOURCE, wanted)
        return rows

    def _answer_from(self, waiting: dict[int, Checked], known: Sequence[Row[Any]]) -> dict[int, Checked]:
        if not known:
            return waiting
        by_id = {row.id: row for row in known}
        by_source = {
            row.source_key: row for row in known if row.source_key and row.organisation_id == self.actor.org
        }
        rest: dict[int, Checked] = {}
        for place, checked in waiting.items():
            delivery = checked.delivery
            row = by_id.get(delivery.id) or (
                by_source.get(delivery.source_key) if delivery.source_key else None
            )
            if row is None:
                rest[place] = checked
                continue
            is_same = row.organisation_id == self.actor.org and (
                row.content_hash == checked.content_hash or row.id != delivery.id
            )
            self.results[place] = (
                ItemResult(delivery.id, ItemStatus.DUPLICATE, {}, row.number, row.grade_key)
                if is_same
                else ItemResult(delivery.id, ItemStatus.CONFLICT)
            )
        return rest

    def _refuse_strangers(self, waiting: dict[int, Checked]) -> dict[int, Checked]:
        if not waiting:
            return waiting
        wanted = {checked.delivery.producer_id for checked in waiting.values()}
        members = member_ids_among(self.session, self.actor.org, wanted)
        if len(members) == len(wanted):
            return waiting
        known: dict[int, Checked] = {}
        for place, checked in waiting.items():
            if checked.delivery.producer_id in members:
                known[place] = checked
            else:
                errors = {"producer_id": [Message(UNKNOWN_PRODUCER)]}
                self.results[place] = ItemResult(checked.delivery.id, ItemStatus.REJECTED, errors)
        return known

    def _refuse_unknown_routes(self, waiting: dict[int, Checked]) -> dict[int, Checked]:
        wanted = {found.delivery.route_id for found in waiting.values()} - {None}
        if not wanted:
            return waiting
        known = routes_among(self.session, self.actor.org, wanted)
        kept: dict[int, Checked] = {}
        for place, checked in waiting.items():
            delivery = checked.delivery
            if delivery.route_id is None or delivery.route_id in known:
                kept[place] = checked
            else:
                errors = {"route_id": [Message(UNKNOWN_ROUTE)]}
                self.results[place] = ItemResult(delivery.id, ItemStatus.REJECTED, errors)
        return kept

    def _store(self, waiting: dict[int, Checked]) -> None:
        """Grade, claim, number and insert; whoever lost a race gets the winner's answer."""
        house, schemes = open_house(self.session, self.actor.org)
        lots = self._prepare(waiting, house, schemes)
        numbers = take_numbers(self.session, house.id, house.code, len(lots))
        for number, lot in zip(numbers, lots.values(), strict=True):
            lot.number = number
        rows = LotRows(self.session, self.actor, self.now)
        stored = rows.insert(list(lots.values()))
        lost: dict[int, Checked] = {}
        for place, lot in lots.items():
            delivery = lot.checked.delivery
            if stored is None or delivery.id.hex in stored:
                self.results[place] = ItemResult(
                    delivery.id, ItemStatus.STORED, {}, lot.number, lot.proposal.key
                )
            else:
                lost[place] = lot.checked
        if lost:
            rest = self._answer_from(lost, self._find_known(lost))
            for place, checked in rest.items():  # the row that kept it out is not ours to see
                self.results[place] = ItemResult(checked.delivery.id, ItemStatus.CONFLICT)

    def _prepare(
        self, waiting: Mapping[int, Checked], house: House, schemes: SchemeBook
    ) -> dict[int, NewLot]:
        days = {
            place: checked.delivery.delivered_at.astimezone(house.zone).date()
            for place, checked in waiting.items()
        }
        pairs = {(checked.delivery.producer_id, days[place]) for place, checked in waiting.items()}
        claims = claims_on(self.session, pairs)
        common = audit.request_id()
        ids = self.request_ids
        return {
            place: self._new_lot(checked, days[place], schemes, claims, ids[place] if ids else common)
            for place, checked in waiting.items()
        }

    def _new_lot(
        self,
        checked: Checked,
        day: date,
        schemes: SchemeBook,
        claims: Mapping[tuple[UUID, date], Any],
        request_id: str | None,
    ) -> NewLot:
        delivery = checked.delivery
        proposer = schemes.proposer(delivery.commodity, day)
        found = claims.get((delivery.producer_id, day))
        return NewLot(
            checked=checked,
            delivered_on=day,
            proposal=proposer.propose(checked.attributes, delivery.chosen_key or None, checked.quantity),
            claim=CONVENTIONAL if found is None else str(found.claim),
            certificate_id=None if found is None else found.certificate_id,
            request_id=request_id,
        )
