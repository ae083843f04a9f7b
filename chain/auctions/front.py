"""Bids in front of Flask: the one kind of request that comes by the hundred in a second.

A well-formed bid with a bearer token is read, decided with those that wait (`chain.auctions.intake`) and answered here, without what every
other request passes through; who asks is looked up in the transaction that decides. Everything else goes on to Flask as it came: other
addresses, other bodies, no token. So does a refusal: the view raises it again, in the reader's language, after the checks that it
stands behind.
"""

import re
import time
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from flask import Flask
from werkzeug.wsgi import ClosingIterator

from chain.accounts.edge import BEARER, write_token_use
from chain.accounts.services.sign_in import token_hash
from chain.auctions.intake import submit_knock
from chain.auctions.rules import Kind
from chain.auctions.schemas import BidItem, MaximumItem
from chain.auctions.services.bidding import Knock
from chain.core.clock import utc_now
from chain.core.errors import DomainError
from chain.core.ids import parse_id
from chain.web.access_log import begin_request, note_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: What the view finds in the environment of a request that came through here: when it came, and why the bid was refused.
RECEIVED, REFUSED = "chain.bid_received", "chain.bid_refused"
_PATH = re.compile(
    r"/api/v1/auction-lots/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/(bids|maximum)"
)
ROUTE = "/api/v1/auction-lots/<uuid:auction_lot_id>/"
#: A bid has some 120 bytes.
MAX_BYTES = 2000
_bid = msgspec.json.Decoder(BidItem).decode
_maximum = msgspec.json.Decoder(MaximumItem).decode
_encode = msgspec.json.Encoder().encode


class BidFront:
    """Answers bids, and hands on everything else."""

    def __init__(self, app: Flask, inner: "WSGIApplication", headers: Sequence[tuple[str, str]]) -> None:
        self._app = app
        self._inner = inner
        self._headers = [("Content-Type", "application/json"), *headers]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] != "POST":
            return self._inner(environ, start_response)
        place = _PATH.fullmatch(environ["PATH_INFO"])
        if place is None or not _is_plain(environ):
            return self._inner(environ, start_response)
        began = time.perf_counter()
        environ[RECEIVED] = utc_now()
        knock = _knock(environ, UUID(place[1]), place[2])
        if knock is None:
            return self._inner(environ, start_response)
        request_id = begin_request(environ.get("HTTP_X_REQUEST_ID", ""))
        try:
            answer, holder = submit_knock(self._app, knock)
        except Exception as error:  # noqa: BLE001 - the view raises it, and whoever answers crashes answers it
            environ[REFUSED] = error
            return self._inner(environ, start_response)
        body = _encode(answer)
        sizes = [("Content-Length", str(len(body))), ("X-Request-ID", request_id)]
        start_response("200 OK", self._headers + sizes)
        note_request("POST", ROUTE + place[2], 200, began, len(body))
        if not holder.use_is_new:
            return [body]
        token_id = holder.token_id
        return ClosingIterator([body], [lambda: write_token_use(self._app, token_id)])


def _is_plain(environ: "WSGIEnvironment") -> bool:
    """Tell whether a request has a token and a short body of JSON, and nothing unusual."""
    length = environ.get("CONTENT_LENGTH", "")
    kind: str = environ.get("CONTENT_TYPE", "")
    return (
        length.isascii()
        and length.isdigit()
        and int(length) <= MAX_BYTES
        and kind.partition(";")[0].strip().lower() == "application/json"
        and not environ.get("QUERY_STRING")
        and "HTTP_TRANSFER_ENCODING" not in environ
        and environ.get("HTTP_AUTHORIZATION", "").startswith(BEARER)
    )


def _knock(environ: "WSGIEnvironment", lot_id: UUID, word: str) -> Knock | None:
    """Read a bid; None: marshmallow shall say what is wrong with it. The body can be read again."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = BytesIO(body)
    token = token_hash(environ["HTTP_AUTHORIZATION"].removeprefix(BEARER).strip())
    try:
        if word == "bids":
            bid = _bid(body)
            kind, bid_id, amount, seen = Kind.BID, bid.id, bid.price_minor, bid.seen_minor
        else:
            maximum = _maximum(body)
            kind, bid_id, amount, seen = Kind.MAXIMUM, maximum.id, maximum.maximum_minor, maximum.seen_minor
        return Knock(token, lot_id, parse_id(bid_id), kind, amount, seen, environ[RECEIVED])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, DomainError):
        return None


def init_bid_front(app: Flask, headers: Sequence[tuple[str, str]]) -> None:
    """Put it in front of an application; `headers` are those of every answer."""
    app.wsgi_app = BidFront(app, app.wsgi_app, headers)  # type: ignore[method-assign]  # Flask's documented way
