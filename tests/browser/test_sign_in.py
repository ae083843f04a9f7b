"""Signing in with the form, in real Chromium."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.browser import PHONE, assert_accessible, assert_no_sideways_scrolling, sign_in_page
from tests.support.cast import Cast


def test_a_clerk_signs_in_with_name_and_password(page: Page, cast: Cast) -> None:
    page.goto("/")
    page.locator("input[name=username]").fill(cast.clerk.username)
    page.locator("input[name=password]").fill(cast.clerk.password)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("header")).to_contain_text(cast.clerk.name)


def test_a_wrong_password_keeps_the_name_and_says_so(page: Page, cast: Cast) -> None:
    page.goto("/signin")
    page.locator("input[name=username]").fill(cast.clerk.username)
    page.locator("input[name=password]").fill("otra cosa distinta")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("input[name=username]")).to_have_value(cast.clerk.username)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert_accessible(page)


def test_the_sign_in_is_accessible_on_a_phone_in_both_languages(open_page: OpenPage) -> None:
    for language in ("es", "en"):
        page = open_page(viewport=PHONE, language=language)
        page.goto("/signin")
        assert_accessible(page)
        assert_no_sideways_scrolling(page)


def test_the_start_page_is_accessible(page: Page, cast: Cast) -> None:
    sign_in_page(page, cast.clerk)
    page.goto("/")
    expect(page.locator("header")).to_contain_text(cast.clerk.name)
    assert_accessible(page)
