"""Print jobs as a resource and on their pages."""

from datetime import datetime
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.drawing.render import render
from chain.papers.services.jobs import store_block, take_block
from chain.settlement.models import SettlementRun
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.settling import book, prepare_sale, sold_lots


@pytest.fixture
def run(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    return book(
        session, cast, now, prepare_sale(session, cast, now, sold_lots(session, [[2000], [3000, 500]])[0])
    )


def draw(session: Session, app: Flask, now: datetime) -> None:
    """Do what a printing process does."""
    block = take_block(session, now=now)
    assert block is not None
    with app.test_request_context():
        pdf = render(block.sheets, block.fmt, address="http://x", archival=False)
    store_block(session, now=now, block_id=block.block_id, pdf=pdf)


def test_the_receipts_of_a_run_are_ordered_drawn_and_fetched(
    client: ChainClient, session: Session, app: Flask, cast: Cast, now: datetime, run: SettlementRun
) -> None:
    body = {"id": str(new_id()), "run_id": str(run.id), "format": "a5"}
    headers = bearer(cast.treasurer)
    first = client.post("/api/v1/print-jobs", json=body, headers=headers)
    assert (first.status_code, first.get_json()["state"], first.get_json()["blocks"]) == (201, "waiting", 1)
    assert client.post("/api/v1/print-jobs", json=body, headers=headers).status_code == 200
    other = client.post("/api/v1/print-jobs", json=body | {"format": "roll_58"}, headers=headers)
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")
    path = f"/api/v1/print-jobs/{body['id']}"
    early = client.get(path + "/pdf", headers=headers)
    assert (early.status_code, early.get_json()["code"]) == (409, "job_not_ready")
    draw(session, app, now)
    assert client.get(path, headers=headers).get_json()["state"] == "ready"
    pdf = client.get(path + "/pdf", headers=headers)
    assert len(PdfReader(BytesIO(pdf.data)).pages) == first.get_json()["papers"]
    assert [one["id"] for one in client.get("/api/v1/print-jobs", headers=headers).get_json()["items"]] == [
        body["id"]
    ]
    for person, status in ((cast.outsider, 404), (cast.clerk, 403)):
        assert client.get(path, headers=bearer(person)).status_code == status
        order = body | {"id": str(new_id())}
        assert client.post("/api/v1/print-jobs", json=order, headers=bearer(person)).status_code == status


def test_the_page_of_a_job_asks_again_without_script_until_the_file_is_there(
    client: ChainClient, session: Session, app: Flask, cast: Cast, now: datetime, run: SettlementRun
) -> None:
    sign_in(client, cast.treasurer)
    answer = client.post(f"/settlement/runs/{run.id}/print-job", data={"id": str(new_id())})
    page = client.get(answer.location)
    assert page.headers["Refresh"] == "4"
    assert "Puede salir de esta página" in page.text
    assert "/pdf" not in page.text
    draw(session, app, now)
    page = client.get(answer.location)
    assert "Refresh" not in page.headers
    assert "Descargar el PDF" in page.text
    file = client.get(f"{answer.location}/pdf")
    assert file.mimetype == "application/pdf"
    assert file.data.startswith(b"%PDF")
    assert answer.location.rpartition("/")[2] in client.get("/papers/print-jobs").text


def test_a_run_without_receipts_has_nothing_to_print(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = prepare_sale(session, cast, now, sold_lots(session, [[2000], [3000, 500]])[0])
    body = {"id": str(new_id()), "run_id": str(run.id)}
    assert client.post("/api/v1/print-jobs", json=body, headers=bearer(cast.treasurer)).status_code == 404
    unknown = {"id": str(new_id()), "run_id": str(UUID(int=7))}
    assert client.post("/api/v1/print-jobs", json=unknown, headers=bearer(cast.treasurer)).status_code == 404
