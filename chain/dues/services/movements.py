"""Debts of producers: adding them, one or many, and posting what was given for them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.dues.audit_tags import DuesAudit
from chain.dues.models import Movement
from chain.dues.rules import (
    DEFAULT_SOURCES,
    DUE_KIND_LABELS,
    IN_MONEY,
    LOAN_KINDS,
    MAX_NAME,
    MOVEMENT_ACCOUNTS,
    OFF_BOOKS,
    SOURCE_ACCOUNTS,
    DueKind,
    Source,
)
from chain.dues.services.checks import NAME_TOO_LONG, check_amount, check_past_day, check_text, tidy
from chain.dues.services.debt_notices import tell_of_new_debts
from chain.ledger.held_money import check_free_money
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.producers.queries import member_ids_among, names_of

#: Kinds that people write down; loans bring their own.
TYPED_KINDS = tuple(kind for kind in MOVEMENT_ACCOUNTS if kind not in LOAN_KINDS)
WRITE_NOTE = N_("Write what it was for.")


@dataclass(frozen=True, slots=True)
class NewMovement:
    """A debt to add. Without a source, what is usual for its kind was given."""

    id: UUID
    producer_id: UUID
    kind: DueKind
    amount_minor: int
    dated_on: date
    note: str
    source: Source | None = None
    #: the decision that it follows
    decided_by: str | None = None

    @property
    def given(self) -> Source:
        """What the organisation gave for it."""
        if self.kind in OFF_BOOKS:
            return Source.NOTHING
        return self.source or DEFAULT_SOURCES[self.kind]

    @property
    def digest(self) -> str:
        """The hash of what was asked for. That of an advance in cash is as it was before there were other debts."""
        decision = {"decided_by": self.decided_by} if self.decided_by else {}
        if self.kind is DueKind.ADVANCE and self.given is Source.CASH:
            return content_hash(
                {
                    "producer_id": self.producer_id,
                    "amount_minor": self.amount_minor,
                    "given_on": self.dated_on,
                    "note": self.note,
                    **decision,
                }
            )
        content = asdict(self) | {"source": self.given.value, "kind": self.kind.value}
        del content["id"], content["decided_by"]
        return content_hash(content | decision)


def give_advance(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    advance_id: UUID,
    producer_id: UUID,
    amount_minor: int,
    given_on: date,
    note: str,
    decided_by: str | None = None,
) -> Movement:
    """Record an advance in cash and post it; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not give advances.
        NotFound: the producer is no present member of the organisation.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another debt.
    """
    new = NewMovement(
        advance_id,
        producer_id,
        DueKind.ADVANCE,
        amount_minor,
        given_on,
        note.strip(),
        decided_by=tidy(decided_by) or None,
    )
    return _add(session, actor, now, new, day_field="given_on", tag=DuesAudit.ADVANCE_GIVEN)


def add_movement(session: Session, *, actor: Actor, now: datetime, new: NewMovement) -> Movement:
    """Record a debt and post what was given for it; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the producer is no present member of the organisation.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another debt.
    """
    return _add(session, actor, now, new, day_field="dated_on", tag=DuesAudit.MOVEMENT_ADDED)


def _add(
    session: Session, actor: Actor, now: datetime, new: NewMovement, *, day_field: str, tag: DuesAudit
) -> Movement:
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    known = session.get(Movement, new.id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == new.digest:
            return known
        raise IdempotencyConflict
    if new.producer_id not in member_ids_among(session, actor.org, [new.producer_id]):
        raise NotFound
    organisation = get_own_organisation(session, actor)
    errors = check_movement(new, local_date(now, organisation.timezone), day_field=day_field)
    errors.raise_any()
    code = names_of(session, actor.org, [new.producer_id])[new.producer_id].member_code
    entry_id = _post(session, actor, now, new, code)
    row = movement_values(actor, now, organisation, new, next_number(session, actor.org), entry_id)
    movement = Movement(**row)
    session.add(movement)
    session.flush()
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="due_movement",
        subject_id=movement.id,
        after=_told(new),
    )
    tell_of_new_debts(session, now, [movement.id])
    return movement


def add_movements(session: Session, *, actor: Actor, now: datetime, news: Sequence[NewMovement]) -> int:
    """Record many checked debts with one entry per day and kind; ids that are known are passed over. Returns how many are new.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: a producer is no present member of the organisation.
        ValidationFailed: a row cannot be used; the import shows which before.
        IdempotencyConflict: an id was used for another debt.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    organisation = get_own_organisation(session, actor)
    today = local_date(now, organisation.timezone)
    known = known_hashes(session, [new.id for new in news])
    if any(known.get(new.id, (actor.org, new.digest)) != (actor.org, new.digest) for new in news):
        raise IdempotencyConflict
    fresh = [new for new in news if new.id not in known]
    members = member_ids_among(session, actor.org, {new.producer_id for new in fresh})
    if any(new.producer_id not in members for new in fresh):
        raise NotFound
    for new in fresh:
        check_movement(new, today).raise_any()
    entries = _post_together(session, actor, now, fresh)
    first = next_number(session, actor.org)
    rows = [
        movement_values(
            actor, now, organisation, new, first + place, entries.get((new.dated_on, new.kind, new.given))
        )
        for place, new in enumerate(fresh)
    ]
    if rows:
        session.execute(insert(Movement), rows)
        audit.record(
            session,
            tag=DuesAudit.MOVEMENTS_IMPORTED,
            actor=actor,
            now=now,
            subject_type="due_movement",
            subject_id=rows[0]["id"],
            after={"movements": len(rows), "amount_minor": sum(new.amount_minor for new in fresh)},
        )
        tell_of_new_debts(session, now, [row["id"] for row in rows])
    return len(rows)


def check_movement(new: NewMovement, today: date, *, day_field: str = "dated_on") -> FieldErrors:
    """Return what of a debt cannot be used."""
    errors = FieldErrors()
    if new.kind not in TYPED_KINDS:
        errors.add("kind", N_("Choose one of the kinds."))
    elif new.source is Source.NOTHING and new.kind not in OFF_BOOKS:
        errors.add("source", N_("Choose what was given."))
    check_amount(errors, new.amount_minor)
    check_past_day(errors, day_field, new.dated_on, today)
    check_text(errors, "note", tidy(new.note), WRITE_NOTE)
    if new.decided_by and len(new.decided_by) > MAX_NAME:
        errors.add("decided_by", NAME_TOO_LONG, limit=MAX_NAME)
    return errors


def next_number(session: Session, organisation_id: UUID) -> int:
    """Return the next number of a debt; the books are locked."""
    last = session.scalar(
        select(func.max(Movement.number)).where(Movement.organisation_id == organisation_id)
    )
    return (last or 0) + 1


def movement_values(  # noqa: PLR0917 - one row of facts
    actor: Actor,
    now: datetime,
    organisation: Organisation,
    new: NewMovement,
    number: int,
    entry_id: UUID | None,
    **more: Any,
) -> dict[str, Any]:
    """Return the values of one row of `due_movement`."""
    return {
        "id": new.id,
        "organisation_id": organisation.id,
        "producer_id": new.producer_id,
        "number": number,
        "kind": new.kind.value,
        "amount_minor": new.amount_minor,
        "balance_minor": new.amount_minor,
        "currency": organisation.currency,
        "dated_on": new.dated_on,
        "note": new.note,
        "decided_by": new.decided_by or None,
        "source": new.given.value,
        "loan_id": None,
        "instalment": None,
        "entry_id": entry_id,
        "content_hash": new.digest,
        "created_at": now,
        "created_by": actor.user_id,
    } | more


def entry_kind(kind: DueKind) -> EntryKind:
    """Return what the books call a debt."""
    if kind in {DueKind.ADVANCE, DueKind.ADVANCE_IN_GOODS}:
        return EntryKind.ADVANCE
    return EntryKind.LOAN if kind in LOAN_KINDS else EntryKind.CHARGE


#: Entries are in Spanish: the books are read by accountants of Peru and Bolivia.
ENTRY_WORDS = {
    DueKind.ADVANCE: "Adelanto",
    DueKind.ADVANCE_IN_GOODS: "Adelanto en productos",
    DueKind.LOAN_INSTALMENT: "Cuota de préstamo",
    DueKind.LOAN_INTEREST: "Interés de préstamo",
    DueKind.VILLAGE_BANK: "Banco comunal",
    DueKind.FEED: "Alimento",
    DueKind.VET: "Veterinaria",
    DueKind.CREDIT: "Crédito",
    DueKind.YOGHURT: "Yogur o queso",
    DueKind.CANS: "Tachos",
    DueKind.PRODUCTS: "Productos",
    DueKind.FREIGHT: "Flete",
    DueKind.OTHER: "Otro",
}
assert set(ENTRY_WORDS) == set(MOVEMENT_ACCOUNTS) <= set(DUE_KIND_LABELS)  # noqa: S101 - each kind has its words


def _post(session: Session, actor: Actor, now: datetime, new: NewMovement, code: str) -> UUID | None:
    if new.kind in OFF_BOOKS:
        return None
    if new.given in IN_MONEY:
        check_free_money(session, actor.org, get_own_organisation(session, actor).currency, new.amount_minor)
    prefix = "advance" if new.kind is DueKind.ADVANCE and new.given is Source.CASH else "debt"
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=new.dated_on,
        kind=entry_kind(new.kind),
        description=f"{ENTRY_WORDS[new.kind]} · {code} · {new.note}"[:MAX_NAME],
        idempotency_key=f"{prefix}:{new.id}",
        lines=[
            LedgerLine(MOVEMENT_ACCOUNTS[new.kind], new.amount_minor, new.producer_id),
            LedgerLine(SOURCE_ACCOUNTS[new.given], -new.amount_minor),
        ],
    )
    return entry.id


def _post_together(
    session: Session, actor: Actor, now: datetime, news: Sequence[NewMovement]
) -> dict[tuple[date, DueKind, Source], UUID]:
    """Post many debts, one entry per day, kind and source; each debt has a line of its own."""
    groups: dict[tuple[date, DueKind, Source], list[NewMovement]] = {}
    for new in news:
        if new.kind not in OFF_BOOKS:
            groups.setdefault((new.dated_on, new.kind, new.given), []).append(new)
    found = {}
    for (day, kind, source), listed in sorted(groups.items()):
        lines: list[LedgerLine] = [
            LedgerLine(MOVEMENT_ACCOUNTS[kind], new.amount_minor, new.producer_id) for new in listed
        ]
        total = sum(new.amount_minor for new in listed)
        if source in IN_MONEY:
            check_free_money(session, actor.org, get_own_organisation(session, actor).currency, total)
        lines.append(LedgerLine(AccountCode(SOURCE_ACCOUNTS[source]), -total))
        entry = post_entry(
            session,
            actor=actor,
            organisation_id=actor.org,
            now=now,
            occurred_on=day,
            kind=entry_kind(kind),
            description=f"{ENTRY_WORDS[kind]} · {len(listed)} movimientos",
            idempotency_key=f"debts:{listed[0].id}",
            lines=lines,
        )
        found[day, kind, source] = entry.id
    return found


def known_hashes(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return organisation and hash of the content of those debts among some that are kept already."""
    found: dict[UUID, tuple[UUID, str]] = {}
    for start in range(0, len(ids), 500):
        rows = session.execute(
            select(Movement.id, Movement.organisation_id, Movement.content_hash).where(
                Movement.id.in_(ids[start : start + 500])
            )
        )
        found |= {row.id: (row.organisation_id, row.content_hash) for row in rows}
    return found


def _told(new: NewMovement) -> dict[str, object]:
    return {
        "producer_id": new.producer_id,
        "kind": new.kind.value,
        "amount_minor": new.amount_minor,
        "dated_on": new.dated_on,
        "note": new.note,
        "decided_by": new.decided_by,
    }
