"""Every list of the market that somebody lives in can be taken home as a table."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.matching.services.freight import enter_freight
from chain.sales.services.exclusions import exclude_bidder
from tests.conftest import ChainClient
from tests.support.auctions import make_auction
from tests.support.cast import Cast, Person, sign_in
from tests.support.matching import make_demand


def table(client: ChainClient, person: Person, path: str) -> list[list[str]]:
    sign_in(client, person)
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_lists_of_the_market_are_tables_too_and_no_cell_of_them_runs(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    auction = make_auction(session, now)
    demand = make_demand(session, now)
    enter_freight(
        session,
        actor=cast.seller.actor,
        now=now,
        id=new_id(),
        partner_id=cast.mill.id,
        minor_per_unit=35,
        valid_from=now.date() - timedelta(days=1),
        note="=1+1",
    )
    exclude_bidder(
        session,
        actor=cast.market_manager.actor,
        now=now,
        id=new_id(),
        buyer_id=cast.rival_mill.id,
        reason="=HYPERLINK(1)",
    )
    for person, path in ((cast.seller, "/auctions.csv"), (cast.buyer, "/live.csv")):
        header, row = table(client, person, path)
        assert header[0] == "Número"
        assert row[1] == auction.title
    (header,) = table(client, cast.outsider, "/auctions.csv")
    assert header == [
        "Número;Título;Vendedor;Producto;Kilos;Lotes;Lotes abiertos;Ofertantes;Empieza;Cierra;Estado;Moneda"
    ]
    assert table(client, cast.buyer, "/clocks.csv")[0][1] == "Título"
    assert table(client, cast.seller, "/demands/gaps.csv")[1][:2] == [demand.title, cast.mill.name]
    _, freight = table(client, cast.seller, "/matching/freight.csv")
    assert freight[2:] == ["0.35", "PEN", (now.date() - timedelta(days=1)).isoformat(), "'=1+1"]
    _, exclusion = table(client, cast.market_manager, "/market/exclusions.csv")
    assert exclusion[:3] == [cast.rival_mill.name, "Todo el mercado", "'=HYPERLINK(1)"]
    assert table(client, cast.buyer, "/limits/own.csv")[0][0] == "Vendedor"
    sign_in(client, cast.clerk)
    for path in ("/auctions.csv", "/live.csv", "/market/exclusions.csv", "/limits/own.csv"):
        assert client.get(path).status_code == 403, path
