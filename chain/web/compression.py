"""Static files leave compressed: at 50 kbit/s the style sheets alone would take 15 seconds, and 3 as gzip.

Pages are left alone: compressing a page that holds a secret beside what a stranger can put into its address would let the length tell
the secret (BREACH). A reverse proxy that compresses by itself meets an answer that is compressed already.
"""

import gzip
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request

#: What gets smaller by it; pictures are compressed in their own way.
MIMETYPES = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
#: Smaller files gain nothing.
SMALLEST_BYTES = 500
STATIC = "/static/"


@lru_cache(maxsize=256)
def compressed(path: Path, changed: float) -> bytes:
    """Return a file as gzip; read again when it changed."""
    del changed
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)


def init_compression(app: Flask) -> None:
    """Compress static files for whoever takes gzip."""
    folder = Path(app.static_folder or "")

    @app.after_request
    def compress(response: Response) -> Response:
        if not request.path.startswith(STATIC) or response.status_code != HTTPStatus.OK:
            return response
        if response.mimetype not in MIMETYPES or "Range" in request.headers:
            return response
        response.vary.add("Accept-Encoding")
        path = folder / request.path.removeprefix(STATIC)
        if request.accept_encodings["gzip"] > 0 and path.stat().st_size >= SMALLEST_BYTES:
            data = compressed(path, path.stat().st_mtime)
            response.direct_passthrough = False
            response.close()  # the open file
            response.set_data(data)
            response.headers["Content-Encoding"] = "gzip"
        return response
