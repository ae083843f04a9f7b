"""A live server and real Chromium. Helpers: tests.support.browser (sign_in_page, assert_accessible, …)."""

import re
from collections.abc import Callable, Generator, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.support import databases
from tests.support.browser import DESKTOP, FLAGS, TIMEOUT_MS, Troubles, chromium_path
from tests.support.live import ROOT, LiveServer, start_server

OpenPage = Callable[..., Page]
FAILURES = ROOT / "var" / "failures"


@pytest.fixture(scope="session")
def live_server(database_kind: databases.Kind) -> Iterator[LiveServer]:
    """gunicorn over a database with the cast, shared by the browser tests of this process: what they write stays."""
    database = databases.create_database(database_kind)
    server = start_server(database)
    yield server
    server.stop()
    database.drop()


@pytest.fixture(scope="session")
def demo_server(database_kind: databases.Kind) -> Iterator[LiveServer]:
    """gunicorn over the demonstration season; open its pages with `open_page(server=demo_server)`."""
    database = databases.create_database(database_kind, "demo")
    server = start_server(database)
    yield server
    server.stop()
    database.drop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; no browser is downloaded."""
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test failed, for the pictures that its pages leave behind."""
    report = yield
    if call.when == "call":
        item.stash[_failed] = report.failed
    return report


_failed = pytest.StashKey[bool]()


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest, live_server: LiveServer, chromium: Browser
) -> Iterator[OpenPage]:
    """Open a page in a browser of its own, for one more person: `open_page(viewport=PHONE, language="en")`.

    Script errors, console errors and missing resources on any of them fail the test. A test that fails leaves a
    picture of each page in var/failures. `server` is the one of the cast unless another is given.
    """
    contexts: list[BrowserContext] = []
    troubles = Troubles()

    def make(
        viewport: ViewportSize | None = None,
        language: str = "es",
        server: LiveServer | None = None,
        **options: object,
    ) -> Page:
        url = (server or live_server).url
        context = chromium.new_context(
            base_url=url,
            viewport=viewport or ViewportSize(width=DESKTOP["width"], height=DESKTOP["height"]),
            locale={"es": "es-PE", "en": "en-GB"}[language],
            timezone_id="America/Lima",
            **options,  # type: ignore[arg-type]  # whatever else a test asks Playwright for
        )
        context.base_url = url  # type: ignore[attr-defined]  # for sign_in_page
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        troubles.watch(page)
        return page

    yield make
    for number, context in enumerate(context for context in contexts if context.pages):
        if request.node.stash.get(_failed, False):
            name = re.sub(r"\W+", "-", request.node.name)
            context.pages[0].screenshot(path=FAILURES / f"{name}-{number}.png", full_page=True)
        context.close()
    assert not troubles.found, "\n".join(troubles.found)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page of 1280 px in Spanish, signed in as nobody."""
    return open_page()
