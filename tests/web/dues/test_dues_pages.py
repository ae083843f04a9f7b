"""Pages of debts, loans, rules and the pass-on: they open, store, refuse with what was typed, and stay with their organisation."""

import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.models import (
    DeductionRule,
    GroupCharge,
    Loan,
    Movement,
    PassingEntry,
    PassingObligation,
    PassingProgramme,
    RecoveryCap,
)
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, sign_in
from tests.support.settling import Member, add_members

DAY = "2026-03-02"


@pytest.fixture
def members(session: Session, cast: Cast) -> list[Member]:
    """Two members; the first signs in as the producer."""
    return add_members(session, 2, user_id=cast.producer.id)


def _post(client: ChainClient, path: str, person: Person, status: int = 302, /, **data: str) -> str:
    sign_in(client, person)
    answer = client.post(path, data={"id": str(new_id()), **data})
    assert answer.status_code == status, answer.text
    return answer.text


def _pages(client: ChainClient, person: Person, *paths: str) -> str:
    sign_in(client, person)
    texts = []
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        texts.append(answer.text)
    return "\n".join(texts).replace("\xa0", " ")


def test_a_debt_is_recorded_repaid_written_off_and_cancelled(
    client: ChainClient, session: Session, cast: Cast, members: list[Member]
) -> None:
    code = members[0].code
    debt = {
        "member_code": code,
        "kind": "feed",
        "amount": "100",
        "dated_on": DAY,
        "note": "2 sacos",
        "source": "",
        "decided_by": "Directiva del 2 de marzo",
    }
    for _ in range(3):
        _post(client, "/debts/new", cast.accountant, **debt)
    ids = list(session.scalars(select(Movement.id).order_by(Movement.number)))
    base = f"/debts/movements/{ids[0]}"
    _pages(
        client, cast.accountant, "/debts", "/debts/movements", "/advances", "/debts/new", "/advances/new", base,
        f"{base}/repay", f"{base}/write-off", f"{base}/cancel", f"/debts/producers/{members[0].id}",
    )  # fmt: skip
    _post(client, f"{base}/repay", cast.accountant, amount="40,50", paid_on=DAY, into="cash")
    text = _post(client, f"{base}/repay", cast.accountant, 422, amount="999", paid_on=DAY, into="cash")
    assert "999" in text
    _post(client, f"{base}/write-off", cast.accountant, decision="Asamblea del 5 de enero")
    _post(client, f"/debts/movements/{ids[1]}/cancel", cast.accountant, reason="Era de otra socia")
    session.expire_all()
    assert list(session.scalars(select(Movement.balance_minor).order_by(Movement.number))) == [0, 0, 10_000]
    shown = _pages(client, cast.accountant, base, f"/debts/movements/{ids[1]}")
    assert "Asamblea del 5 de enero" in shown
    assert "Era de otra socia" in shown
    own = _pages(client, cast.producer, "/my-debts")
    assert "2 sacos" in own
    assert "Directiva del 2 de marzo" in own
    assert "Directiva del 2 de marzo" in _pages(client, cast.accountant, "/debts/movements.csv")


def test_an_unknown_member_is_told_at_the_field(
    client: ChainClient, cast: Cast, members: list[Member]
) -> None:
    assert members
    text = _post(
        client, "/debts/new", cast.accountant, 422,
        member_code="NO-1", kind="vet", amount="12", dated_on=DAY, note="Vacuna", source="",
    )  # fmt: skip
    assert "Vacuna" in text
    assert "NO-1" in text


def test_a_sheet_is_looked_at_and_then_taken_once(
    client: ChainClient, session: Session, cast: Cast, members: list[Member]
) -> None:
    sign_in(client, cast.accountant)
    assert client.get("/debts/import").status_code == 200
    assert "balanceado" in client.get("/debts/import/sample.csv").text
    sheet = f"codigo,tipo,fecha,monto,detalle\n{members[0].code},vet,{DAY},45.50,Vacuna\n".encode()
    answer = client.post("/debts/import", data={"file": (io.BytesIO(sheet), "deudas.csv")})
    assert answer.status_code == 302
    path = answer.headers["Location"]
    assert "Vacuna" in client.get(path).text
    assert client.post(path).status_code == 302
    assert client.post(path).status_code == 302
    assert list(session.scalars(select(Movement.amount_minor))) == [4_550]
    bad = client.post("/debts/import", data={"file": (io.BytesIO(sheet.replace(b"45.50", b"x")), "mal.csv")})
    preview = client.get(bad.headers["Location"])
    assert preview.status_code == 200
    assert client.post(bad.headers["Location"]).status_code == 422


def test_the_list_downloads_as_csv(client: ChainClient, cast: Cast, members: list[Member]) -> None:
    _post(
        client, "/debts/new", cast.accountant,
        member_code=members[0].code, kind="vet", amount="12", dated_on=DAY, note="=cmd()", source="",
    )  # fmt: skip
    text = _pages(client, cast.treasurer, "/debts/movements.csv")
    assert "'=cmd()" in text
    assert "12.00" in text


def test_a_loan_shows_its_schedule_first(
    client: ChainClient, session: Session, cast: Cast, members: list[Member]
) -> None:
    loan = {
        "member_code": members[0].code, "principal": "1000", "interest": "2", "instalments": "3", "every": "month",
        "given_on": DAY, "first_due_on": "2026-04-02", "source": "cash", "note": "Cerco", "decided_by": "Asamblea",
    }  # fmt: skip
    _pages(client, cast.accountant, "/loans/new")
    text = _post(client, "/loans/new", cast.accountant, 200, step="look", **loan)
    assert "333.34" in text
    assert session.scalar(select(Loan.id)) is None
    _post(client, "/loans/new", cast.accountant, step="give", **loan)
    loan_id = session.scalar(select(Loan.id))
    base = f"/loans/{loan_id}"
    _pages(
        client, cast.accountant, base, f"{base}/pay", f"{base}/cancel", f"/debts/producers/{members[0].id}"
    )
    _pages(client, cast.accountant, "/loans", "/loans?which=open&q=cerco")
    listed = _pages(client, cast.treasurer, "/loans?which=open")
    assert members[0].name in listed
    assert "S/ 1,060.00" in listed
    line = _pages(client, cast.accountant, "/loans.csv?which=open").splitlines()[1]
    assert ",1000.00,2.00,3,month,2026-06-02,1060.00," in line
    assert members[0].name not in _pages(client, cast.accountant, "/loans?q=nadie")
    _post(client, f"{base}/pay", cast.accountant, paid_on=DAY, into="cash")
    assert members[0].name not in _pages(client, cast.accountant, "/loans?which=open")
    _post(client, f"{base}/pay", cast.accountant, 422, paid_on=DAY, into="cash")
    text = _post(client, "/loans/new", cast.accountant, 422, step="give", **loan | {"instalments": "0"})
    assert "Cerco" in text


def test_a_tax_waits_for_the_accountant(client: ChainClient, session: Session, cast: Cast) -> None:
    _pages(client, cast.accountant, "/deductions", "/deductions/new", "/group-charges", "/recovery-cap")
    _post(
        client, "/deductions/new", cast.accountant,
        name="Retención", kind="withholding", basis="percent_of_gross", percent="0.8", it_percent="0.3",
        iue_percent="0.5", valid_from=DAY, decided_by="Norma",
    )  # fmt: skip
    rule = session.scalars(select(DeductionRule)).one()
    assert (rule.value, rule.parts, rule.confirmed_at) == (80, [["IT", 30], ["IUE", 50]], None)
    _pages(client, cast.accountant, "/deductions", f"/deductions/{rule.id}/end")
    _post(client, f"/deductions/{rule.id}/confirm", cast.accountant)
    _post(client, f"/deductions/{rule.id}/end", cast.accountant, last_day=DAY)
    session.expire_all()
    assert rule.confirmed_at is not None
    missing = _post(
        client, "/deductions/new", cast.accountant, 422,
        name="Flete", kind="freight_fee", basis="per_unit", valid_from=DAY, decided_by="Asamblea",
    )  # fmt: skip
    assert "Flete" in missing


def test_a_group_charge_and_the_cap_are_set(client: ChainClient, session: Session, cast: Cast) -> None:
    _pages(client, cast.accountant, "/group-charges/new")
    _post(
        client, "/group-charges/new", cast.accountant,
        zone="", name="Alcohol", amount="30", charged_on=DAY, decided_by="Asamblea",
    )  # fmt: skip
    charge = session.scalars(select(GroupCharge)).one()
    assert "Alcohol" in _pages(client, cast.accountant, "/group-charges")
    _post(client, f"/group-charges/{charge.id}/withdraw", cast.accountant)
    _post(client, "/recovery-cap", cast.accountant, percent="0", valid_from=DAY, decided_by="Asamblea 2")
    assert session.scalar(select(RecoveryCap.left_basis_points)) == 0
    assert "Asamblea 2" in _pages(client, cast.treasurer, "/recovery-cap", "/debts")
    _post(client, "/recovery-cap", cast.accountant, 422, percent="101", valid_from=DAY, decided_by="x")


def test_animals_go_from_family_to_family(
    client: ChainClient, session: Session, cast: Cast, members: list[Member]
) -> None:
    _pages(client, cast.clerk, "/pass-on", "/pass-on/new", "/pass-on/programmes", "/pass-on/programmes/new")
    _post(
        client, "/pass-on/programmes/new", cast.clerk,
        name="Alpacas", sponsor="Municipio", goods="animals", due_months="", return_percent="100", decided_by="Convenio",
    )  # fmt: skip
    programme = session.scalars(select(PassingProgramme)).one()
    assert programme.due_months == 36
    _pages(client, cast.clerk, f"/pass-on/programmes/{programme.id}/terms")
    received = {
        "programme": str(programme.id), "member_code": members[0].code, "species": "alpacas", "quantity": "5",
        "sex": "f", "born_on": "", "received_on": DAY, "witness": "Juez de paz", "note": "",
    }  # fmt: skip
    _post(client, "/pass-on/new", cast.clerk, 422, **received | {"quantity": "2.5"})
    _post(client, "/pass-on/new", cast.clerk, **received)
    first = session.scalars(select(PassingObligation)).one()
    base = f"/pass-on/{first.id}"
    _pages(client, cast.clerk, base, f"{base}/pass", f"{base}/lose", "/pass-on", "/pass-on.csv")
    passed = {
        "quantity": "3",
        "happened_on": DAY,
        "to_member": members[1].code,
        "to_name": "",
        "witness": "Alcalde",
    }
    _post(client, f"{base}/pass", cast.clerk, **passed)
    _post(client, f"{base}/pass", cast.clerk, 422, **passed | {"quantity": "9"})
    _post(client, f"{base}/lose", cast.clerk, quantity="1", happened_on=DAY, reason="Nevada; comité")
    shown = _pages(client, cast.clerk, base)
    assert members[1].name in shown
    entry = session.scalars(select(PassingEntry).where(PassingEntry.kind == "lost")).one()
    _pages(client, cast.clerk, f"{base}/entries/{entry.id}/correct")
    _post(client, f"{base}/entries/{entry.id}/correct", cast.clerk, reason="No murió")
    session.expire_all()
    assert first.still_owed == 2
    assert "alpacas" in _pages(client, cast.producer, "/my-debts")
    _post(
        client, f"/pass-on/programmes/{programme.id}/terms", cast.clerk,
        due_months="24", return_percent="100", decided_by="Asamblea",
    )  # fmt: skip


def test_another_organisation_finds_nothing(
    client: ChainClient, session: Session, cast: Cast, members: list[Member]
) -> None:
    _post(
        client, "/debts/new", cast.accountant,
        member_code=members[0].code, kind="vet", amount="12", dated_on=DAY, note="Vacuna", source="",
    )  # fmt: skip
    movement_id = session.scalar(select(Movement.id))
    sign_in(client, cast.outsider)
    for path in (
        f"/debts/movements/{movement_id}",
        f"/debts/producers/{members[0].id}",
        f"/loans/{new_id()}",
    ):
        assert client.get(path).status_code == 404
    assert "Vacuna" not in client.get("/debts/movements").text
    sign_in(client, cast.clerk)
    assert client.get("/debts").status_code == 403
