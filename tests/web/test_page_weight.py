"""What the pages of thin lines weigh on a first load, gzip: the clerk's registration and the producer's own page."""

import gzip
import re
from pathlib import Path

import pytest

from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, sign_in

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
#: Clerks and producers sit behind 50 kbit/s: 24 kB are four seconds. (The offline shell will have a budget of its own.)
THIN_LINE_BYTES = 24 * 1024


def weight(client: ChainClient, path: str) -> int:
    """Return the compressed bytes of a page with its style sheets, scripts and pictures."""
    page = client.get(path)
    assert page.status_code == 200
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    files = [STATIC / one.split("?")[0].removeprefix("/static/") for one in assets]
    return sum(len(gzip.compress(file.read_bytes())) for file in files) + len(gzip.compress(page.data))


@pytest.mark.parametrize("commodity", ["alpaca-fibre", "raw-milk", "llama-carcass"])
def test_registration_comes_over_a_thin_line(client: ChainClient, cast: Cast, commodity: str) -> None:
    assert_light(client, cast.clerk, f"/lots/new?commodity={commodity}")


def test_the_producer_s_page_comes_over_a_thin_line(client: ChainClient, cast: Cast) -> None:
    assert_light(client, cast.producer, "/my/income")


def assert_light(client: ChainClient, person: Person, path: str) -> None:
    """Fail when a page is heavier than its reader's line allows."""
    sign_in(client, person)
    assert weight(client, path) <= THIN_LINE_BYTES
