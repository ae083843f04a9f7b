"""Finding every page of the product by following links, as each role of the demonstration."""

import gzip
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from chain.demo.accounts import PASSWORD, USERS

#: One person per role of the demonstration, as `chain start` lists them.
USERNAMES = tuple(user.username for user in USERS if user.what)
#: Pages that every role sees in its own way.
PER_ROLE = frozenset({"home.home"})
#: Things of one kind (lots, sales, …) whose links are followed: one may be corrected, another measured twice.
EXAMPLES = 6
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


def walk(page: Page, routes: MapAdapter, opened: Collection[str] = ()) -> Iterator[str]:
    """Follow links from the start page; yield each view's name the first time, while its page is open.

    Of a view that shows one thing of many, further examples are read without opening them: each must answer, and
    its links lead to what only some things offer. So are the views in `opened`, which somebody else's walk has opened.
    """
    waiting, seen, read = deque(["/"]), set[str](), Counter[str]()
    while waiting:
        path = waiting.popleft()
        endpoint = _endpoint(routes, path)
        thing = urlsplit(path).path
        if endpoint is None or thing in seen or read[endpoint] >= _examples(routes, endpoint):
            continue
        seen.add(thing)
        read[endpoint] += 1
        answer = page.context.request.get(path)
        assert answer.ok, f"{answer.status} for a link to {path}"
        if "text/html" not in answer.headers.get("content-type", ""):  # a paper or a table to download
            read[endpoint] = EXAMPLES
        elif read[endpoint] == 1 and endpoint not in opened:
            page.goto(path)
            waiting += _links(page)
            yield endpoint
        else:
            waiting += _own_pages(answer.url, _written_links(answer.text()))


def _examples(routes: MapAdapter, endpoint: str) -> int:
    return EXAMPLES if any(rule.arguments for rule in routes.map.iter_rules(endpoint)) else 1


def _endpoint(routes: MapAdapter, path: str) -> str | None:
    try:
        return str(routes.match(urlsplit(path).path, method="GET")[0])
    except HTTPException:
        return None


def _links(page: Page) -> list[str]:
    return _own_pages(page.url, page.eval_on_selector_all("a[href]", _ADDRESSES))


def _written_links(text: str) -> list[str]:
    """Return the links of a page that no browser opened, as they are written."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value for name, value in attrs if tag == "a" and name == "href" and value)

    Reader().feed(text)
    return found


def _own_pages(url: str, links: Iterable[str]) -> list[str]:
    here = urlsplit(url).netloc
    return [
        parts.path + (f"?{parts.query}" if parts.query else "")
        for parts in (urlsplit(urljoin(url, link)) for link in links)
        if parts.netloc == here and not parts.path.startswith(("/static/", "/api/"))
    ]


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
