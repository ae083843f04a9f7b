"""The real library over a real socket: localstripe on loopback, as a smoke test. It knows no Checkout and no idempotency."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.support.patience import PATIENCE_SECONDS

STARTER = """
import asyncio, sys
from aiohttp import web
from localstripe import server
from localstripe.resources import store

store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start localstripe on a free port of loopback; it keeps no file and ends with the tests."""
    folder: Path = tmp_path_factory.mktemp("localstripe")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(port)],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(PATIENCE_SECONDS)


def test_a_payment_and_a_refund_go_over_the_wire_and_their_movements_are_read(address: str) -> None:
    client = stripe.StripeClient(
        "sk_test_1",
        base_addresses={"api": address},
        http_client=stripe.RequestsClient(timeout=PATIENCE_SECONDS),
    )
    customer = client.v1.customers.create(params={"email": "molino@example.org"})
    card = client.v1.payment_methods.create(
        params={
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"},
        }
    )
    client.v1.payment_methods.attach(card.id, params={"customer": customer.id})
    intent = client.v1.payment_intents.create(
        params={
            "amount": 720_000,
            "currency": "pen",
            "customer": customer.id,
            "payment_method": card.id,
            "metadata": {"chain_checkout": "x"},
        }
    )
    paid = client.v1.payment_intents.confirm(intent.id)
    assert (paid.status, paid.amount) == ("succeeded", 720_000)
    charge = client.v1.charges.list(params={"customer": customer.id}).data[0]
    refund = client.v1.refunds.create(params={"charge": charge.id, "amount": 20_000})
    assert refund.amount == 20_000
    amounts = {one.amount for one in client.v1.balance_transactions.list(params={"limit": 10}).data}
    assert {720_000, -20_000} <= amounts
