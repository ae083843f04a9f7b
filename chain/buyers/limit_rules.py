"""Who may trade and up to which amount, pure: vetting, tiers, room."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from chain.core.i18n import N_, Message


class VettingStatus(StrEnum):
    """Where the vetting of a buyer stands."""

    PENDING = "pending"
    VETTED = "vetted"
    SUSPENDED = "suspended"


#: Not a decision, only a word: the vetting had a last day and it is over.
EXPIRED = "expired"

VETTING_LABELS: dict[str, str] = {
    VettingStatus.PENDING: N_("Pending"),
    VettingStatus.VETTED: N_("Vetted"),
    VettingStatus.SUSPENDED: N_("Suspended"),
    EXPIRED: N_("Vetting ended"),
}


class Tier(StrEnum):
    """What a vetted buyer may do."""

    #: a small mill without a bank guarantee: up to its deposit and the credit granted
    DEPOSIT = "deposit"
    #: papers complete: freely, where the seller asks for no limit
    FULL = "full"


TIER_LABELS: dict[str, str] = {
    Tier.DEPOSIT: N_("Up to its deposit"),
    Tier.FULL: N_("Complete papers"),
}


class DepositKind(StrEnum):
    """Movements of a deposit."""

    RECEIVED = "received"
    RETURNED = "returned"
    KEPT = "kept"


DEPOSIT_KIND_LABELS: dict[str, str] = {
    DepositKind.RECEIVED: N_("Paid in"),
    DepositKind.RETURNED: N_("Paid back"),
    DepositKind.KEPT: N_("Kept after a default"),
}


class Means(StrEnum):
    """How the money of a deposit moved."""

    QR = "qr"
    TRANSFER = "transfer"
    CASH = "cash"


MEANS_LABELS: dict[str, str] = {
    Means.QR: N_("QR transfer"),
    Means.TRANSFER: N_("Bank transfer"),
    Means.CASH: N_("In cash"),
}


class ReturnState(StrEnum):
    """Where the return of a deposit stands."""

    WAITING = "waiting"
    TO_PAY = "to_pay"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


RETURN_STATE_LABELS: dict[str, str] = {
    ReturnState.WAITING: N_("Waits until nothing is committed"),
    ReturnState.TO_PAY: N_("To be paid"),
    ReturnState.PAID: N_("Deposit paid back"),
    ReturnState.WITHDRAWN: N_("Withdrawn"),
}


class Decision(Protocol):
    """The last decision about a buyer."""

    @property
    def status(self) -> str: ...
    @property
    def tier(self) -> str: ...
    @property
    def valid_until(self) -> date | None: ...


def standing(decision: Decision | None, today: date) -> str:
    """Return how a buyer stands on a day: a status, or `EXPIRED`; without a decision it is pending."""
    if decision is None:
        return VettingStatus.PENDING
    is_over = decision.valid_until is not None and decision.valid_until < today
    return EXPIRED if decision.status == VettingStatus.VETTED and is_over else VettingStatus(decision.status)


def standing_word(decision: Decision | None, today: date) -> Message:
    """Return how a buyer stands, in words."""
    return Message(VETTING_LABELS[standing(decision, today)])


class KeptLimit(Protocol):
    """A row of `trading_limit`."""

    @property
    def credit_minor(self) -> int: ...
    @property
    def credit_until(self) -> date | None: ...
    @property
    def deposit_minor(self) -> int: ...
    @property
    def held_minor(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Room:
    """What a buyer may still commit with a seller, in minor units of one currency."""

    currency: str
    #: whether the limit binds; when not, the buyer trades freely and `free_minor` is None
    is_required: bool
    #: the credit that holds today
    credit_minor: int
    deposit_minor: int
    held_minor: int

    @property
    def limit_minor(self) -> int:
        """The credit that holds plus the deposit."""
        return self.credit_minor + self.deposit_minor

    @property
    def free_minor(self) -> int | None:
        """What may still be committed, never below zero; None: no limit binds."""
        return max(0, self.limit_minor - self.held_minor) if self.is_required else None

    def excess(self, amount_minor: int) -> int:
        """Return by how much an amount is above the room; 0 when it fits or no limit binds."""
        return 0 if self.free_minor is None else max(0, amount_minor - self.free_minor)


def room(limit: KeptLimit | None, *, currency: str, is_required: bool, today: date) -> Room:
    """Return the room of a limit on a day; a credit after its last day counts for nothing."""
    if limit is None:
        return Room(currency, is_required, 0, 0, 0)
    holds = limit.credit_until is not None and limit.credit_until >= today
    credit = limit.credit_minor if holds else 0
    return Room(currency, is_required, credit, limit.deposit_minor, limit.held_minor)
