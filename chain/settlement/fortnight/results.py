"""What a fortnight comes to: records, explained amounts, blocks that reconcile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chain.core.i18n import N_
from chain.dues.rules import Taking
from chain.settlement.fortnight.facts import Explanation, Key, OtherIncome
from chain.settlement.fortnight.period import Period
from chain.settlement.lines import Item


class Payroll(StrEnum):
    """The four lists of a zone; the values are the blocks of a slip."""

    WEEKDAY = "weekday"
    SUNDAY = "sunday"
    EXCESS_WEEKDAY = "excess_weekday"
    EXCESS_SUNDAY = "excess_sunday"


PAYROLL_LABELS = {
    Payroll.WEEKDAY: N_("Milk, Monday to Saturday"),
    Payroll.SUNDAY: N_("Milk, Sundays"),
    Payroll.EXCESS_WEEKDAY: N_("Milk over the quota, Monday to Saturday"),
    Payroll.EXCESS_SUNDAY: N_("Milk over the quota, Sundays"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one charge or debt took from a record, and why so much."""

    taking: Taking
    explanation: Explanation


@dataclass(slots=True)
class Record:
    """One producer in one payroll of one zone."""

    zone: Key
    producer: Key
    payroll: Payroll
    quantity_ml: int
    #: per litre; null when two prices of the same payroll met
    price_minor: int | None
    milk_minor: int
    explanation: Explanation
    weighing_minor: int = 0
    reserve_minor: int = 0
    income_minor: int = 0
    weighing_explanation: Explanation | None = None
    reserve_explanation: Explanation | None = None
    taken: list[Taken] = field(default_factory=list)
    incomes: list[OtherIncome] = field(default_factory=list)
    #: premiums and penalties of the price scheme
    quality: list[Item] = field(default_factory=list)

    @property
    def quality_minor(self) -> int:
        """What premiums and penalties come to."""
        return sum(one.amount_minor for one in self.quality)

    @property
    def value_minor(self) -> int:
        """What the milk is worth, premiums and penalties included: percentages are of it."""
        return self.milk_minor + self.quality_minor

    @property
    def earned_minor(self) -> int:
        """C5: what deductions are taken from."""
        return self.value_minor + self.weighing_minor - self.reserve_minor

    @property
    def gross_minor(self) -> int:
        """What the milk cost the buyer of it: the debit of the books."""
        return self.value_minor + self.weighing_minor

    @property
    def taken_minor(self) -> int:
        """Everything that was taken."""
        return sum(one.taking.amount_minor for one in self.taken)

    @property
    def net_minor(self) -> int:
        """C10: what is paid out."""
        return self.earned_minor - self.taken_minor + self.income_minor


@dataclass(frozen=True, slots=True)
class Balance:
    """A movement before and after the fortnight; it moves when the run is accounted."""

    movement: Key
    producer: Key
    before_minor: int
    taken_minor: int

    @property
    def after_minor(self) -> int:
        """What the producer still owes."""
        return self.before_minor - self.taken_minor


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the summary: litres, what they came to, every deduction by its kind, and the net."""

    quantity_ml: int
    milk_minor: int
    quality_minor: int
    weighing_minor: int
    reserve_minor: int
    income_minor: int
    taken_minor: dict[str, int]
    net_minor: int

    @property
    def weighed_minor(self) -> int:
        """Milk with its premiums and penalties, and its weighing difference."""
        return self.milk_minor + self.quality_minor + self.weighing_minor

    @property
    def is_reconciled(self) -> bool:
        """Tell whether everything that was earned was taken or paid."""
        earned = self.weighed_minor + self.income_minor - self.reserve_minor
        return earned - sum(self.taken_minor.values()) == self.net_minor


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What was shared out over a zone."""

    zone: Key
    scale_ml: int
    normal_ml: int
    excess_ml: int
    weighing_minor: int
    reserve_minor: int
    #: group charges by name: asked for and taken
    group_minor: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: weekday milk that other settlements pay
    elsewhere_ml: int = 0

    @property
    def book_ml(self) -> int:
        """Weekday milk by the producers' book, whoever pays it."""
        return self.normal_ml + self.excess_ml + self.elsewhere_ml


@dataclass(frozen=True, slots=True)
class Fortnight:
    """Everything that a fortnight comes to, by producer code, zone code and payroll."""

    period: Period
    records: Sequence[Record]
    zones: Sequence[ZoneFacts]
    balances: Sequence[Balance]
    #: number of deliveries per producer
    deliveries: dict[Key, int]
    #: incomes whose producers brought no weekday milk: not paid in this fortnight
    waiting_incomes: Sequence[OtherIncome]
    reserve_ml: int
    #: what was withheld, by tax (C7)
    taxes_minor: dict[str, int]

    @property
    def net_minor(self) -> int:
        """What is paid out altogether."""
        return sum(record.net_minor for record in self.records)

    def of(self, payroll: Payroll) -> list[Record]:
        """Return the records of a payroll."""
        return [record for record in self.records if record.payroll is payroll]


def block_of(records: Iterable[Record]) -> Block:
    """Add records up."""
    quantity = milk = quality = weighing = reserve = income = net = 0
    taken: dict[str, int] = {}
    for record in records:
        quantity += record.quantity_ml
        milk += record.milk_minor
        quality += record.quality_minor
        weighing += record.weighing_minor
        reserve += record.reserve_minor
        income += record.income_minor
        net += record.net_minor
        for one in record.taken:
            kind = one.taking.kind.value
            taken[kind] = taken.get(kind, 0) + one.taking.amount_minor
    return Block(quantity, milk, quality, weighing, reserve, income, taken, net)


@dataclass(frozen=True, slots=True)
class Summary:
    """The blocks of a summary (3.8): fortnight, Sundays, milk over the quota, and all together."""

    weekday: Block
    sunday: Block
    excess_weekday: Block
    excess_sunday: Block
    total: Block

    @property
    def is_reconciled(self) -> bool:
        """Tell whether each block closes and the total is the sum of the nets; nothing is subtracted across blocks."""
        parts = (self.weekday, self.sunday, self.excess_weekday, self.excess_sunday)
        return (
            all(block.is_reconciled for block in (*parts, self.total))
            and sum(block.net_minor for block in parts) == self.total.net_minor
            and sum(block.quantity_ml for block in parts) == self.total.quantity_ml
        )


def summary_of(records: Sequence[Record]) -> Summary:
    """Return the blocks of some records: of a zone, or of all."""
    by_payroll: dict[Payroll, list[Record]] = {payroll: [] for payroll in Payroll}
    for record in records:
        by_payroll[record.payroll].append(record)
    blocks = {payroll: block_of(found) for payroll, found in by_payroll.items()}
    return Summary(
        weekday=blocks[Payroll.WEEKDAY],
        sunday=blocks[Payroll.SUNDAY],
        excess_weekday=blocks[Payroll.EXCESS_WEEKDAY],
        excess_sunday=blocks[Payroll.EXCESS_SUNDAY],
        total=block_of(records),
    )
