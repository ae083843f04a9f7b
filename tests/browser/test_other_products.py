"""Milk and a carcass in real Chromium: the same screen, each with its own attributes, currency and clock; and no script at all."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.support.live import LiveServer
from tests.support.trip import Trip, choose_producer, main, press, printed, words


def test_a_can_of_milk_is_registered_with_its_shift(open_page: OpenPage, demo_server: LiveServer) -> None:
    trip = Trip(open_page, demo_server)
    page = trip.by("leche", viewport=PHONE)
    page.goto("/lots/new?commodity=raw-milk")
    choose_producer(page, "LL001")
    page.get_by_role("textbox", name="Litros").fill("24.5")
    page.get_by_label("Mañana", exact=True).check()
    page.get_by_label("Temperatura").fill("12.5")
    page.get_by_label("Grasa").fill("3.6")
    page.get_by_label("Densidad").fill("1.030")
    press(page, "Guardar")
    text = words(page)
    assert "registrado" in text
    assert "24.5 l" in text
    assert "Mañana" in text
    assert_accessible(page)
    treasurer = trip.by("leche.tesoreria")
    treasurer.goto("/settlement/runs")
    treasurer.get_by_role("link", name="N.º 2").click()
    press(treasurer, "Aprobar")
    press(treasurer, "Contabilizar")
    press(treasurer, "Pagada en efectivo a todos")
    assert "S/ 28,537.59" in words(treasurer)


def test_a_carcass_in_bolivia_is_registered_priced_and_paid_in_its_own_way(
    open_page: OpenPage, demo_server: LiveServer
) -> None:
    trip = Trip(open_page, demo_server)
    page = trip.by("carne", viewport=PHONE)
    page.goto("/lots/new?commodity=llama-carcass")
    choose_producer(page, "TU001")
    page.get_by_label("Peso bruto").fill("1.234,5")  # a point groups nothing: it must be typed without
    page.get_by_label("Dos dientes (2D)").check()
    page.get_by_label("No se encontró").check()
    press(page, "Guardar")
    assert "Hay un problema" in words(page)
    page.get_by_label("Peso bruto").fill("38,4")
    page.get_by_label("Tara").fill("0,4")
    before = datetime.now(ZoneInfo("America/La_Paz"))
    press(page, "Guardar")
    text = words(page)
    assert "38 kg" in text
    assert f"{before:%H}:" in text  # the hour of La Paz
    accountant = trip.by("carne.contabilidad")
    accountant.goto("/settlement/runs")
    accountant.get_by_role("link", name="N.º 1").click()
    assert re.search(r"Bs \d{1,3}(\.\d{3})*,\d\d", words(accountant))
    assert "S/" not in words(accountant)
    assert_accessible(page)
    accountant.goto("/settlement/runs/new/period")
    accountant.get_by_label("Producto").select_option("llama-carcass")
    accountant.locator("#period_from").fill("2026-10-01")
    accountant.locator("#period_to").fill("2026-10-31")
    press(accountant, "Preparar la liquidación")
    treasurer = trip.by("carne.tesoreria")
    treasurer.goto(accountant.url)
    press(treasurer, "Aprobar")
    press(treasurer, "Contabilizar")
    press(treasurer, "Pagada en efectivo a todos")
    treasurer.goto(f"{treasurer.url}/receipts")
    treasurer.locator("tbody tr").first.get_by_role("link").click()
    paper = printed(treasurer, "Imprimir el original")
    assert "BOLIVIANOS" in paper
    assert re.search(r"Bs \d{1,3}(\.\d{3})*,\d\d", paper)


def test_a_clerk_registers_without_any_script(open_page: OpenPage, demo_server: LiveServer) -> None:
    trip = Trip(open_page, demo_server)
    page = trip.by("acopio", viewport=PHONE, java_script_enabled=False)
    page.goto("/lots/new")
    page.locator("#q").fill("Llamocca Yanqui")
    press(page, "Buscar")
    page.get_by_label("Justina Llamocca Yanqui").check()
    page.locator("#gross").fill("12")
    page.locator("#tare").fill("13")
    page.get_by_label("Suri").check()
    page.locator("#micron").fill("80")
    press(page, "Guardar")
    text = words(page)
    assert "Hay un problema" in text
    assert "La tara es mayor que el peso bruto." in text
    assert page.locator("#gross").input_value() == "12"
    assert page.get_by_label("Justina Llamocca Yanqui").is_checked()
    page.locator("#tare").fill("0.5")
    page.locator("#micron").fill("19.5")
    press(page, "Guardar")
    assert "Super Baby" in words(page)
    assert "11.5 kg" in words(page)


#: Key pages and what an English reader sees on each, by who opens it.
ENGLISH = {
    "acopio": (
        ("/", "Hello"),
        ("/lots/new", "Register a lot"),
        ("/lots", "Lots"),
        ("/producers", "Producers"),
    ),
    "calidad": (("/lots/to-grade", "Classes to confirm"), ("/grading/schemes", "Norms")),
    "ventas": (("/tenders", "Tenders"), ("/tenders/new", "New tender"), ("/sales", "Sales")),
    "compra1": (("/board", "Lots on offer"), ("/bids", "My bids")),
    "tesoreria": (("/settlement/runs", "Settlements"), ("/receipts", "Receipts"), ("/ledger", "Ledger")),
    "productora": (("/my/income", "Your money, year by year"), ("/my/receipts", "My receipts")),
    "vigilancia": (("/income", "Income"), ("/audit", "Audit trail")),
}


@pytest.mark.parametrize("username", ENGLISH)
def test_key_pages_read_well_in_english(username: str, open_page: OpenPage, demo_server: LiveServer) -> None:
    page = Trip(open_page, demo_server, "en").by(username, viewport=PHONE)
    for path, heading in ENGLISH[username]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("html").get_attribute("lang") == "en"
        assert heading in words(page), path
        assert "Chain" in page.title()
        assert not re.search(
            r"\b(Guardar|Buscar|Productor|Liquidaci|Concurso|Recibo)\b", _chrome(words(page))
        )
        assert main(page).count() == 1
        assert_no_sideways_scrolling(page)


def _chrome(text: str) -> str:
    """Leave out the invented names and titles, which are Spanish in every language."""
    return re.sub(r"Centro de acopio [A-Z]\w+ \w+|Cuota del centro de acopio", "", text)
