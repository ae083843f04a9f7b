"""Sales that end before they are fulfilled: by agreement, or by a default that one side declares. What had not left is free again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.buyers.services.forfeits import keep_deposit
from chain.buyers.services.limits import hold_limit, release_limit
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.i18n import Message
from chain.core.money import share_of
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.adjusting import END_LABELS, EndKind, EndState
from chain.sales.errors import EndingAsked, NothingToEnd, SaleStateRefused, TooEarlyToDefault
from chain.sales.methods import registered_methods
from chain.sales.models import Sale, SaleEnding, SaleLine, SaleRelease
from chain.sales.queries.due import dues_of, kept_lot_ids
from chain.sales.queries.sales import get_sale_for
from chain.sales.rules import SALE_STATE_LABELS, Entry, SaleState, clean_reason, clean_text
from chain.sales.services.adjustments import lock_sale
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.services.log import write_log
from chain.sales.terms import default_from, read_terms


def ask_to_cancel(
    session: Session, *, actor: Actor, now: datetime, ending_id: UUID, sale_id: UUID, reason: str
) -> SaleEnding:
    """Ask the other side to cancel a sale; nothing changes before it agrees. The same id again changes nothing.

    Raises:
        Forbidden, NotFound, ReasonMissing.
        SaleStateRefused: the sale was settled or has ended.
        NothingToEnd: all lots have left.
        EndingAsked: a question waits for its answer already.
        IdempotencyConflict: the id was used for something else.
    """
    sale = _locked_for(session, actor, sale_id)
    known = _known(session, actor, ending_id, sale.id, EndKind.CANCELLED)
    if known is not None:
        return known
    text = clean_reason(reason)
    _check_goes_on(sale)
    if not _lots_here(session, sale):
        raise NothingToEnd
    if _asked(session, sale.id) is not None:
        raise EndingAsked
    row = _new(actor, now, ending_id, sale, EndKind.CANCELLED, text)
    session.add(row)
    session.flush()
    _note(session, actor, now, row)
    return row


def answer_cancelling(
    session: Session, *, actor: Actor, now: datetime, ending_id: UUID, agree: bool, answer: str = ""
) -> SaleEnding:
    """Agree to cancel, which frees the lots that have not left, or refuse. The same answer again changes nothing.

    Raises:
        Forbidden, NotFound.
        SaleStateRefused: the sale was settled or has ended, or the question has the other answer.
        ReasonMissing: a refusal without its reason.
    """
    found = session.get(SaleEnding, ending_id)
    if found is None:
        raise NotFound
    sale = _locked_for(session, actor, found.sale_id)
    row = session.get_one(SaleEnding, ending_id, populate_existing=True)
    if row.asked_by_organisation == actor.org:
        raise NotFound  # who asked does not answer
    to = EndState.DONE if agree else EndState.REFUSED
    if row.state == to:
        return row
    if row.state != EndState.ASKED:
        raise SaleStateRefused(state=Message(END_LABELS[EndKind(row.kind)]))
    text = clean_text(answer) if agree else clean_reason(answer)
    if agree:
        _check_goes_on(sale)
        row.consequences = _end(session, actor, now, sale, row)
    row.state, row.answer, row.answered_at, row.answered_by = to.value, text, now, actor.user_id
    session.flush()
    _note(session, actor, now, row)
    return row


def declare_default(
    session: Session, *, actor: Actor, now: datetime, ending_id: UUID, sale_id: UUID, reason: str
) -> SaleEnding:
    """Say that the other side did not fulfil the sale: lots that have not left are free, and the contract's consequences follow.

    Raises:
        Forbidden, NotFound, ReasonMissing.
        SaleStateRefused: the sale was settled or has ended.
        TooEarlyToDefault: the time for delivery is not over.
        NothingToEnd: all lots have left.
        IdempotencyConflict: the id was used for something else.
    """
    sale = _locked_for(session, actor, sale_id)
    kind = EndKind.BUYER_DEFAULT if actor.org == sale.organisation_id else EndKind.SELLER_DEFAULT
    known = _known(session, actor, ending_id, sale.id, kind)
    if known is not None:
        return known
    text = clean_reason(reason)
    _check_goes_on(sale)
    zone = get_organisation(session, sale.organisation_id).timezone
    first = default_from(read_terms(sale.terms), local_date(sale.agreed_at, zone))
    if local_date(now, zone) < first:
        raise TooEarlyToDefault(day=first)
    if not _lots_here(session, sale):
        raise NothingToEnd
    row = _new(actor, now, ending_id, sale, kind, text)
    row.state, row.answered_at = EndState.DONE.value, now
    session.add(row)
    session.flush()
    row.consequences = _end(session, actor, now, sale, row)
    session.flush()
    _note(session, actor, now, row)
    return row


def _locked_for(session: Session, actor: Actor, sale_id: UUID) -> Sale:
    """Lock the event, then the sale, for one of its two sides."""
    sale = get_sale_for(session, actor, sale_id)
    actor.require(Permission.AWARDS_ACCEPT if sale.organisation_id == actor.org else Permission.BIDS_PLACE)
    hooks = registered_methods().get(sale.method)
    if hooks is not None and sale.event_id is not None:
        hooks.lock(session, sale.event_id)
    return lock_sale(session, sale_id)


def _known(
    session: Session, actor: Actor, ending_id: UUID, sale_id: UUID, kind: EndKind
) -> SaleEnding | None:
    known = session.get(SaleEnding, ending_id)
    if known is None:
        return None
    if (known.sale_id, known.kind, known.asked_by_organisation) != (sale_id, kind.value, actor.org):
        raise IdempotencyConflict
    return known


def _check_goes_on(sale: Sale) -> None:
    if sale.ended is not None:
        raise SaleStateRefused(state=Message(END_LABELS[EndKind(sale.ended)]))
    if sale.state != SaleState.AGREED:
        raise SaleStateRefused(state=Message(SALE_STATE_LABELS[SaleState(sale.state)]))


def _lots_here(session: Session, sale: Sale) -> Sequence[UUID]:
    return session.scalars(
        select(Lot.id).where(Lot.id.in_(kept_lot_ids(sale.id)), Lot.left_at.is_(None)).limit(1)
    ).all()


def _asked(session: Session, sale_id: UUID) -> UUID | None:
    return session.scalar(
        select(SaleEnding.id).where(SaleEnding.sale_id == sale_id, SaleEnding.state == EndState.ASKED.value)
    )


def _new(  # noqa: PLR0917 - private; one line of facts
    actor: Actor, now: datetime, ending_id: UUID, sale: Sale, kind: EndKind, reason: str
) -> SaleEnding:
    return SaleEnding(
        id=ending_id,
        sale_id=sale.id,
        organisation_id=sale.organisation_id,
        buyer_id=sale.buyer_id,
        kind=kind.value,
        state=EndState.ASKED.value,
        reason=reason,
        asked_by_organisation=actor.org,
        asked_at=now,
        asked_by=actor.user_id,
    )


def _end(session: Session, actor: Actor, now: datetime, sale: Sale, ending: SaleEnding) -> dict[str, Any]:
    """Free what has not left, under the locks of sale and lots, and return what follows."""
    lots = lock_lots(session, sale.organisation_id, session.scalars(kept_lot_ids(sale.id)).all())
    here = [lot for lot in lots if lot.left_at is None]
    if not here:
        raise NothingToEnd
    amounts = {
        row.lot_id: row
        for row in session.execute(
            select(SaleLine.lot_id, SaleLine.quantity, SaleLine.amount_minor).where(
                SaleLine.sale_id == sale.id, SaleLine.lot_id.in_([lot.id for lot in here])
            )
        )
    }
    change_lot_states(session, actor=actor, now=now, lots=here, to=LotState.GRADED)
    session.execute(
        insert(SaleRelease),
        [
            {
                "sale_id": sale.id,
                "lot_id": lot.id,
                "ending_id": ending.id,
                "quantity": amounts[lot.id].quantity,
                "amount_minor": amounts[lot.id].amount_minor,
                "released_at": now,
            }
            for lot in here
        ],
    )
    sale.ended = ending.kind
    session.flush()
    kept_minor = sum(one.due_minor for one in dues_of(session, sale))
    released_minor = sum(row.amount_minor for row in amounts.values())
    found = _consequences(session, actor, now, sale, ending, released_minor)
    _commit(session, now, sale, kept_minor)
    write_log(
        session,
        organisation_id=sale.organisation_id,
        event_kind=sale.method,
        event_id=sale.event_id or sale.id,
        now=now,
        entries=[Entry(ending.kind, {"sale": sale.number, "lots": len(here)}, actor.user_id, sale.buyer_id)],
    )
    return {
        "lots": len(here),
        "quantity": sum(row.quantity for row in amounts.values()),
        "released_minor": released_minor,
        "kept_minor": kept_minor,
        "currency": sale.currency,
        **found,
    }


def _consequences(  # noqa: PLR0917 - who, when, what ended and how much of it
    session: Session, actor: Actor, now: datetime, sale: Sale, ending: SaleEnding, released_minor: int
) -> dict[str, Any]:
    """Return what the side in default loses by the contract; a deposit is kept before the limit is freed and it could return."""
    terms = read_terms(sale.terms)
    if ending.kind == EndKind.BUYER_DEFAULT:
        kept = keep_deposit(
            session,
            actor=actor,
            now=now,
            seller_id=sale.organisation_id,
            buyer_id=sale.buyer_id,
            currency=sale.currency,
            share_bp=terms.buyer_default_bp,
            at_most_minor=released_minor,
            reference=str(sale.number),
            note=ending.reason,
        )
        return {"forfeited_minor": kept}
    if ending.kind == EndKind.SELLER_DEFAULT:
        return {"compensation_minor": share_of(released_minor, terms.seller_default_bp)}
    return {}


def _commit(session: Session, now: datetime, sale: Sale, kept_minor: int) -> None:
    """Keep of the buyer's limit only what the sale still binds."""
    if sale.award_id is None:
        return
    if kept_minor == 0:
        release_limit(session, ref_id=sale.award_id, now=now)
        return
    hold_limit(
        session,
        buyer_id=sale.buyer_id,
        seller_id=sale.organisation_id,
        kind="award",
        ref_id=sale.award_id,
        amount_minor=kept_minor,
        currency=sale.currency,
        now=now,
        enforce=False,
    )


def _note(session: Session, actor: Actor, now: datetime, row: SaleEnding) -> None:
    tag = SalesAudit.SALE_CANCELLED if row.kind == EndKind.CANCELLED else SalesAudit.SALE_DEFAULTED
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="sale",
        subject_id=row.sale_id,
        after={
            "ending_id": row.id,
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "answer": row.answer,
            **(row.consequences or {}),
        },
    )
