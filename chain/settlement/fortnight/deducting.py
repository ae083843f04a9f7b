"""What is taken from the weekday payrolls: order, cap at zero, carry (C6 to C10, D1 to D6).

`chain.dues.rules.take` does the same for a payment that is one amount, and a test holds the two together. Here one
producer may have several records, fees may differ by producer, and debts may reach the other payrolls.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chain.core.i18n import N_
from chain.core.money import amount_for, share_of
from chain.dues.rules import (
    DEFAULT_ORDER,
    RULE_ACCOUNTS,
    Basis,
    DueKind,
    DueRule,
    OpenMovement,
    Taking,
    tax_parts,
)
from chain.settlement.fortnight.arithmetic import prorated
from chain.settlement.fortnight.facts import Explanation, FortnightInput, Key, OtherIncome
from chain.settlement.fortnight.milk import by_code
from chain.settlement.fortnight.results import Balance, Payroll, Record, Taken
from chain.settlement.lines import explain

BANK_FEE = N_("Bank fee")
WHY_PERCENT = N_("%(share_bp)s of %(base_minor)s.")
WHY_WITHHELD = N_("%(share_bp)s of the milk's value of %(base_minor)s; no tax licence covers the fortnight.")
WHY_BANK_FEE = N_("Fees of the bank in this fortnight: %(wanted_minor)s.")
WHY_GROUP = N_("A charge of %(total_minor)s, shared by litres: %(own_ml)s of %(all_ml)s.")
WHY_PER_UNIT = N_("%(rate_minor)s for each of %(own_ml)s.")
WHY_FIXED = N_("A fixed amount of %(wanted_minor)s.")
WHY_DEBT = N_("Debt no. %(number)s of %(dated_on)s: %(wanted_minor)s were owed, %(left_minor)s stay owed.")

#: A charge that a record is asked for: order, tie-break, rule, amount, words.
Asked = tuple[int, str, DueRule | None, int, Explanation]


@dataclass(slots=True)
class Deducted:
    """What deducting brought besides the records' own lines."""

    balances: list[Balance] = field(default_factory=list)
    waiting_incomes: list[OtherIncome] = field(default_factory=list)
    #: by zone: charges of the zone by name, asked for and taken
    groups: dict[Key, dict[str, tuple[int, int]]] = field(default_factory=dict)
    taxes_minor: dict[str, int] = field(default_factory=dict)


def deduct(given: FortnightInput, records: Sequence[Record]) -> Deducted:
    """Take charges and debts from the records, add other income, and return the movements' balances."""
    weekday = [record for record in records if record.payroll is Payroll.WEEKDAY]
    first: dict[Key, Record] = {}
    for record in weekday:
        first.setdefault(record.producer, record)
    asked = _asked(given, weekday, first)
    left = {id(record): _takeable(given, record.earned_minor) for record in records}
    for record in weekday:
        for _, _, rule, amount, why in sorted(asked.get(id(record), ()), key=lambda one: one[:2]):
            taken = min(amount, left[id(record)])
            left[id(record)] -= taken
            record.taken.append(Taken(_by_rule(record.producer, rule, taken, amount - taken), why))
    found = Deducted(groups=_groups(given, weekday), taxes_minor=_taxes(given, weekday))
    found.waiting_incomes = _add_incomes(given, first)
    if given.choices.debts_reach_income:
        for record in first.values():
            left[id(record)] += _takeable(given, record.income_minor)
    found.balances = _take_debts(given, records, left)
    return found


def _takeable(given: FortnightInput, amount: int) -> int:
    """Return what may be taken of an amount without what the household keeps."""
    return amount - (given.cap.kept(amount) if given.cap else 0)


def _asked(
    given: FortnightInput, weekday: Sequence[Record], first: Mapping[Key, Record]
) -> dict[int, list[Asked]]:
    """Return what the charges ask of each record."""
    asked: dict[int, list[Asked]] = {}
    free = {one.producer for one in given.licences if one.covers(given.period)}
    for rule in given.rules:
        for record, amount, why in _by_basis(rule, weekday, first):
            is_free = rule.kind is DueKind.WITHHOLDING and record.producer in free
            if amount > 0 and not is_free:
                asked.setdefault(id(record), []).append((rule.order, str(rule.id), rule, amount, why))
    for producer, amount in _bank_fees(given).items():
        bearer = first.get(producer)
        if bearer is not None:
            why = explain(WHY_BANK_FEE, wanted_minor=amount)
            order = DEFAULT_ORDER[DueKind.BANK_FEE]
            asked.setdefault(id(bearer), []).append((order, "", None, amount, why))
    return asked


def _by_basis(
    rule: DueRule, weekday: Sequence[Record], first: Mapping[Key, Record]
) -> Iterable[tuple[Record, int, Explanation]]:
    """Return what a charge asks of each record that it concerns."""
    if rule.basis is Basis.SHARED:
        return _shared(rule, weekday)
    if rule.basis is Basis.FIXED:  # once per payment: the producer's first zone bears it
        why = explain(WHY_FIXED, wanted_minor=rule.value)
        return ((record, rule.value, why) for record in first.values())
    return ((record, *_rated(rule, record)) for record in weekday)


def _rated(rule: DueRule, record: Record) -> tuple[int, Explanation]:
    """C6, C9: percentages are of the milk's value, before weighing and reserve; rates are per litre within the quota."""
    if rule.basis is Basis.PER_UNIT:
        why = explain(WHY_PER_UNIT, rate_minor=rule.value, own_ml=record.quantity_ml)
        return amount_for(record.quantity_ml, rule.value), why
    words = WHY_WITHHELD if rule.kind is DueKind.WITHHOLDING else WHY_PERCENT
    why = explain(words, share_bp=rule.value, base_minor=record.value_minor)
    return share_of(record.value_minor, rule.value), why


def _bearers(rule: DueRule, weekday: Sequence[Record]) -> list[Record]:
    return [record for record in weekday if rule.zone_id is None or record.zone == rule.zone_id]


def _shared(rule: DueRule, weekday: Sequence[Record]) -> Iterable[tuple[Record, int, Explanation]]:
    """C8: what a zone owes, shared by weekday litres within the quota."""
    bearers = _bearers(rule, weekday)
    weights = [record.quantity_ml for record in bearers]
    whole = sum(weights)
    if whole:
        for record, part in zip(bearers, prorated(rule.value, weights), strict=True):
            why = explain(WHY_GROUP, total_minor=rule.value, own_ml=record.quantity_ml, all_ml=whole)
            yield record, part, why


def _bank_fees(given: FortnightInput) -> dict[Key, int]:
    """D2: a bank fee counts in the fortnight of its date."""
    fees: dict[Key, int] = {}
    for fee in given.bank_fees:
        if fee.dated_on in given.period:
            fees[fee.producer] = fees.get(fee.producer, 0) + fee.amount_minor
    return fees


def _by_rule(producer: Key, rule: DueRule | None, taken: int, dropped: int) -> Taking:
    if rule is None:
        kind = DueKind.BANK_FEE
        return Taking(producer, kind, BANK_FEE, taken, RULE_ACCOUNTS[kind], dropped_minor=dropped)
    return Taking(
        producer_id=producer,
        kind=rule.kind,
        name=rule.name,
        amount_minor=taken,
        account=rule.account,
        rule_id=rule.id,
        basis_points=rule.value if rule.basis is Basis.PERCENT_OF_GROSS else None,
        rate_minor=rule.value if rule.basis is Basis.PER_UNIT else None,
        decided_by=rule.decided_by,
        dropped_minor=dropped,
    )


def _groups(given: FortnightInput, weekday: Sequence[Record]) -> dict[Key, dict[str, tuple[int, int]]]:
    """Return what each zone was asked for together and what was taken; the rest is uncollected and not spread again."""
    taken: dict[tuple[Key, Key], int] = {}
    for record in weekday:
        for one in record.taken:
            if one.taking.rule_id is not None:
                place = (record.zone, one.taking.rule_id)
                taken[place] = taken.get(place, 0) + one.taking.amount_minor
    found: dict[Key, dict[str, tuple[int, int]]] = {}
    for rule in given.rules:
        if rule.basis is Basis.SHARED and rule.zone_id is not None:
            names = found.setdefault(rule.zone_id, {})
            asked, got = names.get(rule.name, (0, 0))
            names[rule.name] = (asked + rule.value, got + taken.get((rule.zone_id, rule.id), 0))
    return found


def _taxes(given: FortnightInput, weekday: Sequence[Record]) -> dict[str, int]:
    """C7: the shares of the taxes in what was withheld, for the books."""
    totals: dict[Key, int] = {}
    for record in weekday:
        for one in record.taken:
            if one.taking.kind is DueKind.WITHHOLDING and one.taking.rule_id is not None:
                rule_id = one.taking.rule_id
                totals[rule_id] = totals.get(rule_id, 0) + one.taking.amount_minor
    found: dict[str, int] = {}
    for rule in given.rules:
        parts = tax_parts(totals.get(rule.id, 0), rule.parts) if rule.kind is DueKind.WITHHOLDING else {}
        for name, amount in parts.items():
            found[name] = found.get(name, 0) + amount
    return found


def _add_incomes(given: FortnightInput, first: Mapping[Key, Record]) -> list[OtherIncome]:
    """D4: dated inside the fortnight, or open from an earlier one, into the producer's first weekday record; without one it waits."""
    waiting = []
    for income in sorted(given.incomes, key=lambda one: (one.dated_on, one.name, str(one.key))):
        is_late = income.is_open and income.dated_on < given.period.first
        if not is_late and income.dated_on not in given.period:
            continue
        bearer = first.get(income.producer)
        if bearer is None:
            waiting.append(income)
        else:
            bearer.income_minor += income.amount_minor
            bearer.incomes.append(income)
    return waiting


def _take_debts(given: FortnightInput, records: Sequence[Record], left: dict[int, int]) -> list[Balance]:
    """D1 (5), D3: debts up to the last day, oldest first, same day by number; what is not taken stays owed."""
    by_producer: dict[Key, list[Record]] = {}
    for record in records:
        if record.payroll is Payroll.WEEKDAY or given.choices.debts_reach_pure:
            by_producer.setdefault(record.producer, []).append(record)
    due = [one for one in given.movements if one.balance_minor > 0 and one.dated_on <= given.period.last]
    balances = []
    for debt in sorted(due, key=lambda one: (one.dated_on, one.number)):
        owed = debt.balance_minor
        for record in by_producer.get(debt.producer_id, ()):
            taken = min(owed, left[id(record)])
            if taken > 0:
                owed -= taken
                left[id(record)] -= taken
                record.taken.append(_for_debt(debt, owed, taken))
        balances.append(Balance(debt.id, debt.producer_id, debt.balance_minor, debt.balance_minor - owed))
    return balances


def _for_debt(debt: OpenMovement, left_minor: int, taken: int) -> Taken:
    why = explain(
        WHY_DEBT,
        number=debt.number,
        dated_on=debt.dated_on.isoformat(),
        wanted_minor=left_minor + taken,
        left_minor=left_minor,
    )
    taking = Taking(
        producer_id=debt.producer_id,
        kind=debt.kind,
        name=debt.name,
        amount_minor=taken,
        account=debt.account,
        movement_id=debt.id,
        decided_by=debt.decided_by,
        carried_minor=left_minor,
    )
    return Taken(taking, why)


def records_in_order(given: FortnightInput, records: Iterable[Record]) -> list[Record]:
    """Return records by payroll, zone code and producer code."""
    zones = {zone.key: rank for rank, zone in enumerate(sorted(given.zones.values(), key=by_code))}
    members = {one.key: rank for rank, one in enumerate(sorted(given.members.values(), key=by_code))}
    payrolls = {payroll: rank for rank, payroll in enumerate(Payroll)}
    return sorted(records, key=lambda one: (payrolls[one.payroll], zones[one.zone], members[one.producer]))
