"""Runs, receipts, terms and ledger as resources."""

import io
from datetime import datetime
from typing import Any

from pypdf import PdfReader
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.settling import add_lot, add_members, sold_lots

API = "/api/v1"


def body(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.json is not None
    found: dict[str, Any] = response.json
    return found


def post(client: ChainClient, person: Person, path: str, data: dict[str, Any] | None = None) -> TestResponse:
    return client.post(API + path, headers=bearer(person), json=data)


def get(client: ChainClient, person: Person, path: str) -> TestResponse:
    return client.get(API + path, headers=bearer(person))


def test_a_run_goes_from_sale_to_receipt(client: ChainClient, session: Session, cast: Cast) -> None:
    sale, _ = sold_lots(session, [[10_000], [7_321]])
    wanted = {"id": str(new_id()), "kind": "sale", "sale_id": str(sale.id)}
    made = body(post(client, cast.accountant, "/settlement-runs", wanted), 201)
    assert (made["state"], made["gross_minor"]) == ("prepared", 77_945)
    assert body(post(client, cast.accountant, "/settlement-runs", wanted))["id"] == wanted["id"]
    other = post(client, cast.accountant, "/settlement-runs", wanted | {"sale_id": str(new_id())})
    assert body(other, 409)["code"] == "idempotency_conflict"

    path = f"/settlement-runs/{made['id']}"
    assert body(post(client, cast.accountant, f"{path}/approve"), 403)["code"] == "forbidden"
    assert body(post(client, cast.treasurer, f"{path}/approve"))["state"] == "approved"
    assert body(post(client, cast.second_treasurer, f"{path}/approve"), 409)["code"] == "run_state_refused"
    assert body(post(client, cast.treasurer, f"{path}/pay"), 409)["code"] == "run_state_refused"
    assert body(post(client, cast.accountant, f"{path}/account"))["state"] == "accounted"
    undo = {"reason": "Precio mal anotado"}
    assert body(post(client, cast.accountant, f"{path}/reverse", undo))["round"] == 2
    body(post(client, cast.treasurer, f"{path}/approve"))
    body(post(client, cast.treasurer, f"{path}/account"))
    assert body(get(client, cast.treasurer, f"{path}/reconciliation"))["is_whole"]
    assert body(post(client, cast.treasurer, f"{path}/pay"))["state"] == "paid"
    assert body(post(client, cast.accountant, f"{path}/reverse", undo), 409)["code"] == "run_paid_already"
    receipts = body(get(client, cast.treasurer, f"/receipts?run_id={made['id']}&sort=number"))
    # the first two are void: the run was taken back once
    assert [one["serial"] for one in receipts["items"]] == [f"R001-{number:08d}" for number in range(1, 5)]
    receipt = f"/receipts/{receipts['items'][2]['id']}"
    assert body(get(client, cast.treasurer, receipt))["content"]["net_minor"] == 45_000
    reading = get(client, cast.accountant, f"{receipt}/pdf")
    assert "SOLO PARA CONSULTA" in PdfReader(io.BytesIO(reading.data)).pages[0].extract_text()
    printed = post(client, cast.treasurer, f"{receipt}/print")
    assert "ORIGINAL" in PdfReader(io.BytesIO(printed.data)).pages[0].extract_text()
    accounts = body(get(client, cast.treasurer, "/ledger/accounts"))["items"]
    assert sum(one["balance_minor"] for one in accounts) == 0
    entries = body(get(client, cast.treasurer, "/ledger/entries"))
    assert [one["kind"] for one in entries["items"]] == [
        "run_payment",
        "run_account",
        "reversal",
        "run_account",
    ]
    entry = body(get(client, cast.treasurer, f"/ledger/entries/{entries['items'][0]['id']}"))
    assert sum(one["amount_minor"] for one in entry["postings"]) == 0


def test_an_outsider_finds_nothing(client: ChainClient, session: Session, cast: Cast) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    wanted = {"id": str(new_id()), "kind": "sale", "sale_id": str(sale.id)}
    assert post(client, cast.outsider, "/settlement-runs", wanted).status_code == 404
    run = body(post(client, cast.accountant, "/settlement-runs", wanted), 201)
    for path in (f"/settlement-runs/{run['id']}", f"/settlement-runs/{run['id']}/lines"):
        assert get(client, cast.outsider, path).status_code == 404
    assert post(client, cast.outsider, f"/settlement-runs/{run['id']}/approve").status_code == 404
    assert body(get(client, cast.outsider, "/settlement-runs"))["total"] == 0


def test_a_fortnight_without_a_price_names_the_days(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 20_000, commodity="raw-milk")
    wanted = {
        "id": str(new_id()),
        "kind": "period",
        "commodity": "raw-milk",
        "period_from": "2026-03-01",
        "period_to": "2026-03-15",
    }
    refused = body(post(client, cast.accountant, "/settlement-runs", wanted), 409)
    assert refused["code"] == "no_price_in_force"
    assert "2 mar 2026" in refused["message"]
    price = {
        "id": str(new_id()),
        "commodity": "raw-milk",
        "price_minor_per_unit": 175,
        "valid_from": "2026-03-01",
        "valid_to": "2026-03-31",
        "decided_by": "Acuerdo",
    }
    body(post(client, cast.accountant, "/period-prices", price), 201)
    body(post(client, cast.accountant, "/period-prices", price))
    assert body(post(client, cast.accountant, "/settlement-runs", wanted), 201)["gross_minor"] == 3500


def test_a_period_run_needs_its_days(client: ChainClient, cast: Cast) -> None:
    refused = body(
        post(client, cast.accountant, "/settlement-runs", {"id": str(new_id()), "kind": "period"}), 422
    )
    assert set(refused["errors"]) == {"commodity", "period_from", "period_to"}


def test_advances_and_fees_are_stored_once(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    advance = {
        "id": str(new_id()),
        "producer_id": str(member.id),
        "amount_minor": 15_000,
        "given_on": "2026-02-03",
        "note": "Esquila",
    }
    assert body(post(client, cast.accountant, "/advances", advance), 201)["recovered_minor"] == 0
    body(post(client, cast.accountant, "/advances", advance))
    changed = post(client, cast.accountant, "/advances", advance | {"amount_minor": 15_001})
    assert body(changed, 409)["code"] == "idempotency_conflict"
    assert body(get(client, cast.accountant, "/advances?open=true"))["total"] == 1
    fee = {
        "id": str(new_id()),
        "name": "Aporte",
        "basis_points": 250,
        "valid_from": "2026-01-01",
        "decided_by": "Asamblea",
    }
    body(post(client, cast.accountant, "/deductions", fee), 201)
    body(post(client, cast.accountant, "/deductions", fee))
    stranger = post(client, cast.outsider, "/advances", advance | {"id": str(new_id())})
    assert stranger.status_code == 404


def test_a_text_that_a_database_cannot_hold_is_no_crash(client: ChainClient, cast: Cast) -> None:
    assert get(client, cast.treasurer, "/receipts?q=%00a").status_code in {200, 422}
    fee = {
        "id": str(new_id()),
        "name": "a\x00b",
        "basis_points": 3,
        "valid_from": "2026-01-01",
        "decided_by": "Asamblea",
    }
    assert post(client, cast.accountant, "/deductions", fee).status_code in {201, 422}
