"""What an item's explanation says, in the reader's language and formats; on pages, in files and on papers."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from chain.core.i18n import N_
from chain.laboratory.attributes import ATTRIBUTES
from chain.papers.labels import register_explainer, register_labels
from chain.pricing.rules.engine import ADVANCE
from chain.pricing.rules.tariff import BASE, BLOCK_LABELS
from chain.settlement.fortnight.deducting import BANK_FEE
from chain.settlement.fortnight.results import PAYROLL_LABELS
from chain.settlement.fortnight.run_lines import RESERVE, WEIGHING
from chain.settlement.rules import ITEM_KIND_LABELS, ItemKind
from chain.web.formats import (
    day,
    format_decimal,
    format_kilograms,
    format_litres,
    format_percent,
    money,
    number_format,
)
from chain.web.i18n import gettext

BLOCK_TITLES = {
    None: N_("Everything"),
    "weekday": N_("Milk, Monday to Saturday"),
    "sunday": N_("Milk, Sundays"),
    "excess_weekday": N_("Milk over the quota, Monday to Saturday"),
    "excess_sunday": N_("Milk over the quota, Sundays"),
}
BY_SCHEME = N_("%(scheme)s, version %(version)s.")
DROPPED = N_("%(amount)s could not be taken and is not asked for again.")
CARRIED = N_("%(amount)s stay open.")


#: How a whole number is written, by the unit that stands last in its name.
WRITTEN: Mapping[str, Callable[[int], str]] = {
    "ml": lambda value: format_litres(value, number_format=number_format()),
    "g": lambda value: format_kilograms(value, number_format=number_format()),
    "ppm": lambda value: format_percent(Decimal(value) / 1_000_000, number_format=number_format()),
    "bp": lambda value: format_percent(Decimal(value) / 10_000, number_format=number_format()),
}


def explained(explanation: Mapping[str, Any] | None, currency: str) -> str:
    """Return an explanation as a sentence; empty without one."""
    if not explanation or "msgid" not in explanation:
        return ""
    values = {name: _typed(name, value, currency) for name, value in explanation.get("params", {}).items()}
    told = [gettext(str(explanation["msgid"]), **values)]
    if explanation.get("note"):
        told.append(gettext(str(explanation["note"])))
    if explanation.get("measured"):
        told.append(_measured(str(explanation.get("parameter")), str(explanation["measured"])))
    if explanation.get("scheme"):
        told.append(
            gettext(
                BY_SCHEME, scheme=gettext(str(explanation["scheme"])), version=explanation.get("version", "")
            )
        )
    return " ".join(told)


def _measured(parameter: str, value: str) -> str:
    """Return a result that made an amount, by its name and in the country's numbers: "Grasa: 3,8 %."."""
    known = ATTRIBUTES.get(parameter)
    number = format_decimal(Decimal(value), number_format=number_format())
    if known is None:
        return f"{parameter}: {number}."
    unit = f"\u00a0{known.unit}" if known.unit else ""
    return f"{gettext(known.label)}: {number}{unit}."


def _typed(name: str, value: Any, currency: str) -> Any:
    """Return a value as it is written; its unit stands last in its name."""
    if isinstance(value, str) and name.endswith("_on"):
        return day(date.fromisoformat(value))
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if name.endswith("_minor"):
        return money(value, currency)
    write = WRITTEN.get(name.rpartition("_")[2])
    return value if write is None else write(value)


def item_notes(item: Any, currency: str) -> list[str]:
    """Return everything that explains an item: its formula, what was dropped, what stays open, and who decided it."""
    told = [explained(item.explanation, currency)]
    if item.dropped_minor:
        told.append(gettext(DROPPED, amount=money(item.dropped_minor, currency)))
    if item.carried_minor:
        told.append(gettext(CARRIED, amount=money(item.carried_minor, currency)))
    if item.decided_by and item.kind != ItemKind.PAID_BEFORE:
        told.append(item.decided_by)
    return [one for one in told if one]


def block_title(block: Any) -> str:
    """Return what a payroll is called: its zone and its kind of day."""
    title = gettext(BLOCK_TITLES.get(block.block, str(block.block)))
    return f"{block.zone_name} · {title}" if block.zone_name else title


def kind_title(kind: str) -> str:
    """Return what a kind of item is called."""
    return gettext(ITEM_KIND_LABELS[ItemKind(kind)])


register_explainer(explained)
register_labels({key: text for key, text in BLOCK_TITLES.items() if key})
#: What items are called by the program itself: frozen as msgids, told in the reader's language.
OWN_LABELS = (
    *PAYROLL_LABELS.values(),
    WEIGHING,
    RESERVE,
    BANK_FEE,
    BASE,
    ADVANCE,
    *BLOCK_LABELS.values(),
    *(one.label for one in ATTRIBUTES.values()),
)
register_labels({text: text for text in OWN_LABELS})
