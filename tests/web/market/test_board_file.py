"""The board as a file: the open tenders that the filters leave."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.market import make_bid, make_tender


def test_the_board_comes_as_a_file_with_the_own_bid_and_no_rivals(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    tender = make_tender(session, now, title="=HYPERLINK(1)")
    make_bid(session, now, tender, 12_345)
    for person, sees_bid in ((cast.buyer, True), (cast.rival_buyer, False)):
        sign_in(client, person)
        assert "/board.csv" in client.get("/board").text
        answer = client.get("/board.csv")
        assert answer.content_type.startswith("text/csv")
        (line,) = answer.text.strip().splitlines()[1:]
        assert ("123.45" in line) is sees_bid, person.username
        assert "60.000,kg,PEN" in line
        assert ",=HYPERLINK" not in line, "spreadsheets would run it"
    assert len(client.get("/board.csv?commodity=raw-milk").text.strip().splitlines()) == 1
