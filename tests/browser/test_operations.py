"""Operations, traces and recall lists in Chromium: accessible, no wider than a phone, and a split worked through by hand."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page

from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.core.ids import new_id
from chain.genealogy.rules import NewRecipe, YieldBand
from chain.genealogy.services import write_recipe
from tests.browser.conftest import OpenPage
from tests.support import databases
from tests.support.browser import (
    DESKTOP,
    PHONE,
    assert_accessible,
    assert_no_sideways_scrolling,
    sign_in_page,
)
from tests.support.cast import Cast
from tests.support.genealogy import make_site, merge, sort, split
from tests.support.genealogy_pages import fibre_lots, milk_lot
from tests.support.live import LiveServer


@pytest.fixture(scope="module")
def ids(live_server: LiveServer) -> dict[str, UUID]:
    """A bale of nine deliveries, sorted and split, milk, a recipe and a place."""
    app, then = databases.make_app(live_server.database.url), utc_now() - timedelta(hours=3)
    with app.app_context(), atomic() as session:
        site = make_site(session, "ALM9")
        lots = fibre_lots(session, then, 9)
        bale = merge(session, then, *lots[:8], site_id=site.id, label="Fardo 7")
        parts = sort(session, then, bale, {"baby": 60_000, "fleece": 30_000, None: 10_000})
        halves = split(session, then, parts["baby"], 40_000, 20_000)
        milk = milk_lot(session, then)
        bands = (YieldBand(commodity="cheese", low_bp=1000, expected_bp=1250, high_bp=1400),)
        recipe = NewRecipe(
            id=new_id(), name="Queso fresco", process="cheese", input_commodity="raw-milk", outputs=bands
        )
        write_recipe(session, actor=Cast().everything.actor, now=then, recipe=recipe)
        return {
            "lot": lots[8].id,
            "source": lots[0].id,
            "bale": bale.id,
            "half": halves[0].id,
            "milk": milk.id,
            "event": bale.made_by_event_id or bale.id,
            "recipe": recipe.id,
        }


def paths(ids: dict[str, UUID]) -> list[str]:
    return [
        "/genealogy",
        "/genealogy/new",
        f"/genealogy/new?lot_id={ids['half']}",
        f"/genealogy/events/{ids['event']}",
        f"/genealogy/merge?lot_id={ids['lot']}",
        "/genealogy/split",
        f"/genealogy/split?lot_id={ids['lot']}",
        f"/genealogy/sort?lot_id={ids['lot']}",
        f"/genealogy/take-back?lot_id={ids['half']}",
        f"/genealogy/loss?lot_id={ids['lot']}",
        f"/genealogy/gain?lot_id={ids['lot']}",
        "/genealogy/recipes",
        f"/genealogy/recipes/{ids['recipe']}",
        f"/genealogy/recipes/new?replaces={ids['recipe']}",
        f"/lots/{ids['half']}",
        f"/genealogy/lots/{ids['half']}/trace",
        f"/genealogy/lots/{ids['source']}/trace?direction=forward",
        f"/genealogy/lots/{ids['half']}/producers",
        f"/genealogy/lots/{ids['half']}/recall",
        f"/genealogy/lots/{ids['half']}/recall?list=lots",
        f"/genealogy/lots/{ids['half']}/recall/print",
        f"/lots/{ids['source']}",
    ]


def speak(page: Page, language: str) -> None:
    button = page.locator(f"header button[name=language][value={language}]")
    if button.count():
        press(page, f"header button[name=language][value={language}]")


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def look(page: Page) -> None:
    assert_no_sideways_scrolling(page)
    assert_accessible(page)


@pytest.mark.parametrize(("viewport", "language"), [(PHONE, "es"), (DESKTOP, "es"), (PHONE, "en")])
def test_every_page_of_operations_is_accessible_and_fits(
    viewport: dict[str, int], language: str, open_page: OpenPage, ids: dict[str, UUID]
) -> None:
    page = open_page(viewport=viewport, language=language)
    sign_in_page(page, Cast().everything)
    page.goto("/genealogy")
    speak(page, language)
    for path in paths(ids):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        look(page)
    page.goto("/genealogy")
    speak(page, "es")  # the choice is kept with the person, whom other tests need


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_lots_are_chosen_looked_at_and_processed(
    viewport: dict[str, int], open_page: OpenPage, ids: dict[str, UUID]
) -> None:
    page = open_page(viewport=viewport)
    sign_in_page(page, Cast().everything)
    page.goto(f"/genealogy/merge?lot_id={ids['lot']}")
    page.locator(f"#lot-{ids['half']}").check()
    assert "52.5 kg" in (page.locator("#picked").text_content() or "")
    press(page, "button[value=next]")
    look(page)
    page.goto(f"/genealogy/process?lot_id={ids['milk']}")
    press(page, "button[value=next]")
    look(page)
    page.select_option("#way", label="Queso fresco")
    press(page, "button[value=choose]")
    page.locator("#made_0").fill("2")
    press(page, "button[value=check]")
    look(page)
    assert "fuera de lo esperado" in page.content()


def test_the_rest_of_a_split_follows_while_typing(open_page: OpenPage, ids: dict[str, UUID]) -> None:
    page = open_page(viewport=PHONE)
    sign_in_page(page, Cast().clerk)
    page.goto(f"/genealogy/split?lot_id={ids['lot']}")
    rest = page.locator("[data-balance]")
    page.locator("#part_0").fill("5,25")
    assert "7.25 kg" in (rest.text_content() or "")
    page.locator("#part_1").fill("8")
    assert "suman más" in (rest.text_content() or "")
    page.locator("#part_1").fill("2")
    press(page, "button[value=save]")
    look(page)
    assert page.locator(".made__lot").count() == 3
