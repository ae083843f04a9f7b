"""Small template helpers about addresses: static files with a version, pages of a list, links that may not exist."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, has_request_context, request, url_for
from werkzeug.routing import BuildError


@lru_cache(maxsize=256)
def _version(path: Path, modified_ns: int) -> str:
    """Return eight hexadecimal digits of the file's content; the time only tells when to read it again."""
    del modified_ns
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def asset_url(filename: str) -> str:
    """Return the address of a static file with a version of its content, so that it may be cached for a year."""
    path = Path(current_app.static_folder or "static") / filename
    try:
        version = _version(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        version = None
    return url_for("static", filename=filename, v=version)


def page_url(number: int, **changes: object) -> str:
    """Return this list's address at another page; filters and sorting in the query string stay."""
    values: dict[str, object] = dict(request.args.to_dict(flat=False))
    values.update(request.view_args or {})
    values.update(changes)
    values["page"] = number
    return url_for(request.endpoint or "", **values)  # type: ignore[arg-type]  # any printable value


def url_or_none(endpoint: str, **values: object) -> str | None:
    """Return an address, or None where the endpoint is not registered (a small test application, a crash page)."""
    try:
        return url_for(endpoint, **values)  # type: ignore[arg-type]  # any printable value
    except (BuildError, RuntimeError):
        return None


def here() -> str:
    """Return the path and query of this page, to come back to after changing the language."""
    if not has_request_context():
        return "/"
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def init_links(app: Flask) -> None:
    """Make the helpers known to templates."""
    app.jinja_env.globals.update(asset_url=asset_url, page_url=page_url, url_or_none=url_or_none, here=here)
