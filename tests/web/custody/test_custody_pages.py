import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.custody.models import ContainerMovement, Dispatch, GateVisit, LotHold, StockCount, TankReading
from chain.lots.models import ContainerType, Site
from chain.producers.models import Membership
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.custody import hold, lot, lots_in, make_cans, make_site, make_tank, send
from tests.support.lots import make_producer
from tests.support.queries import Queries

Counted = Callable[[], AbstractContextManager[Queries]]


@pytest.fixture(autouse=True)
def _signed_in(client: ChainClient, cast: Cast, set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)
    sign_in(client, cast.everything)


def test_the_stock_is_summed_up_and_given_as_a_file(
    client: ChainClient, session: Session, now: datetime, query_count: Counted
) -> None:
    store = make_site(session, now)
    ids = lots_in(session, now, store, 3)
    lots_in(session, now, None, 1, state="sold", sold_at=now)
    with query_count() as queries:
        page = client.get("/stock").text
    assert queries.count <= 12, str(queries)
    assert "60 kg" in page
    assert "1 lote vendido sigue aquí" in page
    assert "30 kg" in client.get("/stock/lots").text
    file = client.get("/stock/lots.csv")
    assert file.mimetype == "text/csv"
    assert len(file.text.splitlines()) == 1 + len(ids)
    past = client.get(f"/stock?day={(now - timedelta(days=30)).date()}").text
    assert "Aquí no hay nada" in past


def test_ticked_lots_are_held_and_released(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    first, second = lots_in(session, now, None, 2)
    form = client.get(f"/stock/holds/new?lot={first}").text
    assert lot(session, first).number in form
    data = {
        "id": str(new_id()),
        "lot": str(first),
        "numbers": lot(session, second).number,
        "reason": "quality",
        "note": "Huele a humedad",
    }
    assert client.post("/stock/holds/new", data=data).status_code == 302
    assert lot(session, second).is_held
    holds = session.scalars(select(LotHold).order_by(LotHold.id)).all()
    assert len(holds) == 2
    assert "Huele a humedad" in client.get("/stock/holds").text
    assert "Huele a humedad" in client.get(f"/lots/{first}").text
    path = f"/stock/holds/{holds[0].id}/release"
    assert client.post(path, data={"note": ""}).status_code == 422
    assert client.post(path, data={"note": "Se secó"}).status_code == 302
    unknown = client.post("/stock/holds/new", data=data | {"id": str(new_id()), "numbers": "CC01-9"})
    assert unknown.status_code == 422
    assert "Aquí no hay ningún lote" in unknown.text
    sign_in(client, cast.outsider)
    assert client.get(path).status_code == 404


def test_a_pledge_leads_to_its_receipt_which_prints_original_and_copy(
    client: ChainClient, session: Session, now: datetime
) -> None:
    (one,) = lots_in(session, now, None, 1)
    data = {
        "id": str(new_id()),
        "lot": str(one),
        "reason": "pledged",
        "note": "Adelanto 45",
        "holder": "Caja rural",
    }
    done = client.post("/stock/holds/new", data=data)
    assert done.location.endswith(f"/stock/receipts/{data['id']}")
    page = client.get(done.location).text
    assert "no un título negociable" in page
    texts = []
    for paper in ("a5", "a4"):
        shown = client.post(f"{done.location}/print", data={"id": str(new_id()), "paper": paper})
        texts.append(client.get(shown.location).text)
    assert ["COPIA" in text for text in texts] == [False, True]
    assert all("Certificado de depósito simple 1" in text and "Caja rural" in text for text in texts)


def test_a_sheet_is_counted_by_scanning_and_closed(
    client: ChainClient, session: Session, now: datetime
) -> None:
    store = make_site(session, now)
    first, second = lots_in(session, now, store, 2)
    done = client.post("/stock/counts/new", data={"id": str(new_id()), "site_id": str(store.id)})
    assert done.status_code == 302
    count = session.scalars(select(StockCount)).one()
    path = f"/stock/counts/{count.id}"
    number = lot(session, first).number
    entry = {"id": str(new_id()), "number": f"HTTPS://CHAIN/L/{number}", "counted": "9,8"}
    assert client.post(f"{path}/entries", data=entry).status_code == 302
    wrong = client.post(f"{path}/entries", data={"id": str(new_id()), "number": "CC01-9"})
    assert wrong.status_code == 422
    assert client.post(f"{path}/close").status_code == 302
    page = client.get(path).text
    assert "−0.2 kg" in page
    assert "no encontrado" in page
    assert lot(session, second).number in client.get(f"{path}/sheet").text
    assert "Hoja 1" in client.get("/stock/counts").text


def test_a_load_leaves_is_printed_and_arrives(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    first, second = lots_in(session, now, None, 2)
    data = {
        "id": str(new_id()),
        "lot": [str(first), str(second)],
        "to_organisation_id": str(cast.mill.id),
        "vehicle": "V3A-712",
        "tolerance_bp": "0,5",
    }
    done = client.post("/stock/dispatches/new", data=data)
    assert done.status_code == 302
    row = session.scalars(select(Dispatch)).one()
    assert row.tolerance_bp == 50
    printed = client.post(f"{done.location}/print", data={"id": str(new_id()), "paper": "a5"})
    waybill = client.get(printed.location).text
    assert "Guía de despacho (interna) 1" in waybill
    assert "no reemplaza" in waybill
    assert row.content_hash[:32] in waybill
    sign_in(client, cast.buyer)
    assert "Cargas en camino hacia usted" in client.get("/").text
    assert cast.centre.name in client.get("/arrivals").text
    path = f"/arrivals/{row.id}"
    weights = {f"arrived-{first}": "9", f"arrived-{second}": "20"}
    refused = client.post(path, data=weights)
    assert refused.status_code == 422
    assert 'value="9"' in refused.text
    assert client.post(path, data=weights | {"note": "Falta un kilo"}).status_code == 302
    assert "−1 kg" in client.get(path).text
    assert client.get(done.location).status_code == 403
    sign_in(client, cast.everything)
    assert "Pesos en disputa" in client.get("/").text
    settled = client.post(
        f"{done.location}/resolve",
        data={"note": "Se acepta", f"agreed-{first}": "9.5", f"agreed-{second}": "20"},
    )
    assert settled.status_code == 302
    assert "9.5 kg" in client.get(done.location).text


def test_a_load_is_called_back(client: ChainClient, session: Session, now: datetime) -> None:
    ids = lots_in(session, now, None, 1)
    row = send(session, now, ids)
    path = f"/stock/dispatches/{row.id}"
    assert client.post(f"{path}/cancel", data={"note": ""}).status_code == 422
    assert client.post(f"{path}/cancel", data={"note": "No salió"}).status_code == 302
    assert lot(session, ids[0]).left_at is None
    assert "anulado" in client.get("/stock/dispatches").text.lower()


def test_nobody_else_sees_the_pages_of_a_house(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tank, ids = make_tank(session, now), lots_in(session, now, None, 2)
    row = send(session, now, ids[:1], to_organisation_id=cast.rival_mill.id)
    (made,) = hold(session, now, ids[1:], reason="pledged", holder="Caja")
    paths = [
        f"/stock/tanks/{tank.id}",
        f"/stock/dispatches/{row.id}",
        f"/stock/receipts/{made.group_id}",
        f"/stock/places/sites/{tank.id}",
    ]
    for path in paths:
        assert client.get(path).status_code == 200
    sign_in(client, cast.outsider)
    assert [client.get(path).status_code for path in paths] == [404] * 4
    sign_in(client, cast.buyer)
    assert client.get(f"/arrivals/{row.id}").status_code == 404


def test_containers_are_lent_and_shown_at_the_producer(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    producer, cans = make_producer(session, now), make_cans(session, now)
    code = session.scalars(select(Membership.member_code).where(Membership.producer_id == producer)).one()
    data = {
        "id": str(new_id()),
        "member_code": code,
        "container_type_id": str(cans.id),
        "kind": "lent",
        "count": "3",
        "happened_on": now.date().isoformat(),
    }
    assert client.post("/stock/containers/new", data=data).status_code == 302
    assert session.scalars(select(ContainerMovement.count)).one() == 3
    assert "Porongo 20 l" in client.get("/stock/containers").text
    assert "Porongo 20 l" in client.get(f"/producers/{producer}").text
    assert "+3" in client.get(f"/stock/containers/producers/{producer}").text
    back = data | {"id": str(new_id()), "kind": "returned", "count": "4"}
    refused = client.post("/stock/containers/new", data=back)
    assert refused.status_code == 422
    assert "solo tiene 3" in refused.text
    strange = client.post("/stock/containers/new", data=data | {"id": str(new_id()), "member_code": "X"})
    assert strange.status_code == 422
    assert code in client.get(f"/stock/containers/new?producer={producer}").text


def test_a_tank_warns_on_its_page_and_on_the_start_page(
    client: ChainClient, session: Session, now: datetime
) -> None:
    tank = make_tank(session, now)
    lots_in(session, now, tank, 1, commodity="raw-milk", unit="ml", delivered_at=now - timedelta(hours=2))
    data = {"id": str(new_id()), "celsius": "10,5", "measured_at": "2026-03-16T09:50"}
    assert client.post(f"/stock/tanks/{tank.id}/readings", data=data).status_code == 302
    assert session.scalars(select(TankReading.celsius_tenths)).one() == 105
    page = client.get(f"/stock/tanks/{tank.id}").text
    assert "Está a 10.5 °C y debe quedar por debajo de 10 °C" in page
    assert "<polyline" in page
    assert "Alarma" in client.get("/stock/tanks").text
    assert "Tanques y cámaras por revisar ahora" in client.get("/").text
    assert client.post(f"/stock/tanks/{tank.id}/readings", data={"celsius": "tibio"}).status_code == 422


def test_the_gate_gives_tickets_in_order(client: ChainClient, session: Session) -> None:
    for name in ("Rosa", "Pedro"):
        done = client.post("/stock/gate", data={"id": str(new_id()), "visitor": name, "purpose": "delivery"})
        assert done.status_code == 302
    assert "Pedro" in client.get(done.location).text
    first = session.scalars(select(GateVisit).order_by(GateVisit.ticket)).first()
    assert first is not None
    client.post(f"/stock/gate/{first.id}/serve")
    board = client.get("/stock/gate/board").text
    assert re.search(r'board__number">\s*1<', board)
    assert "<li>2</li>" in board
    client.post(f"/stock/gate/{first.id}/leave")
    assert "1 ya salió hoy" in client.get("/stock/gate").text
    assert client.post("/stock/gate", data={"id": str(new_id()), "purpose": "delivery"}).status_code == 422


def test_an_administrator_keeps_places_containers_routes_and_rules(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.admin)
    assert "Lugares y envases" in client.get("/").text
    for path, data in (
        ("sites", {"code": "A1", "name": "Almacén", "kind": "store", "capacity": "20000"}),
        ("containers", {"name": "Porongo", "kind": "can", "tare": "4", "is_lent": "y"}),
        ("routes", {"code": "R1", "name": "Ronda", "due": "07:30"}),
    ):
        done = client.post(f"/stock/places/{path}/new", data={"id": str(new_id()), **data})
        assert done.status_code == 302, done.text
    assert (
        client.post(
            "/stock/places/routes/new", data={"id": str(new_id()), "code": "R2", "name": "x", "due": "25:00"}
        ).status_code
        == 422
    )
    page = client.get("/stock/places").text
    assert all(text in page for text in ("20,000 kg", "Porongo", "07:30"))
    site, can = session.scalars(select(Site)).one(), session.scalars(select(ContainerType)).one()
    assert (site.capacity, can.tare_g) == (20_000_000, 4_000)
    changed = {"code": "A1", "name": "Almacén grande", "kind": "store"}
    assert client.post(f"/stock/places/sites/{site.id}", data=changed).status_code == 302
    assert client.post(f"/stock/places/sites/{site.id}/archive").status_code == 302
    assert "archivado" in client.get("/stock/places").text.lower()
    rules = {"tolerance_bp": "1", "loss_rule": "Se reparte"}
    assert client.post("/stock/places/settings", data=rules).status_code == 302
    assert "1.00 %" in client.get("/stock/places").text


def test_the_norm_s_limits_are_offered_where_they_are_confirmed(client: ChainClient, cast: Cast) -> None:
    peru = client.get("/stock/places/sites/new?kind=tank").text
    assert "No se conocen límites confirmados" in peru
    assert 'name="max_hours" type="text" value=' not in peru
    sign_in(client, cast.outsider)  # a centre in Bolivia
    bolivia = client.get("/stock/places/sites/new?kind=tank").text
    assert "NB 33013" in bolivia
    assert 'name="max_hours" type="text" value="12"' in bolivia
