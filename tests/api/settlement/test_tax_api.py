"""Tax settings and facts of producers as resources: the same id twice, other content, who may."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.settling import add_members, book, prepare_sale, sold_lots
from tests.support.tax import complete, confirm_peru, withhold

API = "/api/v1"


def test_the_same_id_is_answered_again_and_other_content_is_a_conflict(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    (ana,) = add_members(session, 1)
    setting = {
        "id": str(new_id()), "kind": "igv", "value": 1_800, "valid_from": "2026-01-01", "source": "Ley del IGV",
    }  # fmt: skip
    fact = {
        "id": str(new_id()), "producer_id": str(ana.id), "valid_from": "2026-01-01", "address": "Palca", "ubigeo": "210701",
    }  # fmt: skip
    for path, body, change in (
        ("/tax/settings", setting, {"value": 1_700}),
        ("/tax/producer-facts", fact, {"ubigeo": "210702"}),
    ):
        answers = [
            client.post(API + path, json=one, headers=bearer(cast.accountant))
            for one in (body, body, body | change)
        ]
        assert [one.status_code for one in answers] == [201, 200, 409]
        assert (answers[2].get_json() or {})["code"] == "idempotency_conflict"
        assert client.post(API + path, json=body, headers=bearer(cast.treasurer)).status_code == 403


def test_only_who_issues_tax_papers_voids_them(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    withhold(session, cast, now)
    sale, (ana,) = sold_lots(session, [[2000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    confirm_peru(session, cast, now)
    complete(session, cast, now, ana)
    path = f"{API}/tax/runs/{run.id}/papers"
    made = client.post(path, headers=bearer(cast.accountant)).get_json()
    assert made is not None
    void = f"{API}/papers/{made['rows'][0]['paper_id']}/void"
    why = {"reason": "Documento equivocado"}
    assert client.post(void, json=why, headers=bearer(cast.treasurer)).status_code == 403
    undo = client.post(f"{API}/settlement-runs/{run.id}/reverse", json=why, headers=bearer(cast.treasurer))
    assert (undo.status_code, (undo.get_json() or {})["code"]) == (409, "tax_papers_stand")
    assert client.post(void, json=why, headers=bearer(cast.accountant)).status_code == 200
