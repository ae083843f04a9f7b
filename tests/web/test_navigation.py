"""The menu: few entries for each duty, and pages that lead to the rest."""

import re

import pytest

from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in


def entries(client: ChainClient) -> list[str]:
    menu = client.get("/account").text.split("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"[^>]*>[^<]+</a></li>', menu.split("<nav", 1)[1])


def test_a_treasurer_finds_ten_entries(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.treasurer)
    assert entries(client) == [
        "/producers", "/sales", "/prices", "/invoices", "/settlement/runs", "/payouts", "/papers", "/debts",
        "/ledger", "/income",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "below"),
    [
        ("/settlement/runs", ["/price-schemes", "/settlement/dairy", "/settlement/gate-rules"]),
        ("/payouts", ["/payouts/mine", "/payouts/accounts", "/payouts/limits"]),
        ("/debts", ["/pass-on", "/deductions", "/recovery-cap"]),
        ("/invoices", ["/buyer-payments", "/statements", "/card-payments", "/limits"]),
    ],
)
def test_what_is_not_in_the_menu_hangs_on_the_page_that_it_belongs_to(
    client: ChainClient, cast: Cast, page: str, below: list[str]
) -> None:
    sign_in(client, cast.treasurer)
    text = client.get(page).text.split("<main", 1)[1]
    for path in below:
        assert f'href="{path}"' in text
        menu = client.get(path).text.split("</nav>")[0]
        assert f'<a href="{page}" aria-current="true"' in menu, path


def test_who_lacks_the_page_above_has_the_entry(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    assert {"/payouts/mine", "/pass-on"} <= set(entries(client))
    sign_in(client, cast.market_manager)
    assert "/limits" in entries(client)
