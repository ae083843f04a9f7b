"""Pages of prices: writing a version without knowing JSON, refusals that keep what was typed, the steps, the preview."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.pricing.models import PriceScheme, PriceVersion
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.pricing import add_milk
from tests.support.settling import add_lot, add_members

DRAFT: dict[str, str] = {
    "kind": "milk",
    "unit": "l",
    "base": "5,00",
    "sunday": "4.50",
    "excess_weekday": "4",
    "excess_sunday": "4",
    "missing": "mean_of_last_three",
    "valid_from": "2026-03-01",
    "decided_by": "Asamblea del 1 de marzo",
    "composition-0-parameter": "fat_pct",
    "composition-0-basis": "point",
    "composition-0-rate": "0.20",
    "composition-0-reference": "3.5",
    "adjustments-0-name": "Estiaje",
    "adjustments-0-effect": "premium",
    "adjustments-0-percent": "10",
    "adjustments-0-season_from": "15/12",
    "adjustments-0-season_to": "31/01",
    "adjustments-4-name": "Agua",
    "adjustments-4-effect": "penalty",
    "adjustments-4-amount": "0.30",
    "adjustments-4-parameter": "added_water_pct",
    "adjustments-4-low": "5.1",
    "action": "save",
}


def draft(**more: str) -> dict[str, str]:
    return DRAFT | {"id": str(new_id())} | more


def open_list(client: ChainClient, cast: Cast, commodity: str = "raw-milk", kind: str = "milk") -> str:
    """Open a price list on its page; return the address of the form of its first version."""
    sign_in(client, cast.accountant)
    sent = {"id": str(new_id()), "name": "Leche", "key": "leche", "commodity": commodity, "kind": kind}
    answer = client.post("/price-schemes/new", data=sent)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def saved(client: ChainClient, address: str, data: dict[str, str]) -> str:
    answer = client.post(address, data=data)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def test_a_version_of_milk_is_written_read_and_put_into_force(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    form = open_list(client, cast)
    assert "Precio en domingo" in client.get(form).text
    page = saved(client, form, draft())
    text = client.get(page).text
    for sentence in (
        "Cada litro de lunes a sábado: S/ 5.00.",
        "Cada litro en domingo: S/ 4.50.",
        "Lo que pasa del cupo del día, cualquier día: S/ 4.00.",
        "Grasa: cada punto sobre 3.5 % suma S/ 0.20 a cada litro; cada punto por debajo descuenta lo mismo.",
        "Estiaje: suma 10 % del precio base, entre el 15/12 y el 31/01 de cada año.",
        "Agua: descuenta S/ 0.30 por litro, Agua añadida desde 5.1 %.",
    ):
        assert sentence in text
    assert client.post(f"{page}/activate", data={"ends_previous": "1"}).status_code == 302
    version = session.scalars(select(PriceVersion)).one()
    assert version.state == "in_force"
    assert "Asamblea del 1 de marzo" in client.get(f"{page}/print").text
    listed = client.get("/price-schemes").text
    assert "S/ 5.00" in listed
    assert client.get(f"/price-schemes/{version.scheme_id}").status_code == 200


def test_a_refusal_keeps_what_was_typed_and_names_the_row(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    form = open_list(client, cast)
    wrong = draft(**{"base": "5.005", "adjustments-4-low": "cinco", "adjustments-0-season_to": "pronto"})
    answer = client.post(form, data=wrong)
    assert answer.status_code == 422
    for kept in ("5.005", "cinco", "pronto", "Asamblea del 1 de marzo", "Agua"):
        assert f'value="{kept}"' in answer.text
    assert "Premios y castigos, fila 2" in answer.text
    assert 'href="#adjustments-1-low"' in answer.text
    assert session.scalars(select(PriceVersion)).all() == []
    semantic = client.post(form, data=draft(**{"composition-0-reference": ""}))
    assert semantic.status_code == 422
    assert "Escriba el porcentaje al que corresponde el precio base." in semantic.text


def test_rows_are_added_without_script(client: ChainClient, session: Session, cast: Cast) -> None:
    form = open_list(client, cast)
    before = client.get(form).text.count('name="adjustments-')
    answer = client.post(form, data=draft(action="add-adjustments"))
    assert answer.status_code == 200
    assert answer.text.count('name="adjustments-') > before
    assert 'value="Agua"' in answer.text


def test_classes_are_offered_from_the_grading_scheme(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    form = open_list(client, cast, "alpaca-fibre", "classes")
    assert "Baby" in client.get(form).text
    sent = {
        "id": str(new_id()),
        "kind": "classes",
        "unit": "kg",
        "grades_from": "ntp-231.301@2014",
        "classes-0-grade": "baby",
        "classes-0-colour": "coloured",
        "classes-0-price": "20",
        "classes-1-grade": "baby",
        "classes-1-colour": "",
        "classes-1-price": "24.50",
        "classes-2-grade": "fleece",
        "classes-2-price": "",
        "valid_from": "2026-03-01",
        "decided_by": "Acuerdo",
        "missing": "base_only",
    }
    listed = client.post(form, data=sent | {"action": "classes"})
    assert 'value="super_baby" selected' in listed.text
    page = saved(client, form, sent | {"action": "save"})
    text = client.get(page).text
    assert "cualquier color menos blanco: S/ 20.00 por kilogramo." in text
    assert "S/ 24.50 por kilogramo." in text
    version = session.scalars(select(PriceVersion)).one()
    assert [one["price_minor"] for one in version.content["classes"]] == [2_000, 2_450]
    edit = client.get(f"{page}/edit").text
    assert 'value="24.5"' in edit
    assert 'value="coloured" selected' in edit


def test_a_copy_begins_with_everything_of_the_other(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    form = open_list(client, cast)
    page = saved(client, form, draft())
    version = session.scalars(select(PriceVersion)).one()
    copy = client.get(f"/price-schemes/{version.scheme_id}/versions/new?from={version.id}").text
    first_day = re.compile(r'name="valid_from"[^>]* value="([0-9-]+)"')
    today, begins = (date.fromisoformat(first_day.findall(text)[0]) for text in (client.get(form).text, copy))
    assert begins == today + timedelta(days=1)  # today's milk has the other's price already
    for kept in ("Estiaje", "15/12", "5.1", "3.5", "0.2"):
        assert f'value="{kept}"' in copy
    assert client.post(f"{page}/edit", data=draft(base="5.10")).status_code == 302
    assert session.scalars(select(PriceVersion.content)).one()["base_minor"] == 510


def test_an_overlap_is_told_with_the_other_s_dates(client: ChainClient, session: Session, cast: Cast) -> None:
    form = open_list(client, cast)
    first = saved(client, form, draft(valid_to="2026-03-31"))
    client.post(f"{first}/activate")
    second = saved(client, form, draft(valid_from="2026-03-31"))
    told = client.post(f"{second}/activate", follow_redirects=True).text
    assert "rige otro precio: Leche (1)." in told
    assert "31 mar 2026" in told


def test_a_version_ends_or_is_withdrawn_on_its_page(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    page = saved(client, open_list(client, cast), draft())
    assert client.post(f"{page}/discard").status_code == 302
    page = saved(client, f"/price-schemes/{_scheme(session)}/versions/new", draft())
    client.post(f"{page}/activate")
    assert client.get(f"{page}/end").status_code == 200
    assert client.post(f"{page}/end", data={"last_day": "2020-01-01"}).status_code == 422
    assert client.post(f"{page}/end", data={"last_day": "2026-04-30"}).status_code == 302
    assert client.get(f"{page}/withdraw").status_code == 200
    assert client.post(f"{page}/withdraw", data={"reason": ""}).status_code == 422
    assert client.post(f"{page}/withdraw", data={"reason": "Error de tipeo"}).status_code == 302
    assert "Retirada: Error de tipeo" in client.get(page).text


def _scheme(session: Session) -> UUID:
    return session.scalars(select(PriceScheme.id)).one()


def test_the_preview_shows_before_after_and_why(client: ChainClient, session: Session, cast: Cast) -> None:
    (member,) = add_members(session, 1)
    add_milk(session, member, date(2026, 3, 2), results={"fat_pct": "4.0"})
    page = saved(client, open_list(client, cast), draft())
    text = client.get(f"{page}/preview").text
    assert member.name in text
    assert "S/ 51.00" in text  # 10 l × 5.00 and half a point of fat × 0.20
    assert "Grasa (4)" in text
    table = client.get(f"{page}/preview.csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert (
        table.get_data(as_text=True).splitlines()[1].startswith(f"{member.code},{member.name},1,10,l,,51.00")
    )


def test_a_preview_that_cannot_be_calculated_says_why(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 5_000, grade_key="gruesa")
    form = open_list(client, cast, "alpaca-fibre", "classes")
    sent: dict[str, Any] = {
        "id": str(new_id()),
        "kind": "classes",
        "unit": "kg",
        "grades_from": "ntp-231.301@2014",
        "classes-0-grade": "baby",
        "classes-0-price": "20",
        "valid_from": "2026-03-01",
        "decided_by": "Acuerdo",
        "missing": "base_only",
        "action": "save",
    }
    page = saved(client, form, sent)
    assert "no incluyen estas clases: gruesa" in client.get(f"{page}/preview").text


def test_the_old_address_leads_to_the_price_lists(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    answer = client.get("/period-prices")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/price-schemes")
    assert client.get("/period-prices/new").status_code == 200


def test_others_and_those_without_the_duty_do_not_write(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    page = saved(client, open_list(client, cast), draft())
    sign_in(client, cast.clerk)
    assert client.post(f"{page}/activate").status_code == 403
    sign_in(client, cast.outsider)
    for path in (page, f"{page}/edit", f"{page}/preview", f"{page}/print", f"{page}/end"):
        assert client.get(path).status_code == 404
    for path in (f"{page}/activate", f"{page}/discard", f"{page}/end", f"{page}/withdraw"):
        assert client.post(path, data={"last_day": "2026-12-31", "reason": "Por error"}).status_code == 404
