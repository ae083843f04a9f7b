"""The card provider (Stripe) through its official library: the calls that are used, and the check of its notices.

The transport can be handed in (`http_client`), so that tests drive the real library without a socket. Every call that
makes something carries an idempotency key made of our ids: a repeat after a time-out finds the same object.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog

from chain.payin.card_facts import (
    CHECKOUT,
    INVOICE,
    REFUND,
    IntentFacts,
    MovementFacts,
    SessionFacts,
    intent_facts,
    moment,
    movement_facts,
    places_of,
    session_facts,
)
from chain.payin.errors import BadNotice, CardProviderAway, CardRefundRefused
from chain.payin.rules import from_provider, provider_amount

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: Where buyers are sent: the only foreign address that a form may end at.
CHECKOUT_ORIGIN = "https://checkout.stripe.com"
#: Seconds that a notice may be old, or ahead of our clock: the library checks only the first.
TOLERANCE_SECONDS = 300
MAX_NOTICE_BYTES = 512 * 1024
#: Seconds that a call may take, and how often the library repeats it with the same key.
TIMEOUT_SECONDS = 15
NETWORK_RETRIES = 1
PAGE = 100
#: Most objects that one catch-up reads of a list.
MAX_LISTED = 10_000


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says that is believed: what happened to which object. The object's state is asked for anew."""

    id: str
    type: str
    made_at: datetime
    object_kind: str
    object_id: str
    #: of a charge, refund or dispute: the payment that it belongs to
    intent_id: str | None
    charge_id: str | None


class CardProvider:
    """An account at Stripe."""

    def __init__(
        self,
        secret_key: str,
        webhook_secret: str,
        organisation_code: str,
        http_client: Any = None,
        *,
        base_address: str | None = None,
    ) -> None:
        import stripe

        self.organisation_code = organisation_code
        self._webhook_secret = webhook_secret
        self._errors: tuple[type[Exception], ...] = (stripe.StripeError,)
        addresses: Any = {"api": base_address} if base_address else None
        self._client = stripe.StripeClient(
            secret_key,
            http_client=http_client or stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
            max_network_retries=NETWORK_RETRIES,
            base_addresses=addresses,
        )

    def open_checkout(
        self,
        *,
        checkout_id: UUID,
        invoice_id: UUID,
        serial: str,
        seller: str,
        amount_minor: int,
        currency: str,
        expires_at: datetime,
        success_url: str,
        cancel_url: str,
        language: str,
    ) -> SessionFacts:
        """Open a page on which the buyer pays by card; the same checkout gives the same page.

        Raises:
            CardProviderAway: no answer, or a refusal; trying again with the same checkout is safe.
        """
        ours = {CHECKOUT: str(checkout_id), INVOICE: str(invoice_id)}
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": str(checkout_id),
            "metadata": ours,
            "payment_intent_data": {"metadata": ours, "description": f"{seller} {serial}"},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency.lower(),
                        "unit_amount": provider_amount(amount_minor, places_of(currency), currency),
                        "product_data": {"name": f"{serial} · {seller}"},
                    },
                }
            ],
            "expires_at": int(expires_at.timestamp()),
            "success_url": success_url,
            "cancel_url": cancel_url,
            "locale": language,
        }
        made = self._call(
            "open_checkout",
            lambda: self._client.v1.checkout.sessions.create(
                params=params,  # type: ignore[arg-type]  # a plain dictionary in place of the library's typed one
                options={"idempotency_key": f"chain-checkout-{checkout_id}"},
            ),
        )
        return session_facts(made.to_dict())

    def send_refund(
        self, *, refund_id: UUID, charge_id: str, amount_minor: int, currency: str
    ) -> Mapping[str, Any]:
        """Send money back to the card; the same refund again sends nothing twice.

        Raises:
            CardRefundRefused: it cannot be, now or later.
            CardProviderAway: no answer, or a refusal that may pass.
        """
        import stripe

        try:
            made = self._call(
                "send_refund",
                lambda: self._client.v1.refunds.create(
                    params={
                        "charge": charge_id,
                        "amount": provider_amount(amount_minor, places_of(currency), currency),
                        "metadata": {REFUND: str(refund_id)},
                    },
                    options={"idempotency_key": f"chain-refund-{refund_id}"},
                ),
            )
        except CardProviderAway as error:
            if isinstance(error.__cause__, stripe.InvalidRequestError):
                raise CardRefundRefused from error
            raise
        found: Mapping[str, Any] = made.to_dict()
        return found

    def session(self, session_id: str) -> SessionFacts:
        """Ask for a checkout session."""
        found = self._call("session", lambda: self._client.v1.checkout.sessions.retrieve(session_id))
        return session_facts(found.to_dict())

    def intent_of_charge(self, charge_id: str) -> str | None:
        """Ask which payment a charge belongs to."""
        found = self._call("charge", lambda: self._client.v1.charges.retrieve(charge_id))
        intent = found.to_dict().get("payment_intent")
        return str(intent) if intent else None

    def intent(self, intent_id: str) -> IntentFacts:
        """Ask for a payment with its charge, refunds and disputes as they are now."""
        found = self._call(
            "intent",
            lambda: self._client.v1.payment_intents.retrieve(
                intent_id, params={"expand": ["latest_charge.balance_transaction"]}
            ),
        )
        charge = found.to_dict().get("latest_charge")
        refunds: list[Mapping[str, Any]] = []
        disputes: list[Mapping[str, Any]] = []
        if isinstance(charge, Mapping):
            expand = ["data.balance_transaction", "data.failure_balance_transaction"]
            refunds = self._call(
                "refunds",
                lambda: [
                    one.to_dict()
                    for one in self._client.v1.refunds.list(
                        params={"payment_intent": intent_id, "limit": PAGE, "expand": expand}
                    ).auto_paging_iter()
                ],
            )
            if charge.get("disputed"):
                disputes = self._call(
                    "disputes",
                    lambda: [
                        one.to_dict()
                        for one in self._client.v1.disputes.list(
                            params={"payment_intent": intent_id, "limit": PAGE}
                        ).auto_paging_iter()
                    ],
                )
        return intent_facts(found.to_dict(), refunds, disputes)

    def movements(self, since: datetime) -> list[MovementFacts]:
        """Ask for the movements of the balance since a moment, the oldest first."""
        listed = self._call(
            "movements",
            lambda: list(
                _some(
                    self._client.v1.balance_transactions.list(
                        params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
                    ).auto_paging_iter()
                )
            ),
        )
        found = [movement_facts(one) for one in listed]
        return sorted((one for one in found if one is not None), key=lambda one: (one.made_at, one.id))

    def notices(self, since: datetime) -> list[Notice]:
        """Ask for the events since a moment (the provider keeps 30 days), the oldest first."""
        listed = self._call(
            "notices",
            lambda: list(
                _some(
                    self._client.v1.events.list(
                        params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
                    ).auto_paging_iter()
                )
            ),
        )
        return sorted((notice_of(one) for one in listed), key=lambda one: (one.made_at, one.id))

    def balance(self) -> dict[str, int]:
        """Ask for the balance, available and pending together, by currency in our minor units."""
        found = self._call("balance", self._client.v1.balance.retrieve).to_dict()
        total: dict[str, int] = {}
        for part in ("available", "pending"):
            for one in found.get(part) or []:
                currency = str(one["currency"]).upper()
                total[currency] = total.get(currency, 0) + from_provider(
                    int(one["amount"]), places_of(currency), currency
                )
        return total

    def read_notice(self, body: bytes, signature: str, *, clock: Callable[[], float] = time.time) -> Notice:
        """Check the signature of a notice over its raw bytes and its age, and return what it says.

        Raises:
            BadNotice: too large, not signed by the provider, more than five minutes old, or more than five minutes ahead.
        """
        import stripe

        if len(body) > MAX_NOTICE_BYTES:
            raise BadNotice
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, self._webhook_secret, tolerance=TOLERANCE_SECONDS
            )
            signed_at = int(dict(part.split("=", 1) for part in signature.split(",")[::-1])["t"])
            if signed_at > clock() + TOLERANCE_SECONDS:
                raise BadNotice
            return notice_of(json.loads(body))
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadNotice from error

    def _call(self, what: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except self._errors as error:
            log.warning(
                "card_provider_refused",
                call=what,
                kind=type(error).__name__,
                code=getattr(error, "code", None),
                request=getattr(error, "request_id", None),
            )
            raise CardProviderAway from error


def _some(listed: Iterator[Any]) -> Iterator[Mapping[str, Any]]:
    for count, one in enumerate(listed):
        if count >= MAX_LISTED:
            return
        yield one.to_dict()


def notice_of(event: Mapping[str, Any]) -> Notice:
    """Return what is believed of an event."""
    thing = event["data"]["object"]
    kind = str(thing.get("object") or "")

    def named(name: str) -> str | None:
        value = thing.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        return str(value)[:255] if value else None

    own = str(thing.get("id") or "")[:255]
    return Notice(
        id=str(event["id"])[:255],
        type=str(event["type"])[:255],
        made_at=moment(event["created"]),
        object_kind=kind,
        object_id=own,
        intent_id=own if kind == "payment_intent" else named("payment_intent"),
        charge_id=own if kind == "charge" else named("charge"),
    )
