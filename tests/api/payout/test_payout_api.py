"""Payout as resources: the same steps, the same refusals, and nothing of another organisation."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.paying import accounted_run


def said(answer: TestResponse) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    assert isinstance(answer.json, dict)
    return answer.json


def test_a_batch_goes_its_way_and_says_the_same_twice(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000]])
    accountant, treasurer = bearer(cast.accountant), bearer(cast.treasurer)
    detail = {
        "id": str(new_id()),
        "producer_id": str(members[0].id),
        "rail": "bank",
        "provider": "Banco",
        "account": "00219300123456789012",
        "holder": "Titular",
    }
    assert client.post("/api/v1/payment-details", json=detail, headers=accountant).status_code == 201
    assert client.post("/api/v1/payment-details", json=detail, headers=accountant).status_code == 200
    url = f"/api/v1/payment-details/{detail['id']}/confirm"
    assert client.post(url, headers=accountant).status_code == 403  # the same person
    assert said(client.post(url, headers=treasurer))["confirmed_at"]
    batch = {"id": str(new_id()), "rail": "bank", "pay_on": "2099-01-01", "run_id": str(run.id)}
    assert client.post("/api/v1/payouts", json=batch, headers=accountant).status_code == 201
    assert client.post("/api/v1/payouts", json=batch, headers=accountant).status_code == 200
    other = client.post("/api/v1/payouts", json={**batch, "pay_on": "2099-01-02"}, headers=accountant)
    assert (other.status_code, said(other)["code"]) == (409, "idempotency_conflict")
    url = f"/api/v1/payouts/{batch['id']}"
    assert said(client.post(f"{url}/approve", headers=treasurer))["state"] == "approved"
    refused = client.post(f"{url}/files", json={"id": str(new_id())}, headers=treasurer)
    assert (refused.status_code, set(said(refused)["errors"])) == (422, {"own_account"})
    file = {"id": str(new_id()), "own_account": "191-1"}
    made = said(client.post(f"{url}/files", json=file, headers=treasurer))
    assert "pain.001.001.09" in made["content"]
    assert said(client.post(f"{url}/send", headers=treasurer))["state"] == "sent"
    (payment,) = said(client.get(f"{url}/payments", headers=treasurer))["items"]
    assert (payment["state"], payment["amount_minor"]) == ("sent", run.net_minor)
    paid = {"payment_ids": [payment["id"]], "reference": "OP-9"}
    assert said(client.post(f"{url}/paid", json=paid, headers=treasurer)) == {"noted": 1}
    assert said(client.post(f"{url}/paid", json=paid, headers=treasurer)) == {"noted": 0}
    word = {"id": str(new_id()), "kind": "fingerprint"}
    confirmation = f"{url}/payments/{payment['id']}/confirmation"
    assert said(client.post(confirmation, json=word, headers=treasurer))["code"] == "witness_needed"
    word["witness_name"] = "Rosa Mamani"
    assert said(client.post(confirmation, json=word, headers=treasurer))["confirmed_by"] == "fingerprint"
    (row,) = said(client.get("/api/v1/payouts?state=done", headers=treasurer))["items"]
    assert row["paid_minor"] == run.net_minor
    back = client.post(
        f"{url}/payments/{payment['id']}/returned", json={"reason": "Cuenta cerrada"}, headers=treasurer
    )
    assert said(back)["state"] == "returned"
    for path in ("", "/payments"):
        assert client.get(url + path, headers=bearer(cast.outsider)).status_code == 404
    assert said(client.get("/api/v1/payouts", headers=bearer(cast.outsider)))["total"] == 0
    assert client.get("/api/v1/payouts", headers=bearer(cast.seller)).status_code == 403


def test_a_limit_is_off_until_an_accountant_confirms_it(client: ChainClient, cast: Cast) -> None:
    limit = {
        "id": str(new_id()),
        "kind": "cash_payment",
        "amount_minor": 200_000,
        "valid_from": "2022-04-01",
        "source": "D.L. 1529",
    }
    made = client.post("/api/v1/payout-limits", json=limit, headers=bearer(cast.treasurer))
    assert (made.status_code, said(made)["confirmed_at"]) == (201, None)
    url = f"/api/v1/payout-limits/{limit['id']}/confirm"
    assert client.post(url, headers=bearer(cast.treasurer)).status_code == 403
    assert said(client.post(url, headers=bearer(cast.accountant)))["confirmed_at"]
    (row,) = said(client.get("/api/v1/payout-limits", headers=bearer(cast.auditor)))["items"]
    assert row["amount_minor"] == 200_000
    assert client.post(url, headers=bearer(cast.outsider)).status_code == 404
