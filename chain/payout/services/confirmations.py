"""The receiver's word that the money arrived: signature, card, fingerprint or mark, the last two with a witness."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import Message
from chain.payout.audit_tags import PayoutAudit
from chain.payout.errors import (
    CardDoesNotFit,
    NotTheCollector,
    OwnWitness,
    PayoutStateRefused,
    WitnessNeeded,
)
from chain.payout.models import Payout, PayoutBatch, PayoutConfirmation
from chain.payout.rules import (
    MAX_NAME,
    PAYOUT_STATE_LABELS,
    WITNESSED,
    ConfirmationKind,
    PayoutState,
    Rail,
)
from chain.producers.card_rules import read_card
from chain.producers.errors import UnknownCard
from chain.producers.models import Producer
from chain.producers.queries import producer_of_card
from chain.producers.rules import search_form


def confirm_received(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    confirmation_id: UUID,
    payout_id: UUID,
    kind: ConfirmationKind,
    card: str | None = None,
    witness_name: str | None = None,
    witness_document: str | None = None,
    received_by: str | None = None,
    note: str | None = None,
) -> PayoutConfirmation:
    """Keep how the receiver confirmed a payment; the same id again changes nothing.

    A fingerprint or a mark, of somebody who cannot write, needs a witness, who is neither the receiver nor the person who recorded it.
    A card must be the valid one of the producer.

    Raises:
        Forbidden: the actor hands no money over.
        NotFound: it is not a payment of the organisation.
        NotTheCollector: another person carries the money.
        PayoutStateRefused: it is not paid.
        WitnessNeeded: the way needs a witness and none is named.
        OwnWitness: the witness is the producer, the receiver or the person who records it.
        CardDoesNotFit: the card is another one.
        IdempotencyConflict: the payment is confirmed already in another way.
    """
    actor.require(Permission.PAYOUTS_DELIVER)
    payout, batch = _locked(session, actor, payout_id)
    if batch.rail == Rail.COLLECTOR and actor.user_id not in {None, batch.collector_id}:
        raise NotTheCollector
    witness = " ".join((witness_name or "").split())[:MAX_NAME] or None
    digest = content_hash(
        {
            "payout_id": payout_id,
            "kind": kind.value,
            "witness": witness,
            "document": witness_document,
            "received_by": received_by,
            "note": note,
        }
    )
    known = _confirmation_of(session, confirmation_id, payout_id)
    if known is not None:
        if known.content_hash != digest:
            raise IdempotencyConflict
        return known
    _check(session, payout, batch, kind, witness, card)
    if witness is not None:
        _check_witness(session, actor, payout, witness, witness_document, received_by)
    row = PayoutConfirmation(
        id=confirmation_id,
        payout_id=payout_id,
        kind=kind.value,
        witness_name=witness,
        witness_document=(witness_document or "").strip()[:40] or None,
        received_by=" ".join((received_by or "").split())[:MAX_NAME] or None,
        note=" ".join((note or "").split())[:MAX_NAME] or None,
        confirmed_at=now,
        recorded_by=actor.user_id,
        content_hash=digest,
    )
    session.add(row)
    session.flush()
    _note(session, actor, now, row)
    return row


def _note(session: Session, actor: Actor, now: datetime, row: PayoutConfirmation) -> None:
    audit.record(
        session,
        tag=PayoutAudit.PAYOUT_CONFIRMED,
        actor=actor,
        now=now,
        subject_type="payout",
        subject_id=row.payout_id,
        after={"kind": row.kind, "witness": row.witness_name, "received_by": row.received_by},
    )


def _confirmation_of(session: Session, confirmation_id: UUID, payout_id: UUID) -> PayoutConfirmation | None:
    return session.scalar(
        select(PayoutConfirmation).where(
            (PayoutConfirmation.id == confirmation_id) | (PayoutConfirmation.payout_id == payout_id)
        )
    )


def _locked(session: Session, actor: Actor, payout_id: UUID) -> tuple[Payout, PayoutBatch]:
    found = session.execute(
        select(Payout, PayoutBatch)
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(Payout.id == payout_id, PayoutBatch.organisation_id == actor.org)
        .with_for_update(of=Payout)
    ).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _check(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    payout: Payout,
    batch: PayoutBatch,
    kind: ConfirmationKind,
    witness: str | None,
    card: str | None,
) -> None:
    if payout.state != PayoutState.PAID:
        raise PayoutStateRefused(state=Message(PAYOUT_STATE_LABELS[PayoutState(payout.state)]))
    if kind in WITNESSED and witness is None:
        raise WitnessNeeded
    if kind is ConfirmationKind.CARD:
        _check_card(session, batch.organisation_id, payout.producer_id, card or "")


def _check_witness(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    payout: Payout,
    name: str,
    document: str | None,
    received_by: str | None,
) -> None:
    """Refuse a witness with the whole name or the document of somebody who has a part in it; relatives share some names."""
    producer = session.get_one(Producer, payout.producer_id)
    recorder = session.get(User, actor.user_id) if actor.user_id else None
    parts = (producer.full_name, received_by or "", recorder.display_name if recorder else "")
    is_producer = bool(document) and (document or "").strip() == producer.document_number
    if is_producer or _words(name) in [_words(one) for one in parts if one.strip()]:
        raise OwnWitness


def _words(name: str) -> list[str]:
    return sorted(search_form(name).replace(",", " ").split())


def _check_card(session: Session, organisation_id: UUID, producer_id: UUID, text: str) -> None:
    code = read_card(text)
    try:
        holder = None if code is None else producer_of_card(session, organisation_id, code)
    except UnknownCard:
        holder = None
    if holder != producer_id:
        raise CardDoesNotFit
