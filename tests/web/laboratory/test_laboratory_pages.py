import re
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.laboratory.importing.mapping import meaning_value
from chain.laboratory.models import Measurement, Sample, SecondOpinion
from chain.laboratory.services import ask_second_opinion
from chain.lots.models import Lot
from chain.producers.models import Producer
from tests.support.cast import Cast, sign_in
from tests.support.laboratory import (
    OFDA_COLUMNS,
    file_with,
    graded_lot,
    make_instrument,
    make_sample,
    measure,
    ofda_mapping,
    sampled_lots,
)
from tests.support.lots import fibre, make_lot, make_producer, milk


@pytest.fixture
def lot(session: Session, now: datetime, set_clock: Any) -> Lot:
    set_clock(now)
    return make_lot(session, now, fibre(make_producer(session, now), now))


def new() -> str:
    return str(new_id())


def test_taking_a_sample_leads_to_its_slip_which_names_no_lot(
    client: FlaskClient, session: Session, cast: Cast, lot: Lot
) -> None:
    sign_in(client, cast.clerk)
    assert "Dele" not in client.get(f"/laboratory/lots/{lot.id}/sample").text
    bad = client.post(f"/laboratory/lots/{lot.id}/sample", data={"id": new(), "purpose": "x", "mass_g": "0"})
    assert bad.status_code == 422
    done = client.post(
        f"/laboratory/lots/{lot.id}/sample",
        data={"id": new(), "purpose": "laboratory", "mass_g": "60", "is_sealed": "y"},
    )
    code = session.scalars(select(Sample.code)).one()
    assert done.location.endswith(f"/laboratory/samples/{code}")
    for path in (f"/laboratory/samples/{code}", f"/laboratory/samples/{code}/slip", "/laboratory/samples"):
        page = client.get(path)
        assert page.status_code == 200
        assert lot.number not in page.text
        assert "Quispe" not in page.text
        assert str(lot.id) not in page.text
    assert "data:image/png" in client.get(f"/laboratory/samples/{code}/slip").text
    found = client.get(f"/laboratory/samples/find?code={code[:3].lower()}-{code[3:]}")
    assert found.location.endswith(code)
    assert client.get("/laboratory/samples/find?code=ABC").status_code == 422
    sign_in(client, cast.outsider)
    assert client.get(f"/laboratory/samples/{code}").status_code == 404


def test_a_value_by_code_and_a_value_by_lot(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    sample = make_sample(session, now, lot)
    sign_in(client, cast.grader)
    values = {
        "method": "laboratory",
        "status": "report",
        "measured_at": "2026-03-16T09:00",
        "uncertainty": "0,4",
    }
    url = f"/laboratory/samples/{sample.code}/measurements/new/micron"
    assert lot.number not in client.get(url).text
    assert client.post(url, data={"id": new(), "value": "18,9", **values}).status_code == 302
    wrong = client.post(url, data={"id": new(), "value": "189", **values})
    assert (wrong.status_code, 'value="189"' in wrong.text) == (422, True)
    url = f"/laboratory/lots/{lot.id}/measurements/new/comfort_pct"
    data = {"id": new(), "value": "97", **values, "uncertainty": ""}
    assert client.post(url, data=data).status_code == 422
    assert client.post(url, data=data | {"basis": "le_30"}).status_code == 302
    kept = session.scalars(select(Measurement).order_by(Measurement.attribute)).all()
    assert [(one.attribute, one.value, one.uncertainty) for one in kept] == [
        ("comfort_pct", "97", None),
        ("micron", "18.9", "0.4"),
    ]
    assert client.get(f"/laboratory/lots/{lot.id}/measurements/new/fat_pct").status_code == 404
    assert client.get(f"/laboratory/lots/{lot.id}/measurements/new").status_code == 200


def test_the_lots_page_shows_every_value_and_which_counts(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    made = measure(session, now, lot)
    sign_in(client, cast.grader)
    page = client.get(f"/lots/{lot.id}")
    assert "18.9 ± 0.4 µm" in page.text
    url = f"/laboratory/lots/{lot.id}/choose/micron"
    assert url in page.text
    assert "22.4 µm" in client.get(url).text
    data = {"id": new(), "measurement_id": str(made.id), "reason": "Informe del laboratorio"}
    assert client.post(url, data=data | {"reason": ""}).status_code == 422
    assert client.post(url, data=data | {"measurement_id": "x"}).status_code == 404
    assert client.post(url, data=data).status_code == 302
    session.refresh(lot)
    assert lot.measured == {"micron": "18.9"}
    assert "Informe del laboratorio" in client.get(f"/lots/{lot.id}").text
    sign_in(client, cast.clerk)
    assert client.get(url).status_code == 403


def test_formulas_on_the_page(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    raw = make_lot(session, now, milk(make_producer(session, now, name="Ana Condori"), now))
    sign_in(client, cast.clerk)
    assert client.get(f"/laboratory/lots/{lot.id}/calculate").status_code == 200
    assert client.get(f"/laboratory/lots/{raw.id}/calculate").status_code == 200
    url = f"/laboratory/lots/{raw.id}/calculate/snf_density"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"id": new()}).status_code == 422
    assert client.post(url, data={"id": new(), "constant": "0.44"}).status_code == 302
    assert session.scalars(select(Measurement.value)).one() == "8.84"
    assert client.get(f"/laboratory/lots/{lot.id}/calculate/snf_density").status_code == 404


def test_an_instrument_is_registered_changed_and_put_aside(
    client: FlaskClient, session: Session, cast: Cast, set_clock: Any, now: datetime
) -> None:
    set_clock(now)
    sign_in(client, cast.grader)
    data = {
        "id": new(),
        "name": "OFDA 2000",
        "kind": "ofda",
        "method": "instrument",
        "uncertainty_micron": "0,4",
    }
    assert (
        client.post("/laboratory/instruments/new", data=data | {"uncertainty_micron": "x"}).status_code == 422
    )
    done = client.post("/laboratory/instruments/new", data=data)
    page = client.get(done.location)
    assert "± 0.4 µm" in page.text
    changed = client.post(
        f"{done.location}/change", data=data | {"name": "OFDA", "calibrated_on": "2026-03-01"}
    )
    assert changed.status_code == 302
    assert client.get(f"{done.location}/change").status_code == 200
    assert client.post(f"{done.location}/archive").status_code == 302
    assert "OFDA" in client.get("/laboratory/instruments").text
    assert client.get("/laboratory/instruments/new").status_code == 200
    sign_in(client, cast.clerk)
    assert client.get("/laboratory/instruments/new").status_code == 403


def test_a_first_file_is_explained_previewed_and_stored(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lots = sampled_lots(session, now, 3)
    instrument = make_instrument(session, now)
    sign_in(client, cast.grader)
    url = f"/laboratory/instruments/{instrument.id}"
    content = file_with("ofda-synthetic.csv", [code for _, code in lots]) + b"ABC,,20,,,,,,\n"
    assert client.post(f"{url}/file", data={}).status_code == 422
    sent = client.post(f"{url}/file", data={"file": (BytesIO(content), "marzo.csv")})
    assert "/columns?t=" in sent.location
    page = client.get(sent.location)
    assert "MFD (um)" in page.text
    slip = re.search(r'name="t"[^>]*value="([^"]+)"', page.text)
    assert slip is not None
    meanings = {f"column_{one.place}": meaning_value(one) for one in OFDA_COLUMNS}
    form = {"t": slip[1], "header_row": "6", "decimal": ".", "dates": "dmy", "status": "report"}
    assert client.post(f"{url}/columns", data=form).status_code == 422
    assert client.post(f"{url}/columns", data=form | {"refresh": "1", "header_row": "2"}).status_code == 200
    saved = client.post(f"{url}/columns", data=form | meanings)
    assert saved.status_code == 303
    preview = client.get(saved.location)
    assert "18.95" in preview.text
    assert all(str(lot_id) not in preview.text for lot_id, _ in lots)
    bad = client.get(saved.location.replace("/preview", "/bad-rows.csv"))
    assert "12;" not in bad.text
    assert "10;Sample ID;" in bad.text
    assert client.post(f"{url}/confirm", data={"t": slip[1]}).status_code == 422
    done = client.post(f"{url}/confirm", data={"t": slip[1], "skip_bad": "1"})
    result = client.get(done.location)
    assert ">18<" in result.text.replace("\n", "")
    assert client.get(f"{done.location}/original").data == content
    sign_in(client, cast.outsider)
    assert client.get(done.location).status_code == 404
    assert client.get(f"{done.location}/original").status_code == 404


def test_a_slip_of_another_instrument_is_not_taken(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    first = make_instrument(session, now, ofda_mapping())
    second = make_instrument(session, now, ofda_mapping(), name="Otro")
    codes = [code for _, code in sampled_lots(session, now, 3)]
    sign_in(client, cast.clerk)
    sent = client.post(
        f"/laboratory/instruments/{first.id}/file",
        data={"file": (BytesIO(file_with("ofda-synthetic.csv", codes)), "a.csv")},
    )
    assert client.get(sent.location).status_code == 200
    assert client.get(sent.location.replace(str(first.id), str(second.id))).status_code == 422


def ask(session: Session, cast: Cast, now: datetime, lot_id: UUID) -> SecondOpinion:
    return ask_second_opinion(
        session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot_id, reason="No conforme"
    )[0]


def test_a_second_opinion_on_the_pages(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lot = graded_lot(session, now)
    sign_in(client, cast.seller)
    url = f"/laboratory/lots/{lot.id}/second-opinion"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"id": new(), "asked_for": "house", "reason": ""}).status_code == 422
    assert (
        client.post(url, data={"id": new(), "asked_for": "house", "reason": "Para vender"}).status_code == 302
    )
    opinion = session.scalars(select(SecondOpinion)).one()
    assert lot.number in client.get("/laboratory/opinions").text
    sign_in(client, cast.grader)
    assert lot.number not in client.get("/laboratory/opinions").text
    assert client.get(f"/laboratory/blind/{opinion.id}").status_code == 404
    own_page = client.get(f"/lots/{lot.id}").text
    assert "segunda opinión" not in own_page.lower()
    sign_in(client, cast.everything)
    queue, page = client.get("/laboratory/blind"), client.get(f"/laboratory/blind/{opinion.id}")
    for shown in (queue.text, page.text):
        assert lot.number not in shown
        assert str(lot.id) not in shown
        assert "Quispe" not in shown
    decision = {"key": "fleece", "note": "Tiene cerda"}
    assert client.post(f"/laboratory/blind/{opinion.id}", data=decision | {"note": ""}).status_code == 422
    assert client.post(f"/laboratory/blind/{opinion.id}", data=decision).status_code == 302
    assert "Tiene cerda" in client.get(f"/lots/{lot.id}").text
    figures = client.get("/laboratory/agreement?days=30")
    assert figures.status_code == 200
    assert "Blind" in client.get("/laboratory/agreement.csv?days=30").text or "ciegas" in figures.text


def test_withdrawing(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    opinion = ask(session, cast, now, graded_lot(session, now).id)
    sign_in(client, cast.seller)
    client.post(f"/laboratory/opinions/{opinion.id}/withdraw")
    session.refresh(opinion)
    assert opinion.state == "open"
    sign_in(client, cast.clerk)
    client.post(f"/laboratory/opinions/{opinion.id}/withdraw")
    session.refresh(opinion)
    assert opinion.state == "withdrawn"
    sign_in(client, cast.outsider)
    assert client.post(f"/laboratory/opinions/{opinion.id}/withdraw").status_code == 404


def test_a_producer_sees_own_deliveries_and_asks(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lot, other = graded_lot(session, now), graded_lot(session, now)
    session.get_one(Producer, lot.producer_id).user_id = cast.producer.id
    session.flush()
    sign_in(client, cast.producer)
    page = client.get("/my/deliveries")
    assert lot.number in page.text
    assert other.number not in page.text
    assert "por eso es Baby" in page.text, "one sentence: why, and the step to the next class"
    url = f"/my/deliveries/{lot.id}/second-opinion"
    assert url in page.text
    assert client.get(f"/my/deliveries/{other.id}/second-opinion").status_code == 404
    assert client.post(url, data={"id": new(), "reason": "x"}).status_code == 422
    assert client.post(url, data={"id": new(), "reason": "Mi fibra es fina"}).status_code == 302
    assert url not in client.get("/my/deliveries").text
    assert client.get("/laboratory").status_code == 403


def test_the_days_and_the_first_page(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    make_instrument(session, now)
    sign_in(client, cast.grader)
    assert "OFDA 2000" in client.get("/laboratory").text
    assert client.get("/laboratory/terms").status_code == 200
    assert client.post("/laboratory/terms", data={"ask_days": "0", "decide_days": "3"}).status_code == 422
    assert client.post("/laboratory/terms", data={"ask_days": "5", "decide_days": "3"}).status_code == 302
    for person in (cast.auditor, cast.seller, cast.clerk):
        sign_in(client, person)
        assert client.get("/laboratory").status_code == 200
    sign_in(client, cast.buyer)
    assert client.get("/laboratory").status_code == 403
