"""How the board puts a lot into words: who stands behind it, what it is, and what became of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.lots.attributes import SPECS
from chain.lots.filters import AVAILABILITY_LABELS, Availability
from chain.lots.labels import COLOUR_CODES, attribute_text, colour_name
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries import BoardRow
from chain.lots.rules import LotState
from chain.web.formats import format_decimal, number_format
from chain.web.i18n import gettext

SEVERAL = N_("Several producers")
SEVERAL_COUNTED = N_("Several producers (%(count)s)")
GONE = N_("Left the house")
#: What stands in columns of its own.
OWN_COLUMNS = frozenset({"colour", "micron"})
STATE_TONES = {
    Availability.AVAILABLE: "success",
    Availability.HELD: "warning",
    Availability.OFFERED: "info",
    Availability.SOLD: "neutral",
    Availability.USED: "neutral",
    Availability.CANCELLED: "error",
}


def physical(row: Any) -> Availability | None:
    """Return what physically became of a lot, in the words of the filter; None when it left unsold."""
    if row.state == LotState.CANCELLED:
        return Availability.CANCELLED
    if row.is_used:
        return Availability.USED
    if row.is_sold:
        return Availability.SOLD
    if row.has_left:
        return None
    if row.is_held:
        return Availability.HELD
    return Availability.OFFERED if row.state == LotState.OFFERED else Availability.AVAILABLE


def state_of(row: BoardRow) -> str:
    """Return the msgid of what became of a lot."""
    found = physical(row)
    return GONE if found is None else AVAILABILITY_LABELS[found]


def tone_of(row: BoardRow) -> str:
    """Return the tone of the tag for what became of a lot."""
    found = physical(row)
    return "neutral" if found is None else STATE_TONES[found]


def who(row: BoardRow, behind: Mapping[UUID, int]) -> Message:
    """Return the producer of a lot, or how many it comes from."""
    if row.producer_id is not None:
        return Message("%(name)s", {"name": row.producer_name or "—"})
    count = behind.get(row.id)
    return Message(SEVERAL) if count is None else Message(SEVERAL_COUNTED, {"count": count})


def who_text(row: BoardRow, behind: Mapping[UUID, int]) -> str:
    """Return the same as plain text."""
    if row.producer_id is not None:
        return row.producer_name or ""
    return gettext(who(row, behind))


def product_name(commodity: str, label: str | None = None) -> str:
    """Return the name of a product, with what a derived lot is called beside it: "Cheese: Andean", "Fresh cheese"."""
    name = gettext(PRODUCT_LABELS.get(commodity, commodity))
    if not label:
        return name
    says_it = name.casefold() in label.casefold().split()
    return label if says_it else f"{name}: {label}"


def other_values(commodity: str, values: Mapping[str, Any]) -> str:
    """Return what was recorded beside colour and micron, for one cell of a file."""
    spec = SPECS.get(commodity)
    if spec is None:
        return ""
    return "; ".join(
        f"{gettext(one.label)}: {attribute_text(one, str(values[one.key]))}"
        for one in spec.attributes
        if one.key not in OWN_COLUMNS and values.get(one.key) is not None
    )


def short_values(row: BoardRow) -> str:
    """Return what tells lots of a product apart, for one cell of the list: what counts now, also of lots made of others."""
    parts = []
    if row.colour is not None:
        parts.append(f"{colour_name(row.colour)} ({COLOUR_CODES.get(row.colour, row.colour)})")
    if row.micron_tenths is not None:
        micron = format_decimal(Decimal(row.micron_tenths).scaleb(-1), number_format=number_format())
        parts.append(f"{micron} µm")
    spec = SPECS.get(row.commodity)
    values = {**row.attributes, **(row.measured or {})}
    if spec is not None:
        parts += [
            attribute_text(spec.by_key[key], str(values[key]))
            for key in ("shift", "fat_pct", "age_class", "sarcocystis")
            if key in spec.by_key and values.get(key) is not None
        ]
    return " · ".join(parts)
