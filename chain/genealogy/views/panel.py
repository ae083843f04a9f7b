"""What stands on a lot's page: where it comes from, what became of it, and the door to what can be done with it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.genealogy.queries.events import get_event_row
from chain.genealogy.queries.pages import largest_producers
from chain.genealogy.services.opening import mix_of
from chain.genealogy.words import KIND_LABELS, PROCESS_LABELS
from chain.lots.grades import class_with_norm
from chain.lots.labels import name_language
from chain.lots.models import Lot
from chain.lots.panels import LotAction, Panel
from chain.lots.stock import check_available
from chain.producers.queries import names_of

#: Producers that the page names; a link leads to all.
MOST_PRODUCERS = 20


def load(session: Session, actor: Actor, lot: Lot) -> Mapping[str, Any] | None:
    """Return the panel's data; nothing for a delivery with which nothing happened."""
    if lot.made_by_event_id is None and lot.used_by_event_id is None and lot.origin == "delivery":
        return None
    made = get_event_row(session, actor, lot.made_by_event_id) if lot.made_by_event_id else None
    used = get_event_row(session, actor, lot.used_by_event_id) if lot.used_by_event_id else None
    owners, total = largest_producers(session, lot, MOST_PRODUCERS) if lot.producer_id is None else ([], 0)
    return {
        "made": made,
        "used": used,
        "owners": owners,
        "owner_count": total,
        "names": names_of(session, actor.org, {one[0] for one in owners}),
        "mix": mix_of(lot) if lot.producer_id is None else None,
        "kind_labels": KIND_LABELS,
        "process_labels": PROCESS_LABELS,
        "share_of": lambda part, whole: Decimal(part) / Decimal(whole),
        "class_of": lambda key: class_with_norm(key.scheme, key.edition, key.key, name_language()),
    }


def is_usable(lot: Lot) -> bool:
    """Tell whether something can be done with a lot now."""
    try:
        check_available(lot)
    except DomainError:
        return False
    return True


PANEL = Panel(Permission.LOTS_READ, "genealogy/_lot_panel.html", load, order=20)
ACTION = LotAction(
    Permission.LOTS_TRANSFORM,
    N_("Merge, split, sort, process…"),
    "genealogy.operation_choose",
    is_usable,
    order=30,
)
