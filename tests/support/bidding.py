"""Bidders of a race, each a process of its own: `python -m tests.support.bidding URL LOT BIDS PROCESSES`.

The program is loaded once and forked, so that all begin in the same second. Each answer is a line of JSON on standard output: process,
id, outcome and line of the log, written at once, so that what a killed bidder had heard before is known.
"""

import json
import os
import sys
import time
from uuid import UUID

from flask import Flask

from chain.auctions.intake import submit
from chain.auctions.rules import Kind
from chain.auctions.services.bidding import Answer, Ask
from chain.core.clock import utc_now
from chain.core.db import Busy
from chain.core.ids import new_id
from tests.support.cast import Cast
from tests.support.databases import make_app

CAST = Cast()
#: from the first fork to the first bid
HEAD_START_SECONDS = 0.5


def bid(app: Flask, lot: UUID, start: float, bids: int, number: int) -> None:
    """Wait for the start, bid a step over the price that was answered last, write what each bid came to."""
    actor = (CAST.buyer, CAST.rival_buyer)[number % 2].actor
    kind = Kind.MAXIMUM if number % 5 == 0 else Kind.BID
    price, seen = 10_000, None
    with app.app_context():
        time.sleep(max(0.0, start - time.time()))
        for _ in range(bids):
            bid_id = new_id()
            answer = _answered(Ask(actor, lot, bid_id, kind, price, seen, utc_now(), str(bid_id)))
            line = json.dumps([os.getpid(), str(bid_id), answer.outcome.value, answer.sequence])
            os.write(sys.stdout.fileno(), line.encode() + b"\n")
            price, seen = answer.minimum_minor + 10 * number, answer.price_minor


def _answered(ask: Ask) -> Answer:
    """Send a bid until it is answered, as a client does."""
    while True:
        try:
            return submit(ask)
        except Busy:
            continue


def main(url: str, lot: str, bids: str, processes: str) -> None:
    """Fork the bidders and wait for them."""
    app = make_app(url)
    start = time.time() + HEAD_START_SECONDS
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if child == 0:
            bid(app, UUID(lot), start, int(bids), number)
            os._exit(0)
        children.append(child)
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    sys.exit(failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
