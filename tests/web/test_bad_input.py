"""The pages refuse each kind of bad input in the reader's language, keep what was typed and write nothing."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.market.models import Bid
from chain.market.queries.sealed import offer_of
from chain.producers.models import Producer
from chain.producers.queries import names_of
from tests.conftest import ChainClient
from tests.support.bad_input import (
    BAD_DELIVERIES,
    BROKEN_WORKBOOK,
    BROKEN_WORKBOOKS,
    CLOSED,
    HOSTILE_NAMES,
    LANGUAGES,
    NOT_FOUND,
    OTHER_CONTENT,
    TOO_LARGE,
    TWENTY_MB,
    BadDelivery,
    everything_written,
    file_with,
    speak,
    typed_delivery,
)
from tests.support.cast import Cast, Person, sign_in
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_sale, make_tender

Clock = Callable[[datetime], None]
REGISTER = "/lots/new"


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


@pytest.fixture(autouse=True)
def _uploads(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], var_dir=tmp_path))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def enter(client: ChainClient, session: Session, person: Person, language: str) -> None:
    speak(session, person, language)
    sign_in(client, person)


def upload(client: ChainClient, content: bytes, name: str, **choices: str) -> TestResponse:
    fields: dict[str, Any] = {
        "unit": "",
        "quintal": "",
        "quintal_kg": "",
        "commodity": "",
        "kept": "",
        **choices,
    }
    return client.post("/lots/import", data=fields | {"file": (io.BytesIO(content), name)})


def kept(page: str, name: str) -> str:
    """Return what an input of a page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None, name
    value = re.search(r'value="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_a_delivery_that_cannot_be_true(
    client: ChainClient, session: Session, cast: Cast, producer: UUID, bad: BadDelivery, language: str
) -> None:
    enter(client, session, cast.clerk, language)
    before = everything_written(session)
    typed = typed_delivery(producer) | bad.typed
    answer = client.post(REGISTER, data=typed)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert page.count(bad.words(language)) >= 2, "in the summary and at the field"
    assert f'lang="{language}"' in page
    for name in ("id", "gross", "tare", "micron", "length_mm", "delivered_at"):
        assert kept(answer.text, name) == typed[name], name
    if "producer" not in bad.typed:
        assert re.search(rf'<input[^>]*value="{producer}"[^>]*checked', answer.text), (
            "the producer stays chosen"
        )
    assert everything_written(session) == before


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_a_row_of_a_file_that_cannot_be_true(
    client: ChainClient, session: Session, cast: Cast, producer: UUID, bad: BadDelivery, language: str
) -> None:
    enter(client, session, cast.clerk, language)
    code = names_of(session, cast.centre.id, {producer})[producer].member_code
    before = everything_written(session)
    sent = upload(client, file_with(code, bad.cells), "acopio.csv")
    assert sent.status_code == 303
    preview = client.get(sent.location)
    assert bad.words_in_file(language) in unescape(preview.text)
    slip = re.search(r'name="t" value="([^"]+)"', preview.text)
    assert slip is not None
    assert client.post("/lots/import/confirm", data={"t": unescape(slip[1])}).status_code == 422
    assert everything_written(session) == before


def test_a_producer_of_another_organisation_is_an_unknown_one(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    theirs = make_producer(session, now, actor=cast.outsider.actor, name="Ajena Mamani")
    enter(client, session, cast.clerk, language)
    before = everything_written(session)
    answer = client.post(REGISTER, data=typed_delivery(theirs))
    unknown = BAD_DELIVERIES[-1]
    assert answer.status_code == 422
    assert unknown.words(language) in answer.text
    assert "Ajena" not in answer.text
    assert everything_written(session) == before


def test_a_bid_in_a_closed_tender(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock, language: str
) -> None:
    tender = make_tender(session, now)
    enter(client, session, cast.buyer, language)
    set_clock(tender.closes_at)
    before = everything_written(session)
    answer = client.post(f"/board/{tender.id}", data={"id": str(new_id()), "price": "120,50"})
    assert answer.status_code == 422
    assert CLOSED[language] in answer.text
    assert everything_written(session) == before


def test_a_bid_under_the_reserve_is_taken_and_tells_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    enter(client, session, cast.buyer, language)
    answer = client.post(f"/board/{tender.id}", data={"id": str(new_id()), "price": "104,36"})
    assert answer.status_code == 302
    assert "104.37" not in client.get(answer.location).text, "trying bids does not find the reserve"


def test_a_second_bid_on_the_same_key(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    tender = make_tender(session, now)
    enter(client, session, cast.buyer, language)
    form = {"id": str(new_id()), "price": "120"}
    assert client.post(f"/board/{tender.id}", data=form).status_code == 302
    before = everything_written(session)
    assert client.post(f"/board/{tender.id}", data=form).status_code == 302, "the same once more is harmless"
    answer = client.post(f"/board/{tender.id}", data=form | {"price": "130"})
    assert answer.status_code == 422
    assert OTHER_CONTENT[language] in answer.text
    assert kept(answer.text, "price") == "130"
    assert everything_written(session) == before
    assert [offer_of(bid).price_minor for bid in session.scalars(select(Bid))] == [12_000]


def test_an_id_of_another_organisation(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID, language: str
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    tender = make_tender(session, now)
    sale = make_sale(session, now)
    enter(client, session, cast.outsider, language)
    before = everything_written(session)
    reads = (
        f"/lots/{lot.id}",
        f"/lots/{lot.id}/registered",
        f"/producers/{producer}",
        f"/tenders/{tender.id}",
        f"/sales/{sale.id}",
        f"/lots/{new_id()}",
    )
    writes = (
        f"/lots/{lot.id}/cancel",
        f"/lots/{lot.id}/grade",
        f"/tenders/{tender.id}/cancel",
        f"/tenders/{tender.id}/accept",
        f"/producers/{producer}/edit",
    )
    answers = [client.get(path) for path in reads]
    answers += [client.post(path, data={"reason": "x", "full_name": "Otra"}) for path in writes]
    for answer in answers:
        assert answer.status_code == 404, answer.request.path
        assert NOT_FOUND[language] in answer.text
        assert lot.number not in answer.text
    assert everything_written(session) == before


@pytest.mark.parametrize("path", [REGISTER, "/lots/import", "/producers/new", "/signin"])
def test_a_body_of_20_mb(client: ChainClient, session: Session, cast: Cast, path: str, language: str) -> None:
    enter(client, session, cast.clerk, language)
    before = everything_written(session)
    text = client.post(path, data={"full_name": "x" * TWENTY_MB})
    file = client.post(path, data=b"x" * TWENTY_MB, content_type="multipart/form-data; boundary=x")
    for answer in (text, file):
        assert answer.status_code == 413
        assert TOO_LARGE[language] in answer.text
    assert everything_written(session) == before


@pytest.mark.parametrize("label", BROKEN_WORKBOOKS)
def test_a_malformed_workbook(
    client: ChainClient, session: Session, cast: Cast, label: str, language: str
) -> None:
    enter(client, session, cast.clerk, language)
    before = everything_written(session)
    answer = upload(client, BROKEN_WORKBOOKS[label], "lotes.xlsx", unit="lb")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert BROKEN_WORKBOOK[language] in answer.text
    assert re.search(r'value="lb"[^>]*(checked|selected)', answer.text), "the unit stays chosen"
    assert everything_written(session) == before


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_sql_or_html_in_a_name_stays_text_on_every_page(
    client: ChainClient, session: Session, cast: Cast, name: str
) -> None:
    sign_in(client, cast.clerk)
    form = {"id": str(new_id()), "full_name": name, "sex": "female", "joined_on": "2026-03-01"}
    assert client.post("/producers/new", data=form).status_code in {302, 303}
    made = session.scalars(select(Producer).where(Producer.full_name == name)).one()
    assert client.post(REGISTER, data=typed_delivery(made.id)).status_code == 302
    lot = session.scalars(select(Lot)).one()
    for path in (
        f"/producers/{made.id}",
        "/producers",
        "/producers?q=Rosa",
        "/lots",
        f"/lots/{lot.id}",
        f"/lots/{lot.id}/registered",
        f"/lots/new?producer={made.id}",
        "/lots/producers?q=Rosa",
    ):
        page = client.get(path).text
        assert "Rosa" in page, path
        assert name in unescape(page), path
        if set(name) & set('<"'):
            assert name not in page, f"{path} does not escape"
