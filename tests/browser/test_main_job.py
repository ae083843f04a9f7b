"""One season's main job in real Chromium, each step by its own role: from the scale to the receipt and the own income."""

import csv
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.support.live import LiveServer
from tests.support.trip import (
    Trip,
    answer_of_api,
    bring_deadline,
    choose_producer,
    id_of,
    main,
    make_token,
    press,
    printed,
    text_of,
    words,
    work_once,
)

NEW_PRODUCER = "Eulalia Ccori Paucar"
#: the producer who signs in as `productora`
SHOWN_PRODUCER = "OR005"
LIMA = ZoneInfo("America/Lima")


def test_the_main_job_goes_from_the_scale_to_the_receipt(
    open_page: OpenPage, demo_server: LiveServer
) -> None:
    trip = Trip(open_page, demo_server)
    _clerk_registers_two_lots(trip)
    _grader_confirms(trip)
    tender = _seller_offers(trip)
    _buyers_bid(trip)
    _worker_opens_the_bids(trip, tender)
    _two_officers_accept(trip, tender)
    run = _accountant_prepares(trip)
    _treasurer_approves_and_pays(trip, run)
    _page_table_and_api_agree(trip, run)
    _treasurer_prints(trip, run)
    _producer_sees_the_money(trip)


def _fill_fibre(page: Page, gross: str, tare: str, micron: str) -> None:
    page.locator("#gross").fill(gross)
    page.locator("#tare").fill(tare)
    page.get_by_label("Huacaya").check()
    page.get_by_label("Blanco WH").check()
    page.locator("#micron").fill(micron)
    page.locator("#length_mm").fill("95")


def _clerk_registers_two_lots(trip: Trip) -> None:
    page = trip.by("acopio", viewport=PHONE)
    page.goto("/lots/new")
    assert_no_sideways_scrolling(page)
    page.get_by_text("Registrar a una persona nueva").click()
    page.get_by_label("Nombre completo").fill(NEW_PRODUCER)
    page.get_by_label("Mujer", exact=True).check()
    _fill_fibre(page, "26.35", "1.15", "21.8")
    expect(page.locator("output.net-weight")).to_have_text("Peso neto: 25.2 kg")
    press(page, "Guardar")
    text = words(page)
    assert "registrado" in text
    assert "Baby" in text
    assert "La fibra mide 21.8 micras." in text
    assert "25.2 kg" in text
    assert NEW_PRODUCER in text
    assert_accessible(page)
    assert_no_sideways_scrolling(page)

    page.goto("/lots/new")
    choose_producer(page, SHOWN_PRODUCER)
    _fill_fibre(page, "31,2", "1,2", "24,4")  # a comma is as good as a point
    press(page, "Guardar")
    assert "Fleece" in words(page)
    assert "En transición" in words(page)  # the certificate of the day of the delivery

    page.get_by_role("link", name="Ver todo el lote").click()
    assert "NTP 231.301:2014" in words(page)
    assert page.get_by_role("link", name="Confirmar la clase").count() == 0
    page.goto("/lots/to-grade")
    assert "Su rol no lo permite" in words(page)


def _grader_confirms(trip: Trip) -> None:
    page = trip.by("calidad")
    page.goto("/lots/to-grade")
    page.locator("tbody tr", has_text=NEW_PRODUCER).get_by_role("checkbox").check()
    press(page, "Confirmar los lotes marcados")
    assert "Se confirmó 1 clase." in words(page)
    page.locator("tbody tr", has_text="Justina Llamocca").filter(has_text="Fleece").get_by_role(
        "link"
    ).click()
    assert "La fibra mide 24.4 micras." in words(page)
    press(page, "Confirmar esta clase")
    assert "está confirmada" in words(page)


def _seller_offers(trip: Trip) -> str:
    page = trip.by("ventas")
    page.goto("/tenders/new")
    assert "55.2 kg" in words(page)
    page.locator("#title").fill("Fibra del viaje")
    page.locator("#reserve").fill("44")
    soon = datetime.now(LIMA) + timedelta(minutes=2)  # the shortest time is a minute
    page.locator("#closes_at").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    press(page, "Abrir el concurso")
    assert "El concurso está abierto." in words(page)
    return id_of(page)


def _buyers_bid(trip: Trip) -> None:
    mill = trip.by("compra1")
    mill.goto("/board")
    mill.get_by_role("link", name="Fibra del viaje").click()
    assert NEW_PRODUCER not in words(mill)
    mill.locator("#price").fill("43.99")
    press(mill, "Enviar la oferta en sobre cerrado")
    assert "Recibimos su oferta en sobre cerrado." in words(mill)
    assert "44.00" not in words(mill)  # nothing tells the lowest price
    mill.locator("#price").fill("45.50")
    press(mill, "Reemplazar la oferta")
    assert "Recibimos su oferta en sobre cerrado." in words(mill)

    rival = trip.by("compra2")
    rival.goto("/board")
    rival.get_by_role("link", name="Fibra del viaje").click()
    assert "45.50" not in words(rival)
    rival.locator("#price").fill("46")
    press(rival, "Enviar la oferta en sobre cerrado")

    seller = trip.by("ventas")
    seller.reload()
    assert re.search(r"Ofertantes 2\b", words(seller))
    assert "45.50" not in seller.content()
    assert "46.00" not in seller.content()


def _worker_opens_the_bids(trip: Trip, tender: str) -> None:
    bring_deadline(trip.server, tender)
    seller = trip.by("ventas")
    seller.goto(f"/tenders/{tender}")
    assert "La hora de cierre pasó." in words(seller)
    work_once(trip.server)
    seller.reload()
    text = words(seller)
    assert "Adjudicado, por aceptar" in text
    assert "S/ 46.00 / kg" in text
    assert "S/ 2,539.20" in text  # 55.2 kg
    assert seller.get_by_role("button", name="Aceptar y vender").count() == 0  # who offers does not accept


def _two_officers_accept(trip: Trip, tender: str) -> None:
    first = trip.by("presidencia")
    first.goto(f"/tenders/{tender}")
    press(first, "Aceptar y vender")
    assert "1 de 2 confirmaciones" in words(first)
    second = trip.by("vocalia")
    second.goto(f"/tenders/{tender}")
    press(second, "Aceptar y vender")
    assert "La venta está hecha." in words(second)
    rival = trip.by("compra2")
    rival.goto("/bids")
    assert "Ver la compra" in words(rival)
    seller = trip.by("ventas")
    seller.goto(f"/market/events/{tender}/replay")
    assert "El mismo resultado." in words(seller)
    assert "Postor 2" in words(seller)


def _accountant_prepares(trip: Trip) -> str:
    page = trip.by("contabilidad")
    page.goto("/advances/new")
    page.get_by_label("Código de socio").fill(SHOWN_PRODUCER)
    page.get_by_label("Importe").fill("150")
    page.get_by_label("Para qué").fill("Sales minerales")
    press(page, "Guardar")
    assert "El adelanto está en los libros." in words(page)
    page.goto("/settlement/runs/new")
    with page.expect_navigation():
        page.locator("tbody tr", has_text="S/ 2,539.20").get_by_role("button").click()
    text = words(page)
    assert "La liquidación está preparada." in text
    assert "Cuadra:" in text
    assert page.get_by_role("button", name="Aprobar").count() == 0
    return id_of(page)


def _treasurer_approves_and_pays(trip: Trip, run: str) -> None:
    page = trip.by("tesoreria")
    page.goto(f"/settlement/runs/{run}")
    press(page, "Aprobar")
    assert "La liquidación está aprobada." in words(page)
    press(page, "Contabilizar")
    assert "Ya se pueden imprimir los recibos." in words(page)
    press(page, "Pagada en efectivo a todos")
    assert "Todos recibieron su pago en efectivo." in words(page)


def _page_table_and_api_agree(trip: Trip, run: str) -> None:
    page = trip.by("contabilidad")
    page.goto(f"/settlement/runs/{run}")
    text = words(page)
    rows = list(
        csv.DictReader(
            io.StringIO(
                page.context.request.get(f"/settlement/runs/{run}/export.csv").text().removeprefix("\ufeff")
            )
        )
    )
    token = make_token(page)
    said = answer_of_api(page, f"/settlement-runs/{run}", token)
    lines = answer_of_api(page, f"/settlement-runs/{run}/lines", token)["items"]
    assert [line["gross_minor"] for line in lines] == [115_920, 138_000]
    assert [line["advances_minor"] for line in lines] == [0, 15_000]
    for line, row in zip(lines, rows, strict=False):  # the last row of the table is the total
        for net in (line["net_minor"], round(float(row["Neto"]) * 100)):
            assert f"S/ {net / 100:,.2f}" in text
        assert row["Código de socio"] == line["member_code"]
    assert sum(line["net_minor"] for line in lines) == said["net_minor"] == 233_842
    assert said["gross_minor"] - said["deductions_minor"] == said["net_minor"]
    assert float(rows[-1]["Neto"]) == said["net_minor"] / 100
    assert f"S/ {said['net_minor'] / 100:,.2f}" in text


def _treasurer_prints(trip: Trip, run: str) -> None:
    page = trip.by("tesoreria")
    page.goto(f"/settlement/runs/{run}/receipts")
    page.locator("tbody tr", has_text=SHOWN_PRODUCER).get_by_role("link").click()
    text = words(page)
    serial = re.search(r"R001-\d{8}", text)
    code = re.search(r"Código de comprobación (\w+)", text)
    assert serial is not None
    assert code is not None
    seen = text_of(page.context.request.get(f"/receipts/{id_of(page)}/pdf").body())
    first = printed(page, "Imprimir el original")
    page.reload()
    second = printed(page, "Imprimir la copia 1")
    for paper in (seen, first, second):
        assert serial[0] in paper
        assert "Justina Llamocca Yanqui" in paper
        assert "1,202.40" in paper
        assert "MIL DOSCIENTOS DOS CON 40/100 SOLES" in paper
        assert "27.60" in paper
        assert "Sales minerales" in paper
    assert "ORIGINAL" in first
    assert "COPIA 1" in second
    assert "ORIGINAL" not in second
    stranger = trip.open_page(server=trip.server)
    stranger.goto(f"/R/{code[1]}")
    assert "Este documento es válido." in words(stranger)
    assert serial[0] in words(stranger)
    assert "Justina" not in words(stranger)


def _producer_sees_the_money(trip: Trip) -> None:
    page = trip.by("productora", viewport=PHONE)
    page.goto("/my/income")
    newest = page.locator(".year--newest")
    expect(newest).to_contain_text("30 kg")
    expect(newest).to_contain_text("1,202.40")
    expect(newest).to_contain_text("Sales minerales")
    expect(main(page)).to_contain_text("2022")  # earlier seasons
    page.get_by_text("Ver más de 2025").click()
    expect(main(page)).to_contain_text("Con el intermediario")
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    page.goto("/my/receipts")
    expect(main(page)).to_contain_text("R001-")
