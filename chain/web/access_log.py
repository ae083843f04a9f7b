"""One line in the log for each request: what was asked, how it ended, how long it took. No names, no words, no secrets.

The line holds the route ("/lots/<uuid:lot_id>") and not the address: addresses carry what people search for, and
unknown ones anything. The id of the request joins it with the audit trail, which says who did what.
"""

import re
import time

import structlog
from flask import Flask, Response, g, request

from chain.core.ids import new_id

#: Asked every few seconds by browsers and supervisors; logged for those who look for it.
QUIET = ("/static/", "/healthz", "/readyz")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}")


_log = structlog.get_logger("chain.access")


def begin_request(offered: str) -> str:
    """Give a request an id, a proxy's if it is well-formed, and bind it to whatever is logged from here on."""
    request_id = offered if _REQUEST_ID.fullmatch(offered) else str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def note_request(
    method: str | None,
    route: str | None,
    status: int,
    began: float | None,
    size: int | None,
    *,
    quiet: bool = False,
) -> None:
    """Log how a request ended."""
    note = _log.debug if quiet else _log.info
    note(
        "request",
        method=method,
        route=route,
        status=status,
        milliseconds=None if began is None else round((time.perf_counter() - began) * 1000, 1),
        bytes=size,
    )


def init_access_log(app: Flask) -> None:
    """Give each request an id and log its end.

    Called before anything else looks at a request, so that every refusal has its id.
    """

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = begin_request(request.headers.get("X-Request-ID", ""))

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        rule = request.url_rule
        note_request(
            request.method if rule is not None else None,
            rule.rule if rule is not None else None,
            response.status_code,
            g.get("began"),
            response.content_length,
            quiet=request.path.startswith(QUIET),
        )
        return response
