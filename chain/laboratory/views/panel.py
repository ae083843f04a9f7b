"""What the laboratory shows on a lot's page, and what one may do from there."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.clock import utc_now
from chain.core.i18n import N_
from chain.laboratory.queries.measurements import choices_of, measurements_of
from chain.laboratory.queries.opinions import graded_at_of, has_opinion_since, opinions_of_lot, terms_of
from chain.laboratory.queries.samples import samples_of_lot
from chain.laboratory.words import laboratory_words
from chain.lots.models import Lot
from chain.lots.panels import LotAction, Panel, register_action, register_panel
from chain.lots.rules import LotState
from chain.lots.services.regrading import CHANGEABLE


def load_panel(session: Session, actor: Actor, lot: Lot) -> Mapping[str, Any] | None:
    """Return values, samples, decisions and second opinions of a lot; None when there is nothing to show."""
    now = utc_now()
    values = measurements_of(session, actor, lot.id)
    samples = samples_of_lot(session, actor, lot.id)
    opinions = opinions_of_lot(session, actor, lot.id, now=now)
    if not values and not samples and not opinions:
        return None
    measured = {one.attribute for one in values if not one.at_delivery}
    may_choose = actor.may(Permission.GRADES_CONFIRM) and is_open_to_change(lot)
    return {
        **laboratory_words(),
        "values": values,
        "samples": samples,
        "choices": choices_of(session, lot.id),
        "opinions": opinions,
        "choosable": measured if may_choose else set(),
        "may_apply": may_choose,
        "may_measure": actor.may(Permission.MEASUREMENTS_WRITE),
        "is_fixed": lot.state not in CHANGEABLE,
        "ask_until": _ask_until(session, lot) if actor.may(Permission.OPINIONS_ASK) else None,
    }


def _ask_until(session: Session, lot: Lot) -> Any:
    """Return until when a second opinion may be asked; None when it may not."""
    if not lot.grade_confirmed:
        return None
    graded_at = graded_at_of(session, lot.id)
    if graded_at is None or has_opinion_since(session, lot.id, graded_at):
        return None
    until = terms_of(session, lot.organisation_id).ask_until(graded_at)
    return until if until >= utc_now() else None


def is_open_to_change(lot: Lot) -> bool:
    """Tell whether other values may still count for a lot."""
    return lot.state in CHANGEABLE and lot.used_by_event_id is None and lot.left_at is None


def _is_kept(lot: Lot) -> bool:
    return lot.state != LotState.CANCELLED.value


register_panel(Panel(Permission.LOTS_READ, "laboratory/_panel.html", load_panel, order=40))
register_action(
    LotAction(
        Permission.MEASUREMENTS_WRITE, N_("Take a sample"), "laboratory.sample_form", _is_kept, order=40
    )
)
register_action(
    LotAction(
        Permission.MEASUREMENTS_WRITE,
        N_("Record a measurement"),
        "laboratory.record_choose",
        _is_kept,
        order=41,
    )
)
register_action(
    LotAction(
        Permission.MEASUREMENTS_WRITE,
        N_("Calculate a figure"),
        "laboratory.calculate_choose",
        _is_kept,
        order=42,
    )
)
register_action(
    LotAction(
        Permission.OPINIONS_ASK,
        N_("Ask for a second opinion"),
        "laboratory.ask_form",
        lambda lot: bool(lot.grade_confirmed) and _is_kept(lot),
        order=43,
    )
)
