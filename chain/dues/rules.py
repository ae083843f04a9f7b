"""What is taken off a payment, pure: kinds, order, the cap that leaves something to the household, and `take`.

Source of order and carry: rules D1 to D6 of a dairy's fortnight (docs/deductions.md holds the worked tables).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS, amount_for, share_of, split_largest_remainder
from chain.dues.errors import DeductionsAboveGross
from chain.ledger.rules import AccountCode

MAX_NAME = 200
#: The largest single amount: ten million of a currency.
MAX_AMOUNT_MINOR = 1_000_000_000
#: No charge per kilogram or litre is above 1,000 of any currency.
MAX_RATE_MINOR = 100_000
MAX_ORDER = 999
#: What a household keeps of each payment until its assembly decides otherwise: a fifth.
DEFAULT_LEFT_BASIS_POINTS = 2_000


class Basis(StrEnum):
    """What a rule's value is counted in."""

    #: hundredths of a percent of the amount earned
    PERCENT_OF_GROSS = "percent_of_gross"
    #: minor units per kilogram or litre
    PER_UNIT = "per_unit"
    #: minor units once per payment
    FIXED = "fixed"
    #: minor units for all producers of a zone together, shared out by quantity
    SHARED = "shared"


BASIS_LABELS = {
    Basis.PERCENT_OF_GROSS: N_("Percent of the gross amount"),
    Basis.PER_UNIT: N_("Amount per kilogram or litre"),
    Basis.FIXED: N_("Fixed amount per payment"),
    Basis.SHARED: N_("Shared out by quantity"),
}


class DueKind(StrEnum):
    """What is taken off: rules first, then debts."""

    WITHHOLDING = "withholding"
    BANK_FEE = "bank_fee"
    GA = "ga"
    GROUP = "group"
    LEVY = "levy"
    FREIGHT_FEE = "freight_fee"
    FEE = "fee"
    ADVANCE = "advance"
    ADVANCE_IN_GOODS = "advance_in_goods"
    LOAN_INSTALMENT = "loan_instalment"
    LOAN_INTEREST = "loan_interest"
    VILLAGE_BANK = "village_bank"
    FEED = "feed"
    VET = "vet"
    CREDIT = "credit"
    YOGHURT = "yoghurt"
    CANS = "cans"
    PRODUCTS = "products"
    FREIGHT = "freight"
    OTHER = "other"


DUE_KIND_LABELS = {
    DueKind.WITHHOLDING: N_("Tax withheld"),
    DueKind.BANK_FEE: N_("Bank fee"),
    DueKind.GA: N_("GA"),
    DueKind.GROUP: N_("Group charge"),
    DueKind.LEVY: N_("Levy"),
    DueKind.FREIGHT_FEE: N_("Freight fee"),
    DueKind.FEE: N_("Fee"),
    DueKind.ADVANCE: N_("Advance in money"),
    DueKind.ADVANCE_IN_GOODS: N_("Advance in goods"),
    DueKind.LOAN_INSTALMENT: N_("Loan instalment"),
    DueKind.LOAN_INTEREST: N_("Loan interest"),
    DueKind.VILLAGE_BANK: N_("Village bank"),
    DueKind.FEED: N_("Feed"),
    DueKind.VET: N_("Veterinary service"),
    DueKind.CREDIT: N_("Bought on credit"),
    DueKind.YOGHURT: N_("Yoghurt or cheese taken"),
    DueKind.CANS: N_("Milk cans"),
    DueKind.PRODUCTS: N_("Products taken"),
    DueKind.FREIGHT: N_("Freight"),
    DueKind.OTHER: N_("Other"),
}

#: Kinds of rules in the order in which they are taken unless a rule says otherwise (D1), with the account that each credits.
#: What is kept for somebody else (a levy, the carrier, the zone) is money in custody, never income.
RULE_ACCOUNTS: Mapping[DueKind, AccountCode] = {
    DueKind.WITHHOLDING: AccountCode.TAX_WITHHELD,
    DueKind.BANK_FEE: AccountCode.BANK_CHARGES,
    DueKind.GA: AccountCode.FEE_INCOME,
    DueKind.GROUP: AccountCode.FUNDS_IN_CUSTODY,
    DueKind.LEVY: AccountCode.FUNDS_IN_CUSTODY,
    DueKind.FREIGHT_FEE: AccountCode.FUNDS_IN_CUSTODY,
    DueKind.FEE: AccountCode.FEE_INCOME,
}
DEFAULT_ORDER: Mapping[DueKind, int] = {kind: (place + 1) * 10 for place, kind in enumerate(RULE_ACCOUNTS)}
#: Kinds of debts of a producer, with the account that taking them credits.
MOVEMENT_ACCOUNTS: Mapping[DueKind, AccountCode] = {
    DueKind.ADVANCE: AccountCode.ADVANCES_TO_PRODUCERS,
    DueKind.ADVANCE_IN_GOODS: AccountCode.ADVANCES_TO_PRODUCERS,
    DueKind.LOAN_INSTALMENT: AccountCode.LOANS_TO_PRODUCERS,
    DueKind.LOAN_INTEREST: AccountCode.OTHER_INCOME,
    DueKind.VILLAGE_BANK: AccountCode.VILLAGE_BANK,
    DueKind.FEED: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.VET: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.CREDIT: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.YOGHURT: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.CANS: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.PRODUCTS: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.FREIGHT: AccountCode.RECEIVABLE_PRODUCERS,
    DueKind.OTHER: AccountCode.RECEIVABLE_PRODUCERS,
}
#: Debts that the books do not hold before they are collected: interest counts when it is paid, and what a village bank lent is the bank's.
OFF_BOOKS = frozenset({DueKind.LOAN_INTEREST, DueKind.VILLAGE_BANK})
#: Kinds that come into being with a loan only.
LOAN_KINDS = frozenset({DueKind.LOAN_INSTALMENT, DueKind.LOAN_INTEREST})


class Source(StrEnum):
    """What the organisation gave for a debt."""

    CASH = "cash"
    BANK = "bank"
    GOODS = "goods"
    SERVICE = "service"
    #: it stood in books that were kept before these
    OPENING = "opening"
    #: nothing of the organisation's: it only collects
    NOTHING = "nothing"


SOURCE_LABELS = {
    Source.CASH: N_("Cash"),
    Source.BANK: N_("Bank"),
    Source.GOODS: N_("Goods of the organisation"),
    Source.SERVICE: N_("A service"),
    Source.OPENING: N_("Owed from before, brought in from earlier books"),
    Source.NOTHING: N_("Nothing: it only collects"),
}
SOURCE_ACCOUNTS: Mapping[Source, AccountCode] = {
    Source.CASH: AccountCode.CASH,
    Source.BANK: AccountCode.BANK,
    Source.GOODS: AccountCode.OWN_SALES,
    Source.SERVICE: AccountCode.OTHER_INCOME,
    Source.OPENING: AccountCode.OPENING_EQUITY,
}
#: Sources that take money out of the house.
IN_MONEY = frozenset({Source.CASH, Source.BANK})
#: What is usually given for a debt of a kind.
DEFAULT_SOURCES: Mapping[DueKind, Source] = {
    DueKind.ADVANCE: Source.CASH,
    DueKind.ADVANCE_IN_GOODS: Source.GOODS,
    DueKind.LOAN_INSTALMENT: Source.CASH,
    DueKind.LOAN_INTEREST: Source.NOTHING,
    DueKind.VILLAGE_BANK: Source.NOTHING,
    DueKind.FEED: Source.GOODS,
    DueKind.VET: Source.SERVICE,
    DueKind.CREDIT: Source.GOODS,
    DueKind.YOGHURT: Source.GOODS,
    DueKind.CANS: Source.GOODS,
    DueKind.PRODUCTS: Source.GOODS,
    DueKind.FREIGHT: Source.SERVICE,
    DueKind.OTHER: Source.SERVICE,
}


class ApplicationKind(StrEnum):
    """How a debt became smaller, or larger again."""

    RUN = "run"
    REPAYMENT = "repayment"
    WRITE_OFF = "write_off"
    REVERSAL = "reversal"
    RESTORED = "restored"


APPLICATION_KIND_LABELS = {
    ApplicationKind.RUN: N_("Taken from a payment"),
    ApplicationKind.REPAYMENT: N_("Paid back in cash"),
    ApplicationKind.WRITE_OFF: N_("Written off"),
    ApplicationKind.REVERSAL: N_("Cancelled"),
    ApplicationKind.RESTORED: N_("Given back to the debt"),
}


@dataclass(frozen=True, slots=True)
class DueRule:
    """A deduction in force. No rule carries: what cannot be taken from this payment is dropped (D2)."""

    id: UUID
    name: str
    kind: DueKind
    basis: Basis
    #: basis points, or minor units per kilogram or litre, per payment, or of the whole zone
    value: int
    order: int
    account: AccountCode
    decided_by: str
    #: of a withholding: the taxes that it is made of, with their basis points; they sum to the value
    parts: tuple[tuple[str, int], ...] = ()
    #: a group charge: whose producers share it; null, all of the payment
    zone_id: UUID | None = None

    @property
    def carries(self) -> bool:
        """Whether the untaken rest stays as a debt: of debts only."""
        return False


@dataclass(frozen=True, slots=True)
class OpenMovement:
    """A debt of a producer and what of it is still open."""

    id: UUID
    number: int
    kind: DueKind
    name: str
    dated_on: date
    producer_id: UUID
    balance_minor: int
    #: the decision that it follows, where one was written down
    decided_by: str | None = None

    @property
    def account(self) -> AccountCode:
        """The account that taking it credits."""
        return MOVEMENT_ACCOUNTS[self.kind]


@dataclass(frozen=True, slots=True)
class GrossFacts:
    """What one producer earned in a payment, before anything is taken."""

    gross_minor: int
    #: grams or millilitres that charges per unit and shares of a zone count
    quantity: int
    #: what of the quantity an earlier payment of the same goods was charged for
    charged_quantity: int = 0
    sex: str | None = None
    #: what percentages are taken of, where it is not the gross amount: the milk value before weighing and reserve (C6)
    base_minor: int | None = None
    #: a tax licence that covers the whole period: nothing is withheld (C6)
    is_licensed: bool = False
    zone_id: UUID | None = None
    #: the member code; gives the cent where two shares are equal
    code: str = ""

    @property
    def is_all_charged(self) -> bool:
        """Whether this payment is only the rest of earlier ones."""
        return 0 < self.quantity <= self.charged_quantity


@dataclass(frozen=True, slots=True)
class Cap:
    """What a household keeps of each payment at least, and the decision that set it; null is the platform's default."""

    basis_points_left_at_least: int
    decided_by: str | None = None

    def kept(self, gross_minor: int) -> int:
        """Return what stays of an amount, rounded up to the household's favour: 20 % of 100.01 → 20.01 (20.002)."""
        return -(-max(gross_minor, 0) * self.basis_points_left_at_least // BASIS_POINTS)


DEFAULT_CAP = Cap(DEFAULT_LEFT_BASIS_POINTS)


@dataclass(frozen=True, slots=True)
class Taking:
    """One amount taken off one payment by one rule or for one debt."""

    producer_id: UUID
    kind: DueKind
    name: str
    amount_minor: int
    account: AccountCode
    rule_id: UUID | None = None
    movement_id: UUID | None = None
    basis_points: int | None = None
    #: minor units per kilogram or litre, where the rule counts so
    rate_minor: int | None = None
    decided_by: str | None = None
    #: of a rule: what could not be taken; shown as uncollected, never stored as a debt
    dropped_minor: int = 0
    #: of a debt: what stays open after this payment
    carried_minor: int = 0


@dataclass(frozen=True, slots=True)
class Dues:
    """Everything that a run needs to take what is due."""

    rules: Sequence[DueRule]
    movements: Sequence[OpenMovement]
    cap: Cap

    @property
    def terms(self) -> str:
        """The hash of the rules, charges and cap; debts do not count, each of which is looked at when it is taken."""
        rules = [
            [
                one.kind.value,
                str(one.id),
                one.basis.value,
                one.value,
                one.order,
                [list(part) for part in one.parts],
                str(one.zone_id),
            ]
            for one in self.rules
        ]
        return content_hash({"rules": sorted(rules), "left": self.cap.basis_points_left_at_least})


def check_percentages(rules: Iterable[DueRule], day: date) -> None:
    """Refuse rules that together take more than everything.

    Raises:
        DeductionsAboveGross: their percentages add up to more than 100 %.
    """
    if sum(rule.value for rule in rules if rule.basis is Basis.PERCENT_OF_GROSS) > BASIS_POINTS:
        raise DeductionsAboveGross(day=day)


def take(
    grosses: Mapping[UUID, GrossFacts],
    rules: Iterable[DueRule],
    movements: Iterable[OpenMovement],
    cap: Cap | None,
) -> list[Taking]:
    """Take rules in their order, then debts, oldest first, off each payment; no payment goes below what the cap leaves.

    Debts of one day go by their number. A rule that finds too little takes what there is and drops the rest; a debt
    keeps its rest as balance. Without a cap a payment may be taken wholly. Producers who earned nothing get no row.

    | gross   | keeps       | fee 2.5 % | debts, by day             | taken           | net      | left open |
    |---------|-------------|-----------|---------------------------|-----------------|----------|-----------|
    | 4025.00 | 0 %         | –         | vet 4337.00               | 4025.00         | 0.00     | 312.00    |
    | 500.00  | 0 %         | 21.70     | 312.00, 90.00, 120.00     | 312, 90, 76.30  | 0.00     | 43.70     |
    | 400.10  | 20 % (80.02)| 10.00     | 150.00, 200.00            | 150.00, 160.08  | 80.02    | 39.92     |
    """
    ordered = sorted(rules, key=lambda rule: (rule.order, rule.id))
    wanted = [(rule, asked_of(rule, grosses)) for rule in ordered]
    owed: dict[UUID, list[OpenMovement]] = {}
    for debt in sorted(movements, key=lambda one: (one.dated_on, one.number)):
        owed.setdefault(debt.producer_id, []).append(debt)
    takings: list[Taking] = []
    for producer_id, facts in grosses.items():
        if facts.gross_minor <= 0:
            continue
        left = facts.gross_minor - (cap.kept(facts.gross_minor) if cap else 0)
        for rule, amounts in wanted:
            amount = amounts.get(producer_id, 0)
            if amount:
                taken = min(amount, left)
                left -= taken
                takings.append(_by_rule(producer_id, rule, taken, amount - taken))
        for debt in owed.get(producer_id, ()):
            if not left:
                break
            taken = min(debt.balance_minor, left)
            if taken > 0:
                left -= taken
                takings.append(_for_debt(debt, taken))
    return takings


def asked_of(rule: DueRule, grosses: Mapping[UUID, GrossFacts]) -> Mapping[UUID, int]:
    """Return what a rule asks of each producer, before the cap; rounded half up, once."""
    if rule.basis is Basis.SHARED:
        return shared_out(rule.value, rule.zone_id, grosses)
    if rule.basis is Basis.FIXED:
        # the rest of a price is no second delivery; the bank, though, is paid for each payment
        is_each = rule.kind is DueKind.BANK_FEE
        return {key: rule.value for key, one in grosses.items() if is_each or not one.is_all_charged}
    if rule.basis is Basis.PER_UNIT:
        return {
            key: amount_for(one.quantity - one.charged_quantity, rule.value) for key, one in grosses.items()
        }
    is_tax = rule.kind is DueKind.WITHHOLDING
    return {
        key: 0 if is_tax and one.is_licensed else share_of(_base(one), rule.value)
        for key, one in grosses.items()
    }


def _base(facts: GrossFacts) -> int:
    return max(facts.gross_minor if facts.base_minor is None else facts.base_minor, 0)


def shared_out(total: int, zone_id: UUID | None, grosses: Mapping[UUID, GrossFacts]) -> dict[UUID, int]:
    """Share an amount of a zone over its producers by quantity, by largest remainder; ties go to the lowest code (C8)."""
    members = [
        (key, one)
        for key, one in grosses.items()
        if one.quantity > 0 and (zone_id is None or one.zone_id == zone_id)
    ]
    if not members:
        return {}
    parts = split_largest_remainder(
        total, [one.quantity for _, one in members], [(one.code, key) for key, one in members]
    )
    return {key: part for (key, _), part in zip(members, parts, strict=True)}


def _by_rule(producer_id: UUID, rule: DueRule, taken: int, dropped: int) -> Taking:
    return Taking(
        producer_id=producer_id,
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


def _for_debt(debt: OpenMovement, taken: int) -> Taking:
    return Taking(
        producer_id=debt.producer_id,
        kind=debt.kind,
        name=debt.name,
        amount_minor=taken,
        account=debt.account,
        movement_id=debt.id,
        decided_by=debt.decided_by,
        carried_minor=debt.balance_minor - taken,
    )


def tax_parts(total: int, parts: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Split a tax that was withheld into the taxes it is made of, by their rates (C7): 8.00 at 0.3 % + 0.5 % → 3.00 + 5.00."""
    if not parts:
        return {}
    amounts = split_largest_remainder(total, [rate for _, rate in parts], [name for name, _ in parts])
    return {name: amount for (name, _), amount in zip(parts, amounts, strict=True)}


def dropped_of(takings: Collection[Taking]) -> int:
    """Return what rules could not take."""
    return sum(one.dropped_minor for one in takings)
