"""The rows of the version form, without script: several tables in one form, each under a word of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_, Message
from chain.core.quantity import NotANumber, parse_decimal
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    ClassPrice,
    Composition,
    Effect,
    PriceContent,
)
from chain.pricing.rules.explain import month_day

MAX_ROWS, MAX_TYPED = 200, 100
#: Blank rows that a table shows behind those that are filled in, and that “add rows” adds.
SPARE_ROWS, MORE_ROWS = 2, 5

TWO_DECIMALS = N_("Write at most two decimals.")
FIVE_DECIMALS = N_("Write at most five decimals.")
NOT_A_DAY = N_("Write day and month, such as 15/12.")

BASIS_LABELS = {Basis.POINT: N_("per point of percent"), Basis.GRAM: N_("per gram of it")}
EFFECT_LABELS = {Effect.PREMIUM: N_("adds"), Effect.PENALTY: N_("takes off")}
#: A premium or a penalty has no claim, or at least one of these.
CLAIM_CHOICES = {one.value: CLAIM_LABELS[one] for one in (Claim.TRANSITION, Claim.ORGANIC)}

Row = dict[str, str]
Errors = dict[str, list[Message]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input of every row."""

    name: str
    label: str
    width: int = 5
    is_number: bool = False
    is_check: bool = False
    #: value to msgid; None: filled by the view
    options: Mapping[Any, str] | None = None
    is_list: bool = False


CLASS_COLUMNS = (
    Column(name="grade", label=N_("Class"), width=20, is_list=True),
    Column(name="colour", label=N_("Colour"), width=20, is_list=True),
    Column(name="price", label=N_("Price"), is_number=True),
)
COMPOSITION_COLUMNS = (
    Column(name="parameter", label=N_("Constituent"), width=20, is_list=True),
    Column(name="basis", label=N_("Paid"), width=20, options=BASIS_LABELS),
    Column(name="rate", label=N_("Amount"), is_number=True),
    Column(name="reference", label=N_("Above %"), is_number=True),
    Column(name="low", label=N_("Lowest % that counts"), is_number=True),
    Column(name="high", label=N_("Highest % that counts"), is_number=True),
    Column(name="typical", label=N_("Without any analysis, %"), is_number=True),
)
ADJUSTMENT_COLUMNS = (
    Column(name="name", label=N_("Name on the receipt"), width=20),
    Column(name="effect", label=N_("Effect"), options=EFFECT_LABELS),
    Column(name="amount", label=N_("Amount per kg or litre"), is_number=True),
    Column(name="percent", label=N_("or % of the base"), is_number=True),
    Column(name="parameter", label=N_("If this result"), width=20, is_list=True),
    Column(name="low", label=N_("lies from"), is_number=True),
    Column(name="high", label=N_("to"), is_number=True),
    Column(name="claim", label=N_("If it is at least"), width=20, options=CLAIM_CHOICES),
    Column(name="volume_low", label=N_("If the period brings from (kg or l)"), is_number=True),
    Column(name="volume_high", label=N_("at most (kg or l)"), is_number=True),
    Column(name="season_from", label=N_("From (day/month)")),
    Column(name="season_to", label=N_("Until (day/month)")),
    Column(name="is_for_women", label=N_("only for women"), is_check=True),
)
TABLES: Mapping[str, tuple[Column, ...]] = {
    "classes": CLASS_COLUMNS,
    "composition": COMPOSITION_COLUMNS,
    "adjustments": ADJUSTMENT_COLUMNS,
}
#: What makes a row of a table worth reading; the others only say how.
TELLING = {"classes": ("price",), "composition": ("rate",), "adjustments": ("name", "amount", "percent")}


def sent_rows(table: str, sent: Mapping[str, str]) -> list[Row]:
    """Return the rows of a table that say anything, in their order; inputs are called `classes-3-price`."""
    rows = []
    for number in range(MAX_ROWS):
        row = {
            one.name: (sent.get(f"{table}-{number}-{one.name}") or "").strip()[:MAX_TYPED]
            for one in TABLES[table]
        }
        if any(row[name] for name in TELLING[table]):
            rows.append(row)
    return rows


def padded(rows: Sequence[Row], least: int = 0) -> list[Row]:
    """Return rows with blank ones behind them."""
    count = min(max(len(rows) + SPARE_ROWS, least), MAX_ROWS)
    return [*rows, *({} for _ in range(count - len(rows)))]


class Reader:
    """Reads the cells of one row; what cannot be read is noted at its path, and counts as blank."""

    def __init__(self, errors: Errors, path: str, row: Row) -> None:
        self._errors, self._path, self._row = errors, path, row

    def refuse(self, name: str, message: Message) -> None:
        """Note what is wrong with a cell."""
        self._errors.setdefault(f"{self._path}.{name}", []).append(message)

    def text(self, name: str) -> str | None:
        """Return the words of a cell; None when it is blank."""
        return self._row.get(name) or None

    def number(self, name: str) -> Decimal | None:
        """Return a number."""
        typed = self.text(name)
        if typed is None:
            return None
        try:
            return parse_decimal(typed)
        except NotANumber as refused:
            self.refuse(name, refused.message)
            return None

    def hundredths(self, name: str) -> int | None:
        """Return hundredths: minor units of an amount, basis points of a percentage."""
        return self._scaled(self.number(name), name, 2, TWO_DECIMALS)

    def thousandths(self, name: str) -> int | None:
        """Return grams or millilitres."""
        value = self.number(name)
        return None if value is None else int(value * 1000)

    def per_gram(self, name: str) -> int | None:
        """Return minor units per kilogram for a price per gram, which may have five decimals."""
        typed = self.text(name)
        if typed is None:
            return None
        try:
            value = Decimal(typed.replace(",", "."))
        except InvalidOperation:
            self.refuse(name, NotANumber(value=typed).message)
            return None
        return self._scaled(value, name, 5, FIVE_DECIMALS) if value.is_finite() else None

    def month_day(self, name: str) -> tuple[int, int] | None:
        """Return month and day of a text such as 15/12."""
        typed = self.text(name)
        if typed is None:
            return None
        day, _, month = typed.partition("/")
        if day.isdecimal() and month.isdecimal():
            return int(month), int(day)
        self.refuse(name, Message(NOT_A_DAY))
        return None

    def _scaled(self, value: Decimal | None, name: str, places: int, text: str) -> int | None:
        if value is None:
            return None
        scaled = value.scaleb(places)
        if scaled != scaled.to_integral_value():
            self.refuse(name, Message(text))
            return None
        return int(scaled)


def read_classes(rows: Sequence[Row], errors: Errors) -> tuple[ClassPrice, ...]:
    """Return the prices of classes; a class may be typed, too, when it is none of the list."""
    found = []
    for place, row in enumerate(rows):
        cells = Reader(errors, f"classes.{place}", row)
        price = cells.hundredths("price")
        found.append(ClassPrice(cells.text("grade") or "", cells.text("colour"), price or 0))
    return tuple(found)


def read_composition(rows: Sequence[Row], errors: Errors) -> tuple[Composition, ...]:
    """Return the constituents that are paid."""
    found = []
    for place, row in enumerate(rows):
        cells = Reader(errors, f"composition.{place}", row)
        basis = Basis.GRAM if cells.text("basis") == Basis.GRAM else Basis.POINT
        rate = cells.per_gram("rate") if basis is Basis.GRAM else cells.hundredths("rate")
        found.append(
            Composition(
                parameter=cells.text("parameter") or "",
                basis=basis,
                rate_minor=rate or 0,
                reference=cells.number("reference"),
                low=cells.number("low"),
                high=cells.number("high"),
                typical=cells.number("typical"),
            )
        )
    return tuple(found)


def read_adjustments(rows: Sequence[Row], errors: Errors) -> tuple[Adjustment, ...]:
    """Return the premiums and penalties."""
    found = []
    for place, row in enumerate(rows):
        cells = Reader(errors, f"adjustments.{place}", row)
        found.append(
            Adjustment(
                name=cells.text("name") or "",
                effect=Effect.PENALTY if cells.text("effect") == Effect.PENALTY else Effect.PREMIUM,
                per_unit_minor=cells.hundredths("amount") or 0,
                basis_points=cells.hundredths("percent") or 0,
                parameter=cells.text("parameter"),
                low=cells.number("low"),
                high=cells.number("high"),
                claim=cells.text("claim"),
                volume_low=cells.thousandths("volume_low"),
                volume_high=cells.thousandths("volume_high"),
                season_from=cells.month_day("season_from"),
                season_to=cells.month_day("season_to"),
                is_for_women=cells.text("is_for_women") is not None,
            )
        )
    return tuple(found)


def rows_of(content: PriceContent, number: Callable[[Decimal], str]) -> dict[str, list[Row]]:
    """Return a content as the rows of the form, for copying and changing; `number` writes a number as people type it here."""

    def minor(value: int | None) -> str:
        return "" if not value else number(Decimal(value).scaleb(-2))

    def plain(value: Decimal | None) -> str:
        return "" if value is None else number(value)

    def whole(value: int | None) -> str:
        return "" if value is None else number(Decimal(value).scaleb(-3))

    def per_gram(value: int) -> str:
        return number(Decimal(value).scaleb(-5))

    return {
        "classes": [
            {"grade": one.grade, "colour": one.colour or "", "price": minor(one.price_minor)}
            for one in content.classes
        ],
        "composition": [
            {
                "parameter": one.parameter,
                "basis": one.basis.value,
                "rate": per_gram(one.rate_minor) if one.basis is Basis.GRAM else minor(one.rate_minor),
                "reference": plain(one.reference),
                "low": plain(one.low),
                "high": plain(one.high),
                "typical": plain(one.typical),
            }
            for one in content.composition
        ],
        "adjustments": [
            {
                "name": one.name,
                "effect": one.effect.value,
                "amount": minor(one.per_unit_minor),
                "percent": minor(one.basis_points),
                "parameter": one.parameter or "",
                "low": plain(one.low),
                "high": plain(one.high),
                "claim": one.claim or "",
                "volume_low": whole(one.volume_low),
                "volume_high": whole(one.volume_high),
                "season_from": month_day(one.season_from) if one.season_from else "",
                "season_to": month_day(one.season_to) if one.season_to else "",
                "is_for_women": "1" if one.is_for_women else "",
            }
            for one in content.adjustments
        ],
    }
