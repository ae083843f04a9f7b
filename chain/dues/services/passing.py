"""The ledger of goods that are passed on: programmes, what families received, passed on and lost. Entries are append-only."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.dues.audit_tags import DuesAudit
from chain.dues.errors import ChainGoesOn, EntryCorrected, NotLeftThatMuch
from chain.dues.models import PassingEntry, PassingObligation, PassingProgramme
from chain.dues.passing_rules import (
    SEX_LABELS,
    UNITS,
    Goods,
    PassingKind,
    due_day,
    owed_of,
)
from chain.dues.services.checks import (
    check_past_day,
    check_reason,
    check_text,
    tidy,
)
from chain.dues.services.passing_checks import (
    check_happened,
    check_other_family,
    check_quantity,
    check_witness,
)
from chain.dues.services.programmes import get_programme, record_passing
from chain.ledger.services.posting import lock_books
from chain.lots.services.notices import tell_producer
from chain.producers.queries import member_ids_among, names_of

RECEIVED = N_("You received %(quantity)s %(species)s. Pass on %(owed)s by %(day)s.")
PASSED = N_("You passed on %(quantity)s %(species)s. Still to pass on: %(after)s instead of %(before)s.")
LOST = N_(
    "%(quantity)s %(species)s need not be passed on. Still to pass on: %(after)s instead of %(before)s. Reason: %(reason)s"
)
TAKEN_BACK = N_(
    "An entry about your %(species)s was taken back. Still to pass on: %(after)s instead of %(before)s. Reason: %(reason)s"
)


@dataclass(frozen=True, slots=True)
class NewObligation:
    """What a family received."""

    id: UUID
    programme_id: UUID
    producer_id: UUID
    species: str
    quantity: int
    received_on: date
    witness: str
    sex: str | None = None
    born_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewPassing:
    """Animals or seed handed to the next family: a member, or somebody by name."""

    id: UUID
    obligation_id: UUID
    quantity: int
    happened_on: date
    witness: str
    to_producer_id: UUID | None = None
    to_name: str | None = None


def receive_goods(session: Session, *, actor: Actor, now: datetime, new: NewObligation) -> PassingObligation:
    """Record what a family received from a programme; it must pass on by the day that the programme's terms give.

    Raises:
        Forbidden: the actor may not keep the pass-on.
        NotFound: no such programme, or the producer is no present member.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    lock_books(session, actor.org)
    known = session.get(PassingObligation, new.id)
    digest = _digest(new)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known
        raise IdempotencyConflict
    programme = get_programme(session, actor, new.programme_id)
    if new.producer_id not in member_ids_among(session, actor.org, [new.producer_id]):
        raise NotFound
    _check_received(session, actor, now, new, Goods(programme.goods))
    return _store_obligation(session, actor, now, programme, new, digest)


def _check_received(session: Session, actor: Actor, now: datetime, new: NewObligation, goods: Goods) -> None:
    errors = FieldErrors()
    today = local_date(now, get_own_organisation(session, actor).timezone)
    check_text(errors, "species", tidy(new.species), N_("Write what it is, for example: alpacas."))
    check_quantity(errors, new.quantity, goods)
    check_past_day(errors, "received_on", new.received_on, today)
    check_witness(session, actor, errors, new.witness, [new.producer_id], None)
    if new.sex is not None and (new.sex not in SEX_LABELS or goods is Goods.SEED):
        errors.add("sex", N_("Choose one of the options."))
    if new.born_on is not None and (new.born_on > new.received_on or goods is Goods.SEED):
        errors.add("born_on", N_("The animals were born before they were received."))
    errors.raise_any()


def _store_obligation(  # noqa: PLR0917 - private
    session: Session,
    actor: Actor,
    now: datetime,
    programme: PassingProgramme,
    new: NewObligation,
    digest: str,
    *,
    source_producer_id: UUID | None = None,
    source_entry_id: UUID | None = None,
) -> PassingObligation:
    last = session.scalar(
        select(func.max(PassingObligation.number)).where(PassingObligation.organisation_id == actor.org)
    )
    owed = owed_of(new.quantity, programme.return_percent)
    obligation = PassingObligation(
        id=new.id,
        organisation_id=actor.org,
        programme_id=programme.id,
        producer_id=new.producer_id,
        number=(last or 0) + 1,
        species=tidy(new.species),
        sex=new.sex,
        unit=UNITS[Goods(programme.goods)],
        quantity=new.quantity,
        owed=owed,
        still_owed=owed,
        born_on=new.born_on,
        received_on=new.received_on,
        due_on=due_day(new.received_on, programme.due_months),
        source_producer_id=source_producer_id,
        source_entry_id=source_entry_id,
        witness=tidy(new.witness),
        note=tidy(new.note) or None,
        content_hash=digest,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(obligation)
    session.flush()
    after = asdict(new) | {"due_on": obligation.due_on, "owed": owed}
    record_passing(
        session,
        DuesAudit.OBLIGATION_RECEIVED,
        actor,
        now,
        "passing_obligation",
        obligation.id,
        None,
        after,
    )
    _tell(session, now, obligation, RECEIVED, new.quantity, owed)
    return obligation


def pass_on(session: Session, *, actor: Actor, now: datetime, new: NewPassing) -> PassingEntry:
    """Record what a family passed on to the next one, before a witness; a member who receives it must pass on in turn.

    Raises:
        Forbidden: the actor may not keep the pass-on.
        NotFound: no such obligation, or the next family is no present member.
        ValidationFailed: a field cannot be used.
        NotLeftThatMuch: more than is still to be passed on.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    obligation, known = _lock(session, actor, new.obligation_id, new.id, _digest(new))
    if known is not None:
        return known
    programme = get_programme(session, actor, obligation.programme_id)
    to_name = tidy(new.to_name)
    errors = FieldErrors()
    check_happened(session, actor, now, errors, obligation, new.happened_on)
    check_quantity(errors, new.quantity, Goods(programme.goods))
    if new.to_producer_id is not None:
        if new.to_producer_id not in member_ids_among(session, actor.org, [new.to_producer_id]):
            raise NotFound
        if new.to_producer_id == obligation.producer_id:
            errors.add("to_member", N_("The next family is another one."))
        to_name = names_of(session, actor.org, [new.to_producer_id])[new.to_producer_id].full_name
    else:
        check_text(errors, "to_name", to_name, N_("Write the name of the next family."))
        check_other_family(session, actor, errors, obligation, to_name)
    check_witness(session, actor, errors, new.witness, [obligation.producer_id], to_name)
    errors.raise_any()
    if new.quantity > obligation.still_owed:
        raise NotLeftThatMuch(left=_words(obligation.still_owed, obligation.unit))
    entry = PassingEntry(
        id=new.id,
        organisation_id=actor.org,
        obligation_id=obligation.id,
        kind=PassingKind.PASSED.value,
        quantity=new.quantity,
        happened_on=new.happened_on,
        to_producer_id=new.to_producer_id,
        to_name=to_name,
        witness=tidy(new.witness),
        content_hash=_digest(new),
        created_at=now,
        created_by=actor.user_id,
    )
    _write(session, actor, now, obligation, entry, DuesAudit.OBLIGATION_PASSED, PASSED)
    if new.to_producer_id is not None:
        next_one = NewObligation(
            id=new_id(),
            programme_id=programme.id,
            producer_id=new.to_producer_id,
            species=obligation.species,
            quantity=new.quantity,
            received_on=new.happened_on,
            witness=new.witness,
            sex=obligation.sex,
        )
        _store_obligation(
            session, actor, now, programme, next_one, _digest(next_one),
            source_producer_id=obligation.producer_id, source_entry_id=entry.id,
        )  # fmt: skip
    return entry


def lose_goods(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    entry_id: UUID,
    obligation_id: UUID,
    quantity: int,
    happened_on: date,
    reason: str,
) -> PassingEntry:
    """Let go what need not be passed on, with the cause and the committee's decision; the family is told.

    Raises:
        Forbidden: the actor may not keep the pass-on.
        NotFound: no such obligation.
        ValidationFailed: a field cannot be used.
        NotLeftThatMuch: more than is still to be passed on.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    why = tidy(reason)
    digest = content_hash(
        {"obligation": obligation_id, "quantity": quantity, "on": happened_on, "reason": why}
    )
    obligation, known = _lock(session, actor, obligation_id, entry_id, digest)
    if known is not None:
        return known
    errors = FieldErrors()
    check_happened(session, actor, now, errors, obligation, happened_on)
    if quantity <= 0:
        errors.add("quantity", N_("The number or weight cannot be right."))
    check_reason(errors, "reason", why)
    errors.raise_any()
    if quantity > obligation.still_owed:
        raise NotLeftThatMuch(left=_words(obligation.still_owed, obligation.unit))
    entry = PassingEntry(
        id=entry_id,
        organisation_id=actor.org,
        obligation_id=obligation.id,
        kind=PassingKind.LOST.value,
        quantity=quantity,
        happened_on=happened_on,
        reason=why,
        content_hash=digest,
        created_at=now,
        created_by=actor.user_id,
    )
    _write(session, actor, now, obligation, entry, DuesAudit.OBLIGATION_LOST, LOST)
    return entry


def correct_entry(
    session: Session, *, actor: Actor, now: datetime, entry_id: UUID, reason: str
) -> PassingEntry:
    """Take back an entry that was written down by mistake, by an entry of its own; what the next family owed goes with it.

    Raises:
        Forbidden: the actor may not keep the pass-on.
        NotFound: no such entry, or it takes another one back itself.
        EntryCorrected: it was taken back before.
        ChainGoesOn: the next family passed some of it on.
        ValidationFailed: the reason is missing.
    """
    actor.require(Permission.PASSING_ON_WRITE)
    lock_books(session, actor.org)
    wrong = session.get(PassingEntry, entry_id)
    if wrong is None or wrong.organisation_id != actor.org or wrong.restores_id is not None:
        raise NotFound
    if session.scalar(select(PassingEntry.id).where(PassingEntry.restores_id == wrong.id)) is not None:
        raise EntryCorrected
    why = tidy(reason)
    errors = FieldErrors()
    check_reason(errors, "reason", why)
    errors.raise_any()
    obligation, _ = _lock(session, actor, wrong.obligation_id, new_id(), "")
    today = local_date(now, get_own_organisation(session, actor).timezone)
    _release_next(session, actor, now, wrong, today, why)
    entry = _counter_entry(actor, now, obligation, wrong, today, why)
    _write(session, actor, now, obligation, entry, DuesAudit.OBLIGATION_CORRECTED, TAKEN_BACK)
    return entry


def _release_next(  # noqa: PLR0917 - private
    session: Session, actor: Actor, now: datetime, wrong: PassingEntry, today: date, why: str
) -> None:
    """Let the next family go, which never received what it would have to pass on."""
    following = session.scalars(
        select(PassingObligation)
        .where(PassingObligation.source_entry_id == wrong.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if following is None:
        return
    if following.still_owed != following.owed:
        raise ChainGoesOn
    entry = PassingEntry(
        id=new_id(),
        organisation_id=actor.org,
        obligation_id=following.id,
        kind=PassingKind.CORRECTED.value,
        quantity=following.owed,
        happened_on=today,
        reason=why,
        content_hash=content_hash({"corrects": wrong.id}),
        created_at=now,
        created_by=actor.user_id,
    )
    _write(session, actor, now, following, entry, DuesAudit.OBLIGATION_CORRECTED, TAKEN_BACK)


def _counter_entry(  # noqa: PLR0917 - private
    actor: Actor, now: datetime, obligation: PassingObligation, wrong: PassingEntry, today: date, why: str
) -> PassingEntry:
    return PassingEntry(
        id=new_id(),
        organisation_id=actor.org,
        obligation_id=obligation.id,
        kind=PassingKind.CORRECTED.value,
        quantity=-wrong.quantity,
        happened_on=today,
        reason=why,
        restores_id=wrong.id,
        content_hash=content_hash({"restores": wrong.id}),
        created_at=now,
        created_by=actor.user_id,
    )


def _lock(
    session: Session, actor: Actor, obligation_id: UUID, entry_id: UUID, digest: str
) -> tuple[PassingObligation, PassingEntry | None]:
    lock_books(session, actor.org)
    obligation = session.scalars(
        select(PassingObligation)
        .where(PassingObligation.id == obligation_id, PassingObligation.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if obligation is None:
        raise NotFound
    known = session.get(PassingEntry, entry_id)
    if known is not None and (known.obligation_id != obligation.id or known.content_hash != digest):
        raise IdempotencyConflict
    return obligation, known


def _write(  # noqa: PLR0917 - private
    session: Session,
    actor: Actor,
    now: datetime,
    obligation: PassingObligation,
    entry: PassingEntry,
    tag: DuesAudit,
    msgid: str,
) -> None:
    session.add(entry)
    before = obligation.still_owed
    obligation.still_owed = before - entry.quantity
    session.flush()
    record_passing(
        session,
        tag,
        actor,
        now,
        "passing_obligation",
        obligation.id,
        {"still_owed": before},
        {
            "still_owed": obligation.still_owed,
            "quantity": entry.quantity,
            "to": entry.to_name,
            "reason": entry.reason,
        },
    )
    _tell(session, now, obligation, msgid, abs(entry.quantity), before, reason=entry.reason or "")


def _tell(  # noqa: PLR0917 - private
    session: Session,
    now: datetime,
    obligation: PassingObligation,
    msgid: str,
    quantity: int,
    before: int,
    reason: str = "",
) -> None:
    tell_producer(
        session,
        organisation_id=obligation.organisation_id,
        producer_id=obligation.producer_id,
        lot_id=None,
        now=now,
        msgid=msgid,
        params={
            "quantity": _words(quantity, obligation.unit),
            "species": obligation.species,
            "owed": _words(obligation.owed, obligation.unit),
            "day": obligation.due_on.isoformat(),
            "before": _words(before, obligation.unit),
            "after": _words(obligation.still_owed, obligation.unit),
            "reason": reason,
        },
    )


def _words(quantity: int, unit: str) -> str:
    """Return head as a number, seed in kilograms: 2500 g → "2.5 kg"."""
    if unit == "head":
        return str(quantity)
    return f"{quantity // 1000}.{quantity % 1000:03d}".rstrip("0").rstrip(".") + " kg"


def _digest(new: NewObligation | NewPassing) -> str:
    content = asdict(new)
    del content["id"]
    return content_hash(content)
