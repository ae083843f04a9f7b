"""Merging lots into one, and splitting one into parts."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.mix import mixed, scaled_mix
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Merge, Split
from chain.genealogy.services.opening import Opened, balance_unit_of, carry_out, check_one_product, mix_of
from chain.genealogy.services.plan import (
    Outcome,
    Plan,
    graded_mix,
    kept_grade,
    mixes_of,
    proposed_grade,
    same_grade,
)
from chain.genealogy.services.store import store_event


def merge_lots(session: Session, *, actor: Actor, now: datetime, event: Merge) -> LotEvent:
    """Merge lots of one product into one: bulk fibre, fill a milk tank.

    Lots that somebody has yet to grade may be merged too: milk goes into the tank before anybody confirms anything. The
    new lot keeps a class that was confirmed on every one of them; otherwise it waits to be graded.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
        MixedProducts: the lots do not go together.
    """

    def act(opened: Opened) -> LotEvent:
        check_one_product(opened.lots)
        gained = sum(one.quantity for one in event.gains)
        lost = sum(one.quantity for one in event.losses)
        balances = [lot.quantity for lot in opened.lots]
        quantity = max(sum(balances) + gained - lost, 0)
        commodity = opened.lots[0].commodity
        mix = scaled_mix(mixed(mixes_of(opened)), quantity)
        grade = same_grade(opened.lots) or proposed_grade(opened, commodity, mix.micron_of_all)
        unit = balance_unit_of(opened.lots)
        made = Outcome(
            id=event.output_id,
            commodity=commodity,
            quantity=quantity,
            unit=unit,
            balance=quantity,
            mix=graded_mix(mix, grade),
            grade=grade,
            label=event.label,
        )
        return store_event(
            opened,
            Plan(
                balance_unit=unit,
                balances=balances,
                outcomes=[made] if quantity else [],
                losses=event.losses,
                gains=event.gains,
                drop_claim=event.drop_claim,
                site_id=event.site_id,
            ),
        )

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=event.lot_ids, act=act)


def split_lot(session: Session, *, actor: Actor, now: datetime, event: Split) -> LotEvent:
    """Split a lot into parts, which are what it was: class, claim and mixture.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
    """

    def act(opened: Opened) -> LotEvent:
        lot = opened.lot
        mix, grade = mix_of(lot), kept_grade(opened)
        parts = [
            Outcome(
                id=part.id,
                commodity=lot.commodity,
                quantity=part.quantity,
                unit=lot.unit,
                balance=part.quantity,
                mix=scaled_mix(mix, part.quantity),
                grade=grade,
                label=part.label or lot.label,
                best_before=lot.best_before,
                site_id=part.site_id,
            )
            for part in event.parts
        ]
        plan = Plan(balance_unit=lot.unit, balances=[lot.quantity], outcomes=parts, losses=event.losses)
        return store_event(opened, plan)

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=[event.lot_id], act=act)
