"""Sorting a lot into classes, by weight."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.quantity import Unit
from chain.genealogy.checks import CHOOSE
from chain.genealogy.errors import WrongProduct
from chain.genealogy.mix import ClassKey, of_class, scaled_mix
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Sort, SortedPart
from chain.genealogy.services.opening import Opened, carry_out, mix_of
from chain.genealogy.services.plan import Outcome, Plan
from chain.genealogy.services.store import store_event
from chain.grading.queries import scheme_in_force
from chain.grading.scheme import Scheme
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_names, note_record
from chain.lots.no_norm import has_norm
from chain.lots.products import PRODUCT_LABELS
from chain.lots.services.derived import DerivedGrade

SORTED_OUT = N_("The sorter put it into this class.")
LEFT_OPEN = N_("The sorter left the class open.")


def sort_lot(session: Session, *, actor: Actor, now: datetime, event: Sort) -> LotEvent:
    """Sort a lot into classes of the norm in force on the day. Every part waits for another person to confirm its class.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
        WrongProduct: no norm classes this product.
        ValidationFailed: a class that the norm does not have, or an unknown colour.
    """

    def act(opened: Opened) -> LotEvent:
        lot = opened.lot
        if not has_norm(lot.commodity) or lot.unit != Unit.GRAM:
            raise WrongProduct(product=Message(PRODUCT_LABELS[lot.commodity]))
        scheme = scheme_in_force(session, actor.org, lot.commodity, opened.day)
        _check_classes(scheme, event)
        mix = mix_of(lot)
        parts = []
        for part in event.parts:
            key = ClassKey(scheme.key, scheme.edition, part.class_key, is_confirmed=False)
            parts.append(
                Outcome(
                    id=part.id,
                    commodity=lot.commodity,
                    quantity=part.quantity,
                    unit=lot.unit,
                    balance=part.quantity,
                    mix=of_class(scaled_mix(mix, part.quantity), key, part.colour),
                    grade=_grade(scheme, part),
                    colour=part.colour,
                    label=part.label,
                    site_id=part.site_id,
                )
            )
        plan = Plan(
            balance_unit=lot.unit,
            balances=[lot.quantity],
            outcomes=parts,
            losses=event.losses,
            gains=event.gains,
            drop_claim=event.drop_claim,
        )
        return store_event(opened, plan)

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=[event.lot_id], act=act)


def _check_classes(scheme: Scheme, event: Sort) -> None:
    names = class_names(scheme.key, scheme.edition)
    errors = FieldErrors()
    for place, part in enumerate(event.parts):
        if part.class_key is not None and part.class_key not in names:
            errors.add(f"parts.{place}.class_key", CHOOSE)
        if part.colour is not None and part.colour not in COLOURS:
            errors.add(f"parts.{place}.colour", CHOOSE)
    errors.raise_any()


def _grade(scheme: Scheme, part: SortedPart) -> DerivedGrade:
    reason = note_record(SORTED_OUT if part.class_key else LEFT_OPEN)
    return DerivedGrade(scheme=scheme.key, edition=scheme.edition, key=part.class_key, reasons=[reason])
