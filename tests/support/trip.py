"""The main job as people do it in the browser: one browser per person, and the few things that a test does for them."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Locator, Page
from pypdf import PdfReader
from sqlalchemy import Connection, create_engine, text, update

from chain.core.clock import utc_now
from chain.core.ids import parse_id
from chain.core.models import OutboxMessage
from chain.market.models import Tender
from tests.support.live import ROOT, LiveServer, environment
from tests.support.patience import PATIENCE_SECONDS
from tests.support.walk import sign_in_with_form


@dataclass
class Trip:
    """Everybody who takes part, each signed in with the form in a browser of the own."""

    open_page: Callable[..., Page]
    server: LiveServer
    language: str = "es"
    pages: dict[str, Page] = field(default_factory=dict)

    def by(self, username: str, **options: Any) -> Page:
        """Return the page of a person, who signs in at the first call."""
        if username not in self.pages:
            page = self.open_page(server=self.server, language=self.language, **options)
            page.on("dialog", _agree)
            sign_in_with_form(page, username, language=self.language)
            self.pages[username] = page
        return self.pages[username]


def _agree(dialog: Dialog) -> None:
    dialog.accept()


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button of the page by what is written on it (the last of several) and wait for the answer."""
    with page.expect_navigation():
        main(page).get_by_role("button", name=name).last.click()


def main(page: Page) -> Locator:
    """Return what the page is about, without header and footer."""
    return page.locator("main")


def words(page: Page) -> str:
    """Return what a person reads on the page; spaces of every kind count as one."""
    return re.sub(r"\s+", " ", main(page).inner_text())


def id_of(page: Page) -> str:
    """Return the id at the end of the page's address."""
    return urlsplit(page.url).path.rsplit("/", 1)[1]


def choose_producer(page: Page, text: str) -> None:
    """Look for a producer and mark the first who is found."""
    page.locator("#q").fill(text)
    found = page.locator("#producer-options").get_by_label(re.compile(re.escape(text), re.IGNORECASE))
    found.first.check()


def bring_deadline(server: LiveServer, tender_id: str) -> None:
    """Make it late: the tender's deadline and the timer that closes it are now, its opening was a day ago.

    A trigger keeps everybody from doing so; a test that cannot wait for minutes lifts it, as only the owner of the
    database could.
    """
    past = utc_now()
    engine = create_engine(server.database.url)
    with engine.begin() as connection, _unfrozen(connection, "tender"):
        connection.execute(
            update(Tender)
            .where(Tender.id == parse_id(tender_id))
            .values(opens_at=past - timedelta(days=1), closes_at=past)
        )
        connection.execute(
            update(OutboxMessage)
            .where(OutboxMessage.payload["tender_id"].as_string() == tender_id)
            .values(available_at=past)
        )
    engine.dispose()


@contextmanager
def _unfrozen(connection: Connection, table: str) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    wanted = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    triggers = connection.execute(wanted, {"table": table}).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, definition in triggers:
        connection.exec_driver_sql(definition)


def work_once(server: LiveServer) -> None:
    """Let `chain worker --once` do what is due."""
    subprocess.run(
        [sys.executable, "-m", "chain.cli", "worker", "--once"],
        cwd=ROOT,
        env=os.environ | environment(server.database),
        check=True,
        timeout=PATIENCE_SECONDS,
        capture_output=True,
    )


def printed(page: Page, button: str) -> str:
    """Press a button that answers with a PDF, as the browser would send it, and return the text of the paper."""
    form = main(page).locator("form", has=page.get_by_role("button", name=button))
    fields: dict[str, str] = dict(
        form.locator("input[type=hidden]").evaluate_all("all => all.map(one => [one.name, one.value])")
    )
    answer = page.context.request.post(str(form.get_attribute("action")), form=dict(fields))
    assert answer.status == 200, answer.text()
    assert answer.headers["content-type"] == "application/pdf"
    return text_of(answer.body())


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF, with single spaces."""
    return re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages))


def make_token(page: Page) -> str:
    """Make a token for programs on the page for it and return the secret, which is shown once."""
    page.goto("/account/tokens/new")
    page.locator("input[name=name]").fill("prueba")
    for box in main(page).get_by_role("checkbox").all():
        box.check()
    with page.expect_navigation():
        main(page).locator("button[type=submit]").click()
    return str(page.locator(".secret code").inner_text())


def answer_of_api(page: Page, path: str, token: str) -> Any:
    """Return what the API says to the bearer of a token."""
    answer = page.context.request.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200, answer.text()
    return answer.json()
