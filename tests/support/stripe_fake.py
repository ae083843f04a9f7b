"""A small stateful Stripe as the transport of the real library: only the calls that are used, with the rules that matter.

Refund ceiling, idempotency store that compares parameters, currency exponents, fees, refund and dispute events, and a time-out
after the effect (`time_out_after = 1`).
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

WEBHOOK_SECRET = "whsec_for_tests"
ZERO_DECIMAL = {"clp", "pyg", "jpy"}
Answer = tuple[dict[str, Any], int]


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        names = key.replace("]", "").split("[")
        place = found
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = value
    return found


class FakeStripe(stripe.HTTPClient):
    """What `stripe.StripeClient(http_client=…)` is given."""

    name = "fake"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[str, dict[str, Any], Answer]] = {}
        self.calls: list[tuple[str, str]] = []
        self.count = 0
        #: so many effects happen before their answer is lost
        self.time_out_after = 0
        self.is_down = False
        self.now = int(time.time())
        self.settles_in: str | None = None

    def _sleep_time_seconds(self, num_retries: int, response: Any = None) -> float:
        del num_retries, response
        return 0.0

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, dict[str, str]]:
        parts = urlsplit(url)
        text = post_data if isinstance(post_data, str) else ""
        params = _nested(parse_qsl(text if method == "post" else parts.query))
        path = parts.path.removeprefix("/v1/")
        self.calls.append((method, path))
        if self.is_down:
            raise stripe.APIConnectionError("down", should_retry=False)  # type: ignore[no-untyped-call]
        key = (headers or {}).get("Idempotency-Key", "") if method == "post" else ""
        if key in self.keys:
            kept_path, kept, answer = self.keys[key]
            if (kept_path, kept) != (path, params):
                return self._said(_error("idempotency_error", "other parameters"), 400)
        else:
            answer = self._answer(method, path, params)
            if key and answer[1] < 500:
                self.keys[key] = (path, params, answer)
            if method == "post" and self.time_out_after:
                self.time_out_after -= 1
                raise stripe.APIConnectionError("timed out", should_retry=False)  # type: ignore[no-untyped-call]
        return self._said(*answer)

    def close(self) -> None:
        """Nothing to close."""

    @staticmethod
    def _said(body: dict[str, Any], status: int) -> tuple[str, int, dict[str, str]]:
        return json.dumps(body), status, {"request-id": "req_1"}

    def _answer(self, method: str, path: str, params: dict[str, Any]) -> Answer:
        name, _, rest = path.partition("/")
        if name == "checkout":
            return self._sessions(method, rest.removeprefix("sessions").strip("/"), params)
        if name == "refunds" and method == "post":
            return self._refund(params)
        if name == "balance":
            return self._balance(), 200
        if rest:
            found = self.objects.get(rest)
            return (self._shown(found), 200) if found else (_error("invalid_request_error", "no such"), 404)
        return self._list(name, params), 200

    def _list(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        kind = name.rstrip("s").replace("balance_transaction", "balance_transaction")
        rows = (
            self.events[::-1]
            if name == "events"
            else [o for o in self.objects.values() if o["object"] == kind]
        )
        if "payment_intent" in params:
            rows = [one for one in rows if one["payment_intent"] == params["payment_intent"]]
        since = int(params.get("created", {}).get("gte", 0))
        shown = [self._shown(one) for one in rows if one["created"] >= since]
        return {"object": "list", "url": f"/v1/{name}", "has_more": False, "data": shown}

    def _shown(self, found: dict[str, Any]) -> dict[str, Any]:
        shown = dict(found)
        for field in ("latest_charge", "balance_transaction", "failure_balance_transaction"):
            if isinstance(shown.get(field), str):
                shown[field] = self._shown(self.objects[shown[field]])
        return shown

    def _new(self, prefix: str, kind: str, **values: Any) -> dict[str, Any]:
        self.count += 1
        made = {"id": f"{prefix}_{self.count:04}", "object": kind, "created": self.now, **values}
        self.objects[made["id"]] = made
        return made

    def _balance(self) -> dict[str, Any]:
        sums: dict[str, int] = {}
        for one in self.objects.values():
            if one["object"] == "balance_transaction":
                sums[one["currency"]] = sums.get(one["currency"], 0) + one["net"]
        rows = [{"currency": money, "amount": total} for money, total in sums.items()]
        return {"object": "balance", "available": rows, "pending": []}

    def _sessions(self, method: str, session_id: str, params: dict[str, Any]) -> Answer:
        if method == "get":
            found = self.objects.get(session_id)
            return (found, 200) if found else (_error("invalid_request_error", "no such"), 404)
        price = params["line_items"]["0"]["price_data"]
        made = self._new(
            "cs",
            "checkout.session",
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            metadata=params["metadata"],
            amount_total=int(price["unit_amount"]),
            currency=price["currency"],
            intent_metadata=params["payment_intent_data"]["metadata"],
        )
        made["url"] = f"https://checkout.stripe.com/c/pay/{made['id']}"
        return made, 200

    def movement(self, kind: str, amount: int, fee: int, currency: str, source: str) -> str:
        """Move the balance."""
        made = self._new(
            "txn", "balance_transaction", type=kind, amount=amount, fee=fee, net=amount - fee, currency=currency,
            source=source,
        )  # fmt: skip
        return str(made["id"])

    def event(self, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        """Note an event."""
        self.count += 1
        made = {
            "id": f"evt_{self.count:04}",
            "object": "event",
            "type": kind,
            "created": self.now,
            "data": {"object": dict(thing)},
        }
        self.events.append(made)
        return made

    # --- What the buyer, the bank and the card holder do

    def pay(self, session_id: str, *, amount: int | None = None, later: bool = False) -> dict[str, Any]:
        """Pay on the provider's page; `later`: the bank answers another day."""
        session = self.objects[session_id]
        intent = self._new(
            "pi", "payment_intent", status="processing", amount=amount or session["amount_total"],
            amount_received=0, currency=session["currency"], metadata=session["intent_metadata"], latest_charge=None,
        )  # fmt: skip
        session.update(status="complete", payment_intent=intent["id"])
        if later:
            return self.event("checkout.session.completed", session)
        self.succeed(intent["id"])
        session["payment_status"] = "paid"
        return self.event("checkout.session.completed", session)

    def succeed(self, intent_id: str) -> dict[str, Any]:
        """Let the bank say yes."""
        intent = self.objects[intent_id]
        amount, currency = intent["amount"], intent["currency"]
        charge = self._new(
            "ch", "charge", status="succeeded", amount=amount, amount_refunded=0, currency=currency,
            payment_intent=intent_id, disputed=False,
        )  # fmt: skip
        fee = amount * 4 // 100 + (0 if currency in ZERO_DECIMAL else 100)
        charge["balance_transaction"] = self.movement("charge", amount, fee, currency, charge["id"])
        intent.update(status="succeeded", amount_received=amount, latest_charge=charge["id"])
        return self.event("charge.succeeded", charge)

    def finish_later(self, session_id: str, *, good: bool) -> dict[str, Any]:
        """Let the bank answer a payment that it was checking."""
        session = self.objects[session_id]
        if not good:
            self.objects[session["payment_intent"]]["status"] = "requires_payment_method"
            return self.event("checkout.session.async_payment_failed", session)
        self.succeed(session["payment_intent"])
        session["payment_status"] = "paid"
        return self.event("checkout.session.async_payment_succeeded", session)

    def _refund(self, params: dict[str, Any]) -> Answer:
        charge = self.objects[params["charge"]]
        amount = int(params["amount"])
        if amount + charge["amount_refunded"] > charge["amount"]:
            return _error("invalid_request_error", "Refund amount is greater than unrefunded amount"), 400
        made = self._new(
            "re", "refund", status="succeeded", amount=amount, currency=charge["currency"], charge=charge["id"],
            payment_intent=charge["payment_intent"], metadata=params.get("metadata", {}),
            failure_balance_transaction=None,
        )  # fmt: skip
        made["balance_transaction"] = self.movement("refund", -amount, 0, charge["currency"], made["id"])
        charge["amount_refunded"] += amount
        self.event("refund.created", made)
        self.event("charge.refunded", charge)
        return made, 200

    def refund_on_page(self, charge_id: str, amount: int) -> None:
        """Refund on the provider's own page."""
        body, status = self._refund({"charge": charge_id, "amount": str(amount)})
        assert status == 200, body

    def fail_refund(self, refund_id: str) -> dict[str, Any]:
        """Let the money of a refund come back."""
        refund = self.objects[refund_id]
        refund["status"] = "failed"
        refund["failure_balance_transaction"] = self.movement(
            "refund_failure", refund["amount"], 0, refund["currency"], refund_id
        )
        return self.event("refund.failed", refund)

    def dispute(self, charge_id: str, *, fee: int = 1500) -> dict[str, Any]:
        """Let the holder of the card contest a payment."""
        charge = self.objects[charge_id]
        charge["disputed"] = True
        made = self._new(
            "dp", "dispute", status="needs_response", amount=charge["amount"], currency=charge["currency"],
            charge=charge_id, payment_intent=charge["payment_intent"], reason="product_not_received",
        )  # fmt: skip
        held = self.movement("adjustment", -charge["amount"], fee, charge["currency"], made["id"])
        made["balance_transactions"] = [self.objects[held]]
        self.event("charge.dispute.created", made)
        return made

    def close_dispute(self, dispute_id: str, *, won: bool) -> dict[str, Any]:
        """Let the bank decide."""
        dispute = self.objects[dispute_id]
        dispute["status"] = "won" if won else "lost"
        if won:
            back = self.movement("adjustment", dispute["amount"], 0, dispute["currency"], dispute_id)
            dispute["balance_transactions"] = [*dispute["balance_transactions"], self.objects[back]]
        return self.event("charge.dispute.closed", dispute)

    def pay_out(self, amount: int, currency: str = "pen") -> dict[str, Any]:
        """Send money to the bank."""
        made = self._new("po", "payout", status="paid", amount=amount, currency=currency)
        made["balance_transaction"] = self.movement("payout", -amount, 0, currency, made["id"])
        return self.event("payout.paid", made)

    def charge_of(self, session_id: str) -> str:
        """Return the charge of a paid session."""
        intent = self.objects[self.objects[session_id]["payment_intent"]]
        return str(intent["latest_charge"])

    def signed(
        self, event: Mapping[str, Any], *, at: int | None = None, secret: str = WEBHOOK_SECRET
    ) -> tuple[bytes, str]:
        """Return body and header of a notice, signed with the library's own helper."""
        body = json.dumps(event)
        header = stripe.WebhookSignature.generate_signature_header(
            body, secret, timestamp=at or int(time.time())
        )
        return body.encode(), header


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}


Deliver = Callable[[Mapping[str, Any]], Any]
