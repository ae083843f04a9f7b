"""Checking every page that a link leads to, as every role, in one language."""

from collections.abc import Callable
from typing import cast as as_type

from playwright.sync_api import Page, ViewportSize

from tests.support import databases
from tests.support.browser import DESKTOP, PHONE, axe_violations
from tests.support.live import LiveServer
from tests.support.walk import PER_ROLE, USERNAMES, routes_of, sign_in_with_form, walk, weigh

#: The budget of front-end.md for any page, compressed.
MAX_PAGE_BYTES = 100 * 1024
#: Fewer would mean that the walk lost its way.
LEAST_PAGES = 30


def check_every_page(language: str, open_page: Callable[..., Page], demo_server: LiveServer) -> None:
    """Fail unless every page is accessible, light, in the wished language and no wider than a phone."""
    routes = routes_of(databases.make_app(demo_server.database.url))
    checked: set[str] = set()
    problems: list[str] = []
    known: dict[str, int] = {}
    for username in (None, *USERNAMES):
        page = open_page(viewport=DESKTOP, language=language, server=demo_server)
        if username is not None:
            sign_in_with_form(page, username, language=language)
        broken: list[str] = []
        for endpoint in walk(page, routes, broken, checked):
            name = f"{endpoint} of {username}" if endpoint in PER_ROLE else endpoint
            if name not in checked:
                checked.add(name)
                problems += [
                    f"{name}: {problem}" for problem in _problems(page, weigh(page, known), language)
                ]
        problems += [f"{username}: {problem}" for problem in broken]
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
