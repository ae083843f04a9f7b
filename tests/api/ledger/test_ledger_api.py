import base64
import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.ledger.rules import AccountCode, LedgerLine
from tests.support.cast import Cast, bearer
from tests.support.ledger import DAY, add_member, moved, post, post_season

URL = "/api/v1/ledger"


def json_of(answer: TestResponse) -> Any:
    """Return the body of an answer."""
    return answer.get_json()


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "occurred_on": "2026-03-10",
        "description": "Comisión",
        "lines": [
            {"account": "bank_charges", "amount_minor": 1250},
            {"account": "bank", "amount_minor": -1250},
        ],
    } | changes


def test_an_entry_is_posted_once_and_reversed_once(client: FlaskClient, cast: Cast) -> None:
    headers = bearer(cast.accountant)
    body = entry()
    first = client.post(f"{URL}/entries", json=body, headers=headers)
    assert first.status_code == 201
    assert [one["amount_minor"] for one in json_of(first)["postings"]] == [1250, -1250]
    again = client.post(f"{URL}/entries", json=body, headers=headers)
    assert (again.status_code, json_of(again)["id"]) == (200, json_of(first)["id"])
    other = client.post(f"{URL}/entries", json=body | {"description": "Otra"}, headers=headers)
    assert (other.status_code, json_of(other)["code"]) == (409, "idempotency_conflict")
    path = f"{URL}/entries/{json_of(first)['id']}"
    undone = client.post(f"{path}/reversal", json={"reason": "duplicado"}, headers=headers)
    assert undone.status_code == 201
    assert json_of(undone)["reverses_id"] == json_of(first)["id"]
    assert json_of(client.get(path, headers=headers))["reversed_by_id"] == json_of(undone)["id"]
    assert client.post(f"{path}/reversal", json={"reason": "otra"}, headers=headers).status_code == 409
    assert (
        client.post(f"{path}/reversal", json={"reason": "x"}, headers=bearer(cast.outsider)).status_code
        == 404
    )


def test_refused_entries_name_their_fields(client: FlaskClient, cast: Cast) -> None:
    headers = bearer(cast.accountant)
    lines = [
        {"account": "payable_producers", "amount_minor": 5},
        {"account": "cofre", "amount_minor": -5, "party": "NADIE", "currency": "XXX"},
    ]
    answer = client.post(f"{URL}/entries", json=entry(lines=lines, occurred_on="2999-01-01"), headers=headers)
    assert answer.status_code == 422
    assert set(json_of(answer)["errors"]) == {
        "occurred_on",
        "lines.0.party",
        "lines.1.account",
        "lines.1.party",
        "lines.1.currency",
    }
    uneven = [{"account": "bank", "amount_minor": 5}, {"account": "cash", "amount_minor": -4}]
    answer = client.post(f"{URL}/entries", json=entry(lines=uneven), headers=headers)
    assert (answer.status_code, json_of(answer)["code"]) == (422, "entry_does_not_balance")
    assert client.post(f"{URL}/entries", json=entry(), headers=bearer(cast.treasurer)).status_code == 403


def test_trial_balance_parties_and_statements_agree(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    member = add_member(session, cast, now, "P001")
    post_season(session, cast, now, [member, add_member(session, cast, now, "P002", "Ana Quispe")])
    headers = bearer(cast.accountant)
    rows = json_of(client.get(f"{URL}/trial-balance?on=2026-03-31", headers=headers))["items"]
    for currency in ("PEN", "USD"):
        assert sum(row["closing_minor"] for row in rows if row["currency"] == currency) == 0
    trial = {(row["account"]["code"], row["currency"]): row["closing_minor"] for row in rows}
    parties = json_of(client.get(f"{URL}/parties?with_settled=true", headers=headers))["items"]
    assert [one["party"]["name"] for one in parties[:2]] == ["Ana Quispe", "Ana Quispe"]
    controls = json_of(client.get(f"{URL}/control-accounts", headers=headers))["items"]
    assert {one["account"]["code"] for one in controls} == {
        "receivable_buyers",
        "buyer_prepayments",
        "advances_to_producers",
        "payable_producers",
    }
    for control in controls:
        assert control["agrees"]
        key = (control["account"]["code"], control["currency"])
        mine = [one["balance_minor"] for one in parties if (one["account"]["code"], one["currency"]) == key]
        assert sum(mine) == control["balance_minor"] == trial[key]
    found = json_of(client.get(f"{URL}/parties/{member}?first=2026-02-01", headers=headers))
    assert found["opening_minor"] == 100_00
    assert [row["balance_minor"] for row in found["items"]] == [-900_00, 0]
    assert found["closing_minor"] == 0
    only = json_of(client.get(f"{URL}/parties?q=quispe&account=payable_producers", headers=headers))["items"]
    assert [(one["party"]["code"], one["balance_minor"]) for one in only] == [("P002", -100_00)]
    assert client.get(f"{URL}/parties/{member}", headers=bearer(cast.outsider)).status_code == 404


def test_months_close_in_order_and_open_with_a_reason(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    post(session, cast, now, moved(5), day=date(2026, 1, 31))
    headers = bearer(cast.treasurer)

    def close(month: str) -> tuple[int, str]:
        answer = client.post(f"{URL}/periods", json={"month": month}, headers=headers)
        return answer.status_code, json_of(answer).get("code", "")

    assert close("9999-12-31") == (409, "month_not_over")
    assert close("2026-02-05") == (409, "earlier_month_open")
    assert close("2025-12-01") == (409, "nothing_to_close")
    assert close("2026-01-15") == (201, "")
    assert close("2026-01-15") == (409, "month_already_closed")
    assert close("2026-02-01") == (201, "")
    body = entry(occurred_on="2026-01-10")
    refused = client.post(f"{URL}/entries", json=body, headers=bearer(cast.accountant))
    assert (refused.status_code, json_of(refused)["code"]) == (409, "period_closed")
    again = {"month": "2026-01-01", "reason": "x"}
    path = f"{URL}/periods/reopening"
    other = bearer(cast.second_treasurer)
    assert json_of(client.post(path, json=again, headers=other))["code"] == "later_month_closed"
    last = {"month": "2026-02-01", "reason": "faltó un recibo"}
    assert json_of(client.post(path, json=last, headers=headers))["code"] == "same_person"
    assert client.post(path, json=last | {"reason": " "}, headers=other).status_code == 422
    assert client.post(path, json=last, headers=other).status_code == 200
    assert json_of(client.post(path, json=last, headers=other))["code"] == "month_is_open"
    listed = json_of(client.get(f"{URL}/periods", headers=headers))["items"]
    assert [one["reopen_reason"] for one in listed] == ["faltó un recibo", None]


def test_the_proof_of_a_day_can_be_followed_by_anybody(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    for _ in range(3):
        post(session, cast, now, moved(5))
    headers = bearer(cast.auditor)
    early = json_of(client.get(f"{URL}/days/{DAY}", headers=headers))
    post(session, cast, now, moved(7))
    post(session, cast, now + timedelta(days=2), moved(9))
    proof = json_of(client.get(f"{URL}/days/{DAY}?mark={early['hash'][:12].upper()}", headers=headers))
    assert (proof["sequence"], len(proof["entry_hashes"]), proof["before_sequence"]) == (4, 4, 0)
    assert proof["chain_hash"] == proof["entry_hashes"][-1]
    text = f"{cast.centre.id.hex}:{DAY}:{proof['sequence']}:{proof['chain_hash']}"
    assert hashlib.sha256(text.encode()).hexdigest() == proof["hash"]
    assert proof["is_whole"]
    assert proof["is_kept"]
    assert (proof["agrees"], proof["agrees_at"]) == (True, 3)
    final = json_of(client.get(f"{URL}/days/{DAY}?mark={proof['hash']}", headers=headers))
    assert (final["agrees"], final["agrees_at"]) == (True, 4)
    assert json_of(client.get(f"{URL}/days/{DAY}?mark=00000000", headers=headers))["agrees"] is False
    assert json_of(client.get(f"{URL}/days/{DAY}?mark=0", headers=headers))["agrees"] is False
    assert client.get(f"{URL}/days/ayer", headers=headers).status_code == 422
    for day in ("0001-01-01", "9999-12-31"):
        assert client.get(f"{URL}/days/{day}", headers=headers).status_code == 200


def test_opening_balances_come_from_a_file(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    add_member(session, cast, now, "P001")
    headers = bearer(cast.accountant)
    table = "account,party,debit,credit\n1041,,500.00,\npayable_producers,P001,,120.50\n121,mill,30,0\n"
    content = base64.b64encode(table.encode()).decode()
    body = {"occurred_on": "2026-01-01", "content": content}
    looked = json_of(client.post(f"{URL}/opening", json=body, headers=headers))
    assert (looked["rows"], looked["entry_id"], looked["against_minor"]) == (3, None, {"PEN": -409_50})
    taken = json_of(client.post(f"{URL}/opening", json=body | {"dry_run": False}, headers=headers))
    assert taken["posted_now"]
    again = json_of(client.post(f"{URL}/opening", json=body | {"dry_run": False}, headers=headers))
    assert (again["posted_now"], again["entry_id"]) == (False, taken["entry_id"])
    broken = base64.b64encode(table.replace("P001", "P999").encode()).decode()
    refused = client.post(
        f"{URL}/opening", json=body | {"dry_run": False, "content": broken}, headers=headers
    )
    assert (refused.status_code, json_of(refused)["code"]) == (422, "bad_opening_rows")
    assert client.post(f"{URL}/opening", json=body | {"content": "%%"}, headers=headers).status_code == 422


def test_the_chart_is_changed_and_grows(client: FlaskClient, cast: Cast) -> None:
    headers = bearer(cast.accountant)
    body = {"id": str(new_id()), "kind": "asset", "number": "1042", "name": "Segundo banco"}
    added = client.post(f"{URL}/chart", json=body, headers=headers)
    assert (added.status_code, json_of(added)["code"]) == (201, "own_1")
    assert json_of(client.post(f"{URL}/chart", json=body, headers=headers)) == json_of(added)
    assert client.post(f"{URL}/chart", json=body | {"name": "Otro"}, headers=headers).status_code == 409
    changed = client.put(f"{URL}/chart/tax_withheld", json={"number": "40172", "name": "IR"}, headers=headers)
    assert json_of(changed)["is_confirmed"]
    assert (
        client.put(f"{URL}/chart/nada", json={"number": "1", "name": "x"}, headers=headers).status_code == 404
    )
    chart = json_of(client.get(f"{URL}/chart", headers=bearer(cast.outsider)))
    assert not any(one["is_own"] or one["is_confirmed"] for one in chart["items"])
    lines = [{"account": "own_1", "amount_minor": 5}, {"account": "bank", "amount_minor": -5}]
    assert client.post(f"{URL}/entries", json=entry(lines=lines), headers=headers).status_code == 201
    stranger = client.post(f"{URL}/entries", json=entry(lines=lines), headers=bearer(cast.outsider))
    assert stranger.status_code == 422


def test_the_export_is_sent_in_each_format(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    post(session, cast, now, moved(5))
    for wanted, word in {
        "csv": b"debe",
        "xlsx": b"PK",
        "hledger": b"account ",
        "beancount": b"open ",
    }.items():
        path = f"{URL}/export?first=2026-03-01&last=2026-03-31&format={wanted}"
        answer = client.get(path, headers=bearer(cast.auditor))
        assert answer.status_code == 200
        assert word in answer.data
    path = f"{URL}/export?first=2026-03-02&last=2026-03-01&format=csv"
    assert client.get(path, headers=bearer(cast.auditor)).status_code == 422


def test_a_year_is_closed_once_and_taken_back(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    fees = [LedgerLine(AccountCode.CASH, 60_000), LedgerLine(AccountCode.FEE_INCOME, -60_000)]
    post(session, cast, now, fees, day=date(2025, 12, 31))
    headers, other = bearer(cast.treasurer), bearer(cast.second_treasurer)
    wanted = {"last_day": "2025-12-31"}
    assert client.post(f"{URL}/years", json=wanted, headers=bearer(cast.accountant)).status_code == 403
    made = [json_of(client.post(f"{URL}/years", json=wanted, headers=headers)) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    (year,) = json_of(client.get(f"{URL}/years", headers=headers))["items"]
    assert (year["results"], year["last_day"]) == ({"PEN": 60_000}, "2025-12-31")
    path = f"{URL}/years/{year['entry_id']}/reopening"
    assert json_of(client.post(path, json={"reason": "x"}, headers=headers))["code"] == "same_person"
    assert client.post(path, json={"reason": "faltó un gasto"}, headers=other).status_code == 201
    again = client.post(path, json={"reason": "x"}, headers=other)
    assert (again.status_code, json_of(again)["code"]) == (409, "entry_already_reversed")
