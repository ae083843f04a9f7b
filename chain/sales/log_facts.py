"""What lines of event logs say, in the words, units and times of the reader."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from chain.sales.log_words import FACT_WORDS, facts_of
from chain.web.formats import format_percent, format_quantity, moment, money, number_format
from chain.web.i18n import gettext

BASIS_POINTS = 10_000


class Facts:
    """Shows the data of one event's lines; the line that opened it names its currency and unit."""

    def __init__(self, lines: Iterable[Mapping[str, object]], currency: str) -> None:
        """Take the data of every line, and the currency of the books for events that name none."""
        known: dict[str, object] = {"currency": currency}
        for data in lines:
            known |= {key: data[key] for key in ("currency", "unit") if data.get(key)}
        self._currency = str(known["currency"])
        self._unit = str(known.get("unit", ""))

    def shown(self, data: Mapping[str, object]) -> list[tuple[str, str]]:
        """Return label and text of each fact of a line."""
        return [(gettext(label), self._text(key, value)) for key, label, value in facts_of(data)]

    def _text(self, key: str, value: object) -> str:
        if isinstance(value, list):
            return "; ".join(self._text(key, one) for one in value)
        if isinstance(value, dict):
            return ", ".join(f"{label} {text}" for label, text in self.shown(value))
        if key == "until" or key.endswith("_at"):
            return moment(datetime.fromisoformat(str(value)))
        if isinstance(value, int):
            return self._number(key, value)
        word = FACT_WORDS.get(str(value))
        return gettext(word) if word else str(value).strip()

    def _number(self, key: str, value: int) -> str:
        if key.endswith("_minor"):
            return money(value, self._currency)
        if key.endswith("_bp"):
            return format_percent(Decimal(value) / BASIS_POINTS, number_format=number_format())
        if key == "quantity":
            if self._unit:
                return format_quantity(value, self._unit, number_format=number_format())
            return f"{value} g/ml"
        return str(value)
