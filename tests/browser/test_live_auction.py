"""A live auction from its first bid to the result, with three browsers: one on a slow line, one that loses its line and returns."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import update

from chain.auctions.models import AuctionLot
from chain.auctions.services.closing import close_due
from chain.core.clock import utc_now
from chain.core.db import atomic
from tests.browser.conftest import OpenPage
from tests.support import databases
from tests.support.auctions import make_auction
from tests.support.browser import (
    DESKTOP,
    PHONE,
    assert_accessible,
    assert_no_sideways_scrolling,
    sign_in_page,
)
from tests.support.cast import Cast
from tests.support.live import LiveServer
from tests.support.patience import PATIENCE_SECONDS

#: 50 kbit/s with 400 ms there and back, and Chromium's names for it.
SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000 / 8,
    "uploadThroughput": 50_000 / 8,
}
PICTURES = Path("var/screens/live")


@pytest.fixture
def market(live_server: LiveServer) -> Flask:
    """The application over the database of the live server."""
    return databases.make_app(live_server.database.url)


def until(page: Page, told: Callable[[], bool], what: str) -> None:
    """Wait until something is so; a strict Content Security Policy breaks Playwright's own `wait_for_function`."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if told():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{what} did not come: {words(page)} {price(page)}")


def words(page: Page) -> str:
    """Return what the page says of the first lot."""
    return page.locator("[data-words]").first.inner_text()


def price(page: Page) -> str:
    """Return the price that the page shows of the first lot."""
    return page.locator("[data-price]").first.inner_text().replace("\u00a0", " ")


def picture(page: Page, name: str) -> None:
    """Keep a picture for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def end_lots_in(market: Flask, auction_id: UUID, seconds: float) -> None:
    """Move the end of the lots, so that a test need not wait for an hour."""
    with market.app_context(), atomic() as session:
        session.execute(
            update(AuctionLot)
            .where(AuctionLot.auction_id == auction_id)
            .values(ends_at=utc_now() + timedelta(seconds=seconds))
        )


def bid_in_turn(slow: Page, moving: Page) -> None:
    """Bid by turns; the moving one loses its line while it leads, and the slow one goes on."""
    # the slow one bids the starting price with two taps, which count once
    button = slow.locator("button[name=amount]").first
    button.dispatch_event("click")
    button.dispatch_event("click")
    until(slow, lambda: "Usted va ganando" in words(slow), "the first bid")
    until(moving, lambda: words(moving) == "Postor 1 va primero.", "the news of it")
    assert price(moving) == "S/ 100.00"
    picture(slow, "winning-360")
    assert_accessible(slow)
    assert_no_sideways_scrolling(slow)

    # the moving one outbids it, then loses its line
    moving.locator("button[name=amount]").first.click()
    until(moving, lambda: "Usted va ganando" in words(moving), "the second bid")
    moving.context.set_offline(True)
    until(slow, lambda: "Otro ofreció más que usted" in words(slow), "being outbid")
    assert not slow.locator("[data-note]").first.is_visible()  # nothing still says that it wins
    picture(slow, "outbid-360")
    slow.locator("button[name=amount]").first.click()
    until(slow, lambda: "Usted va ganando" in words(slow), "the third bid")
    assert price(slow) == "S/ 102.00"


def bid_without_a_line(moving: Page) -> None:
    """Bid without a line, come back, and learn that the price has moved."""
    # a bid without a line is kept, and clearly not sent
    assert words(moving) == "Usted va ganando."
    moving.locator("button[name=amount]").first.click()
    assert "NO ENVIADA" in moving.locator("[data-unsent]").first.inner_text()
    assert "Sin línea" in moving.locator("[data-line]").inner_text()
    picture(moving, "no-line-1280")
    assert_accessible(moving)

    # the line returns: it sees that it was outbid; the kept bid is still not sent
    moving.context.set_offline(False)
    until(moving, lambda: "Otro ofreció más que usted" in words(moving), "learning of it")
    assert "NO ENVIADA" in moving.locator("[data-unsent]").first.inner_text()
    assert price(moving) == "S/ 102.00"
    # sent now, it says that the price had moved: nobody pays a price unseen
    moving.locator("[data-send]").first.click()
    until(
        moving,
        lambda: "El precio cambió" in moving.locator("[data-note]").first.inner_text(),
        "the refusal of the old bid",
    )


def bid_to_the_end(slow: Page, moving: Page) -> None:
    """Set an own maximum and outbid it in vain, shortly before the end."""
    # an own maximum, then the end, which a late bid moves
    moving.locator("summary", has_text="Mi máximo").click()
    moving.locator("input[name=maximum]").fill("110")
    moving.get_by_role("button", name="Poner mi máximo").click()
    until(moving, lambda: "Usted va ganando" in words(moving), "the maximum")
    assert price(moving) == "S/ 103.00"
    until(slow, lambda: price(slow) == "S/ 103.00", "the new price")
    slow.locator("button[name=amount]").first.click()
    until(slow, lambda: price(slow) == "S/ 105.00", "the answer of the maximum")
    assert "Otro ofreció más que usted" in words(slow)


def test_three_buyers_see_the_same_end(
    open_page: OpenPage, cast: Cast, market: Flask, live_server: LiveServer
) -> None:
    with market.app_context(), atomic() as session:
        auction = make_auction(
            session,
            utc_now() - timedelta(seconds=30),
            reserve=None,
            bidders=(cast.buyer.actor, cast.rival_buyer.actor),
            soft_close_seconds=3600,
            extension_seconds=3600,
        )
        auction_id = auction.id
    path = f"/live/{auction_id}"
    slow, moving, watching = open_page(viewport=PHONE), open_page(), open_page(viewport=DESKTOP)
    for page, person in ((slow, cast.buyer), (moving, cast.rival_buyer), (watching, cast.rival_buyer)):
        sign_in_page(page, person)
    slow.context.new_cdp_session(slow).send("Network.emulateNetworkConditions", SLOW)
    slow.goto(path)
    moving.goto(path)
    watching.goto(path)

    bid_in_turn(slow, moving)
    bid_without_a_line(moving)
    bid_to_the_end(slow, moving)
    for page in (slow, moving, watching):
        until(page, lambda page=page: price(page) == "S/ 105.00", "the last price")  # type: ignore[misc]
    end_lots_in(market, auction_id, 4)
    moving.reload()  # nobody tells a page that a test moved the end
    until(moving, lambda: "Se acabó el tiempo" in words(moving) or _is_over(moving), "the end")
    with market.app_context(), atomic() as session:
        close_due(session, now=utc_now() + timedelta(seconds=5), auction_id=auction_id)
    for page in (moving, watching):
        until(page, lambda page=page: "Usted ganó" in words(page), "the result")  # type: ignore[misc]
    until(slow, lambda: words(slow) == "Ganó Postor 2.", "the result on the slow line")
    assert {price(page) for page in (slow, moving, watching)} == {"S/ 105.00"}
    picture(moving, "won-1280")


def _is_over(page: Page) -> bool:
    return (
        page.locator("[data-left]").first.inner_text() == "se acabó el tiempo" or "gan" in words(page).lower()
    )


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_pages_of_auctions_are_accessible_in_both_languages(
    open_page: OpenPage, cast: Cast, market: Flask, language: str
) -> None:
    with market.app_context(), atomic() as session:
        auction = make_auction(
            session, utc_now() - timedelta(seconds=30), lots=2, bidders=(cast.buyer.actor,)
        )
        auction_id = auction.id
    for person, paths in (
        (cast.buyer, ("/live", f"/live/{auction_id}")),
        (cast.rival_buyer, (f"/live/{auction_id}",)),
        (cast.seller, ("/auctions", "/auctions/new", f"/auctions/{auction_id}")),
    ):
        for viewport in (PHONE, DESKTOP):
            page = open_page(viewport=viewport, language=language)
            sign_in_page(page, person)
            for path in paths:
                page.goto(path)
                assert_accessible(page)
                assert_no_sideways_scrolling(page)
                if language == "es":
                    name = path.replace(str(auction_id), "x").strip("/").replace("/", "-")
                    picture(page, f"{name}-{person.username}-{viewport['width']}")
