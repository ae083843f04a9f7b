"""What is taken from the weekday payrolls: order, cap at zero, carry (C6 to C10, D1 to D6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.settlement.fortnight.arithmetic import part_ppm, prorated, rounded, value_minor
from chain.settlement.fortnight.facts import (
    Basis,
    Charge,
    ChargeKind,
    Explanation,
    FortnightInput,
    Key,
    Movement,
    OtherIncome,
    Rates,
    explain,
)
from chain.settlement.fortnight.milk import by_code
from chain.settlement.fortnight.results import Balance, Payroll, Record, Taken

WITHHOLDING = N_("Withholding (IT and IUE)")
BANK_FEE = N_("Bank fee")
WHY_WITHHELD = N_("%(share_ppm)s of the milk's value of %(milk_minor)s; no tax licence covers the fortnight.")
WHY_BANK_FEE = N_("Fee of the bank in this fortnight: %(wanted_minor)s.")
WHY_GROUP = N_("Charge of the zone of %(total_minor)s, shared by litres: %(own_ml)s of %(all_ml)s.")
WHY_PERCENT = N_("%(share_ppm)s of %(gross_minor)s.")
WHY_PER_UNIT = N_("%(rate_minor)s for each of %(own_ml)s.")
WHY_FIXED = N_("A fixed amount of %(wanted_minor)s.")
WHY_DEBT = N_("Debt no. %(number)s of %(dated_on)s: %(wanted_minor)s were owed, %(left_minor)s stay owed.")

#: Charges of the same kind are taken in this order (D1).
STAGES = (ChargeKind.WITHHOLDING, ChargeKind.BANK_FEE, ChargeKind.GA, ChargeKind.GROUP, ChargeKind.FEE)
STAGE_RANK = {kind: rank for rank, kind in enumerate(STAGES)}


@dataclass(slots=True)
class Wanted:
    """What a charge asks of a record."""

    kind: ChargeKind
    word: str
    name: str
    amount_minor: int
    key: Key | None
    explanation: Explanation


@dataclass(slots=True)
class Deducted:
    """What deducting brought besides the records' own lines."""

    balances: list[Balance] = field(default_factory=list)
    waiting_incomes: list[OtherIncome] = field(default_factory=list)
    #: by zone: group charges by name, asked for and taken
    groups: dict[Key, dict[str, tuple[int, int]]] = field(default_factory=dict)


def deduct(given: FortnightInput, rates: Rates, records: Sequence[Record]) -> Deducted:
    """Take charges and debts from the records, add other income, and return the movements' balances."""
    found = Deducted()
    weekday = [record for record in records if record.payroll is Payroll.WEEKDAY]
    wanted: dict[int, list[Wanted]] = {id(record): [] for record in weekday}
    for record, one in _withholdings(given, rates, weekday):
        wanted[id(record)].append(one)
    for record, one in _bank_fees(given, weekday):
        wanted[id(record)].append(one)
    for record, one in _group_parts(given, weekday, found):
        wanted[id(record)].append(one)
    for record in weekday:
        asked = [*wanted[id(record)], *_rules(given.charges, record)]
        asked.sort(key=lambda one: STAGE_RANK[one.kind])
        for one in asked:
            _take(record, one)
    _count_groups(weekday, found)
    found.waiting_incomes = _add_incomes(given, weekday)
    _take_debts(given, records, found)
    return found


def _take(record: Record, one: Wanted) -> None:
    """D1, D2: at most what is available; the rest is dropped and shown."""
    if one.amount_minor <= 0:
        return
    taken = min(one.amount_minor, record.earned_minor - record.taken_minor)
    record.taken.append(
        Taken(one.kind, one.word, one.name, one.amount_minor, taken, one.key, one.explanation)
    )


def _withholdings(
    given: FortnightInput, rates: Rates, records: Iterable[Record]
) -> Iterable[tuple[Record, Wanted]]:
    """C6: a rate of the milk's value, before weighing and reserve; a licence over the whole fortnight frees."""
    free = {one.producer for one in given.licences if one.covers(given.period)}
    for record in records:
        amount = part_ppm(record.milk_minor, rates.total_ppm)
        if record.producer not in free and amount:
            why = explain(WHY_WITHHELD, share_ppm=rates.total_ppm, milk_minor=record.milk_minor)
            kind = ChargeKind.WITHHOLDING
            yield record, Wanted(kind, kind.value, WITHHOLDING, amount, None, why)


def _bank_fees(given: FortnightInput, records: Iterable[Record]) -> Iterable[tuple[Record, Wanted]]:
    fees: dict[Key, int] = {}
    for fee in given.bank_fees:
        if fee.dated_on in given.period:
            fees[fee.producer] = fees.get(fee.producer, 0) + fee.amount_minor
    for record in records:  # the first zone of a producer bears it
        amount = fees.pop(record.producer, 0)
        if amount:
            why = explain(WHY_BANK_FEE, wanted_minor=amount)
            kind = ChargeKind.BANK_FEE
            yield record, Wanted(kind, kind.value, BANK_FEE, amount, None, why)


def _group_parts(
    given: FortnightInput, records: Sequence[Record], found: Deducted
) -> Iterable[tuple[Record, Wanted]]:
    """C8: what a zone owes, shared by weekday litres within the quota; charges of one name are shared as one."""
    totals: dict[Key, dict[str, int]] = {}
    for charge in given.group_charges:
        if charge.dated_on in given.period:
            names = totals.setdefault(charge.zone, {})
            names[charge.name] = names.get(charge.name, 0) + charge.amount_minor
    for zone, names in totals.items():
        found.groups[zone] = {name: (total, 0) for name, total in sorted(names.items())}
        bearers = [record for record in records if record.zone == zone]
        weights = [record.quantity_ml for record in bearers]
        whole = sum(weights)
        for name, total in sorted(names.items()):
            if not whole:
                continue
            for record, part in zip(bearers, prorated(total, weights), strict=True):
                why = explain(WHY_GROUP, total_minor=total, own_ml=record.quantity_ml, all_ml=whole)
                kind = ChargeKind.GROUP
                yield record, Wanted(kind, kind.value, name, part, None, why)


def _count_groups(records: Iterable[Record], found: Deducted) -> None:
    for record in records:
        for one in record.taken:
            if one.kind is ChargeKind.GROUP:
                asked, taken = found.groups[record.zone][one.name]
                found.groups[record.zone][one.name] = (asked, taken + one.taken_minor)


def _rules(charges: Sequence[Charge], record: Record) -> Iterable[Wanted]:
    for charge in sorted(charges, key=lambda one: (one.order, one.name, str(one.key))):
        amount, why = _AMOUNTS[charge.basis](charge, record)
        yield Wanted(charge.kind, charge.kind.value, charge.name, amount, charge.key, why)


def _percent(charge: Charge, record: Record) -> tuple[int, Explanation]:
    amount = part_ppm(record.gross_minor, charge.value)
    return amount, explain(WHY_PERCENT, share_ppm=charge.value, gross_minor=record.gross_minor)


def _per_unit(charge: Charge, record: Record) -> tuple[int, Explanation]:
    amount = value_minor(record.quantity_ml, charge.value)
    return amount, explain(WHY_PER_UNIT, rate_minor=charge.value, own_ml=record.quantity_ml)


def _fixed(charge: Charge, record: Record) -> tuple[int, Explanation]:
    del record
    return charge.value, explain(WHY_FIXED, wanted_minor=charge.value)


_AMOUNTS: Mapping[Basis, Callable[[Charge, Record], tuple[int, Explanation]]] = {
    Basis.PERCENT_OF_GROSS: _percent,
    Basis.PER_UNIT: _per_unit,
    Basis.FIXED: _fixed,
}


def _add_incomes(given: FortnightInput, records: Iterable[Record]) -> list[OtherIncome]:
    """D4: dated inside the fortnight, into the producer's first weekday record; without one it waits."""
    first: dict[Key, Record] = {}
    for record in records:
        first.setdefault(record.producer, record)
    waiting = []
    for income in sorted(given.incomes, key=lambda one: (one.dated_on, one.name, str(one.key))):
        if income.dated_on not in given.period:
            continue
        bearer = first.get(income.producer)
        if bearer is None:
            waiting.append(income)
        else:
            bearer.income_minor += income.amount_minor
            bearer.incomes.append(income)
    return waiting


def _take_debts(given: FortnightInput, records: Sequence[Record], found: Deducted) -> None:
    """D1 (5), D3: movements up to the last day, oldest first, same day by number; what is not taken stays owed."""
    choices = given.choices
    by_producer: dict[Key, list[Record]] = {}
    for record in records:
        if record.payroll is Payroll.WEEKDAY or choices.debts_reach_pure:
            by_producer.setdefault(record.producer, []).append(record)
    due = [one for one in given.movements if one.balance_minor > 0 and one.dated_on <= given.period.last]
    for movement in sorted(due, key=lambda one: (one.dated_on, one.number, str(one.key))):
        left = movement.balance_minor
        for record in by_producer.get(movement.producer, ()):
            taken = min(left, _open_to_debts(given, record))
            if taken > 0:
                left -= taken
                record.taken.append(_taken_debt(movement, left + taken, taken))
            if not left:
                break
        found.balances.append(
            Balance(movement.key, movement.producer, movement.balance_minor, movement.balance_minor - left)
        )


def _open_to_debts(given: FortnightInput, record: Record) -> int:
    """Return what debts may still take from a record, without the part that is left to the household."""
    choices = given.choices
    kept = -rounded(-record.earned_minor * choices.keep_basis_points, BASIS_POINTS)
    income = record.income_minor if choices.debts_reach_income else 0
    return record.earned_minor + income - record.taken_minor - kept


def _taken_debt(movement: Movement, owed: int, taken: int) -> Taken:
    why = explain(
        WHY_DEBT,
        number=movement.number,
        dated_on=movement.dated_on.isoformat(),
        wanted_minor=owed,
        left_minor=owed - taken,
    )
    name = movement.name or movement.kind
    return Taken(ChargeKind.MOVEMENT, movement.kind, name, owed, taken, movement.key, why)


def records_in_order(given: FortnightInput, records: Iterable[Record]) -> list[Record]:
    """Return records by payroll, zone code and producer code."""
    zones = {zone.key: rank for rank, zone in enumerate(sorted(given.zones.values(), key=by_code))}
    members = {one.key: rank for rank, one in enumerate(sorted(given.members.values(), key=by_code))}
    payrolls = {payroll: rank for rank, payroll in enumerate(Payroll)}
    return sorted(records, key=lambda one: (payrolls[one.payroll], zones[one.zone], members[one.producer]))
