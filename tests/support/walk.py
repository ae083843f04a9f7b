"""Finding every page of the product by following links, as each role of the demonstration."""

import gzip
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from chain.demo.accounts import PASSWORD, USERS

#: One person per role of the demonstration, as `chain start` lists them.
USERNAMES = tuple(user.username for user in USERS if user.what)
#: Pages that every role sees in its own way.
PER_ROLE = frozenset({"home.home"})
#: The whole address of each link; inside a drawing `link.href` is an object, so the attribute is read.
_ADDRESSES = "links => links.map(link => new URL(link.getAttribute('href'), document.baseURI).href)"


def routes_of(app: Flask) -> MapAdapter:
    """Return what tells which view answers a path."""
    return app.url_map.bind("127.0.0.1")


def sign_in_with_form(page: Page, username: str, password: str = PASSWORD, language: str = "es") -> None:
    """Sign in as a person would, and choose a language."""
    page.goto("/signin")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    other = page.locator(f"header button[name=language][value={language}]")
    if other.count():
        with page.expect_navigation():  # or the next page would overtake the choice
            other.click()


def walk(page: Page, routes: MapAdapter) -> Iterator[str]:
    """Follow links from the start page, one per view; yield the view's name each time its page is open."""
    waiting, seen = ["/"], set[str]()
    while waiting:
        path = waiting.pop(0)
        endpoint = _endpoint(routes, path)
        if endpoint is None or endpoint in seen or not _is_page(page, path):
            continue
        seen.add(endpoint)
        page.goto(path)
        waiting += _links(page)
        yield endpoint


def _endpoint(routes: MapAdapter, path: str) -> str | None:
    try:
        return str(routes.match(urlsplit(path).path, method="GET")[0])
    except HTTPException:
        return None


def _links(page: Page) -> list[str]:
    addresses: list[str] = page.eval_on_selector_all("a[href]", _ADDRESSES)
    here = urlsplit(page.url).netloc
    return [
        parts.path + (f"?{parts.query}" if parts.query else "")
        for parts in map(urlsplit, addresses)
        if parts.netloc == here and not parts.path.startswith(("/static/", "/api/"))
    ]


def _is_page(page: Page, path: str) -> bool:
    """Tell a page from a paper or a table to download."""
    return "text/html" in page.context.request.get(path).headers.get("content-type", "")


def weigh(page: Page, known: dict[str, int]) -> int:
    """Return the bytes that an open page and what it loaded take, gzip, as if nothing was cached.

    `known` keeps the sizes of what pages share between calls.
    """
    resources: list[str] = page.evaluate(
        "() => performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    for url in resources:
        if url not in known:
            known[url] = _size(page, url)
    return _size(page, page.url) + sum(known[url] for url in set(resources))


def _size(page: Page, url: str) -> int:
    return len(gzip.compress(page.context.request.get(url).body()))
