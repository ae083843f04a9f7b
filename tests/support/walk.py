"""Finding every page of the product by following links, as each role of the demonstration."""

import gzip
import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from http.client import IncompleteRead
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import build_opener

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

#: A link as the templates write it.
_LINK = re.compile(r'<a\s(?:[^>"]|"[^"]*")*?\bhref="([^"]*)"')


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read: the address it came from in the end, its type and its text (empty unless it is a page)."""

    url: str
    is_page: bool
    text: str


class Reader:
    """Reads pages as the person signed in to a browser, without the browser: that takes a tenth of the time."""

    def __init__(self, page: Page, problems: list[str]) -> None:
        self._problems = problems
        page.goto("/")
        self._here = page.url
        self._opener = build_opener()
        self._opener.addheaders = [
            ("Cookie", "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())),
            ("Accept-Language", page.evaluate("() => navigator.language")),
        ]

    def read(self, path: str) -> Answer:
        """Read what a link leads to; one that does not answer is a problem, and the walk goes on."""
        try:
            with self._opener.open(urljoin(self._here, path)) as answer:
                is_page = answer.headers.get_content_type() == "text/html"
                body = answer.read()
                return Answer(answer.geturl(), is_page, body.decode() if is_page else "")
        except HTTPError as error:
            self._problems.append(f"{error.code} for a link to {path}")
        except IncompleteRead as error:
            self._problems.append(f"a link to {path} broke off after {len(error.partial)} bytes")
        return Answer(path, is_page=False, text="")


def walk(page: Page, routes: MapAdapter, problems: list[str], opened: Collection[str] = ()) -> Iterator[str]:
    """Follow links from the start page; yield each view's name the first time, while its page is open.

    Of a view that shows one thing of many, further examples are read without opening them: each must answer, and
    its links lead to what only some things offer. So are the views in `opened`, which somebody else's walk has opened.
    Links that lead nowhere are added to `problems`.
    """
    reader = Reader(page, problems)
    waiting, seen, read = deque(["/"]), set[str](), Counter[str]()
    while waiting:
        path = waiting.popleft()
        thing = urlsplit(path).path
        if thing in seen:
            continue
        endpoint = _endpoint(routes, path)
        if endpoint is None or read[endpoint] >= _examples(routes, endpoint):
            continue
        seen.add(thing)
        read[endpoint] += 1
        answer = reader.read(path)
        if not answer.is_page:  # a paper or a table to download
            read[endpoint] = EXAMPLES
        elif read[endpoint] == 1 and endpoint not in opened:
            page.goto(path)
            waiting += _links(page)
            yield endpoint
        else:
            waiting += _own_pages(answer.url, _written_links(answer.text))


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
    return [unescape(address) for address in _LINK.findall(text) if address]


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
