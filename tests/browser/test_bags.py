"""Several bags in real Chromium: lines and their sum with a script, the same without one, and the paper of it."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE, assert_accessible, assert_no_sideways_scrolling
from tests.support.live import LiveServer
from tests.support.trip import Trip, press, words


def test_bags_are_added_and_summed_while_the_clerk_types(
    open_page: OpenPage, demo_server: LiveServer
) -> None:
    page = Trip(open_page, demo_server).by("acopio", viewport=PHONE)
    page.goto("/lots/new?commodity=alpaca-fibre")
    page.get_by_text("Registrar a una persona nueva").click()
    page.get_by_label("Nombre completo").fill("Bertha Sacos Ramos")
    page.locator("#gross").fill("20.3")
    page.locator("#tare").fill("0.45")
    expect(page.locator("output.net-weight")).to_have_text("Peso neto: 19.85 kg")
    page.get_by_role("button", name="Otro saco").click()
    expect(page.locator("#bag-2-gross")).to_be_focused()
    page.locator("#bag-2-gross").fill("15")
    page.locator("#bag-2-tare").fill("0,25")
    expect(page.locator("output.net-weight")).to_have_text("Peso neto: 34.6 kg = 19.85 kg + 14.75 kg")
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    page.locator("#bag-2-tare").fill("16")
    expect(page.locator("output.net-weight")).to_have_text("La tara es mayor que el peso bruto.")
    press(page, "Guardar")
    assert "Envase 2: La tara es mayor que el peso bruto." in words(page)
    page.locator("#bag-2-tare").fill("0.25")
    press(page, "Guardar")
    text = words(page)
    assert "34.6 kg" in text
    assert "14.75 kg" in text
    assert_accessible(page)
    page.get_by_role("link", name="Imprimir la nota de recepción").click()
    page.get_by_label("Rollo de 58 mm").check()
    press(page, "Imprimir el original")
    assert "*** ORIGINAL ***" in page.locator(".sheet").inner_text()
    assert_no_sideways_scrolling(page)
