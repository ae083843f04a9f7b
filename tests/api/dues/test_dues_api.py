"""Debts, loans, rules and the pass-on as resources: stored once, 404 for others, the same figures as the services."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.models import AuditRecord
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.settling import add_members

DAY = "2026-03-02"


def test_a_debt_is_stored_once_repaid_and_shown_with_its_rows(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    (member,) = add_members(session, 1)
    headers = bearer(cast.accountant)
    debt = {
        "id": str(new_id()), "producer_id": str(member.id), "kind": "vet", "amount_minor": 5_000, "dated_on": DAY,
        "note": "Vacuna",
    }  # fmt: skip
    assert client.post("/api/v1/debts", json=debt, headers=headers).status_code == 201
    assert client.post("/api/v1/debts", json=debt, headers=headers).status_code == 200
    assert client.post("/api/v1/debts", json=debt | {"note": "Otra"}, headers=headers).status_code == 409
    path = f"/api/v1/debts/{debt['id']}"
    paid = {"id": str(new_id()), "amount_minor": 2_000, "paid_on": DAY}
    assert client.post(f"{path}/repayments", json=paid, headers=headers).status_code == 201
    assert client.post(f"{path}/repayments", json=paid, headers=headers).status_code == 200
    shown = client.get(path, headers=headers).json
    assert shown is not None
    assert shown["balance_minor"] == 3_000
    assert [one["amount_minor"] for one in shown["applications"]] == [2_000]
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404
    listed = client.get("/api/v1/debts?open=true", headers=headers).json
    assert listed is not None
    assert listed["total"] == 1


def test_a_loan_shows_its_schedule(client: ChainClient, session: Session, cast: Cast) -> None:
    (member,) = add_members(session, 1)
    headers = bearer(cast.accountant)
    loan = {
        "id": str(new_id()), "producer_id": str(member.id), "principal_minor": 100_000,
        "interest_basis_points_a_month": 200, "instalments": 3, "every": "month", "given_on": DAY,
        "first_due_on": "2026-04-02", "note": "Cerco", "decided_by": "Asamblea",
    }  # fmt: skip
    assert client.post("/api/v1/loans", json=loan, headers=headers).status_code == 201
    assert client.post("/api/v1/loans", json=loan, headers=headers).status_code == 200
    shown = client.get(f"/api/v1/loans/{loan['id']}", headers=headers).json
    assert shown is not None
    assert [one["principal_minor"] for one in shown["schedule"]] == [33_334, 33_333, 33_333]
    listed = client.get("/api/v1/loans?open=true&sort=-amount", headers=headers).json
    assert listed is not None
    assert [(one["id"], one["open_minor"], one["last_due_on"]) for one in listed["items"]] == [
        (loan["id"], 106_000, "2026-06-02")
    ]
    assert client.get("/api/v1/loans?sort=note", headers=headers).status_code == 422
    assert client.get("/api/v1/loans", headers=bearer(cast.outsider)).json["total"] == 0  # type: ignore[index]  # a page


def test_a_loan_is_paid_early_once(client: ChainClient, session: Session, cast: Cast) -> None:
    (member,) = add_members(session, 1)
    headers = bearer(cast.accountant)
    loan = {
        "id": str(new_id()), "producer_id": str(member.id), "principal_minor": 100_000,
        "interest_basis_points_a_month": 200, "instalments": 3, "every": "month", "given_on": DAY,
        "first_due_on": "2026-04-02", "note": "Cerco", "decided_by": "Asamblea",
    }  # fmt: skip
    assert client.post("/api/v1/loans", json=loan, headers=headers).status_code == 201
    path = f"/api/v1/loans/{loan['id']}/early-payment"
    cost = {
        "principal_minor": 100_000,
        "interest_minor": 2_000,
        "waived_minor": 4_000,
        "total_minor": 102_000,
    }
    assert client.get(f"{path}?on=2026-03-10", headers=headers).json == cost
    payment = {"id": str(new_id()), "paid_on": "2026-03-10"}
    assert client.post(path, json=payment, headers=bearer(cast.clerk)).status_code == 403
    assert client.post(path, json=payment, headers=bearer(cast.outsider)).status_code == 404
    for paid_on in ("2026-03-01", "2036-03-01"):  # before the loan, and after today
        assert client.post(path, json=payment | {"paid_on": paid_on}, headers=headers).status_code == 422
    first = client.post(path, json=payment, headers=headers)
    again = client.post(path, json=payment, headers=headers)
    assert [(one.status_code, one.json) for one in (first, again)] == [(201, cost), (200, cost)]
    assert client.post(path, json=payment | {"into": "bank"}, headers=headers).status_code == 409
    assert client.post(path, json=payment | {"id": str(new_id())}, headers=headers).status_code == 409
    shown = client.get(f"/api/v1/loans/{loan['id']}", headers=headers).json
    assert shown is not None
    assert {one["open_minor"] for one in shown["schedule"]} == {0}
    tags = session.scalars(
        select(AuditRecord.tag).where(AuditRecord.subject_id == UUID(loan["id"]))  # type: ignore[arg-type]  # text
    ).all()
    assert sorted(tags) == ["dues:loan:given", "dues:loan:paid_early"]


def test_terms_and_the_pass_on_are_stored_once(client: ChainClient, session: Session, cast: Cast) -> None:
    first, second = add_members(session, 2)
    headers = bearer(cast.accountant)
    cap = {"id": str(new_id()), "left_basis_points": 0, "valid_from": DAY, "decided_by": "Asamblea"}
    assert client.post("/api/v1/recovery-cap", json=cap, headers=headers).status_code == 201
    assert client.get("/api/v1/recovery-cap", headers=headers).json == {
        "left_basis_points": 0,
        "decided_by": "Asamblea",
    }
    charge = {"id": str(new_id()), "name": "Alcohol", "amount_minor": 5, "charged_on": DAY, "decided_by": "x"}
    assert client.post("/api/v1/group-charges", json=charge, headers=headers).status_code == 201
    unknown = charge | {"id": str(new_id()), "zone_id": str(new_id())}
    assert client.post("/api/v1/group-charges", json=unknown, headers=headers).status_code == 422
    programme = {
        "id": str(new_id()),
        "name": "Alpacas",
        "sponsor": "Fondo",
        "goods": "animals",
        "decided_by": "x",
    }
    answer = client.post("/api/v1/pass-on/programmes", json=programme, headers=headers)
    assert answer.json is not None
    assert answer.json["due_months"] == 36
    got = {
        "id": str(new_id()), "programme_id": programme["id"], "producer_id": str(first.id), "species": "alpacas",
        "quantity": 5, "received_on": DAY, "witness": "Juez",
    }  # fmt: skip
    assert client.post("/api/v1/pass-on", json=got, headers=headers).status_code == 201
    passed = {
        "id": str(new_id()), "quantity": 2, "happened_on": DAY, "to_producer_id": str(second.id), "witness": "x",
    }  # fmt: skip
    path = f"/api/v1/pass-on/{got['id']}"
    assert client.post(f"{path}/passed", json=passed, headers=headers).status_code == 201
    shown = client.get(path, headers=headers).json
    assert shown is not None
    assert shown["still_owed"] == 3
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404


def test_seed_is_late_after_a_year_and_refusals_name_the_field(
    client: ChainClient, session: Session, cast: Cast, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(datetime(2026, 3, 16, 15, tzinfo=UTC))
    first, second = add_members(session, 2)
    headers = bearer(cast.clerk)
    programme = {
        "id": str(new_id()), "name": "Semilla", "sponsor": "Municipio", "goods": "seed", "decided_by": "Convenio",
    }  # fmt: skip
    answer = client.post("/api/v1/pass-on/programmes", json=programme, headers=headers).json
    assert answer is not None
    assert answer["due_months"] == 12
    got = {
        "id": str(new_id()), "programme_id": programme["id"], "producer_id": str(first.id), "species": "quinua",
        "quantity": 20_000, "received_on": DAY, "witness": "Juez",
    }  # fmt: skip
    assert client.post("/api/v1/pass-on", json=got, headers=headers).status_code == 201
    assert client.post("/api/v1/pass-on", json=got, headers=headers).status_code == 200
    path = f"/api/v1/pass-on/{got['id']}/passed"
    passed = {"id": str(new_id()), "quantity": 5_000, "happened_on": DAY, "to_producer_id": str(second.id)}
    for facts, status, field in (
        ({"witness": second.name}, 422, "witness"),
        ({"witness": "Juez", "to_producer_id": str(first.id)}, 422, "to_member"),
        ({"witness": "Juez", "quantity": 20_001}, 409, None),
    ):
        refused = client.post(path, json=passed | facts, headers=headers)
        assert refused.status_code == status, refused.json
        assert refused.json is not None
        assert field is None or field in refused.json["errors"]
    late = "/api/v1/pass-on?standing=overdue"
    assert client.get(late, headers=headers).json["total"] == 0  # type: ignore[index]  # a page
    set_clock(datetime(2027, 3, 3, 15, tzinfo=UTC))
    listed = client.get(late, headers=headers).json
    assert listed is not None
    assert [(one["due_on"], one["still_owed"]) for one in listed["items"]] == [("2027-03-02", 20_000)]
    sign_in(client, cast.clerk)
    page = client.get("/pass-on?standing=overdue").text
    assert first.name in page
    assert "Semilla" in client.get("/pass-on.csv?standing=overdue").text
