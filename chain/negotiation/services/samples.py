"""Samples: a buyer asks, the seller agrees, sends or refuses, the buyer receives and judges; the judgement goes back to the
lot's page and, as one sentence, to its producers.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, Forbidden, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.laboratory.rules import Purpose
from chain.laboratory.services.samples import add_sample
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_name, class_names
from chain.lots.models import Lot
from chain.lots.services.notices import tell_producer
from chain.negotiation.models import SampleRequest
from chain.negotiation.queries.offers import side_of_kind
from chain.negotiation.queries.samples import deliveries_behind, get_sample_for
from chain.negotiation.rules import PRICE_HIGH, PRICE_LOW, Side
from chain.negotiation.sample_rules import (
    MAX_ADDRESS,
    MAX_G,
    MAX_MICRON_TENTHS,
    MAX_WORDS,
    MIN_G,
    SampleState,
    WouldBuy,
    check_step,
)
from chain.negotiation.services.steps import NegotiationAudit
from chain.sales.rules import MAX_NOTE, clean_reason, clean_text
from chain.sales.services.bidders import check_not_excluded
from chain.sales.services.numbers import Series, next_number
from chain.sales.showing import shown_lots

#: What a producer reads. Who the buyer is, is the organisation's business.
WOULD_BUY_IT = N_(
    "A buyer looked at a sample of your delivery %(number)s: %(found)s. The buyer would buy it."
)
WOULD_NOT_BUY_IT = N_(
    "A buyer looked at a sample of your delivery %(number)s: %(found)s. The buyer would not buy it."
)
WOULD_BUY_AT = N_(
    "A buyer looked at a sample of your delivery %(number)s: %(found)s. The buyer would pay %(amount)s %(currency)s a kilo."
)
SENTENCES = {
    WouldBuy.YES: WOULD_BUY_IT,
    WouldBuy.NO: WOULD_NOT_BUY_IT,
    WouldBuy.AT_PRICE: WOULD_BUY_AT,
}
STATE_AUDIT = {state: NegotiationAudit[f"SAMPLE_{state.name}"] for state in SampleState}
TOO_LONG = N_("Write at most %(limit)s characters.")
GRAMS = N_("Write from %(low)s to %(high)s grams.")


def ask_sample(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    lot_id: UUID,
    grams: int,
    address: str | None = None,
    note: str | None = None,
) -> SampleRequest:
    """Ask for a sample of a lot that the buyer is shown; the same command again answers the same.

    Raises:
        Forbidden: the actor does not buy.
        NotFound: there is no such lot for this buyer.
        ValidationFailed: grams, address or note are out of bounds.
        BidderExcluded: the seller's market shut the buyer out.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.BIDS_PLACE)
    if side_of_kind(actor) is not Side.BUYER:
        raise Forbidden(permission=Permission.BIDS_PLACE)
    address, note = clean_text(address) or None, clean_text(note) or None
    digest = content_hash({"by": actor.org, "lot": lot_id, "g": grams, "address": address, "note": note})
    known = session.get(SampleRequest, id)
    if known is not None:
        if known.content_hash != digest:
            raise IdempotencyConflict
        return known
    lot = session.get(Lot, lot_id)
    if lot is None or not shown_lots(session, actor, now, [lot_id]):
        raise NotFound
    errors = FieldErrors()
    if not MIN_G <= grams <= MAX_G:
        errors.add("grams", GRAMS, low=MIN_G, high=MAX_G)
    if len(address or "") > MAX_ADDRESS:
        errors.add("address", TOO_LONG, limit=MAX_ADDRESS)
    if len(note or "") > MAX_NOTE:
        errors.add("note", TOO_LONG, limit=MAX_NOTE)
    errors.raise_any()
    check_not_excluded(session, seller_id=lot.organisation_id, buyer_id=actor.org, event_id=None, now=now)
    row = SampleRequest(
        id=id,
        organisation_id=lot.organisation_id,
        buyer_id=actor.org,
        number=next_number(session, lot.organisation_id, Series.SAMPLE),
        lot_id=lot.id,
        state=SampleState.ASKED.value,
        asked_g=grams,
        address=address,
        note=note,
        asked_at=now,
        asked_by=actor.user_id,
        content_hash=digest,
    )
    session.add(row)
    session.flush()
    _note(_Act(session, actor, now), row, None)
    return row


def _lock(session: Session, actor: Actor, sample_id: UUID, side: Side) -> SampleRequest:
    """Lock a sample for a step that one side takes.

    Raises:
        Forbidden: the actor may not act for the organisation.
        NotFound: there is none, or it is the other side's step.
    """
    found = get_sample_for(session, actor, sample_id)
    actor.require(Permission.TENDERS_WRITE if side is Side.SELLER else Permission.BIDS_PLACE)
    owner = found.organisation_id if side is Side.SELLER else found.buyer_id
    if owner != actor.org:
        raise NotFound
    return session.scalars(
        select(SampleRequest)
        .where(SampleRequest.id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


@dataclass(frozen=True, slots=True)
class _Act:
    """Who acts when."""

    session: Session
    actor: Actor
    now: datetime


def _move(act: _Act, row: SampleRequest, to: SampleState) -> None:
    before = row.state
    check_step(before, to)
    row.state = to.value
    act.session.flush()
    _note(act, row, before)


def agree_sample(session: Session, *, actor: Actor, now: datetime, sample_id: UUID) -> SampleRequest:
    """Agree to send a sample. A second click changes nothing.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was answered otherwise.
    """
    row = _lock(session, actor, sample_id, Side.SELLER)
    if row.state != SampleState.AGREED:
        check_step(row.state, SampleState.AGREED)
        row.answered_at, row.answered_by = now, actor.user_id
        _move(_Act(session, actor, now), row, SampleState.AGREED)
    return row


def refuse_sample(
    session: Session, *, actor: Actor, now: datetime, sample_id: UUID, reason: str
) -> SampleRequest:
    """Refuse to send a sample, with a reason that the buyer reads.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was sent or ended.
        ReasonMissing: no reason was written.
    """
    row = _lock(session, actor, sample_id, Side.SELLER)
    return _end(_Act(session, actor, now), row, SampleState.REFUSED, reason)


def withdraw_sample(
    session: Session, *, actor: Actor, now: datetime, sample_id: UUID, reason: str
) -> SampleRequest:
    """Take the wish for a sample back before it was sent, with a reason that the seller reads.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was sent or ended.
        ReasonMissing: no reason was written.
    """
    row = _lock(session, actor, sample_id, Side.BUYER)
    return _end(_Act(session, actor, now), row, SampleState.WITHDRAWN, reason)


def _end(act: _Act, row: SampleRequest, to: SampleState, reason: str) -> SampleRequest:
    if row.state != to:
        check_step(row.state, to)
        row.reason = clean_reason(reason)
        row.answered_at, row.answered_by = act.now, act.actor.user_id
        _move(act, row, to)
    return row


def send_sample(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    sample_id: UUID,
    grams: int,
    carrier: str | None = None,
    tracking: str | None = None,
) -> SampleRequest:
    """Send a sample: it gets a code of the laboratory for its bag. The lot keeps its weight, as with every sample.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was not agreed, or was sent.
        ValidationFailed: grams, carrier or tracking are out of bounds.
    """
    row = _lock(session, actor, sample_id, Side.SELLER)
    carrier, tracking = clean_text(carrier) or None, clean_text(tracking) or None
    if row.state == SampleState.SENT and (row.sent_g, row.carrier, row.tracking) == (
        grams,
        carrier,
        tracking,
    ):
        return row
    if row.state == SampleState.ASKED:  # agreed and sent in one go
        row.answered_at, row.answered_by = now, actor.user_id
        _move(_Act(session, actor, now), row, SampleState.AGREED)
    check_step(row.state, SampleState.SENT)
    errors = FieldErrors()
    if not MIN_G <= grams <= MAX_G:
        errors.add("grams", GRAMS, low=MIN_G, high=MAX_G)
    for name, text in (("carrier", carrier), ("tracking", tracking)):
        if len(text or "") > MAX_WORDS:
            errors.add(name, TOO_LONG, limit=MAX_WORDS)
    errors.raise_any()
    taken = add_sample(
        session,
        actor=actor,
        now=now,
        lot=session.get_one(Lot, row.lot_id),
        id=row.id,
        purpose=Purpose.LABORATORY.value,
        is_sealed=False,
        mass_g=grams,
        sent_to=get_organisation(session, row.buyer_id).name,
    )
    row.sample_id, row.sent_g, row.carrier, row.tracking, row.sent_at = (
        taken.id,
        grams,
        carrier,
        tracking,
        now,
    )
    _move(_Act(session, actor, now), row, SampleState.SENT)
    return row


def receive_sample(session: Session, *, actor: Actor, now: datetime, sample_id: UUID) -> SampleRequest:
    """Say that a sample arrived. A second click changes nothing.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was not sent.
    """
    row = _lock(session, actor, sample_id, Side.BUYER)
    if row.state != SampleState.RECEIVED:
        check_step(row.state, SampleState.RECEIVED)
        row.received_at, row.received_by = now, actor.user_id
        _move(_Act(session, actor, now), row, SampleState.RECEIVED)
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a buyer found in a sample. `grade` is a key of the lot's norm."""

    would_buy: str
    grade: str | None = None
    micron_tenths: int | None = None
    colour: str | None = None
    comment: str | None = None
    price_minor_per_unit: int | None = None


def judge_sample(
    session: Session, *, actor: Actor, now: datetime, sample_id: UUID, judgement: Judgement
) -> SampleRequest:
    """Say what was found. It stands on the lot's page for the seller, and each producer of the lot is told in one sentence.

    A sample that nobody noted as received counts as received now. The same judgement again changes nothing.

    Raises:
        Forbidden, NotFound: the step is not the actor's.
        SampleStateRefused: it was not sent, or was judged before.
        ValidationFailed: class, micron, colour, price or comment cannot be.
    """
    row = _lock(session, actor, sample_id, Side.BUYER)
    comment = clean_text(judgement.comment) or None
    found = (judgement.grade, judgement.micron_tenths, judgement.colour, comment, judgement.would_buy)
    if row.state == SampleState.JUDGED and found == (
        row.found_grade,
        row.found_micron_tenths,
        row.found_colour,
        row.comment,
        row.would_buy,
    ):
        return row
    if row.state == SampleState.SENT:
        row.received_at, row.received_by = now, actor.user_id
        _move(_Act(session, actor, now), row, SampleState.RECEIVED)
    check_step(row.state, SampleState.JUDGED)
    lot = session.get_one(Lot, row.lot_id)
    _check_judgement(judgement, lot, comment)
    row.found_grade, row.found_micron_tenths, row.found_colour = found[:3]
    row.comment, row.would_buy = comment, judgement.would_buy
    if judgement.would_buy == WouldBuy.AT_PRICE:
        row.would_pay_minor_per_unit = judgement.price_minor_per_unit
    row.judged_at, row.judged_by = now, actor.user_id
    _move(_Act(session, actor, now), row, SampleState.JUDGED)
    _tell_producers(session, now, lot, row)
    return row


def _check_judgement(judgement: Judgement, lot: Lot, comment: str | None) -> None:
    errors = FieldErrors()
    if judgement.would_buy not in list(WouldBuy):
        errors.add("would_buy", N_("Say whether you would buy it."))
    known = class_names(lot.grade_scheme, lot.grade_edition or "") if lot.grade_scheme else {}
    if judgement.grade is not None and judgement.grade not in known:
        errors.add("grade", N_("The norm of this lot has no such class."))
    if judgement.micron_tenths is not None and not 1 <= judgement.micron_tenths <= MAX_MICRON_TENTHS:
        errors.add("micron", N_("A fibre has from 0.1 to 60 micrometres."))
    if judgement.colour is not None and judgement.colour not in COLOURS:
        errors.add("colour", N_("There is no such colour."))
    if len(comment or "") > MAX_NOTE:
        errors.add("comment", TOO_LONG, limit=MAX_NOTE)
    price = judgement.price_minor_per_unit
    if judgement.would_buy == WouldBuy.AT_PRICE and (price is None or not PRICE_LOW <= price <= PRICE_HIGH):
        errors.add("price", N_("Write the price for a kilogram or litre."))
    errors.raise_any()


def _tell_producers(session: Session, now: datetime, lot: Lot, row: SampleRequest) -> None:
    params: dict[str, Any] = {"found": _found_words(lot, row)}
    if row.would_pay_minor_per_unit is not None:
        params["amount"] = str(Decimal(row.would_pay_minor_per_unit) / 100)
        params["currency"] = get_organisation(session, row.organisation_id).currency
    sentence = SENTENCES[WouldBuy(row.would_buy or WouldBuy.NO)]
    told: set[UUID | None] = set()
    for delivery in deliveries_behind(session, lot):
        if delivery.producer_id in told:
            continue
        told.add(delivery.producer_id)
        tell_producer(
            session,
            organisation_id=lot.organisation_id,
            producer_id=delivery.producer_id,
            lot_id=delivery.id,
            now=now,
            msgid=sentence,
            params={**params, "number": delivery.number},
        )


def _found_words(lot: Lot, row: SampleRequest) -> str:
    """Return what was found in few words that both languages read: the class of the norm, microns, the colour."""
    words: list[str] = []
    if row.found_grade is not None:
        words.append(class_name(lot.grade_scheme, lot.grade_edition, row.found_grade, "es"))
    if row.found_micron_tenths is not None:
        words.append(f"{Decimal(row.found_micron_tenths) / 10} µm")
    if row.found_colour is not None:
        words.append(COLOURS[row.found_colour].names["es"])
    return " · ".join(words) or "—"


def _note(act: _Act, row: SampleRequest, before: str | None) -> None:
    audit.record(
        act.session,
        tag=STATE_AUDIT[SampleState(row.state)],
        actor=act.actor,
        now=act.now,
        subject_type="sample_request",
        subject_id=row.id,
        before=None if before is None else {"state": before},
        after={"state": row.state, "lot_id": row.lot_id, "reason": row.reason},
    )
