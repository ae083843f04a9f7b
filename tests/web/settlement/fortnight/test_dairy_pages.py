"""The pages of a dairy: what is missing, readings as they are typed, terms, and the way to the settlement."""

import io
from datetime import date, datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.settlement.fortnight.models import (
    BankFeeRow,
    FortnightSetting,
    MilkHoliday,
    MilkQuota,
    MilkReserve,
    MilkZone,
    MilkZoneRoute,
    OtherIncomeRow,
    ScaleReadingRow,
    TaxLicence,
)
from chain.settlement.fortnight.services.zones import ensure_default_zone
from chain.settlement.models import SettlementRun
from tests.support.cast import Cast, sign_in
from tests.support.dairy import (
    MARCH,
    add_producers,
    add_route,
    bring,
    set_four_prices,
    weigh,
    withhold_nothing,
)

MONDAY = date(2026, 3, 2)
HOME, READINGS = "/settlement/dairy", "/settlement/dairy/readings"


@pytest.fixture
def producers(session: Session, cast: Cast, now: datetime) -> list[UUID]:
    set_four_prices(session)
    ensure_default_zone(session, actor=cast.accountant.actor, now=now)
    found = add_producers(session, 2)
    for producer in found:
        bring(session, producer, MONDAY, 50)
    return found


def test_the_home_names_what_is_missing_and_then_offers_to_prepare(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, producers: list[UUID]
) -> None:
    sign_in(client, cast.accountant)
    page = client.get(f"{HOME}?first={MARCH.first}").text
    assert "Falta la lectura de la balanza en la zona 1 para: 2 mar 2026." in page
    assert "IT e IUE" in page
    assert "Leche (1)" in page, "the prices in force are shown before the run"
    assert "S/ 4.50" in page.replace("\xa0", " ")
    assert 'name="first_day"' not in page
    withhold_nothing(session)
    weigh(session, cast.accountant.actor, now, {MONDAY: 99_000})
    page = client.get(f"{HOME}?first={MARCH.first}").text
    assert 'name="first_day"' in page
    answer = client.post(HOME, data={"id": str(new_id()), "first_day": MARCH.first.isoformat()})
    assert answer.status_code == 302
    run = session.scalars(select(SettlementRun)).one()
    assert (run.method, run.net_minor) == ("milk-fortnight", 49_500)
    assert str(run.id) in answer.location
    assert f"{run.number}" in client.get(f"{HOME}?first={MARCH.first}").text
    again = client.post(HOME, data={"id": str(new_id()), "first_day": MARCH.first.isoformat()})
    assert again.status_code == 422
    assert client.get(f"{READINGS}?first={MARCH.first}").text.count('<input class="govuk-input') == 0


def test_readings_are_typed_day_by_day_and_a_blank_is_left_alone(
    client: FlaskClient, session: Session, cast: Cast, producers: list[UUID]
) -> None:
    sign_in(client, cast.treasurer)
    page = client.get(f"{READINGS}?first={MARCH.first}")
    assert page.status_code == 200
    answer = client.post(
        f"{READINGS}?first={MARCH.first}", data={"day-2026-03-02": "98,5", "day-2026-03-03": ""}
    )
    assert answer.status_code == 302
    rows = session.scalars(select(ScaleReadingRow)).all()
    assert [(row.day, row.quantity_ml) for row in rows] == [(MONDAY, 98_500)]
    refused = client.post(
        f"{READINGS}?first={MARCH.first}", data={"day-2026-03-02": "many", "day-2026-03-04": "7"}
    )
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    assert 'value="7"' in refused.text
    assert len(session.scalars(select(ScaleReadingRow)).all()) == 1


@pytest.mark.parametrize(
    ("text", "status", "count"),
    [
        ("fecha;litros\n02/03/2026;98,5\n2026-03-03;12\n", 302, 2),
        ("zone,date,litres\nX,2026-03-02,5\n", 422, 0),
        ("date,litres\nx,y\n", 422, 0),
        ("", 422, 0),
    ],
)
def test_readings_come_from_a_file(
    client: FlaskClient, session: Session, cast: Cast, text: str, status: int, count: int
) -> None:
    sign_in(client, cast.accountant)
    data = {"file": (io.BytesIO(text.encode()), "pesajes.csv")}
    answer = client.post(f"{READINGS}/file", data=data, content_type="multipart/form-data")
    assert answer.status_code == status
    assert session.scalars(select(ScaleReadingRow)).all() == []  # nothing before somebody has looked at it
    if count:
        seen = client.get(answer.location)
        assert "02/03/2026" in seen.text
        assert client.post(answer.location).status_code == 302
    assert len(session.scalars(select(ScaleReadingRow)).all()) == count


def test_who_neither_weighs_nor_settles_types_no_readings(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    for address in (READINGS, f"{READINGS}?first=0001-01-01"):
        assert client.get(address).status_code == 200
    assert client.get(HOME).status_code == 403
    sign_in(client, cast.seller)
    assert client.get(READINGS).status_code == 403


def test_terms_are_set_ended_and_withdrawn(
    client: FlaskClient, session: Session, cast: Cast, producers: list[UUID]
) -> None:
    sign_in(client, cast.accountant)
    span = {"valid_from": "2026-03-01", "valid_to": "2026-12-31"}
    quota = {"id": str(new_id()), "member_code": "M-00001", "litres": "80", "weekday_price": "3,5", **span}
    for path, data in (
        ("quotas", quota),
        ("licences", {"id": str(new_id()), "member_code": "M-00001", "number": "L-1", **span}),
        (
            "reserve",
            {"id": str(new_id()), "percent": "1.25", "valid_from": "2026-03-01", "decided_by": "Asamblea"},
        ),
        (
            "incomes",
            {
                "id": str(new_id()),
                "member_code": "M-00002",
                "amount": "12.50",
                "valid_from": "2026-03-05",
                "name": "Devolución",
            },
        ),
        (
            "bank-fees",
            {
                "id": str(new_id()),
                "member_code": "M-00002",
                "amount": "2.50",
                "valid_from": "2026-03-05",
                "name": "Transferencia",
            },
        ),
    ):
        assert client.post(f"{HOME}/{path}", data=data).status_code == 302, path
        assert client.post(f"{HOME}/{path}", data=data).status_code == 302, "the same again"
        assert client.get(f"{HOME}/{path}").status_code == 200
        assert client.post(f"{HOME}/{path}", data={"id": str(new_id())}).status_code == 422
    found = session.scalars(select(MilkQuota)).one()
    assert (found.per_day_ml, found.weekday_minor, found.sunday_minor) == (80_000, 350, 0)
    assert session.scalars(select(TaxLicence)).one().number == "L-1"
    reserve = session.scalars(select(MilkReserve)).one()
    assert reserve.fraction_ppm == 12_500
    income = session.scalars(select(OtherIncomeRow)).one()
    assert income.amount_minor == 1_250
    overlap = client.post(f"{HOME}/quotas", data=quota | {"id": str(new_id())})
    assert overlap.status_code == 422
    assert client.post(f"{HOME}/quotas/{found.id}/end").status_code == 302
    assert client.post(f"{HOME}/incomes/{income.id}/withdraw").status_code == 302
    fee = session.scalars(select(BankFeeRow)).one()
    assert client.post(f"{HOME}/bank-fees/{fee.id}/withdraw").status_code == 302
    session.expire_all()
    assert session.scalars(select(BankFeeRow)).one().withdrawn_at is not None
    assert session.scalars(select(OtherIncomeRow)).one().withdrawn_at is not None


def test_zones_routes_and_decisions(client: FlaskClient, session: Session, cast: Cast) -> None:
    route = add_route(session, "R1")
    sign_in(client, cast.accountant)
    assert (
        client.post(f"{HOME}/zones", data={"id": str(new_id()), "code": "2", "name": "Norte"}).status_code
        == 302
    )
    zone = session.scalars(select(MilkZone).where(MilkZone.code == "2")).one()
    assert session.scalars(select(MilkZone).where(MilkZone.is_default)).one().code == "1"
    assert (
        client.post(f"{HOME}/zones", data={"id": str(new_id()), "code": "2", "name": "Otra"}).status_code
        == 422
    )
    assert client.post(f"{HOME}/routes", data={f"route-{route}": str(zone.id)}).status_code == 302
    assert session.scalars(select(MilkZoneRoute)).one().zone_id == zone.id
    assert (
        client.post(f"{HOME}/choices", data={"debts_reach_pure": "y", "decided_by": "Asamblea"}).status_code
        == 302
    )
    assert client.post(f"{HOME}/withholding", data={"since": "2026-01-01", "said_by": ""}).status_code == 422
    assert (
        client.post(f"{HOME}/withholding", data={"since": "2026-01-01", "said_by": "Ana Quispe"}).status_code
        == 302
    )
    setting = session.scalars(select(FortnightSetting)).one()
    assert (setting.debts_reach_pure, setting.no_withholding_by) == (True, "Ana Quispe")
    holidays = {"holidays": "2026-01-22 Estado Plurinacional\n06/08/2026"}
    assert client.post(f"{HOME}/holidays", data=holidays).status_code == 302
    assert client.post(f"{HOME}/holidays", data={"holidays": "pronto"}).status_code == 422
    assert {one.day for one in session.scalars(select(MilkHoliday))} == {date(2026, 1, 22), date(2026, 8, 6)}
    page = client.get(f"{HOME}/terms").text
    assert "Norte" in page
    assert "Ana Quispe" in page


def test_another_house_sees_nothing_of_it(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, producers: list[UUID]
) -> None:
    zone = weigh(session, cast.accountant.actor, now, {MONDAY: 99_000})
    sign_in(client, cast.outsider)
    assert client.get(f"{READINGS}?zone={zone}").status_code == 404
    assert (
        "99" not in client.get(f"{READINGS}?first={MARCH.first}").text.split("<table")[1].split("</table>")[0]
    )


def test_a_spreadsheet_is_brought_in_or_told_line_by_line(
    client: FlaskClient, session: Session, cast: Cast, producers: list[UUID]
) -> None:
    def send(table: str, text: str) -> TestResponse:
        data = {"table": table, "file": (io.BytesIO(text.encode()), "cupos.csv")}
        return client.post(f"{HOME}/import", data=data, content_type="multipart/form-data")

    sign_in(client, cast.accountant)
    page = client.get(f"{HOME}/import").text
    assert "productor, litros_por_dia" in page
    assert client.get(f"{HOME}/import/quotas.csv").text.strip().startswith("\ufeffproductor")
    row = "M-00001;80;01/03/2026;31/12/2026\n"
    refused = send("quotas", f"productor;cupo;desde;hasta\n{row}M-00009;80;01/03/2026;31/12/2026\n")
    assert refused.status_code == 422
    assert "cupos.csv, línea 3, columna producer" in refused.text
    assert session.scalar(select(MilkQuota.id)) is None
    looked_at = send("quotas", f"productor;cupo;desde;hasta\n{row}")
    assert looked_at.status_code == 302
    assert session.scalar(select(MilkQuota.id)) is None
    assert client.post(looked_at.location).status_code == 302
    assert session.scalars(select(MilkQuota.per_day_ml)).all() == [80_000]
    assert send("cows", row).status_code == 422
    sign_in(client, cast.clerk)
    assert 'value="quotas"' not in client.get(f"{HOME}/import").text
    assert send("quotas", row).status_code == 403
    sign_in(client, cast.seller)
    assert client.get(f"{HOME}/import").status_code == 403
