"""A bidder of a race as a process of its own: `python -m tests.support.bidding URL LOT START BIDS NUMBER` writes a line per answer."""

import json
import sys
import time
from datetime import datetime
from uuid import UUID

from chain.auctions.intake import submit
from chain.auctions.rules import Kind
from chain.auctions.services.bidding import Ask
from chain.core.clock import utc_now
from chain.core.db import Busy
from chain.core.ids import new_id
from tests.support.cast import Cast
from tests.support.databases import make_app

CAST = Cast()


def main(url: str, lot: str, start: str, bids: str, number: str) -> None:
    """Wait for the start, bid a step over the price that was answered last, print what each bid came to."""
    app = make_app(url)
    place = int(number)
    actor = (CAST.buyer, CAST.rival_buyer)[place % 2].actor
    with app.app_context():
        print("ready", flush=True)
        time.sleep(max(0.0, datetime.fromisoformat(start).timestamp() - time.time()))
        price, seen = 10_000, None
        for _ in range(int(bids)):
            bid_id = new_id()
            kind = Kind.MAXIMUM if place % 5 == 0 else Kind.BID
            ask = Ask(actor, UUID(lot), bid_id, kind, price, seen, utc_now(), str(bid_id))
            answer = None
            while answer is None:
                try:
                    answer = submit(ask)
                except Busy:
                    continue
            print(json.dumps([str(bid_id), answer.outcome.value, answer.sequence]), flush=True)
            price, seen = answer.minimum_minor + 100 * place, answer.price_minor


if __name__ == "__main__":
    main(*sys.argv[1:])
