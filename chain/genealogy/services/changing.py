"""One lot that becomes less or more: losses, gains, and what a producer takes back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.genealogy.errors import AlreadyPaid, ShareTooSmall, in_thousands, sign_of
from chain.genealogy.mix import scaled_mix
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Added, Gain, Loss, Lost, TakeBack
from chain.genealogy.services.opening import Opened, carry_out, mix_of
from chain.genealogy.services.plan import Outcome, Plan, TakenPart, kept_grade
from chain.genealogy.services.store import store_event
from chain.lots.rules import LotState
from chain.lots.settling import is_settling

MORE_THAN_THERE = N_("That is more than there is.")
REST_NEEDS_ID = N_("What is left needs an id.")


def record_loss(session: Session, *, actor: Actor, now: datetime, event: Loss) -> LotEvent:
    """Write off a lot, or a part of it; the rest becomes a new lot of the same kind.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
    """

    def act(opened: Opened) -> LotEvent:
        lot = opened.lot
        rest = _rest(opened, event.quantity, event.remainder_id)
        plan = Plan(
            balance_unit=lot.unit,
            balances=[lot.quantity],
            outcomes=rest,
            losses=[Lost(cause=event.cause, quantity=event.quantity, note=event.reason)],
        )
        return store_event(opened, plan)

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=[event.lot_id], act=act)


def record_gain(session: Session, *, actor: Actor, now: datetime, event: Gain) -> LotEvent:
    """Write a lot up; it becomes a new lot of the same kind, and the gain belongs to all who own it.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise; ClaimedGain for certified goods.
    """

    def act(opened: Opened) -> LotEvent:
        lot = opened.lot
        plan = Plan(
            balance_unit=lot.unit,
            balances=[lot.quantity],
            outcomes=[_same_kind(opened, event.output_id, lot.quantity + event.quantity)],
            gains=[Added(cause=event.cause, quantity=event.quantity, note=event.reason)],
            drop_claim=event.drop_claim,
        )
        return store_event(opened, plan)

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=[event.lot_id], act=act)


def take_back(session: Session, *, actor: Actor, now: datetime, event: TakeBack) -> LotEvent:
    """Give a producer goods back: an own delivery, or at most the own share of a lot made of several.

    What is taken leaves that producer's deliveries alone; everybody else keeps every gram. A delivery that is wholly
    taken back is cancelled, so that nobody pays for it.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
        ShareTooSmall: the producer owns less.
        AlreadyPaid: the organisation paid for the goods.
    """

    def act(opened: Opened) -> LotEvent:
        lot = opened.lot
        if lot.state == LotState.SETTLED.value or is_settling(opened.session, lot.id):
            raise AlreadyPaid
        if event.quantity > lot.quantity:
            raise ShareTooSmall(number=lot.number, share=in_thousands(lot.quantity), unit=sign_of(lot.unit))
        plan = Plan(
            balance_unit=lot.unit,
            balances=[lot.quantity],
            outcomes=_rest(opened, event.quantity, event.remainder_id),
            taken=TakenPart(producer_id=event.producer_id, quantity=event.quantity),
        )
        stored = store_event(opened, plan)
        if lot.producer_id is not None and event.quantity == lot.quantity:
            lot.state = LotState.CANCELLED.value
            session.flush()
        return stored

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=[event.lot_id], act=act)


def _rest(opened: Opened, gone: int, remainder_id: UUID | None) -> list[Outcome]:
    """Return what is left of a lot; nothing when all of it went."""
    lot, errors = opened.lot, FieldErrors()
    if gone > lot.quantity:
        errors.add("quantity", MORE_THAN_THERE)
    elif gone < lot.quantity and remainder_id is None:
        errors.add("remainder_id", REST_NEEDS_ID)
    errors.raise_any()
    if gone == lot.quantity or remainder_id is None:
        return []
    return [_same_kind(opened, remainder_id, lot.quantity - gone)]


def _same_kind(opened: Opened, lot_id: UUID, quantity: int) -> Outcome:
    lot = opened.lot
    return Outcome(
        id=lot_id,
        commodity=lot.commodity,
        quantity=quantity,
        unit=lot.unit,
        balance=quantity,
        mix=scaled_mix(mix_of(lot), quantity),
        grade=kept_grade(opened),
        label=lot.label,
        best_before=lot.best_before,
    )
