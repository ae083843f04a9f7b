"""Composition, premiums and penalties of a folder: analyses, what the prices say of them, and what they make of each delivery.

The prices are those of the books (`chain.pricing.rules`), with the same checks and the same rule on missing analyses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from chain.core.errors import ValidationFailed
from chain.core.i18n import N_
from chain.laboratory.attributes import ATTRIBUTES, NotMeasurable, read_measured
from chain.pricing.rules import DeliveryFacts, PriceContent, Result, SchemeSpan
from chain.pricing.rules.checks import check_content
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    Composition,
    DayPrices,
    Effect,
    PayUnit,
    SchemeKind,
)
from chain.pricing.rules.results import MAX_DAYS_BACK
from chain.settlement.fortnight import folder_columns as columns
from chain.settlement.fortnight.checks import price_of
from chain.settlement.fortnight.facts import FortnightInput, Prices, Quality
from chain.settlement.fortnight.folder_cells import EMPTY, SAID_TWICE, Cells, same_word
from chain.settlement.fortnight.folder_reading import FolderReading
from chain.settlement.fortnight.quality import priced_quality

RAW_MILK = "raw-milk"
MONEY_PLACES, PERCENT_PLACES, LITRE_PLACES, RESULT_PLACES = 2, 2, 3, 4
MAX_LABEL = 60

NO_RESULT = N_("No result stands in this line.")
NO_DELIVERY_THEN = N_("The producer brought no milk then: check day and shift.")
UNKNOWN_PREMIUM = N_("“%(value)s” is neither a premium nor a penalty.")
UNKNOWN_RESULT = N_("“%(value)s” is nothing that premiums look at. Known are: %(names)s.")
#: What a field of a price list is called in the files.
PREMIUM_COLUMNS = {"parameter": "result", "volume_low": "litres_low", "volume_high": "litres_high"}
BASE_COLUMNS = {"base": "weekday"}


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A row of prices.csv with what it says of composition."""

    prices: Prices
    composition: tuple[Composition, ...]
    row: Cells


@dataclass(frozen=True, slots=True)
class PremiumRow:
    """A row of premiums.csv and the days on which it counts."""

    adjustment: Adjustment
    first: date | None
    last: date | None
    row: Cells


@dataclass(frozen=True, slots=True)
class Analysis:
    """The results of one producer on a day; without a shift they are of all the day's milk."""

    producer: UUID
    day: date
    shift: str
    results: Mapping[str, str]
    row: Cells


def shift_of(text: str) -> str:
    """Return a shift as the books know it, am or pm; another word stays as it is."""
    word = same_word(text)
    return columns.SHIFT_WORDS.get(word, word)


def composition_of(row: Cells) -> tuple[Composition, ...]:
    """Return what a row of prices pays by the point of fat, protein and solids."""
    found = []
    for key, (word, *_) in columns.CONSTITUENTS.items():
        parts = {part: f"{word}_{part}" for part in ("reference", "low", "high", "typical")}
        point = f"{word}_point"
        if not row.text(point):
            if any(row.text(column) for column in parts.values()):
                row.refuse(point, EMPTY)
            continue
        rate = row.number(point, MONEY_PLACES)
        values = {part: _decimal(row, column) for part, column in parts.items()}
        if rate is not None:
            found.append(Composition(parameter=key, basis=Basis.POINT, rate_minor=rate, **values))
    return tuple(found)


def _decimal(row: Cells, column: str) -> Decimal | None:
    """Return a number that may be missing."""
    found = row.number(column, RESULT_PLACES) if row.text(column) else None
    return None if found is None else Decimal(found).scaleb(-RESULT_PLACES).normalize()


def _whole(row: Cells, column: str, places: int) -> int | None:
    return row.number(column, places) if row.text(column) else None


def read_analyses(reading: FolderReading, rows: Iterable[Cells]) -> None:
    """Read what the laboratory found; days before the fortnight serve producers without an analysis of their own."""
    seen: dict[tuple[UUID, date, str], int] = {}
    for row in rows:
        producer, day = row.needed("producer"), row.day("date")
        results = {key: text for key in columns.RESULTS if (text := _result(row, key)) is not None}
        if not producer or day is None:
            continue
        if not any(row.text(key) for key in columns.RESULTS):
            row.refuse("*", NO_RESULT)
        if day > reading.period.last:
            continue
        place = (reading.member(producer), day, shift_of(row.text("shift")))
        if seen.setdefault(place, row.line) != row.line:
            row.refuse("date", SAID_TWICE, line=seen[place])
        elif results:
            reading.keep("analyses", Analysis(*place, results, row))


def _result(row: Cells, key: str) -> str | None:
    text = row.text(key)
    if not text:
        return None
    try:
        return read_measured(ATTRIBUTES[key], text)
    except NotMeasurable as refused:
        row.refuse_as(key, refused.message)
        return None


def read_premiums(reading: FolderReading, rows: Iterable[Cells]) -> None:
    """Read premiums and penalties; rows of one name are a ladder, of which the first that fits counts."""
    names = {word: key for key, words in columns.RESULTS.items() for word in words}
    for row in rows:
        name, kind, result = row.needed("name"), same_word(row.text("kind")), same_word(row.text("result"))
        if kind not in columns.PREMIUM_WORDS | columns.PENALTY_WORDS:
            row.refuse("kind", UNKNOWN_PREMIUM, value=kind[:40])
        elif result and result not in names:
            row.refuse("result", UNKNOWN_RESULT, value=result[:40], names=", ".join(columns.RESULTS))
        elif name:
            adjustment = Adjustment(
                name=name[:MAX_LABEL],
                effect=Effect.PREMIUM if kind in columns.PREMIUM_WORDS else Effect.PENALTY,
                per_unit_minor=row.number("amount", MONEY_PLACES, default=0) or 0,
                basis_points=row.number("percent", PERCENT_PLACES, default=0) or 0,
                parameter=names.get(result),
                low=_decimal(row, "low"),
                high=_decimal(row, "high"),
                volume_low=_whole(row, "litres_low", LITRE_PLACES),
                volume_high=_whole(row, "litres_high", LITRE_PLACES),
            )
            first, last = row.day("from", is_needed=False), row.day("to", is_needed=False)
            reading.keep("premiums", PremiumRow(adjustment, first, last, row))


def quality_of_folder(reading: FolderReading, given: FortnightInput) -> list[Quality]:
    """Return premiums and penalties of the fortnight by the price row that serves it; cells that cannot be used are noted."""
    deliveries = _deliveries(reading)
    prices = price_of(given)
    found = next((one for one in reading.facts.get("price_rows", ()) if one.prices is prices), None)
    premiums = [one for one in reading.facts.get("premiums", ()) if _serves(one, given)]
    if found is None or not deliveries or not (found.composition or premiums):
        return []
    content = _content(found, premiums)
    _check(reading, content, found, premiums)
    if reading.problems.listed:
        return []
    none = UUID(int=0)
    span = SchemeSpan(
        version_id=none,
        scheme_id=none,
        key="prices",
        name=found.row.file,
        number=found.row.line,
        currency="",
        valid_from=found.prices.first,
        valid_to=found.prices.last,
        content=content,
    )
    return priced_quality(
        span,
        deliveries,
        _history(reading, min(one.delivered_on for one in deliveries)),
        period=given.period,
        quotas=given.quotas,
        holidays=given.choices.holidays,
    )


def _serves(one: PremiumRow, given: FortnightInput) -> bool:
    """As a price, a premium serves a fortnight only if it counts on all its days."""
    return (one.first or date.min) <= given.period.first and given.period.last <= (one.last or date.max)


def _content(found: PriceRow, premiums: Iterable[PremiumRow]) -> PriceContent:
    prices = found.prices
    return PriceContent(
        kind=SchemeKind.MILK,
        unit=PayUnit.LITRE,
        base_minor=prices.weekday_minor,
        days=DayPrices(
            sunday_minor=prices.sunday_minor,
            excess_weekday_minor=prices.excess_weekday_minor,
            excess_sunday_minor=prices.excess_sunday_minor,
        ),
        composition=found.composition,
        adjustments=tuple(one.adjustment for one in premiums),
    )


def _check(
    reading: FolderReading, content: PriceContent, found: PriceRow, premiums: list[PremiumRow]
) -> None:
    """Note, at its cell, whatever a price list of the books could not say either."""
    try:
        check_content(content, RAW_MILK, None)
    except ValidationFailed as refused:
        for field, messages in refused.errors.items():
            row, column = _cell(field, content, found, premiums)
            for message in messages:
                reading.problems.add_message(row.file, row.line, column, message)


def _cell(
    field: str, content: PriceContent, found: PriceRow, premiums: list[PremiumRow]
) -> tuple[Cells, str]:
    part, _, rest = field.partition(".")
    place, _, name = rest.partition(".")
    if part == "composition":
        word = columns.CONSTITUENTS[content.composition[int(place)].parameter][0]
        return found.row, f"{word}_{'point' if name == 'rate' else name}"
    if part == "adjustments" and place:
        return premiums[int(place)].row, PREMIUM_COLUMNS.get(name, name)
    return found.row, BASE_COLUMNS.get(part, part)


def _deliveries(reading: FolderReading) -> list[DeliveryFacts]:
    """Return the deliveries with their own results; an analysis of a day or shift without milk is a slip of the pen."""
    milk, shifts = reading.facts.get("milk", []), reading.facts.get("shifts", [])
    analyses = {(one.producer, one.day, one.shift): one for one in reading.facts.get("analyses", ())}
    brought: set[tuple[UUID, date, str]] = set()
    found = []
    for number, (one, shift) in enumerate(zip(milk, shifts, strict=True), 1):
        lot_id, results = UUID(int=(7 << 64) + number), dict[str, Any]()
        if analyses:
            for place in ((one.producer, one.day, ""), (one.producer, one.day, shift)):
                brought.add(place)
                if place in analyses:
                    results |= analyses[place].results
        found.append(
            DeliveryFacts(
                lot_id,
                lot_id,
                one.producer,
                one.day,
                one.quantity_ml,
                "ml",
                str(one.zone),
                RAW_MILK,
                attributes=results,
                shift=shift or None,
            )
        )
    for place, analysis in () if reading.problems.listed else analyses.items():
        if analysis.day >= reading.period.first and place not in brought:
            analysis.row.refuse("date", NO_DELIVERY_THEN)
    return found


def _history(reading: FolderReading, first: date) -> list[Result]:
    """Return what producers had before their first delivery of the fortnight, a year back."""
    since = first - timedelta(days=MAX_DAYS_BACK)
    return [
        Result(one.producer, key, one.day, Decimal(text))
        for one in reading.facts.get("analyses", ())
        if since <= one.day < first
        for key, text in one.results.items()
    ]
