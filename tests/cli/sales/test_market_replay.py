"""`chain market replay`."""

import json
from datetime import timedelta

from chain.app import create_app
from chain.core.clock import utc_now
from chain.core.config import load_settings
from chain.core.db import atomic
from chain.core.ids import new_id
from chain.market.services import close_tender
from tests.cli.conftest import ChainCli
from tests.support.cast import Cast
from tests.support.market import make_bid, make_tender


def test_a_log_replays_to_the_same_result(chain_cli: ChainCli, cast: Cast) -> None:
    now = utc_now() - timedelta(days=2)
    app = create_app(load_settings())  # with the command's seal key
    with app.app_context(), atomic() as session:
        tender = make_tender(session, now)
        make_bid(session, now, tender, 12_000)
        close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
        tender_id = tender.id
    result = chain_cli("market", "replay", str(tender_id))
    assert result.exit_code == 0, result.output
    assert "El mismo resultado." in result.stdout
    told = json.loads(chain_cli("market", "replay", str(tender_id), "--json", "--language", "en").stdout)
    assert (told["agrees"], told["kind"], len(told["log"])) == (True, "tender", 7)
    assert "The same bids count." in told["found"]


def test_an_unknown_event_is_said_so(chain_cli: ChainCli) -> None:
    result = chain_cli("market", "replay", str(new_id()))
    assert result.exit_code == 1
    assert "tiene registro" in result.stderr
