"""What the writers of offers share: the lock, appending a step with its log entry, the timer, the audit records."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Role, system_actor
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.negotiation.models import Offer, OfferLine, OfferStep
from chain.negotiation.queries.offers import get_offer_for, side_of, writing_permission
from chain.negotiation.rules import LIVE, OfferState, Side, Standing, StepKind, Terms, step_hash
from chain.sales.rules import Entry, Method
from chain.sales.services.log import write_log

#: Kind of the outbox message that ends an offer that nobody answered.
EXPIRE_MESSAGE = "negotiation.expire_offer"


class NegotiationAudit(StrEnum):
    """Tags of the audit trail."""

    OFFER_STARTED = "negotiation:offer:started"
    OFFER_COUNTERED = "negotiation:offer:countered"
    OFFER_ACCEPTED = "negotiation:offer:accepted"
    OFFER_REFUSED = "negotiation:offer:refused"
    OFFER_WITHDRAWN = "negotiation:offer:withdrawn"
    OFFER_EXPIRED = "negotiation:offer:expired"
    OFFER_GONE = "negotiation:offer:gone"
    LOTS_SHOWN = "negotiation:lots:shown"
    LOTS_HIDDEN = "negotiation:lots:hidden"
    SAMPLE_ASKED = "negotiation:sample:asked"
    SAMPLE_AGREED = "negotiation:sample:agreed"
    SAMPLE_REFUSED = "negotiation:sample:refused"
    SAMPLE_WITHDRAWN = "negotiation:sample:withdrawn"
    SAMPLE_SENT = "negotiation:sample:sent"
    SAMPLE_RECEIVED = "negotiation:sample:received"
    SAMPLE_JUDGED = "negotiation:sample:judged"


STEP_AUDIT = {
    StepKind.OFFERED: NegotiationAudit.OFFER_STARTED,
    StepKind.COUNTERED: NegotiationAudit.OFFER_COUNTERED,
    StepKind.ACCEPTED: NegotiationAudit.OFFER_ACCEPTED,
    StepKind.REFUSED: NegotiationAudit.OFFER_REFUSED,
    StepKind.WITHDRAWN: NegotiationAudit.OFFER_WITHDRAWN,
    StepKind.EXPIRED: NegotiationAudit.OFFER_EXPIRED,
    StepKind.GONE: NegotiationAudit.OFFER_GONE,
}


def lock_offer(session: Session, offer_id: UUID) -> Offer:
    """Lock an offer's row until the end of the transaction and return it as it is now.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Offer).where(Offer.id == offer_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def lock_to_answer(session: Session, actor: Actor, offer_id: UUID) -> tuple[Offer, Side]:
    """Lock an offer of the actor's organisation for a step of its side.

    Raises:
        NotFound: there is none, or it is others' business.
        Forbidden: the actor may not answer for the organisation.
    """
    side = side_of(actor, get_offer_for(session, actor, offer_id))
    actor.require(writing_permission(side))
    return lock_offer(session, offer_id), side


def standing_of(offer: Offer) -> Standing:
    """Return what of an offer decides about the next step."""
    return Standing(offer.state, offer.turn, offer.last_step, offer.expires_at)


def seller_actor(session: Session, seller_id: UUID) -> Actor:
    """Return the actor in whose name lots of the seller are split, reserved and awarded when an offer is accepted."""
    kind = OrganisationKind(get_organisation(session, seller_id).kind)
    return system_actor(seller_id, kind, Role.SELLER, Role.CLERK)


def said_before(session: Session, step_id: UUID, *, offer_id: UUID, digest: str) -> bool:
    """Tell whether this very step was taken before.

    Raises:
        IdempotencyConflict: the id came before with other content.
    """
    known = session.get(OfferStep, step_id)
    if known is None:
        return False
    if known.offer_id != offer_id or known.content_hash != digest:
        raise IdempotencyConflict
    return True


def append_step(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    offer: Offer,
    kind: StepKind,
    to: OfferState,
    side: Side | None,
    step_id: UUID | None = None,
    terms: Terms | None = None,
    reason: str | None = None,
) -> OfferStep:
    """Append a step to an offer whose row is locked, and bring the offer into its new state."""
    before = offer.state if offer.last_step else None
    digest = step_hash(kind, terms=terms, reason=reason, offer_id=offer.id, side=side)
    offer.last_step += 1
    offer.state, offer.changed_at = to.value, now
    offer.turn = side.other.value if side is not None and to in LIVE else None
    offer.ended_at = None if to in LIVE or to is OfferState.ACCEPTED else now
    if terms is not None:
        offer.quantity, offer.amount_minor, offer.expires_at = (
            terms.quantity,
            terms.amount_minor,
            terms.expires_at,
        )
    if side is Side.SELLER and kind in {StepKind.OFFERED, StepKind.COUNTERED, StepKind.ACCEPTED}:
        offer.priced_by = actor.user_id
    step = OfferStep(
        id=step_id or new_id(),
        offer_id=offer.id,
        sequence=offer.last_step,
        kind=kind.value,
        side=None if side is None else side.value,
        user_id=actor.user_id,
        at=now,
        terms=None if terms is None else terms.as_record(),
        reason=reason,
        content_hash=digest,
    )
    session.add(step)
    session.flush()
    if terms is not None:
        _insert_lines(session, step, terms)
        _set_timer(session, now, offer)
    _log(session, now, offer, step)
    audit.record(
        session,
        tag=STEP_AUDIT[kind],
        actor=actor,
        now=now,
        subject_type="offer",
        subject_id=offer.id,
        before=None if before is None else {"state": before},
        after={"state": offer.state, "step": offer.last_step, "reason": reason},
    )
    return step


def _insert_lines(session: Session, step: OfferStep, terms: Terms) -> None:
    session.execute(
        insert(OfferLine),
        [
            {
                "step_id": step.id,
                "lot_id": line.lot_id,
                "quantity": line.quantity,
                "price_minor_per_unit": line.price_minor_per_unit,
            }
            for line in terms.lines
        ],
    )


def _set_timer(session: Session, now: datetime, offer: Offer) -> None:
    enqueue(
        session,
        kind=EXPIRE_MESSAGE,
        payload={"offer_id": offer.id, "step": offer.last_step},
        now=now,
        available_at=offer.expires_at,
        dedupe_key=f"{EXPIRE_MESSAGE}:{offer.id}:{offer.last_step}",
    )


def _log(session: Session, now: datetime, offer: Offer, step: OfferStep) -> None:
    """Write the log's line. It tells who did what when, and the hash of what was said; the prices are the two sides'."""
    data = {"step": step.sequence, "side": step.side, "said": step.content_hash}
    write_log(
        session,
        organisation_id=offer.organisation_id,
        event_kind=Method.OFFER.value,
        event_id=offer.id,
        now=now,
        entries=[Entry(step.kind, data, step.user_id, offer.buyer_id)],
    )
