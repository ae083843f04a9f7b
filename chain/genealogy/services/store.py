"""Writing an event: what it used, what it made, who owns how much of that, and one audit record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from chain.accounts.rules import Actor
from chain.certification.rules import Claim, worst_of
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.genealogy.audit_tags import SUBJECT, TAG_OF
from chain.genealogy.errors import (
    AlreadyPaid,
    ClaimedGain,
    NotConserved,
    ShareTooSmall,
    in_thousands,
    sign_of,
)
from chain.genealogy.mix import without_claim
from chain.genealogy.models import LotEvent, LotEventLine, LotShare
from chain.genealogy.queries.shares import tables_of
from chain.genealogy.rules import Event
from chain.genealogy.services.opening import Opened
from chain.genealogy.services.plan import Outcome, Plan, common_site
from chain.genealogy.services.rooms import check_room, lock_sites
from chain.genealogy.shares import SharedOut, ShareTable, Taken, pooled, scaled, share_out
from chain.genealogy.words import INGREDIENTS, EventKind, LineRole
from chain.lots.attributes import clean_words
from chain.lots.models import Lot
from chain.lots.queries import CHUNK, lock_lots
from chain.lots.rules import LotState
from chain.lots.services.bulk import Row, insert_rows, wire_id
from chain.lots.services.derived import DerivedLot, create_derived_lots
from chain.lots.services.rows import micron_tenths
from chain.lots.settling import settling_among

LINE_TABLE: Table = LotEventLine.metadata.tables["lot_event_line"]
SHARE_TABLE: Table = LotShare.metadata.tables["lot_share"]
LINE_COLUMNS = (
    "id", "event_id", "position", "role", "lot_id", "quantity", "unit", "balance", "cause", "note", "producer_id",
    "from_site_id", "to_site_id",
)  # fmt: skip
SHARE_COLUMNS = ("lot_id", "primary_id", "quantity")

#: Plain SQL, which both databases understand alike.
_BUMP = text(
    "INSERT INTO event_counter (organisation_id, last_number) VALUES (:organisation_id, 1) "
    "ON CONFLICT (organisation_id) DO UPDATE SET last_number = event_counter.last_number + 1 RETURNING last_number"
).bindparams(bindparam("organisation_id", type_=Uuid()))


def store_event(opened: Opened, plan: Plan) -> LotEvent:
    """Write a planned event.

    Raises:
        NotConserved: inputs and gains differ from outputs, losses and what was taken.
        ClaimedGain: certified goods would become more.
        SiteFull: there is no room where the outputs go.
        ShareTooSmall, AlreadyPaid: of what a producer takes back.
        IdempotencyConflict: the id of an output belongs to another lot.
    """
    check_conserved(plan)
    claim = check_claim(opened, plan)
    shared, taken_of = _share_out(opened, plan)
    _check_sites(opened, plan)
    row = add_event(opened.session, opened.actor, opened.now, opened.event, _head(opened, plan))
    _create(opened, plan, claim)
    use_up(opened.session, opened.lots, opened.event.id)
    lines = [*_lines(opened, plan, taken_of)]
    write_lines(opened.session, opened.event.id, lines)
    write_shares(opened.session, plan.outcomes, shared)
    return row


def check_conserved(plan: Plan) -> None:
    """Refuse an event whose two sides differ.

    Raises:
        NotConserved.
    """
    into = sum(plan.balances) + sum(one.quantity for one in plan.gains)
    taken = plan.taken.quantity if plan.taken else 0
    out = sum(one.balance for one in plan.outcomes) + sum(one.quantity for one in plan.losses) + taken
    if into != out:
        raise NotConserved(
            into=in_thousands(into),
            out=in_thousands(out),
            difference=in_thousands(abs(into - out)),
            unit=sign_of(plan.balance_unit),
        )


def check_claim(opened: Opened, plan: Plan) -> Claim:
    """Return the claim of what is made: the worst of what goes in, or nothing once it was given up.

    Raises:
        ClaimedGain: a claim would cover more than came in; what a process adds on purpose is allowed as long as no
            more comes out than went in.
    """
    claim = worst_of(lot.claim for lot in opened.lots)
    if claim is Claim.CONVENTIONAL or plan.drop_claim:
        return Claim.CONVENTIONAL
    if plan.gains:
        is_ingredient = all(one.cause in INGREDIENTS for one in plan.gains)
        out = sum(one.balance for one in plan.outcomes)
        if not is_ingredient or out > sum(plan.balances):
            raise ClaimedGain(number=opened.lots[0].number)
    return claim


def _share_out(opened: Opened, plan: Plan) -> tuple[SharedOut, ShareTable]:
    """Return the share tables of the outputs and of what was taken back."""
    tables = tables_of(opened.session, opened.lots)
    in_balance = [
        scaled(tables[lot.id], balance) for lot, balance in zip(opened.lots, plan.balances, strict=True)
    ]
    pool = in_balance[0] if len(in_balance) == 1 else pooled(in_balance)
    taken = None
    if plan.taken is not None:
        own = own_primaries(opened.session, pool.ids, plan.taken.producer_id)
        _check_taken(opened, plan, pool, own)
        taken = Taken(frozenset(own), plan.taken.quantity)
    total = sum(plan.balances) + sum(one.quantity for one in plan.gains)
    shared = share_out(pool, total, [one.balance for one in plan.outcomes], taken)
    return shared, shared.taken


def own_primaries(session: Session, primary_ids: Sequence[UUID], producer_id: UUID) -> dict[UUID, str]:
    """Return the deliveries of one producer among many, with their states."""
    found: dict[UUID, str] = {}
    for start in range(0, len(primary_ids), CHUNK):
        rows = session.execute(
            select(Lot.id, Lot.state).where(
                Lot.id.in_(primary_ids[start : start + CHUNK]), Lot.producer_id == producer_id
            )
        )
        found.update((row.id, row.state) for row in rows)
    return found


def _check_taken(opened: Opened, plan: Plan, pool: ShareTable, own: dict[UUID, str]) -> None:
    assert plan.taken is not None  # noqa: S101 - the caller asked
    share = sum(part for key, part in zip(pool.ids, pool.parts, strict=True) if key in own)
    if plan.taken.quantity > share:
        raise ShareTooSmall(
            number=opened.lot.number, share=in_thousands(share), unit=sign_of(plan.balance_unit)
        )
    # locked: a settlement that is being approved at this moment either sees what is taken, or is seen here
    locked = lock_lots(opened.session, opened.actor.org, own)
    settled = any(lot.state == LotState.SETTLED.value for lot in locked)
    if settled or settling_among(opened.session, [lot.id for lot in locked]):
        raise AlreadyPaid


def _check_sites(opened: Opened, plan: Plan) -> None:
    named = [plan.site_id, *(one.site_id for one in plan.outcomes)]
    here = common_site(opened.lots)
    sites = lock_sites(opened.session, opened.actor.org, named, [here])
    arriving = [(_place(opened, plan, one), one.unit, one.quantity) for one in plan.outcomes]
    leaving = [(lot.site_id, lot.unit, lot.quantity) for lot in opened.lots]
    check_room(opened.session, sites, arriving, leaving)


def _place(opened: Opened, plan: Plan, outcome: Outcome) -> UUID | None:
    return outcome.site_id or plan.site_id or common_site(opened.lots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What an event's own row says beside who, when and why."""

    kind: EventKind
    digest: str
    day: date
    balance_unit: str
    inputs: int = 0
    outputs: int = 0
    lost: int = 0
    gained: int = 0
    taken: int = 0
    site_id: UUID | None = None
    process: str | None = None
    recipe_id: UUID | None = None
    density: str | None = None
    reverses_id: UUID | None = None


def _head(opened: Opened, plan: Plan) -> Head:
    return Head(
        kind=opened.kind,
        digest=opened.digest,
        day=opened.day,
        balance_unit=plan.balance_unit,
        inputs=sum(plan.balances),
        outputs=sum(one.balance for one in plan.outcomes),
        lost=sum(one.quantity for one in plan.losses),
        gained=sum(one.quantity for one in plan.gains),
        taken=plan.taken.quantity if plan.taken else 0,
        site_id=plan.site_id or common_site(opened.lots),
        process=plan.process,
        recipe_id=plan.recipe_id,
        density=plan.density,
    )


def add_event(session: Session, actor: Actor, now: datetime, event: Event, head: Head) -> LotEvent:
    """Number and store the event's own row, with its audit record.

    Raises:
        IdempotencyConflict: somebody stored another event with this id at the same moment.
    """
    number = session.connection().execute(_BUMP, {"organisation_id": actor.org}).scalar_one()
    row = LotEvent(
        id=event.id,
        organisation_id=actor.org,
        number=int(number),
        kind=head.kind.value,
        process=head.process,
        recipe_id=head.recipe_id,
        happened_at=event.happened_at,
        happened_on=head.day,
        site_id=head.site_id,
        balance_unit=head.balance_unit,
        input_total=head.inputs,
        output_total=head.outputs,
        loss_total=head.lost,
        gain_total=head.gained,
        taken_total=head.taken,
        reason=clean_words(event.reason or "") or None,
        density=head.density,
        reverses_id=head.reverses_id,
        recorded_at=now,
        recorded_by=actor.user_id,
        content_hash=head.digest,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise IdempotencyConflict from None
    _audit(session, actor, now, row)
    return row


def _create(opened: Opened, plan: Plan, claim: Claim) -> None:
    certificates = {lot.certificate_id for lot in opened.lots}
    certificate = certificates.pop() if len(certificates) == 1 and claim is not Claim.CONVENTIONAL else None
    lots = []
    for one in plan.outcomes:
        mix = without_claim(one.mix) if plan.drop_claim else one.mix
        micron = mix.micron_of_all
        lots.append(
            DerivedLot(
                id=one.id,
                commodity=one.commodity,
                quantity=one.quantity,
                unit=one.unit,
                made_at=opened.event.happened_at,
                made_on=opened.day,
                claim=claim.value,
                certificate_id=certificate,
                mix=mix.as_record(),
                content_hash=opened.digest,
                grade=one.grade,
                attributes={} if one.colour is None else {"colour": one.colour},
                micron_tenths=None if micron is None else micron_tenths(str(micron)),
                colour=mix.only_colour,
                label=clean_words(one.label or "") or None,
                best_before=one.best_before,
                site_id=_place(opened, plan, one),
            )
        )
    create_derived_lots(
        opened.session,
        actor=opened.actor,
        now=opened.now,
        house=opened.house,
        event_id=opened.event.id,
        lots=lots,
    )


def use_up(session: Session, lots: Sequence[Lot], event_id: UUID | None) -> None:
    """Mark lots as used by an event, or as there again (None)."""
    ids = [lot.id for lot in lots]
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(Lot)
            .where(Lot.id.in_(ids[start : start + CHUNK]))
            .values(used_by_event_id=event_id)
            .execution_options(synchronize_session=False)
        )
    for lot in lots:
        set_committed_value(lot, "used_by_event_id", event_id)


def line(
    role: LineRole,
    quantity: int,
    unit: str,
    balance: int,
    *,
    lot_id: UUID | None = None,
    cause: str | None = None,
    note: str | None = None,
    producer_id: UUID | None = None,
    sites: tuple[UUID | None, UUID | None] = (None, None),
) -> Row:
    """Return a line in wire form, without id, event and position."""
    note = clean_words(note or "") or None
    places = (wire_id(sites[0]), wire_id(sites[1]))
    return (role.value, wire_id(lot_id), quantity, unit, balance, cause, note, wire_id(producer_id), *places)


def _lines(opened: Opened, plan: Plan, taken: ShareTable) -> Iterator[Row]:
    unit = plan.balance_unit
    for lot, balance in zip(opened.lots, plan.balances, strict=True):
        yield line(LineRole.INPUT, lot.quantity, lot.unit, balance, lot_id=lot.id)
    for made in plan.outcomes:
        yield line(LineRole.OUTPUT, made.quantity, made.unit, made.balance, lot_id=made.id)
    for lost in plan.losses:
        yield line(LineRole.LOSS, lost.quantity, unit, lost.quantity, cause=lost.cause, note=lost.note)
    for gained in plan.gains:
        yield line(
            LineRole.GAIN, gained.quantity, unit, gained.quantity, cause=gained.cause, note=gained.note
        )
    if plan.taken is not None:
        for primary_id, part in zip(taken.ids, taken.parts, strict=True):
            yield line(
                LineRole.TAKEN, part, unit, part, lot_id=primary_id, producer_id=plan.taken.producer_id
            )


def write_lines(session: Session, event_id: UUID, lines: Sequence[Row]) -> None:
    """Store the lines of an event in their order."""
    event = event_id.hex
    rows = [(new_id().hex, event, position, *one) for position, one in enumerate(lines)]
    insert_rows(session, LINE_TABLE, LINE_COLUMNS, rows)


def write_shares(session: Session, outcomes: Sequence[Outcome], shared: SharedOut) -> None:
    """Store who owns how much of each output, in the unit of that lot."""
    rows: list[Row] = []
    for one, table in zip(outcomes, shared.outputs, strict=True):
        kept = scaled(table, one.quantity)
        lot_id = one.id.hex
        rows += [(lot_id, key.hex, part) for key, part in zip(kept.ids, kept.parts, strict=True)]
    insert_rows(session, SHARE_TABLE, SHARE_COLUMNS, rows)


def _audit(session: Session, actor: Actor, now: datetime, row: LotEvent) -> None:
    audit.record(
        session,
        tag=TAG_OF[EventKind(row.kind)],
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        after={
            "number": row.number,
            "process": row.process,
            "unit": row.balance_unit,
            "input": row.input_total,
            "output": row.output_total,
            "loss": row.loss_total,
            "gain": row.gain_total,
            "taken": row.taken_total,
            "reason": row.reason,
        },
    )
