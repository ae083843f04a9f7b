"""The forms of operations: what they make, what they keep after a refusal, what a second click does."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Lost
from chain.lots.models import Lot
from chain.producers.models import Producer
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.genealogy import make_site, merge, split
from tests.support.genealogy_pages import LOCAL, carcass_lot, fibre_lots, form, hidden, milk_lot
from tests.support.lots import fibre, make_lot, make_producer


@pytest.fixture(autouse=True)
def _clock(set_clock: Any, now: datetime) -> None:
    set_clock(now)


def made_of(session: Session, kind: str) -> list[Lot]:
    event = session.scalars(select(LotEvent).where(LotEvent.kind == kind)).one()
    return list(session.scalars(select(Lot).where(Lot.made_by_event_id == event.id).order_by(Lot.number)))


def events(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LotEvent)) or 0


def test_chosen_lots_are_looked_at_and_merged_once(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lots = fibre_lots(session, now)
    sign_in(client, cast.clerk)
    picker = client.get("/genealogy/merge").text
    assert all(lot.number in picker for lot in lots)
    chosen = [str(lot.id) for lot in lots]
    look = client.post("/genealogy/merge", data={"lot": chosen, "step": "next"})
    assert look.status_code == 200
    assert "37.5 kg" in look.text
    assert "22.4 µm" in look.text
    assert "100 %" in look.text
    sent = form(lot=hidden(look.text, "lot"), id=hidden(look.text, "id")[0], label="Fardo <7>")
    done = client.post("/genealogy/merge", data=sent)
    assert done.status_code == 302
    assert client.post("/genealogy/merge", data=sent).location == done.location  # a second click
    (bale,) = made_of(session, "merge")
    page = client.get(done.location).text
    assert bale.number in page
    assert "Fardo &lt;7&gt;" in page
    assert f"lot={bale.id}" in page  # its label
    assert events(session) == 1


def test_numbers_are_scanned_one_after_the_other(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    first, second, third = fibre_lots(session, now)
    sign_in(client, cast.clerk)
    sent = {
        "lot": [str(first.id)],
        "numbers": f"{second.number}  {third.number.lower()} CC03-999999",
        "step": "add",
    }
    page = client.post("/genealogy/merge", data=sent)
    assert page.status_code == 200
    assert page.text.count(" checked>") == 3
    assert "CC03-999999" in page.text


def test_all_lots_of_a_filter_are_merged_unless_others_came(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    fibre_lots(session, now, 4)
    sign_in(client, cast.clerk)
    picker = client.get("/genealogy/merge?commodity=alpaca-fibre").text
    asked = {"scope": "filter", "commodity": "alpaca-fibre", "seen": hidden(picker, "seen")[0]}
    look = client.post("/genealogy/merge", data={**asked, "step": "next"})
    assert "50 kg" in look.text
    sent = form(id=hidden(look.text, "id")[0], **asked)
    three = {"seen": "3:g37500", "label": "Fardo 7"}  # as if the fourth had come after the page was shown
    meanwhile = client.post("/genealogy/merge", data={**sent, **three})
    assert meanwhile.status_code == 422
    assert "cambiaron" in meanwhile.text
    assert "Fardo 7" in meanwhile.text
    sent["seen"] = hidden(meanwhile.text, "seen")[0]
    done = client.post("/genealogy/merge", data=sent)
    assert done.status_code == 302
    assert client.post("/genealogy/merge", data=sent).location == done.location
    assert made_of(session, "merge")[0].quantity == 50_000


def test_lots_that_do_not_go_together_are_refused_and_what_was_typed_stays(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    chosen = [str(fibre_lots(session, now, 1)[0].id), str(milk_lot(session, now).id)]
    sign_in(client, cast.clerk)
    answer = client.post("/genealogy/merge", data=form(lot=chosen, label="Fardo 7"))
    assert answer.status_code == 422
    assert "productos distintos" in answer.text
    assert 'value="Fardo 7"' in answer.text
    assert hidden(answer.text, "lot") == sorted(chosen, key=hidden(answer.text, "lot").index)
    one = client.post("/genealogy/merge", data={"lot": chosen[:1], "step": "next"})
    assert (one.status_code, "al menos dos lotes" in one.text) == (422, True)
    none = client.post("/genealogy/merge", data={"step": "next"})
    assert (none.status_code, "al menos un lote" in none.text) == (422, True)


def test_a_used_lot_is_refused_by_name(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    first, second, third = fibre_lots(session, now)
    merge(session, now, first, second)
    sign_in(client, cast.clerk)
    answer = client.post("/genealogy/merge", data={"lot": [str(first.id), str(third.id)], "step": "next"})
    assert answer.status_code == 422
    assert f"{first.number} ya" in answer.text or first.number in answer.text
    assert first.number not in client.get("/genealogy/split").text
    assert "no se puede usar" in client.get(f"/genealogy/split?lot_id={first.id}").text


def test_a_split_makes_a_lot_of_what_is_left(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    sign_in(client, cast.clerk)
    assert lot.number in client.get("/genealogy/split").text
    found = client.get(f"/genealogy/split?number={lot.number}")
    assert found.location.endswith(f"/genealogy/split?lot_id={lot.id}")
    assert client.get(found.location).status_code == 200
    sent = form(lot=str(lot.id), rows="3", part_0="5,25", label_0="Para hilar")
    reckoned = client.post("/genealogy/split", data=sent | {"step": "check"}).text
    assert "7.25 kg" in reckoned
    assert 'name="part_5"' in client.post("/genealogy/split", data=sent | {"step": "more"}).text
    done = client.post("/genealogy/split", data=sent)
    assert done.status_code == 302
    assert client.post("/genealogy/split", data=sent).location == done.location
    assert [(one.quantity, one.label) for one in made_of(session, "split")] == [
        (5_250, "Para hilar"),
        (7_250, None),
    ]


def test_parts_above_the_lot_are_refused(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    sign_in(client, cast.clerk)
    for change in ({"part_0": "13"}, {"part_0": "doce"}, {"part_0": "0"}, {"part_0": "12.5"}):
        answer = client.post("/genealogy/split", data=form(lot=str(lot.id), rows="3", label_1="x7", **change))
        assert answer.status_code == 422, change
        assert 'value="x7"' in answer.text
    assert events(session) == 0


def test_a_lot_is_sorted_by_the_classes_of_the_norm(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    sign_in(client, cast.clerk)
    page = client.get(f"/genealogy/sort?lot_id={lot.id}").text
    assert "NTP 231.301" in page
    assert "Baby" in page
    sent = form(lot=str(lot.id), part_0="4", part_1="6", extra_0="2", class_0="baby", colour_0="true_black")
    unbalanced = client.post("/genealogy/sort", data=sent)
    assert unbalanced.status_code == 422
    assert "0.5" in unbalanced.text
    assert 'value="6"' in unbalanced.text
    lost = sent | {"loss": "0.5", "loss_cause": "dust"}
    assert "Diferencia" in client.post("/genealogy/sort", data=lost | {"step": "check"}).text
    done = client.post("/genealogy/sort", data=lost)
    assert done.status_code == 302, done.text
    assert client.post("/genealogy/sort", data=lost).location == done.location
    parts = made_of(session, "sort")
    assert [one.quantity for one in parts] == [4_000, 6_000, 2_000]
    assert parts[2].colour == "true_black"
    assert "0.5 kg" in client.get(done.location).text


def test_milk_is_not_offered_for_sorting(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk_lot(session, now)
    sign_in(client, cast.clerk)
    assert lot.number not in client.get("/genealogy/sort").text
    assert "/genealogy/sort" not in client.get(f"/genealogy/new?lot_id={lot.id}").text


def test_milk_becomes_cheese_beside_what_the_recipe_expects(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk_lot(session, now)
    sign_in(client, cast.everything)
    recipe = {
        "id": str(new_id()),
        "name": "Queso fresco",
        "kind": "cheese",
        "input_commodity": "raw-milk",
        "strength": "unconfirmed",
        "product_0": "cheese",
        "low_0": "10",
        "expected_0": "12,5",
        "high_0": "14",
    }
    stored = client.post("/genealogy/recipes/new", data=recipe)
    assert stored.status_code == 302, stored.text
    way = f"recipe:{recipe['id']}"
    first = client.post("/genealogy/process", data={"lot": str(lot.id), "step": "next"})
    assert "Queso fresco" in first.text
    assert 'value="1.03"' in first.text  # as it was measured
    sent = form(lot=str(lot.id), way=way, density="1,030", site="")
    shown = client.post("/genealogy/process", data=sent | {"step": "choose"}).text
    assert "3.026 kg" in shown  # 12.5 % of 24.205 kg
    assert "estimación" in shown
    outside = sent | {"made_0": "2", "loss": "22.205", "loss_cause": "waste"}
    refused = client.post("/genealogy/process", data=outside)
    assert refused.status_code == 422
    assert "Escriba el motivo" in refused.text
    assert 'value="22.205"' in refused.text
    done = client.post("/genealogy/process", data=outside | {"reason": "Cuajó mal"})
    assert done.status_code == 302, done.text
    assert client.post("/genealogy/process", data=outside | {"reason": "Cuajó mal"}).location == done.location
    (cheese,) = made_of(session, "process")
    assert (cheese.commodity, cheese.quantity) == ("cheese", 2_000)
    page = client.get(done.location).text
    assert "Queso fresco" in page
    assert "Cuajó mal" in page


def test_all_lots_of_a_filter_are_processed_once(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    fibre_lots(session, now)
    sign_in(client, cast.clerk)
    picker = client.get("/genealogy/process?commodity=alpaca-fibre").text
    asked = {"scope": "filter", "commodity": "alpaca-fibre", "seen": hidden(picker, "seen")[0]}
    sent = form(**asked, way="process:scour", made_0="30", loss="7.5", loss_cause="dust")
    stale = client.post("/genealogy/process", data=sent | {"seen": "2:g25000"})
    assert (stale.status_code, "cambiaron" in stale.text) == (422, True)
    done = client.post("/genealogy/process", data=sent)
    assert done.status_code == 302, done.text
    assert client.post("/genealogy/process", data=sent).location == done.location
    assert [one.quantity for one in made_of(session, "process")] == [30_000]


def test_milk_without_a_density_is_told_at_its_field(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk_lot(session, now)
    sign_in(client, cast.clerk)
    sent = form(lot=str(lot.id), way="process:cheese", made_0="2", loss="1", loss_cause="waste")
    answer = client.post("/genealogy/process", data=sent)
    assert answer.status_code == 422
    assert 'id="density-error"' in answer.text


def test_a_carcass_is_cut_without_a_recipe(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lot = carcass_lot(session, now)
    sign_in(client, cast.clerk)
    sent = form(
        lot=str(lot.id), way="process:cut", made_0="30", label_0="Pierna", best_0="2026-03-20",
        made_1="27.5", label_1="Costilla", loss="0.5", loss_cause="waste",
    )  # fmt: skip
    done = client.post("/genealogy/process", data=sent)
    assert done.status_code == 302, done.text
    assert [(one.label, one.quantity) for one in made_of(session, "process")] == [
        ("Pierna", 30_000),
        ("Costilla", 27_500),
    ]


def test_lots_go_to_another_place(client: ChainClient, session: Session, cast: Cast, now: datetime) -> None:
    lots, site = fibre_lots(session, now, 2), make_site(session, "ALM2")
    sign_in(client, cast.clerk)
    chosen = [str(lot.id) for lot in lots]
    look = client.post("/genealogy/transfer", data={"lot": chosen, "step": "next"}).text
    assert "Sitio ALM2" in look
    sent = form(lot=chosen, site=str(site.id))
    done = client.post("/genealogy/transfer", data=sent)
    assert done.status_code == 302
    assert client.post("/genealogy/transfer", data=sent).location == done.location
    assert {session.get_one(Lot, lot.id).site_id for lot in lots} == {site.id}
    assert "Sitio ALM2" in client.get(done.location).text
    again = client.post("/genealogy/transfer", data=form(lot=chosen, site=str(site.id)))
    assert again.status_code == 422
    assert client.post("/genealogy/transfer", data=form(lot=chosen)).status_code == 422
    assert "Sitio ALM2" in client.get(f"/genealogy?site={site.id}&kind=transfer").text


def test_a_producer_takes_back_at_most_the_own_part(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    bale = merge(session, now, *fibre_lots(session, now))
    owner = session.scalars(select(Producer).where(Producer.full_name == "Productora 1")).one()
    sign_in(client, cast.clerk)
    page = client.get(f"/genealogy/take-back?lot_id={bale.id}").text
    assert page.count(": 12.5 kg") == 3
    sent = form(lot=str(bale.id), producer=str(owner.id), quantity="13", reason="Para hilar en casa")
    refused = client.post("/genealogy/take-back", data=sent)
    assert refused.status_code == 422
    assert 'value="13"' in refused.text
    done = client.post("/genealogy/take-back", data=sent | {"quantity": "2"})
    assert done.status_code == 302, done.text
    assert "Productora 1" in client.get(done.location).text
    assert made_of(session, "take_back")[0].quantity == 35_500


def test_losses_and_increases_are_written_with_their_cause(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    first, second = fibre_lots(session, now, 2)
    sign_in(client, cast.clerk)
    loss = form(lot=str(first.id), quantity="0.5", cause="theft")
    refused = client.post("/genealogy/loss", data=loss)
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    assert client.post("/genealogy/loss", data=loss | {"reason": "De noche, del depósito"}).status_code == 302
    assert made_of(session, "loss")[0].quantity == 12_000
    gain = form(lot=str(second.id), quantity="0,1", cause="weighing")
    assert client.post("/genealogy/gain", data=gain).status_code == 302
    assert made_of(session, "gain")[0].quantity == 12_600
    assert (
        client.post("/genealogy/loss", data=form(lot=str(first.id), quantity="99", cause="")).status_code
        == 422
    )


def test_an_operation_is_undone_with_a_reason(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lots = fibre_lots(session, now)
    bale = merge(session, now, *lots)
    sign_in(client, cast.clerk)
    url = f"/genealogy/events/{bale.made_by_event_id}"
    page = client.get(url).text
    assert "Deshacer" in page
    assert client.post(f"{url}/undo", data={"id": str(new_id()), "reason": " "}).status_code == 422
    sent = {"id": hidden(page, "id")[0], "reason": "Se juntó mal"}
    done = client.post(f"{url}/undo", data=sent)
    assert done.status_code == 302
    assert client.post(f"{url}/undo", data=sent).location == done.location
    after = client.get(url).text
    assert "Se juntó mal" in after
    assert 'name="reason"' not in after
    other = client.post(f"{url}/undo", data={"id": str(new_id()), "reason": "Otra vez"})
    assert other.status_code == 422
    assert all(session.get_one(Lot, lot.id).used_by_event_id is None for lot in lots)
    assert "deshecha" in client.get("/genealogy").text


@pytest.mark.parametrize(
    "path", ["merge", "transfer", "process", "split", "sort", "take-back", "loss", "gain", "new"]
)
def test_only_who_may_transform_lots_opens_the_forms(
    client: ChainClient, session: Session, cast: Cast, now: datetime, path: str
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    for person in (cast.grader, cast.auditor, cast.buyer):
        sign_in(client, person)
        assert client.get(f"/genealogy/{path}").status_code == 403
        if path != "new":
            assert client.post(f"/genealogy/{path}", data=form(lot=str(lot.id))).status_code == 403
    sign_in(client, None)
    assert client.get(f"/genealogy/{path}").status_code == 302


def test_the_lot_of_another_house_is_not_found(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now, actor=cast.outsider.actor)
    theirs = make_lot(session, now, fibre(producer, now), cast.outsider.actor)
    (own,) = fibre_lots(session, now, 1)
    sign_in(client, cast.clerk)
    for path in ("split", "sort", "take-back", "loss", "gain"):
        assert client.get(f"/genealogy/{path}?lot_id={theirs.id}").status_code == 404
        assert client.post(f"/genealogy/{path}", data=form(lot=str(theirs.id))).status_code == 404
        assert client.post(f"/genealogy/{path}", data=form(lot="x")).status_code in {404, 422}
    for path in ("merge", "transfer", "process"):
        page = client.post(f"/genealogy/{path}", data={"lot": [str(theirs.id), str(own.id)], "step": "add"})
        assert theirs.number not in page.text
    for name in ("trace", "trace.json", "recall", "recall.csv", "recall/print", "producers", "producers.csv"):
        assert client.get(f"/genealogy/lots/{theirs.id}/{name}").status_code == 404
    bale = merge(session, now, own, *fibre_lots(session, now, 1))
    sign_in(client, cast.outsider)
    assert client.get(f"/genealogy/events/{bale.made_by_event_id}").status_code == 404
    undo = {"id": str(new_id()), "reason": "Motivo"}
    assert client.post(f"/genealogy/events/{bale.made_by_event_id}/undo", data=undo).status_code == 404


def test_a_form_without_its_token_is_refused(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lots = fibre_lots(session, now, 2)
    sign_in(client, cast.clerk)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = client.post("/genealogy/merge", data=form(lot=[str(lot.id) for lot in lots]))
    assert answer.status_code == 400
    assert events(session) == 0


def test_nonsense_in_addresses_and_forms_is_no_crash(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    sign_in(client, cast.everything)
    for path in (
        "/genealogy?kind=x&from_day=x&site=x&page=-1",
        "/genealogy/merge?commodity=x&text=%00&colour=x&claim=x&site=x&lot=x",
        "/genealogy/split?number=%00&lot=x",
        "/genealogy/split?number=CC03-999999",
        f"/genealogy/lots/{lot.id}/trace?direction=x&page=99999999999",
        f"/genealogy/lots/{lot.id}/recall?list=x&page=0",
        "/genealogy/recipes?archived=x&page=x",
        "/genealogy/recipes/new?example=x&from=x&replaces=x",
    ):
        assert client.get(path).status_code == 200, path
    many = form(lot=str(lot.id), rows="999999", part_0="99999999", happened_at="x", way="recipe:x", site="x")
    for path in ("split", "sort", "process", "merge", "transfer", "loss", "gain", "take-back"):
        assert client.post(f"/genealogy/{path}", data=many).status_code in {200, 422}, path
    assert LOCAL in client.get(f"/genealogy/split?lot_id={lot.id}").text


def test_what_dried_away_is_no_moisture_taken_up(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = fibre_lots(session, now, 1)
    split(session, now, lot, 6_000, 6_000, losses=(Lost(cause="moisture", quantity=500),))
    event = session.scalars(select(LotEvent)).one()
    sign_in(client, cast.clerk)
    page = client.get(f"/genealogy/events/{event.id}").text
    assert "Secado" in page
    assert "Humedad absorbida" not in page
