"""Pages of custody: stock, counts, holds, containers, tanks, dispatches, the gate, places."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, g
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import local_date, utc_now
from chain.core.i18n import N_
from chain.custody.queries.containers import container_balances
from chain.custody.queries.dispatches import (
    count_disputed,
    count_late,
    count_on_the_way_to,
    dispatches_of_lot,
    received_by,
)
from chain.custody.queries.holds import holds_of_lot
from chain.custody.queries.tanks import tank_alerts
from chain.custody.rules.arrivals import difference_percent
from chain.custody.rules.cold import AlertLevel
from chain.custody.rules.words import (
    CONTAINER_KIND_LABELS,
    COUNT_STATE_LABELS,
    DISPATCH_STATE_LABELS,
    HOLD_LABELS,
    MOVEMENT_LABELS,
    PURPOSE_LABELS,
    SITE_KIND_LABELS,
    CountState,
    DispatchState,
    HoldReason,
)
from chain.genealogy.receivers import Receiver, register_receivers
from chain.lots.grades import class_with_norm
from chain.lots.labels import amount, colour_name, grade_text, name_language
from chain.lots.models import Lot
from chain.lots.note_facts import register_note_facts
from chain.lots.panels import LotAction, Panel, register_action, register_panel
from chain.lots.products import PRODUCT_LABELS
from chain.lots.rules import STATE_LABELS
from chain.producers.panels import ProducerPanel, register_producer_panel
from chain.web.formats import timezone_name
from chain.web.navigation import ADMINISTRATION, COLLECTION, MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("custody", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Stock"),
        "custody.stock",
        Permission.LOTS_READ,
        order=25,
        about=N_("What lies where, counts, holds, tanks, dispatches, the gate"),
        covers=("/arrivals",),
        group=COLLECTION,
    ),
    # whoever cannot open the stock comes in by one of these doors
    NavigationItem(
        N_("Places and containers"),
        "custody.place_list",
        Permission.ORGANISATION_MANAGE,
        order=88,
        about=N_("Stores, tanks, routes, containers and tolerances"),
        group=ADMINISTRATION,
    ),
    NavigationItem(
        N_("Arrivals"),
        "custody.incoming_list",
        Permission.BIDS_PLACE,
        order=47,
        about=N_("Loads on the way to you, and their weights"),
        group=MARKET,
    ),
]

DISPATCH_TONES = {
    DispatchState.ON_THE_WAY: "info",
    DispatchState.ARRIVED: "success",
    DispatchState.DISPUTED: "error",
    DispatchState.SETTLED: "success",
    DispatchState.CANCELLED: "neutral",
}
HOLD_TONES = dict.fromkeys(HoldReason, "warning") | {
    HoldReason.SANITARY: "error",
    HoldReason.ON_THE_WAY: "info",
}
COUNT_TONES = {CountState.OPEN: "warning", CountState.CLOSED: "success", CountState.DISCARDED: "neutral"}
CONTAINERS_HELD = N_("Containers of ours with the producer: %(count)s %(name)s")
LEVEL_TONES = {AlertLevel.ALARM: "error", AlertLevel.WARNING: "warning"}
LEVEL_LABELS = {AlertLevel.ALARM: N_("Alarm"), AlertLevel.WARNING: N_("Look at it now")}

register_waiting(
    Permission.STOCK_WRITE,
    N_("Tanks and cold stores to look at now"),
    "custody.tank_list",
    lambda session, actor: len(tank_alerts(session, actor, utc_now())),
)
register_waiting(
    Permission.ARRIVALS_CONFIRM,
    N_("Loads on the way to you"),
    "custody.incoming_list",
    count_on_the_way_to,
)
register_waiting(
    Permission.DISPATCHES_WRITE,
    N_("Loads that should have arrived"),
    "custody.dispatch_list",
    lambda session, actor: count_late(session, actor, utc_now(), local_date(utc_now(), timezone_name())),
    late="1",
)
register_waiting(
    Permission.DISPATCHES_WRITE,
    N_("Weights in dispute"),
    "custody.dispatch_list",
    count_disputed,
    state=DispatchState.DISPUTED.value,
)


def _lot_panel(session: Session, actor: Actor, lot: Lot) -> Mapping[str, Any] | None:
    standing = holds_of_lot(session, actor, lot.id)
    sent = dispatches_of_lot(session, actor, lot.id)
    if not standing and not sent:
        return None
    return {
        "holds": standing,
        "dispatches": sent,
        "hold_labels": HOLD_LABELS,
        "hold_tones": HOLD_TONES,
        "state_labels": DISPATCH_STATE_LABELS,
        "state_tones": DISPATCH_TONES,
    }


def _producer_panel(session: Session, actor: Actor, producer_id: UUID) -> Mapping[str, Any] | None:
    balances = container_balances(session, actor.org, [producer_id]).get(producer_id, [])
    return {"balances": balances, "may_write": actor.may(Permission.STOCK_WRITE)}


def _is_here(lot: Lot) -> bool:
    return lot.used_by_event_id is None and lot.left_at is None and lot.state != "cancelled"


def _note_facts(session: Session, actor: Actor, lot: Lot) -> list[dict[str, Any]]:
    """Tell on a goods-received note what the producer has of our containers."""
    if lot.producer_id is None:
        return []
    balances = container_balances(session, actor.org, [lot.producer_id]).get(lot.producer_id, [])
    return [{"msgid": CONTAINERS_HELD, "params": {"count": one.count, "name": one.name}} for one in balances]


def _receivers(session: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, Receiver]:
    """Tell the recall list where lots went; the latest dispatch counts."""
    return {
        lot_id: Receiver(
            rows[-1].organisation_name or rows[-1].destination, f"Despacho {rows[-1].dispatch_number}"
        )
        for lot_id, rows in received_by(session, lot_ids).items()
    }


register_note_facts("custody", _note_facts)
register_receivers("custody", _receivers)
register_panel(Panel(Permission.LOTS_READ, "custody/_lot_panel.html", _lot_panel, order=40))
register_producer_panel(
    ProducerPanel(Permission.PRODUCERS_READ, "custody/_producer_panel.html", _producer_panel)
)
register_action(
    LotAction(
        Permission.HOLDS_WRITE, N_("Put on hold"), "custody.hold_form", _is_here, argument="lot", order=60
    )
)
register_action(
    LotAction(
        Permission.DISPATCHES_WRITE,
        N_("Dispatch"),
        "custody.dispatch_form",
        lambda lot: _is_here(lot) and not lot.is_held and lot.state != "offered",
        argument="lot",
        order=61,
    )
)


@blueprint.context_processor
def custody_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    return {
        "amount": amount,
        "claim_labels": CLAIM_LABELS,
        "claim_of": Claim,
        "class_name": lambda scheme, edition, key: class_with_norm(scheme, edition, key, name_language()),
        "colour_name": colour_name,
        "container_labels": CONTAINER_KIND_LABELS,
        "count_labels": COUNT_STATE_LABELS,
        "count_tones": COUNT_TONES,
        "degrees": lambda tenths: Decimal(tenths) / 10,
        "difference_percent": difference_percent,
        "dispatch_labels": DISPATCH_STATE_LABELS,
        "dispatch_tones": DISPATCH_TONES,
        "grade_name": grade_text,
        "hold_labels": HOLD_LABELS,
        "hold_tones": HOLD_TONES,
        "hundredths": lambda value: Decimal(value) / 100,
        "level_labels": LEVEL_LABELS,
        "level_tones": LEVEL_TONES,
        "lot_states": STATE_LABELS,
        "may": lambda permission: g.actor is not None and g.actor.may(permission),
        "movement_labels": MOVEMENT_LABELS,
        "product_labels": PRODUCT_LABELS,
        "purpose_labels": PURPOSE_LABELS,
        "site_labels": SITE_KIND_LABELS,
        "thousandths": lambda value: Decimal(value) / 1000,
    }


# These register their routes on the blueprint above.
from chain.custody.views import (  # noqa: E402, F401
    containers,
    counts,
    dispatches,
    gate,
    holds,
    incoming,
    papers,
    places,
    stock,
    tanks,
)
