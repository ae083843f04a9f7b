"""Decisions of payout, pure: rails, states of batches and payments, notes and coins, limits of rails."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chain.core.i18n import N_, Message
from chain.payout.errors import BatchStateRefused, PayoutStateRefused

MAX_PAYOUTS = 20_000
MAX_NAME = 200


class Rail(StrEnum):
    """How money reaches a producer."""

    CASH = "cash"
    COLLECTOR = "collector"
    BANK = "bank"
    WALLET = "wallet"
    QR = "qr"


RAIL_LABELS = {
    Rail.CASH: N_("Cash at the counter"),
    Rail.COLLECTOR: N_("Cash through a collector"),
    Rail.BANK: N_("Bank transfer"),
    Rail.WALLET: N_("Mobile wallet"),
    Rail.QR: N_("QR of the producer's bank"),
}
#: Rails on which notes and coins are handed over, and those on which a file or a list leaves the house.
IN_CASH = frozenset({Rail.CASH, Rail.COLLECTOR})
REMOTE = frozenset({Rail.BANK, Rail.WALLET, Rail.QR})


class BatchState(StrEnum):
    """Where a batch stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    SENT = "sent"
    DONE = "done"
    DISCARDED = "discarded"


BATCH_STATE_LABELS = {
    BatchState.PREPARED: N_("to be approved"),
    BatchState.APPROVED: N_("approved for payment"),
    BatchState.SENT: N_("on its way"),
    BatchState.DONE: N_("finished"),
    BatchState.DISCARDED: N_("batch discarded"),
}
BATCH_STEPS: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.PREPARED: frozenset({BatchState.APPROVED, BatchState.DISCARDED}),
    BatchState.APPROVED: frozenset({BatchState.SENT, BatchState.DISCARDED}),
    BatchState.SENT: frozenset({BatchState.DONE}),
    BatchState.DONE: frozenset({BatchState.SENT}),  # a transfer that comes back later opens it again
    BatchState.DISCARDED: frozenset(),
}


class PayoutState(StrEnum):
    """Where one payment stands."""

    PLANNED = "planned"
    SENT = "sent"
    PAID = "paid"
    RETURNED = "returned"
    CANCELLED = "cancelled"


PAYOUT_STATE_LABELS = {
    PayoutState.PLANNED: N_("to be paid"),
    PayoutState.SENT: N_("on its way"),
    PayoutState.PAID: N_("paid out"),
    PayoutState.RETURNED: N_("came back"),
    PayoutState.CANCELLED: N_("not paid out"),
}
PAYOUT_STEPS: Mapping[PayoutState, frozenset[PayoutState]] = {
    PayoutState.PLANNED: frozenset({PayoutState.SENT, PayoutState.PAID, PayoutState.CANCELLED}),
    PayoutState.SENT: frozenset({PayoutState.PAID, PayoutState.RETURNED}),
    PayoutState.PAID: frozenset({PayoutState.RETURNED}),
    PayoutState.RETURNED: frozenset(),
    PayoutState.CANCELLED: frozenset(),
}
#: States in which a payment binds a part of what its line is owed, but the line does not know of it yet.
WAITING = frozenset({PayoutState.PLANNED})


class ConfirmationKind(StrEnum):
    """How a receiver confirms the money."""

    SIGNATURE = "signature"
    CARD = "card"
    FINGERPRINT = "fingerprint"
    MARK = "mark"


CONFIRMATION_LABELS = {
    ConfirmationKind.SIGNATURE: N_("Signature on the receipt"),
    ConfirmationKind.CARD: N_("Member card"),
    ConfirmationKind.FINGERPRINT: N_("Fingerprint, with a witness"),
    ConfirmationKind.MARK: N_("Mark, with a witness"),
}
#: Ways of somebody who cannot write: another person must have seen it.
WITNESSED = frozenset({ConfirmationKind.FINGERPRINT, ConfirmationKind.MARK})


def check_batch_step(number: int, state: str, to: BatchState) -> None:
    """Refuse a step that the state of a batch does not allow.

    Raises:
        BatchStateRefused: the table has no such step.
    """
    now = BatchState(state)
    if to not in BATCH_STEPS[now]:
        raise BatchStateRefused(number=number, state=Message(BATCH_STATE_LABELS[now]))


def check_payout_step(state: str, to: PayoutState) -> None:
    """Refuse a step that the state of a payment does not allow.

    Raises:
        PayoutStateRefused: the table has no such step.
    """
    now = PayoutState(state)
    if to not in PAYOUT_STEPS[now]:
        raise PayoutStateRefused(state=Message(PAYOUT_STATE_LABELS[now]))


#: Notes and coins in use, in minor units, the largest first. Peru: Banco Central de Reserva (the 5 céntimo coin was withdrawn in
#: 2019, the 1 céntimo coin in 2011); Bolivia: Banco Central de Bolivia. Editing them is a change of the program, not of a setting.
NOTES: Mapping[str, Sequence[int]] = {
    "PEN": (20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10),
    "BOB": (20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10),
    "USD": (10_000, 5_000, 2_000, 1_000, 500, 100, 25, 10, 5, 1),
}


def smallest_coin(currency: str) -> int:
    """Return the smallest coin of a currency in minor units."""
    return NOTES[currency][-1]


def payable_in_cash(amount_minor: int, currency: str) -> int:
    """Return what of an amount notes and coins can pay: rounded down to the smallest coin; the rest stays owed. 40237 PEN → 40230."""
    coin = smallest_coin(currency)
    return amount_minor - amount_minor % coin


def cash_shares(open_amounts: Sequence[tuple[Hashable, int]], currency: str) -> list[int]:
    """Return what cash pays of each open amount; all that one person gets is rounded down once, the first amounts are paid first.

    `open_amounts` are (person, minor units). PEN: [(ana, 7), (ana, 40237), (eva, 40237)] → [7, 40233, 40230].
    """
    totals: dict[Hashable, int] = {}
    for person, amount in open_amounts:
        totals[person] = totals.get(person, 0) + amount
    left = {person: payable_in_cash(total, currency) for person, total in totals.items()}
    shares = []
    for person, amount in open_amounts:
        share = min(amount, left[person])
        left[person] -= share
        shares.append(share)
    return shares


def notes_for(amount_minor: int, currency: str) -> dict[int, int]:
    """Return how many of each note and coin pay an amount, with as few pieces as possible, the largest first.

    Greedy is optimal for these systems of coins. The rest under the smallest coin is left out. 37530 PEN → {20000: 1, 10000: 1,
    5000: 1, 2000: 1, 500: 1, 20: 1, 10: 1}.
    """
    found: dict[int, int] = {}
    rest = amount_minor
    for piece in NOTES[currency]:
        count, rest = divmod(rest, piece)
        if count:
            found[piece] = count
    return found


def notes_for_all(amounts: Iterable[int], currency: str) -> dict[int, int]:
    """Return the notes and coins with which every amount can be paid exactly, each in its own envelope; what to ask the bank for."""
    total: Counter[int] = Counter()
    for amount in amounts:
        total.update(notes_for(amount, currency))
    return {piece: total[piece] for piece in NOTES[currency] if total[piece]}


def counted_total(counts: Mapping[int, int]) -> int:
    """Return the worth of counted notes and coins in minor units."""
    return sum(piece * count for piece, count in counts.items())


def split_by_limit(amount_minor: int, most_minor: int | None) -> list[int]:
    """Return an amount in parts that one operation of a rail takes: 130000 with at most 50000 → 50000, 50000, 30000."""
    if most_minor is None or amount_minor <= most_minor:
        return [amount_minor] if amount_minor else []
    whole, rest = divmod(amount_minor, most_minor)
    return [most_minor] * whole + ([rest] if rest else [])


@dataclass(frozen=True, slots=True)
class Limit:
    """What a rail takes at most, in force on a day; only what an accountant confirmed is applied."""

    kind: str
    amount_minor: int
    is_confirmed: bool


class LimitKind(StrEnum):
    """What a limit bounds."""

    CASH_PAYMENT = "cash_payment"
    WALLET_OPERATION = "wallet_operation"
    WALLET_DAY = "wallet_day"


LIMIT_LABELS = {
    LimitKind.CASH_PAYMENT: N_("From this amount on, a payment goes through a bank"),
    LimitKind.WALLET_OPERATION: N_("Most in one operation of a wallet"),
    LimitKind.WALLET_DAY: N_("Most a day through a wallet"),
}


def limit_of(limits: Iterable[Limit], kind: LimitKind) -> int | None:
    """Return the confirmed limit of a kind; None: there is none."""
    return next((one.amount_minor for one in limits if one.kind == kind and one.is_confirmed), None)


def parts_on(rail: Rail, amount_minor: int, limits: Sequence[Limit]) -> list[int]:
    """Return the payments that pay an amount on a rail, which they sum to: several operations by wallet where a limit asks for it.

    In cash the amount is one of `cash_shares`.
    """
    if rail is Rail.WALLET:
        return split_by_limit(amount_minor, limit_of(limits, LimitKind.WALLET_OPERATION))
    return [amount_minor] if amount_minor else []


def over_cash_limit(rail: Rail, amount_minor: int, limits: Sequence[Limit]) -> bool:
    """Tell whether an amount must go through a bank by a confirmed rule."""
    most = limit_of(limits, LimitKind.CASH_PAYMENT)
    return rail in IN_CASH and most is not None and amount_minor >= most
