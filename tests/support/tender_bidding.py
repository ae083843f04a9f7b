"""Many processes that bid on one tender in the same second.

`python -m tests.support.tender_bidding` reads one JSON line, forks so many children, each with connections of its own, and answers
with what every bid came to: `[{"bid": "…", "error": null, "seconds": 0.01}, …]`.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask

from chain.app import create_app
from chain.core.clock import utc_now
from chain.core.db import run_atomic
from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.market.services import place_bid
from tests.support.cast import Cast

CAST = Cast()


def bid_often(app: Flask, order: Mapping[str, Any], place: int) -> list[dict[str, Any]]:
    """Wait for the common moment, then bid as often as ordered; prices are different, everybody answers."""
    actors = (CAST.buyer.actor, CAST.rival_buyer.actor)
    answers: list[dict[str, Any]] = []
    with app.app_context():
        time.sleep(max(0.0, order["start"] - time.time()))
        for turn in range(order["bids"]):
            bid_id = new_id()
            arrived = datetime.fromisoformat(order["now"]) if order["now"] else utc_now()
            began = time.perf_counter()
            error = None
            try:
                run_atomic(
                    lambda session, bid_id=bid_id, arrived=arrived, turn=turn: place_bid(  # type: ignore[misc]  # bound on purpose
                        session,
                        actor=actors[place % 2],
                        now=arrived,
                        tender_id=UUID(order["tender"]),
                        id=bid_id,
                        price_minor_per_unit=12_000 + place * order["bids"] + turn,
                    )
                )
            except DomainError as refused:
                error = refused.code
            answers.append({"bid": str(bid_id), "error": error, "seconds": time.perf_counter() - began})
    return answers


def main() -> None:
    """Carry out the order. The application is built once, before any connection."""
    app = create_app()
    order = json.loads(sys.stdin.readline())
    order["start"] = time.time() + 0.5
    readers = []
    for place in range(order["processes"]):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                out.write(json.dumps(bid_often(app, order, place)))
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    answers: list[dict[str, Any]] = []
    for reader in readers:
        with os.fdopen(reader) as told:
            answers += json.loads(told.read() or "[]")
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
