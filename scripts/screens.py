"""Writes a picture of each page at 360 and 1280 px to var/screens, found by following links as each role.

Works on a copy of the demonstration season under a server of its own; nothing of the installation is touched.
"""

import argparse
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.routing import MapAdapter

from tests.support import databases, postgres
from tests.support.browser import DESKTOP, FLAGS, PHONE, TIMEOUT_MS, chromium_path
from tests.support.live import ROOT, start_server
from tests.support.walk import PER_ROLE, USERNAMES, routes_of, sign_in_with_form, walk

FOLDER = ROOT / "var" / "screens"


def take(page: Page, folder: Path, name: str) -> None:
    """Take both pictures of a page."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)


def photograph(browser: Browser, url: str, routes: MapAdapter, language: str) -> int:
    """Walk through the pages as a visitor and as every role; return how many there are."""
    folder = FOLDER / language
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    taken: set[str] = set()
    for username in (None, *USERNAMES):
        context = browser.new_context(base_url=url, locale={"es": "es-PE", "en": "en-GB"}[language])
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        if username is not None:
            sign_in_with_form(page, username, language=language)
        broken: list[str] = []
        for endpoint in walk(page, routes, broken):
            name = f"{endpoint}-{username or 'visitor'}" if endpoint in PER_ROLE else endpoint
            if name not in taken:
                taken.add(name)
                take(page, folder, name)
                print(f"{name:<44} {urlsplit(page.url).path:<64} {username or 'visitor'}")
        for problem in broken:
            print(f"{username or 'visitor'}: {problem}", file=sys.stderr)
        context.close()
    print(f"{len(taken)} pages, two pictures each, in {folder.relative_to(ROOT)}")
    return len(taken)


def main() -> int:
    """Take the pictures; the exit code is 0 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=("es", "en"), action="append", help="Only this language.")
    languages = parser.parse_args().language or ["es", "en"]
    run = postgres.make_run_dir()
    try:
        database = databases.create_database("sqlite", "demo")
        routes = routes_of(databases.make_app(database.url))
        server = start_server(database)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
                taken = [photograph(browser, server.url, routes, language) for language in languages]
                browser.close()
        finally:
            server.stop()
    finally:
        postgres.remove_run_dir(run)
    return 0 if all(taken) else 1


if __name__ == "__main__":
    sys.exit(main())
