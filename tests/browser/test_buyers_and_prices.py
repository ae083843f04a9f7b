"""Demands with a price grid, limits, vetting and past prices in Chromium, on a phone and on a desk."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from chain.buyers.models import DepositReturn
from chain.buyers.pricing import Premium, PriceRow
from chain.buyers.rules import Terms
from chain.buyers.services.demands import change_demand, open_demand
from chain.buyers.services.deposits import Movement, grant_credit, record_deposit
from chain.buyers.services.limits import hold_limit
from chain.core.clock import local_date
from chain.core.db import atomic
from chain.core.ids import new_id
from chain.prices.services import set_consent
from tests.browser.conftest import OpenPage
from tests.support import databases
from tests.support.browser import (
    DESKTOP,
    PHONE,
    assert_accessible,
    assert_no_sideways_scrolling,
    sign_in_page,
)
from tests.support.cast import CENTRE, MILL, Cast
from tests.support.live import LiveServer
from tests.support.settling import add_lot, add_members, add_sale

NORM = "ntp-231.301/2014"
PRICES = (
    PriceRow(5_200, f"{NORM}/super_baby", "white"),
    PriceRow(4_550, f"{NORM}/baby", "white"),
    PriceRow(3_900, f"{NORM}/baby"),
)
PREMIUMS = (
    Premium("micron_step", 20, high_tenths=220, limit_minor=150),
    Premium("claim", 300, claim="organic"),
    Premium("volume", 50, from_quantity=1_000_000),
)


@pytest.fixture(scope="module")
def demand_id(live_server: LiveServer) -> str:
    """A season of the mill: a private demand that was changed once, a deposit, credit, a commitment and sales."""
    return _fill(databases.make_app(live_server.database.url), Cast())


def _fill(app: Flask, cast: Cast) -> str:
    now = datetime.now(UTC)
    today, key = local_date(now, "America/Lima"), new_id()
    terms = Terms(
        title="Baby blanca para tops",
        commodity="alpaca-fibre",
        currency="PEN",
        valid_from=today - timedelta(days=20),
        valid_to=today + timedelta(days=70),
        grades=(f"{NORM}/super_baby", f"{NORM}/baby"),
        micron_max_tenths=230,
        period="month",
        min_quantity=500_000,
        max_quantity=2_000_000,
        price_grid=PRICES,
        premiums=PREMIUMS,
        private_to=(str(CENTRE.id),),
    )
    with app.app_context(), atomic() as session:
        open_demand(session, actor=cast.buyer.actor, now=now, demand_id=key, terms=terms)
        changed = {**{name: getattr(terms, name) for name in Terms.__dataclass_fields__}, "note": "En fardos"}
        change_demand(
            session, actor=cast.buyer.actor, now=now, demand_id=key, version=1, terms=Terms(**changed)
        )
        movement = Movement("received", 500_000, "qr", today, "QR-7781")
        treasurer = cast.treasurer.actor
        record_deposit(
            session, actor=treasurer, now=now, deposit_id=new_id(), buyer_id=MILL.id, movement=movement
        )
        grant_credit(
            session,
            actor=treasurer,
            now=now,
            credit_id=new_id(),
            buyer_id=MILL.id,
            amount_minor=200_000,
            until=today + timedelta(days=90),
            reason="Pagó a tiempo tres campañas.",
        )
        hold_limit(
            session,
            buyer_id=MILL.id,
            seller_id=CENTRE.id,
            kind="award",
            ref_id=new_id(),
            amount_minor=123_450,
            currency="PEN",
            now=now,
        )
        session.add(
            DepositReturn(
                organisation_id=CENTRE.id,
                buyer_id=MILL.id,
                currency="PEN",
                pay_to="QR 999 888 777",
                state="to_pay",
                amount_minor=80_000,
                asked_at=now,
            )
        )
        (member,) = add_members(session, 1)
        for grade, price in (("super_baby", 5_230), ("baby", 4_550), ("fleece", 3_010)):
            lot = add_lot(session, member, 125_500, grade_key=grade)
            lot.colour = "white"
            add_sale(session, [lot], price)
        set_consent(session, actor=cast.admin.actor, now=now, is_named=True)
    return str(key)


def _look(page: Page, name: str) -> None:
    """Check a page; keep a picture of it where `CHAIN_PICTURES` names a folder."""
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    folder = os.environ.get("CHAIN_PICTURES")
    if folder:
        width = (page.viewport_size or DESKTOP)["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_pages_of_buyers_and_prices_fit_and_are_accessible(
    open_page: OpenPage, cast: Cast, demand_id: str, size: dict[str, int]
) -> None:
    page = open_page(viewport=size)
    page.goto("/prices?from=2026-W10&to=2026-W12")
    expect(page.locator("main")).to_contain_text("S/ 52.30")
    _look(page, "prices")
    visits = (
        (cast.buyer, f"/demands/{demand_id}", "demand"),
        (cast.buyer, "/demands", "own"),
        (cast.buyer, f"/demands/{demand_id}/change", "change"),
        (cast.buyer, "/limits/own", "own-limits"),
        (cast.seller, "/demands/gaps", "gaps"),
        (cast.treasurer, "/limits", "limits"),
        (cast.treasurer, f"/limits/{MILL.id}", "limit"),
        (cast.operator, "/vetting", "vetting"),
        (cast.operator, f"/vetting/{MILL.id}", "vet"),
        (cast.admin, "/prices/consent", "consent"),
    )
    for person, path, name in visits:
        sign_in_page(page, person)
        page.goto(path)
        if name == "change":
            for summary in page.locator("main details summary").all():
                if not summary.evaluate("one => one.parentElement.open"):
                    summary.click()
        _look(page, name)


def test_the_grid_takes_more_rows_without_a_script(open_page: OpenPage, cast: Cast, demand_id: str) -> None:
    page = open_page(viewport=PHONE)
    sign_in_page(page, cast.buyer)
    page.goto(f"/demands/{demand_id}/change")
    before = page.locator("[name$='-price']").count()
    page.locator("button[name=more]").click()
    assert page.locator("[name$='-price']").count() > before
    expect(page.locator("[name='grid-0-price']")).to_have_value("52.00")
