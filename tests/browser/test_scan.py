"""Scanning in real Chromium: a keyboard wedge, and the camera through a stand-in for what a telephone's browser offers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chain.core.ids import new_id
from tests.browser.conftest import OpenPage
from tests.support.browser import (
    DESKTOP,
    PHONE,
    assert_accessible,
    assert_no_sideways_scrolling,
    sign_in_page,
)
from tests.support.cast import Cast

#: Chromium here reads no codes by itself and has no camera; this stands in for both.
STAND_IN = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return window.codeInView ? [{ rawValue: window.codeInView }] : []; }
};
Object.defineProperty(navigator, "mediaDevices", { value: {
  getUserMedia: async () => {
    if (window.cameraRefused) throw new Error("refused");
    return document.createElement("canvas").captureStream(5);
  },
}});
"""


@pytest.fixture
def number(page: Page, cast: Cast) -> str:
    """A lot that the centre took in just now."""
    head = {"Authorization": f"Bearer {cast.clerk.token}"}
    producer, lot = str(new_id()), str(new_id())
    person = {"id": producer, "full_name": "Escolástica Escáner", "sex": "female"}
    assert page.request.post("/api/v1/producers", data=person, headers=head).status == 201
    delivery: dict[str, Any] = {
        "id": lot,
        "commodity": "alpaca-fibre",
        "producer_id": producer,
        "delivered_at": datetime.now(UTC).isoformat(),
        "gross_g": 12_500,
        "attributes": {"colour": "white", "micron": "19.5"},
    }
    answer = page.request.post("/api/v1/lots", data=delivery, headers=head)
    assert answer.status == 201
    return str(answer.json()["number"])


def test_a_keyboard_wedge_opens_the_lot(page: Page, cast: Cast, number: str) -> None:
    sign_in_page(page, cast.clerk)
    page.goto("/scan")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(f"HTTPS://CHAIN.EXAMPLE/L/{number}")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(number)


def test_what_is_unknown_is_said_and_the_field_is_ready_again(page: Page, cast: Cast) -> None:
    sign_in_page(page, cast.clerk)
    page.goto("/scan")
    expect(page.locator("[data-scan-camera]")).to_be_hidden()  # this browser reads no codes
    page.keyboard.type("CC01-999999\n")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)
    page.locator("#code").fill("2")
    expect(page.locator("#code")).to_have_value("2")


def test_the_camera_opens_the_lot_that_it_sees(page: Page, cast: Cast, number: str) -> None:
    page.add_init_script(STAND_IN)
    sign_in_page(page, cast.clerk)
    page.goto("/scan")
    page.locator("[data-scan-camera]").click()
    expect(page.locator("[data-scan-video]")).to_be_visible()
    page.evaluate(f"window.codeInView = 'HTTPS://CHAIN.EXAMPLE/L/{number}'")
    expect(page.locator("h1")).to_have_text(number)


def test_a_refused_camera_leaves_the_field(page: Page, cast: Cast) -> None:
    page.add_init_script(STAND_IN + "window.cameraRefused = true;")
    sign_in_page(page, cast.clerk)
    page.goto("/scan")
    page.locator("[data-scan-camera]").click()
    expect(page.locator("[data-scan-status]")).to_contain_text("No se pudo abrir la cámara")
    expect(page.locator("[data-scan-video]")).to_be_hidden()


@pytest.mark.parametrize("language", ["es", "en"])
def test_board_labels_cards_and_scan_fit_a_phone_and_are_accessible(
    open_page: OpenPage, cast: Cast, number: str, language: str
) -> None:
    for viewport in (PHONE, DESKTOP):
        page = open_page(viewport=viewport, language=language)
        sign_in_page(page, cast.clerk)
        for address in (
            f"/lots?availability=all&text={number}&micron_from=18&colour=white",
            "/lots?commodity=x&quantity_from=x",
            f"/lots/labels?text={number}",
            "/lots/searches",
            "/scan",
            "/producers/cards",
        ):
            page.goto(address)
            assert_accessible(page)
            assert_no_sideways_scrolling(page)
