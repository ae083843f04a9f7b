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


def init_access_log(app: Flask) -> None:
    """Give each request an id, a proxy's if it is well-formed, and log its end.

    Called before anything else looks at a request, so that every refusal has its id.
    """
    log = structlog.get_logger("chain.access")

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        offered = request.headers.get("X-Request-ID", "")
        g.request_id = offered if _REQUEST_ID.fullmatch(offered) else str(new_id())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        began: float | None = g.get("began")
        note = log.debug if request.path.startswith(QUIET) else log.info
        note(
            "request",
            method=request.method if request.url_rule is not None else None,
            route=request.url_rule.rule if request.url_rule is not None else None,
            status=response.status_code,
            milliseconds=None if began is None else round((time.perf_counter() - began) * 1000, 1),
            bytes=response.content_length,
        )
        return response
