"""Papers and their keys as resources."""

import io

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.signing import from_base32
from chain.papers.codes import Verdict, check_code
from chain.papers.models import Paper
from chain.papers.rules import PaperKind
from chain.papers.subjects import Subject, register_subject
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.papers import SUBJECT, draft, issue


@pytest.fixture
def papers(session: Session, cast: Cast) -> list[Paper]:
    made = issue(session, cast, [draft(), draft()])
    return made + issue(session, cast, [draft()], kind=PaperKind.PURCHASE_LIQUIDATION)


def test_papers_are_listed_and_filtered(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    head = bearer(cast.treasurer)
    answer = client.get("/api/v1/papers?sort=number", headers=head).json
    assert answer is not None
    assert answer["total"] == 3
    found = client.get("/api/v1/papers?kind=receipt&q=R001-2&state=valid", headers=head).json
    assert found is not None
    assert [one["serial"] for one in found["items"]] == ["R001-00000002"]
    for bad in ("kind=x", "state=y", "first_day=x", "series=TOOLONG", "sort=content"):
        assert client.get(f"/api/v1/papers?{bad}", headers=head).status_code == 422
    series = client.get("/api/v1/papers/series", headers=head).json
    assert series is not None
    assert [(one["series"], one["has_no_gap"], one["last_number"]) for one in series["items"]] == [
        ("L001", True, 1),
        ("R001", True, 2),
    ]


def test_a_paper_is_checked_with_the_published_keys(
    client: ChainClient, cast: Cast, papers: list[Paper]
) -> None:
    detail = client.get(f"/api/v1/papers/{papers[0].id}", headers=bearer(cast.treasurer)).json
    published = client.get("/api/v1/paper-keys").json
    assert detail is not None
    assert published is not None
    keys = {one["key_id"]: from_base32(one["public_key"]) for one in published["items"]}
    assert check_code(detail["signed_code"], keys).verdict is Verdict.GENUINE
    assert detail["content"]["serial"] == detail["serial"] == "R001-00000001"


def test_a_paper_is_read_printed_and_voided(
    client: ChainClient, cast: Cast, papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, head = f"/api/v1/papers/{papers[0].id}", bearer(cast.treasurer)
    reading = client.get(f"{path}/pdf?format=a4", headers=bearer(cast.accountant))
    assert "SOLO PARA CONSULTA" in PdfReader(io.BytesIO(reading.data)).pages[0].extract_text()
    assert client.get(f"{path}/pdf?format=a7", headers=head).status_code == 422
    for mark in ("ORIGINAL", "COPIA 1"):
        printed = client.post(f"{path}/print?format=roll_80", headers=head)
        assert mark in PdfReader(io.BytesIO(printed.data)).pages[0].extract_text()
    refused = client.post(f"{path}/void", headers=head, json={"reason": "Repetido"})
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "void_refused")
    monkeypatch.setattr("chain.papers.subjects._subjects", {})
    register_subject(SUBJECT, Subject(why_not_void=lambda _session, _paper: None))
    done = client.post(f"{path}/void", headers=head, json={"reason": "Repetido"})
    assert (done.status_code, (done.json or {})["void_reason"]) == (200, "Repetido")
    again = client.post(f"{path}/void", headers=head, json={"reason": "Repetido"})
    assert (again.status_code, (again.json or {})["code"]) == (409, "paper_already_voided")


def test_who_may_not_gets_nothing(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    path = f"/api/v1/papers/{papers[0].id}"
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{path}/print", headers=bearer(cast.accountant)).status_code == 403
    assert (
        client.post(f"{path}/void", headers=bearer(cast.accountant), json={"reason": "Repetido"}).status_code
        == 403
    )
    assert client.get("/api/v1/papers", headers=bearer(cast.producer)).status_code == 403
    assert client.get("/api/v1/papers").status_code == 401
