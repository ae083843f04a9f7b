"""The board, labels, saved searches and cards over the API say what the pages say."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.lots import fibre, make_lot, make_producer, milk

URL = "/api/v1/lots"


@pytest.fixture
def producer(session: Session, now: datetime, set_clock: Any) -> UUID:
    set_clock(now)
    return make_producer(session, now)


@pytest.fixture
def lots(session: Session, now: datetime, producer: UUID) -> list[Lot]:
    made = [make_lot(session, now, fibre(producer, now - timedelta(hours=hours))) for hours in range(4)]
    return [*made, make_lot(session, now, milk(producer, now - timedelta(days=1)))]


def test_the_board_pages_by_cursors(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    seen, after = [], ""
    while True:
        answer = client.get(f"{URL}/board?page_size=2&after={after}", headers=bearer(cast.clerk)).json
        assert answer is not None
        assert (answer["count"], answer["is_counted"]) == (5, True)
        seen += [one["number"] for one in answer["items"]]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert seen == [lot.number for lot in lots]
    back = client.get(f"{URL}/board?page_size=2&before={answer['previous']}", headers=bearer(cast.clerk)).json
    assert back is not None
    assert [one["number"] for one in back["items"]] == seen[2:4]
    one = back["items"][0]
    assert (one["availability"], one["micron_tenths"], one["producer_name"]) == (
        "available",
        224,
        "Rosa Quispe Mamani",
    )


def test_filters_are_those_of_the_page_and_refused_alike(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    found = client.get(f"{URL}/board?commodity=raw-milk&colour=", headers=bearer(cast.clerk)).json
    assert found is not None
    assert [one["number"] for one in found["items"]] == [lots[4].number]
    several = client.get(f"{URL}/board?colour=white&colour=beige", headers=bearer(cast.clerk)).json
    assert several is not None
    assert several["count"] == 4
    refused = client.get(f"{URL}/board?commodity=gold&micron_to=x&sort=y", headers=bearer(cast.clerk))
    assert refused.status_code == 422
    assert refused.json is not None
    assert set(refused.json["errors"]) == {"commodity", "micron_to", "sort"}
    assert client.get(f"{URL}/board?after=zzz", headers=bearer(cast.clerk)).status_code == 422
    others = client.get(f"{URL}/board?availability=all", headers=bearer(cast.outsider)).json
    assert others is not None
    assert others["items"] == []
    assert client.get(f"{URL}/board", headers=bearer(cast.buyer)).status_code == 403


def test_labels_come_as_pdf_or_zpl(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    url = f"{URL}/labels?lot={lots[0].id}&lot={lots[1].id}"
    pdf = client.get(url, headers=bearer(cast.clerk))
    assert (pdf.mimetype, pdf.get_data()[:5]) == ("application/pdf", b"%PDF-")
    zpl = client.get(f"{url}&format=zpl", headers=bearer(cast.clerk))
    assert zpl.get_data(as_text=True).count("^XA") == 2
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
    assert client.get(f"{url}&size=a3", headers=bearer(cast.clerk)).status_code == 422
    assert client.get(f"{url}&format=doc", headers=bearer(cast.clerk)).status_code == 422


def test_searches_are_kept_renamed_and_deleted(client: ChainClient, cast: Cast) -> None:
    head = bearer(cast.clerk)
    body = {"id": str(new_id()), "name": "Blancas", "query": "colour=white"}
    assert client.post(f"{URL}/searches", json=body, headers=head).status_code == 201
    assert client.post(f"{URL}/searches", json=body, headers=head).status_code == 200
    assert client.post(f"{URL}/searches", json=body | {"name": "Otra"}, headers=head).status_code == 409
    again = client.post(f"{URL}/searches", json=body | {"id": str(new_id())}, headers=head)
    assert (again.status_code, (again.json or {})["code"]) == (409, "search_name_taken")
    one = f"{URL}/searches/{body['id']}"
    assert client.patch(one, json={"name": "Finas"}, headers=bearer(cast.grader)).status_code == 404
    renamed = client.patch(one, json={"name": "Finas"}, headers=head).json
    assert renamed is not None
    assert (renamed["name"], renamed["query"]) == ("Finas", "colour=white")
    listed = client.get(f"{URL}/searches", headers=head).json
    assert listed is not None
    assert [found["name"] for found in listed["items"]] == ["Finas"]
    assert client.delete(one, headers=head).status_code == 204
    assert client.delete(one, headers=head).status_code == 404


def test_cards_are_made_replaced_and_looked_up(client: ChainClient, cast: Cast, producer: UUID) -> None:
    head, url = bearer(cast.clerk), "/api/v1/producers"
    first = client.post(f"{url}/{producer}/card", json={}, headers=head).json
    again = client.post(f"{url}/{producer}/card", json={}, headers=head).json
    assert first is not None
    assert again is not None
    assert (first["is_new"], again["is_new"], again["code"]) == (True, False, first["code"])
    assert first["address"].endswith(f"/M/{first['code']}")
    for typed in (first["code"], first["address"]):
        found = client.get(f"{url}/card", query_string={"code": typed}, headers=head).json
        assert found == {
            "producer_id": str(producer),
            "full_name": "Rosa Quispe Mamani",
            "member_code": "CC01-0001",
        }
    new = client.post(f"{url}/{producer}/card", json={"replace": True}, headers=head).json
    assert new is not None
    assert new["code"] != first["code"]
    gone = client.get(f"{url}/card", query_string={"code": first["code"]}, headers=head)
    assert (gone.status_code, (gone.json or {})["code"]) == (404, "unknown_card")
    assert client.post(f"{url}/{producer}/card", json={}, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{url}/{producer}/card", json={}, headers=bearer(cast.grader)).status_code == 403
