"""The facts of a fortnight from a folder of CSV files, without a database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.dues.rules import (
    DEFAULT_CAP,
    DEFAULT_ORDER,
    RULE_ACCOUNTS,
    Basis,
    Cap,
    DueKind,
    DueRule,
    OpenMovement,
)
from chain.settlement.fortnight import folder_columns as columns
from chain.settlement.fortnight.facts import (
    BankFee,
    Choices,
    DayMilk,
    FortnightInput,
    Licence,
    OtherIncome,
    Prices,
    Quota,
    Reserve,
    ScaleReading,
    Withholding,
)
from chain.settlement.fortnight.folder_cells import (
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_YES_OR_NO,
    SAID_TWICE,
    Cells,
    open_sheet,
    parse_day,
    parse_number,
    same_word,
)
from chain.settlement.fortnight.folder_quality import (
    PriceRow,
    composition_of,
    quality_of_folder,
    read_analyses,
    read_premiums,
    shift_of,
)
from chain.settlement.fortnight.folder_reading import FolderReading
from chain.settlement.fortnight.period import Period

#: The plant's usual quota, where a quota row names no litres.
DEFAULT_QUOTA_ML = 80_000
LITRE_PLACES, MONEY_PLACES, FRACTION_PLACES, PERCENT_PLACES = 3, 2, 6, 2
MAX_NAMED = 200

UNKNOWN_KIND = N_("“%(value)s” is not a kind of movement. Known are: %(kinds)s.")
UNKNOWN_SETTING = N_("“%(value)s” is not a setting. Known are: %(names)s.")
LAST_BEFORE_FIRST = N_("The last day lies before the first.")
NO_DELIVERY = N_("A delivery of nothing: leave the row out, or write its litres.")
BALANCE_ABOVE = N_("The balance is above the amount.")
FROM_SETTINGS = N_("settings of the folder")

SETTINGS = (
    "it_percent",
    "iue_percent",
    "ga_per_litre",
    "keep_percent",
    "debts_reach_sundays",
    "debts_reach_income",
    "holidays",
)


@dataclass(slots=True)
class Folder:
    """What was read, and what could not be."""

    given: FortnightInput
    problems: list[Message]
    #: rates of IT and IUE were given, even if they are zero
    has_rates: bool
    #: deliveries of other days than the fortnight's
    outside: int
    #: analyses were read, and no price looks at them
    has_idle_analyses: bool = False


def read_folder(folder: Path, period: Period, each: Callable[[Iterable[Any], int], Iterable[Any]]) -> Folder:
    """Read the files; `each` may show the progress over them.

    Raises:
        UnusableFile: a needed file or column is missing, or a file cannot be read at all.
    """
    reading = FolderReading(period)
    for sheet, take in each(list(_READERS.items()), len(_READERS)):
        _, rows = open_sheet(folder, _SHEETS[sheet], reading.problems)
        take(reading, rows)
    facts = reading.facts
    rules, has_rates = _rules(reading)
    given = FortnightInput(
        period=period,
        members={member.key: member for member in reading.members.values()},
        zones={zone.key: zone for zone in reading.zones.values()},
        milk=facts.get("milk", []),
        readings=facts.get("readings", []),
        prices=facts.get("prices", []),
        quotas=facts.get("quotas", []),
        licences=facts.get("licences", []),
        reserves=facts.get("reserves", []),
        rules=[*rules, *facts.get("rules", [])],
        withholding=Withholding.SET if has_rates else Withholding.NONE,
        movements=facts.get("movements", []),
        bank_fees=facts.get("bank_fees", []),
        incomes=facts.get("incomes", []),
        cap=Cap(reading.settings["keep_percent"]) if "keep_percent" in reading.settings else DEFAULT_CAP,
        choices=Choices(
            holidays=frozenset(reading.settings.get("holidays", ())),
            debts_reach_pure=reading.settings.get("debts_reach_sundays", False),
            debts_reach_income=reading.settings.get("debts_reach_income", False),
        ),
    )
    given = replace(given, quality=quality_of_folder(reading, given))
    is_idle = bool(facts.get("analyses")) and not given.quality
    return Folder(given, reading.problems.listed, has_rates, reading.outside, is_idle)


def _deliveries(reading: FolderReading, rows: Iterable[Cells]) -> None:
    days: dict[str, date | None] = {}
    shifts: dict[str, str] = {}
    milk, of_milk = reading.facts.setdefault("milk", []), reading.facts.setdefault("shifts", [])
    for row in rows:
        text = row.text("date")
        day = days.get(text)
        if day is None:
            day = days[text] = row.day("date")
        producer = row.needed("producer")
        quantity = row.number("litres", LITRE_PLACES)
        if quantity == 0:
            row.refuse("litres", NO_DELIVERY)
        elif day and producer and quantity:
            if day not in reading.period:
                reading.outside += 1
                continue
            key = reading.member(producer, row.text("name"))
            milk.append(DayMilk(reading.zone(row), key, day, quantity))
            word = row.text("shift")
            if word not in shifts:
                shifts[word] = shift_of(word)
            of_milk.append(shifts[word])


def _weighings(reading: FolderReading, rows: Iterable[Cells]) -> None:
    seen: dict[tuple[UUID, date], int] = {}
    for row in rows:
        day, quantity = row.day("date"), row.number("litres", LITRE_PLACES)
        if day is None or quantity is None or day not in reading.period:
            continue
        zone = reading.zone(row)
        if (zone, day) in seen:
            row.refuse("date", SAID_TWICE, line=seen[zone, day])
            continue
        seen[zone, day] = row.line
        reading.keep("readings", ScaleReading(zone, day, quantity))


def _span(row: Cells) -> tuple[date, date] | None:
    first, last = row.day("from"), row.day("to")
    if first is None or last is None:
        return None
    if last < first:
        row.refuse("to", LAST_BEFORE_FIRST)
        return None
    return first, last


def _prices(reading: FolderReading, rows: Iterable[Cells]) -> None:
    for row in rows:
        span = _span(row)
        four = [
            row.number(word, MONEY_PLACES)
            for word in ("weekday", "sunday", "excess_weekday", "excess_sunday")
        ]
        is_enabled = row.flag("enabled", default=True)
        composition = composition_of(row)
        known = [one for one in four if one is not None]
        if span and len(known) == len(four):
            weekday, sunday, excess_weekday, excess_sunday = known
            prices = Prices(weekday, sunday, excess_weekday, excess_sunday, *span, is_enabled)
            reading.keep("prices", prices)
            reading.keep("price_rows", PriceRow(prices, composition, row))


def _quotas(reading: FolderReading, rows: Iterable[Cells]) -> None:
    for row in rows:
        span, producer = _span(row), row.needed("producer")
        litres = row.number("litres_per_day", LITRE_PLACES, default=DEFAULT_QUOTA_ML)
        weekday = row.number("override_weekday", MONEY_PLACES, default=0)
        sunday = row.number("override_sunday", MONEY_PLACES, default=0)
        is_enabled = row.flag("enabled", default=True)
        if span and producer and litres is not None and weekday is not None and sunday is not None:
            key = reading.member(producer)
            reading.keep("quotas", Quota(key, litres, *span, weekday, sunday, is_enabled))


def _licences(reading: FolderReading, rows: Iterable[Cells]) -> None:
    for row in rows:
        producer = row.needed("producer")
        first, last = row.day("from", is_needed=False), row.day("to", is_needed=False)
        if producer:  # a licence without its number or dates frees nobody, and is no fault
            reading.keep("licences", Licence(reading.member(producer), row.text("number"), first, last))


def _reserve(reading: FolderReading, rows: Iterable[Cells]) -> None:
    for row in rows:
        first, last = row.day("from"), row.day("to", is_needed=False)
        fraction = row.number("fraction", FRACTION_PLACES)
        if first and fraction is not None:
            reading.keep("reserves", Reserve(fraction, first, last))


def _movements(reading: FolderReading, rows: Iterable[Cells]) -> None:
    seen: dict[int, int] = {}
    for row in rows:
        word, day = same_word(row.text("kind")), row.day("date")
        amount = row.number("amount", MONEY_PLACES)
        if day is None or amount is None:
            continue
        if word in columns.GROUP_WORDS:
            _group_charge(reading, row, day, amount)
        elif word in columns.BANK_FEE_WORDS or word in columns.INCOME_WORDS:
            _one_off(reading, row, word, day, amount)
        elif word in columns.KIND_WORDS:
            _debt(reading, row, columns.KIND_WORDS[word], day, amount, seen)
        else:
            kinds = ", ".join([*columns.KIND_WORDS, "bank_fee", "group", "other_income"])
            row.refuse("kind", UNKNOWN_KIND, value=word[:40], kinds=kinds)


def _group_charge(reading: FolderReading, row: Cells, day: date, amount: int) -> None:
    if amount and day in reading.period:
        rule_id = UUID(int=(2 << 64) + row.line)
        name = row.text("name")[:MAX_NAMED] or "alcohol"
        zone_id = reading.zone(row)
        reading.keep("rules", _rule(rule_id, DueKind.GROUP, Basis.SHARED, amount, name, zone_id))


def _one_off(reading: FolderReading, row: Cells, word: str, day: date, amount: int) -> None:
    producer = row.needed("producer")
    if not producer:
        return
    key = reading.member(producer)
    if word in columns.BANK_FEE_WORDS:
        reading.keep("bank_fees", BankFee(key, day, amount))
    else:
        name = row.text("name")[:MAX_NAMED] or word
        reading.keep("incomes", OtherIncome(UUID(int=(3 << 64) + row.line), key, day, amount, name))


def _debt(  # noqa: PLR0917 - private; one row's cells
    reading: FolderReading, row: Cells, kind: DueKind, day: date, amount: int, seen: dict[int, int]
) -> None:
    producer = row.needed("producer")
    number = row.number("number", 0, default=row.line)
    balance = row.number("balance", MONEY_PLACES, default=amount)
    if not producer or number is None or balance is None:
        return
    if number in seen:
        row.refuse("number", SAID_TWICE, line=seen[number])
    elif balance > amount:
        row.refuse("balance", BALANCE_ABOVE)
    else:
        seen[number] = row.line
        name = row.text("name")[:MAX_NAMED] or kind.value
        key = UUID(int=(4 << 64) + row.line)
        debt = OpenMovement(key, number, kind, name, day, reading.member(producer), balance)
        reading.keep("movements", debt)


def _settings(reading: FolderReading, rows: Iterable[Cells]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        name, value = same_word(row.text("name")), row.text("value")
        if name not in SETTINGS:
            row.refuse("name", UNKNOWN_SETTING, value=name[:40], names=", ".join(SETTINGS))
        elif seen.setdefault(name, row.line) != row.line:
            row.refuse("name", SAID_TWICE, line=seen[name])
        elif name == "holidays":
            _holidays(reading, row, value)
        elif name.startswith("debts_"):
            word = same_word(value)
            if word not in columns.YES | columns.NO:
                row.refuse("value", NOT_YES_OR_NO, value=value[:40])
            reading.settings[name] = word in columns.YES
        else:
            found = parse_number(value, PERCENT_PLACES)
            if found is None or found < 0:
                row.refuse("value", NOT_A_NUMBER, value=value[:40], places=PERCENT_PLACES)
            else:
                reading.settings[name] = found


def _holidays(reading: FolderReading, row: Cells, value: str) -> None:
    days = []
    for text in value.replace(";", " ").replace(",", " ").split():
        day = parse_day(text)
        if day is None:
            row.refuse("value", NOT_A_DATE, value=text[:40])
        else:
            days.append(day)
    reading.settings["holidays"] = days


def _rules(reading: FolderReading) -> tuple[list[DueRule], bool]:
    """Return withholding and GA as the settings say."""
    settings = reading.settings
    parts = tuple(
        (name, settings.get(setting, 0)) for name, setting in (("IT", "it_percent"), ("IUE", "iue_percent"))
    )
    total = sum(rate for _, rate in parts)
    rules = []
    if total:
        rule_id = UUID(int=5 << 64)
        rules.append(
            _rule(rule_id, DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, total, "IT + IUE", parts=parts)
        )
    if settings.get("ga_per_litre"):
        rules.append(_rule(UUID(int=6 << 64), DueKind.GA, Basis.PER_UNIT, settings["ga_per_litre"], "GA"))
    return rules, "it_percent" in settings or "iue_percent" in settings


def _rule(  # noqa: PLR0917 - private; what differs between the rules of a folder
    rule_id: UUID,
    kind: DueKind,
    basis: Basis,
    value: int,
    name: str,
    zone_id: UUID | None = None,
    parts: tuple[tuple[str, int], ...] = (),
) -> DueRule:
    return DueRule(
        id=rule_id,
        name=name,
        kind=kind,
        basis=basis,
        value=value,
        order=DEFAULT_ORDER[kind],
        account=RULE_ACCOUNTS[kind],
        decided_by=FROM_SETTINGS,
        parts=parts,
        zone_id=zone_id,
    )


_READERS: dict[str, Callable[[FolderReading, Iterable[Cells]], None]] = {
    "deliveries": _deliveries,
    "weighings": _weighings,
    "prices": _prices,
    "quotas": _quotas,
    "licences": _licences,
    "movements": _movements,
    "reserve": _reserve,
    "settings": _settings,
    "analyses": read_analyses,
    "premiums": read_premiums,
}
_SHEETS = dict(zip(_READERS, columns.SHEETS, strict=True))
