"""What browser tests share: Chromium's flags, watching pages for errors, axe-core."""

import os
import shutil
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response

from tests.support.cast import Person
from tests.support.live import session_cookie
from tests.support.patience import PATIENCE_SECONDS

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
#: Programs of Chromium, the quickest first: the one without windows.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
TIMEOUT_MS = PATIENCE_SECONDS * 1000 // 2


def chromium_path() -> str | None:
    """Return Chromium's program: that of CHAIN_CHROMIUM or the first known name; None: the one Playwright installed."""
    for name in (os.environ.get("CHAIN_CHROMIUM"), *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None


@dataclass
class Troubles:
    """What went wrong on a page without anybody looking."""

    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note the page's script errors, console errors and resources that did not come."""
        page.on("pageerror", lambda error: self.found.append(f"script error on {page.url}: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused form answers 422 and Chromium logs that; resources are judged by their responses.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.found.append(f"console error: {message.text}")

    def _response(self, response: Response) -> None:
        is_page = response.request.resource_type == "document"
        if response.status >= (500 if is_page else 400):
            self.found.append(f"{response.status} for {response.url}")


def sign_in_page(page: Page, person: Person) -> None:
    """Make the page's browser one in which a person is signed in, without passing through the form."""
    origin = str(page.context.base_url)  # type: ignore[attr-defined]  # set by the fixture that opened the page
    page.context.clear_cookies(name="chain")
    page.context.add_cookies([{"name": "chain", "value": session_cookie(person), "url": origin}])


@cache
def _axe_source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def load_axe_with_each_page(page: Page) -> None:
    """Have axe-core ready on whatever the page opens: a third quicker, where every page is looked at."""
    page.add_init_script(_axe_source())


def axe_violations(page: Page) -> list[str]:
    """Run axe-core on the page as it is now; return one line per violation and element."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe_source())
    result: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {' '.join(node['target'])}: {node['html'][:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail when axe-core finds anything on the page."""
    violations = axe_violations(page)
    assert not violations, f"{page.url}\n" + "\n".join(violations)


def assert_no_sideways_scrolling(page: Page) -> None:
    """Fail when the page is wider than its window."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window} px"
