"""Pages of papers: the register, one paper, its prints and void, and what anybody may check."""

import io

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.signing import signer
from chain.papers.drawing.sheets import signed_code_of
from chain.papers.models import Paper
from chain.papers.rules import PaperKind
from chain.papers.subjects import Subject, register_subject
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.papers import SUBJECT, draft, issue, receipt_content
from tests.support.settling import Member, add_members


@pytest.fixture
def members(session: Session, cast: Cast) -> list[Member]:
    return add_members(session, 2, user_id=cast.producer.id)


@pytest.fixture
def papers(session: Session, cast: Cast, members: list[Member]) -> list[Paper]:
    made = issue(
        session, cast, [draft(party_id=one.id, content=receipt_content(one.name)) for one in members]
    )
    return made + issue(session, cast, [draft(party_id=members[1].id)], kind=PaperKind.PURCHASE_LIQUIDATION)


@pytest.fixture
def voidable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.papers.subjects._subjects", {})
    register_subject(SUBJECT, Subject(why_not_void=lambda _session, _paper: None))


def test_the_register_lists_finds_and_exports(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    sign_in(client, cast.treasurer)
    page = client.get("/papers").text
    assert all(
        text in page for text in ("R001-00000001", "R001-00000002", "L001-00000001", "Liquidación de compra")
    )
    found = client.get("/papers?series=R001&q=002").text
    assert "R001-00000002" in found
    assert "R001-00000001" not in found
    file = client.get("/papers.csv?kind=receipt").text
    assert file.startswith("\ufeffTipo,N")
    assert file.count("R001-") == 2
    assert "496.01" in file
    for nonsense in ("kind=x", "state=y", "from=2026-99-99", "series=%00", "q=%00", "page=0"):
        assert client.get(f"/papers?{nonsense}").status_code == 200


def test_a_list_takes_few_statements_however_long(
    client: ChainClient, cast: Cast, papers: list[Paper], query_count: object
) -> None:
    sign_in(client, cast.treasurer)
    client.get("/papers")
    with query_count() as queries:  # type: ignore[operator]  # the fixture is callable
        client.get("/papers")
    assert queries.count <= 9, str(queries)


def test_the_series_page_says_that_nothing_is_missing(
    client: ChainClient, cast: Cast, papers: list[Paper]
) -> None:
    sign_in(client, cast.accountant)
    assert "La serie no tiene huecos. Números: 2; anulados: 0." in client.get("/papers/series").text


def test_a_paper_is_seen_printed_and_copied_in_formats(
    client: ChainClient, cast: Cast, papers: list[Paper]
) -> None:
    sign_in(client, cast.treasurer)
    path = f"/papers/{papers[0].id}"
    page = client.get(path).text
    assert all(
        text in page
        for text in ("Recibo de pago R001-00000001", "515.63", "Sal mineral", "Imprimir el original")
    )
    first = client.post(f"{path}/print", data={"format": "roll_58"})
    assert "ORIGINAL" in PdfReader(io.BytesIO(first.data)).pages[0].extract_text()
    again = client.post(f"{path}/print", data={})
    assert "COPIA 1" in PdfReader(io.BytesIO(again.data)).pages[0].extract_text()
    page = client.get(path).text
    assert "Rollo de 58 mm" in page
    assert "Hoja A5" in page
    assert client.get(f"{path}/pdf?format=a4").status_code == 200
    assert client.get(f"{path}/pdf?format=a7").status_code == 422
    assert client.get(f"{path}/data.json").json["content"] == papers[0].content  # type: ignore[index]  # JSON


def test_a_paper_is_voided_with_a_reason_and_shows_it(
    client: ChainClient, cast: Cast, papers: list[Paper], voidable: None
) -> None:
    sign_in(client, cast.treasurer)
    path = f"/papers/{papers[0].id}"
    refused = client.post(f"{path}/void", data={"reason": "x"})
    assert refused.status_code == 422
    assert 'value="x"' in refused.text
    assert client.post(f"{path}/void", data={"reason": "Peso mal anotado"}).status_code == 302
    page = client.get(path).text
    assert "Este documento está anulado. Motivo: Peso mal anotado" in page
    client.post(f"{path}/void", data={"reason": "Otra vez"})
    assert "ya está anulado" in client.get(path).text
    assert "anulado. No tiene valor" in client.get(f"/R/{papers[0].check_code}").text
    assert "anulados: 1." in client.get("/papers/series").text


def test_a_paper_that_falls_with_its_subject_is_not_voided_alone(
    client: ChainClient, cast: Cast, papers: list[Paper]
) -> None:
    sign_in(client, cast.treasurer)
    path = f"/papers/{papers[0].id}"
    assert "no se anula por separado" in client.get(path).text
    client.post(f"{path}/void", data={"reason": "Peso mal anotado"})
    assert "no se anula por separado" in client.get(path).text
    assert papers[0].voided_at is None


def test_a_producer_sees_the_own_papers_only(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    sign_in(client, cast.producer)
    assert "R001-00000001" in client.get("/my/receipts").text
    mine = client.get(f"/papers/{papers[0].id}")
    assert mine.status_code == 200
    assert "Imprimir" not in mine.text.split("<main")[1]
    assert client.get(f"/papers/{papers[0].id}/pdf").status_code == 200
    for path in ("", "/pdf", "/data.json"):
        assert client.get(f"/papers/{papers[1].id}{path}").status_code == 404
    assert client.post(f"/papers/{papers[0].id}/print").status_code == 403
    assert client.get("/papers").status_code == 403


def test_another_house_finds_nothing(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    sign_in(client, cast.outsider)
    assert "R001-" not in client.get("/papers").text.split("<main")[1]
    for path in ("", "/pdf", "/data.json"):
        assert client.get(f"/papers/{papers[0].id}{path}").status_code == 404
    for path in ("print", "void"):
        assert client.post(f"/papers/{papers[0].id}/{path}", data={"reason": "Repetido"}).status_code == 404


def test_the_public_page_tells_a_genuine_paper_from_an_invented_one(
    client: ChainClient, papers: list[Paper], members: list[Member]
) -> None:
    page = client.get(f"/R/{papers[0].check_code}")
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert all(text in page.text for text in ("Este documento es válido", "R001-00000001", "P. N."))
    assert members[0].name not in page.text
    spaced = " ".join(papers[0].check_code[start : start + 4] for start in range(0, 16, 4)).lower()
    assert client.get(f"/R/{spaced}").status_code == 200
    for invented in ("A" * 16, "x", "ÁÉ", "%00"):
        assert client.get(f"/R/{invented}").status_code == 404


def test_anybody_checks_a_signed_code_against_the_published_key(
    client: ChainClient, papers: list[Paper]
) -> None:
    code = signed_code_of(papers[0])
    assert code is not None
    page = client.get("/papers/check", query_string={"code": code})
    assert "La firma es auténtica" in page.text
    assert "R001-00000001" in page.text
    changed = client.get("/papers/check", query_string={"code": code.replace("*49601*", "*99601*")})
    assert "La firma no corresponde" in changed.text
    assert "Organización" not in changed.text
    assert "no es el código firmado" in client.get("/papers/check?code=hola%00").text
    assert "no es nuestra" in client.get("/papers/check", query_string={"code": "ZZZZZZZZ" + code[8:]}).text
    keys = client.get("/papers/keys").text
    assert papers[0].key_id is not None
    assert papers[0].key_id in keys
    assert signer().key_id


def test_old_addresses_lead_to_the_new_ones(client: ChainClient, cast: Cast, papers: list[Paper]) -> None:
    sign_in(client, cast.treasurer)
    assert client.get(f"/receipts/{papers[0].id}", follow_redirects=True).status_code == 200
    assert client.get(f"/receipts/{papers[0].id}/pdf", follow_redirects=True).mimetype == "application/pdf"
    found = client.get("/receipts?q=R001-2", follow_redirects=True).text
    assert "R001-00000002" in found
    assert "L001-" not in found.split("<main")[1].split("<table")[1]
