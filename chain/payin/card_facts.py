"""What the card provider says of its objects, in our units; the same whatever notice told of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chain.core.ids import parse_id
from chain.core.money import CURRENCIES
from chain.payin.rules import HUNDREDTHS, from_provider

#: Metadata that we hang on the provider's objects to find our own again.
CHECKOUT, REFUND, INVOICE = "chain_checkout", "chain_refund", "chain_invoice"


@dataclass(frozen=True, slots=True)
class MovementFacts:
    """A movement of the balance at the provider; the fee is taken off the amount."""

    id: str
    kind: str
    source: str
    amount_minor: int
    fee_minor: int
    currency: str
    made_at: datetime

    @property
    def net_minor(self) -> int:
        """What the balance gained."""
        return self.amount_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund at the provider."""

    id: str
    #: ours, when we asked for it
    refund_id: UUID | None
    amount_minor: int
    status: str
    movement: MovementFacts | None
    failure: MovementFacts | None


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """A dispute at the provider."""

    id: str
    amount_minor: int
    status: str
    reason: str
    movements: Sequence[MovementFacts]


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """A payment at the provider with everything that happened to it since."""

    id: str
    checkout_id: UUID | None
    status: str
    amount_minor: int
    currency: str
    charge_id: str | None = None
    charged_at: datetime | None = None
    movement: MovementFacts | None = None
    refunds: Sequence[RefundFacts] = field(default=())
    disputes: Sequence[DisputeFacts] = field(default=())


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A try to pay on the provider's page."""

    id: str
    checkout_id: UUID | None
    status: str
    payment_status: str
    intent_id: str | None
    url: str | None


def places_of(currency: str) -> int:
    """Return how many decimals we keep of a currency."""
    return CURRENCIES.get(currency, HUNDREDTHS)


def _id(value: Any) -> str | None:
    """Return the id of an object that the provider wrote out or only named."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return str(value) if value else None


def own_id(value: Mapping[str, Any], name: str) -> UUID | None:
    """Return the id of ours in an object's metadata; None when it is none of ours."""
    text = (value.get("metadata") or {}).get(name)
    try:
        return parse_id(text) if text else None
    except Exception:  # noqa: BLE001 - whatever others wrote there is not ours
        return None


def _ours(amount: int, currency: str) -> int:
    return from_provider(amount, places_of(currency), currency)


def moment(seconds: Any) -> datetime:
    """Return the moment of the provider's clock."""
    return datetime.fromtimestamp(int(seconds), UTC)


def movement_facts(value: Any) -> MovementFacts | None:
    """Read a balance transaction; None when it is only named or missing."""
    if not isinstance(value, Mapping):
        return None
    currency = str(value["currency"]).upper()
    return MovementFacts(
        id=value["id"],
        kind=value["type"],
        source=_id(value.get("source")) or "",
        amount_minor=_ours(int(value["amount"]), currency),
        fee_minor=_ours(int(value.get("fee") or 0), currency),
        currency=currency,
        made_at=moment(value["created"]),
    )


def refund_facts(value: Mapping[str, Any]) -> RefundFacts:
    """Read a refund."""
    currency = str(value["currency"]).upper()
    return RefundFacts(
        id=value["id"],
        refund_id=own_id(value, REFUND),
        amount_minor=_ours(int(value["amount"]), currency),
        status=str(value.get("status") or "pending"),
        movement=movement_facts(value.get("balance_transaction")),
        failure=movement_facts(value.get("failure_balance_transaction")),
    )


def dispute_facts(value: Mapping[str, Any]) -> DisputeFacts:
    """Read a dispute."""
    currency = str(value["currency"]).upper()
    found = [movement_facts(one) for one in value.get("balance_transactions") or []]
    return DisputeFacts(
        id=value["id"],
        amount_minor=_ours(int(value["amount"]), currency),
        status=str(value["status"]),
        reason=str(value.get("reason") or ""),
        movements=[one for one in found if one is not None],
    )


def intent_facts(
    value: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]], disputes: Sequence[Mapping[str, Any]]
) -> IntentFacts:
    """Read a payment intent with its charge written out, its refunds and its disputes."""
    currency = str(value["currency"]).upper()
    charge = value.get("latest_charge")
    done: Mapping[str, Any] = (
        charge if isinstance(charge, Mapping) and charge.get("status") == "succeeded" else {}
    )
    received = value.get("amount_received") or value["amount"]
    return IntentFacts(
        id=value["id"],
        checkout_id=own_id(value, CHECKOUT),
        status=str(value["status"]),
        amount_minor=_ours(int(received), currency),
        currency=currency,
        charge_id=_id(charge),
        charged_at=moment(done["created"]) if done else None,
        movement=movement_facts(done.get("balance_transaction")),
        refunds=[refund_facts(one) for one in refunds],
        disputes=[dispute_facts(one) for one in disputes],
    )


def session_facts(value: Mapping[str, Any]) -> SessionFacts:
    """Read a checkout session."""
    return SessionFacts(
        id=value["id"],
        checkout_id=own_id(value, CHECKOUT),
        status=str(value.get("status") or ""),
        payment_status=str(value.get("payment_status") or ""),
        intent_id=_id(value.get("payment_intent")),
        url=value.get("url"),
    )
