"""Every page that a link leads to, as every role, in both languages."""

from typing import cast as as_type

from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import OpenPage
from tests.support import databases
from tests.support.browser import DESKTOP, PHONE, axe_violations, load_axe_with_each_page
from tests.support.live import LiveServer
from tests.support.walk import PER_ROLE, USERNAMES, routes_of, sign_in_with_form, walk, weigh

#: The budget of front-end.md for any page, compressed.
MAX_PAGE_BYTES = 100 * 1024
#: Fewer would mean that the walk lost its way.
LEAST_PAGES = 300


def test_every_page_is_accessible_light_in_its_language_and_fits_a_phone(
    open_page: OpenPage, demo_server: LiveServer
) -> None:
    routes = routes_of(databases.make_app(demo_server.database.url))
    checked: set[str] = set()
    problems: list[str] = []
    known: dict[str, int] = {}

    def signed_in(username: str | None, language: str) -> Page:
        page = open_page(viewport=DESKTOP, language=language, server=demo_server)
        load_axe_with_each_page(page)
        if username is not None:
            sign_in_with_form(page, username, language=language)
        return page

    def check(page: Page, name: str, language: str) -> None:
        found = _problems(page, weigh(page, known), language)
        problems.extend(f"{name} ({language}): {problem}" for problem in found)

    for username in (None, *USERNAMES):
        page, broken = signed_in(username, "es"), list[str]()
        new: list[tuple[str, str]] = []
        for endpoint in walk(page, routes, broken, checked):
            name = f"{endpoint} of {username}" if endpoint in PER_ROLE else endpoint
            if name not in checked:
                checked.add(name)
                new.append((name, page.url))
                check(page, name, "es")
        problems += [f"{username}: {problem}" for problem in broken]
        page.context.close()
        if new:
            page = signed_in(username, "en")
            for name, url in new:
                page.goto(url)
                check(page, name, "en")
            page.context.close()
    assert not problems, "\n".join(problems)
    assert len(checked) >= LEAST_PAGES


def _problems(page: Page, weight: int, language: str) -> list[str]:
    found = [f"{weight} bytes"] if weight > MAX_PAGE_BYTES else []
    if page.locator("html").get_attribute("lang") != language:
        found.append("in another language")
    # The words differ between languages, the structure does not: each language has one of the two widths.
    if language == "es":
        found += axe_violations(page)
    page.set_viewport_size(as_type("ViewportSize", PHONE))
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    if wide > window:
        found.append(f"{wide} px wide on a phone of {window} px")
    if language == "en":
        found += axe_violations(page)
    page.set_viewport_size(as_type("ViewportSize", DESKTOP))
    return found
