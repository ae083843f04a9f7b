"""Refusals to answers: a page for people, `{code, message, errors}` for programs, with the status of the refusal's kind."""

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from chain.core.db import StorageFull, is_storage_full
from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_
from chain.core.log import without_values
from chain.web.i18n import gettext
from chain.web.schema_words import schema_message

log = structlog.get_logger(__name__)

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.REFUSED: 409,
    Kind.TOO_LARGE: 413,
    Kind.THROTTLED: 429,
    Kind.UNAVAILABLE: 503,
}

#: Codes and sentences for what HTTP itself refuses.
HTTP_ERRORS: dict[int, tuple[str, str]] = {
    400: ("bad_request", N_("The request could not be read.")),
    401: ("not_signed_in", N_("Sign in to go on.")),
    403: ("forbidden", N_("Your role does not allow this.")),
    404: ("not_found", N_("We could not find it.")),
    405: ("method_not_allowed", N_("This address does not take that kind of request.")),
    409: ("conflict", N_("Somebody else changed this first. Load the page again.")),
    413: ("too_large", N_("That is too large. Send at most %(limit)s MB.")),
    415: ("unsupported_media_type", N_("Send JSON, with the header Content-Type: application/json.")),
    422: ("validation_failed", N_("Check the fields that are marked.")),
    429: ("throttled", N_("Too many attempts. Wait some minutes.")),
    500: ("internal_error", N_("Something went wrong on our side. Nothing was saved.")),
}
#: SQLSTATE of PostgreSQL for a broken unique constraint.
UNIQUE_VIOLATION = "23505"


def wants_json() -> bool:
    """Tell whether the answer goes to a program: everything under /api/ does."""
    return request.path.startswith("/api/")


def error_payload(error: DomainError) -> dict[str, Any]:
    """Return the one shape of a refusal in JSON."""
    return {
        "code": error.code,
        "message": gettext(error.message),
        "errors": {field: [gettext(text) for text in texts] for field, texts in error.errors.items()},
    }


def _page(status: int, code: str, message: str) -> tuple[str, int]:
    context = {"status": status, "code": code, "message": message, "request_id": g.get("request_id")}
    if status >= 500:  # noqa: PLR2004
        # Without the context processors: they ask the database, which may be what failed.
        return current_app.jinja_env.get_template("errors/error.html").render(context), status
    return render_template("errors/error.html", **context), status


def handle_domain_error(error: DomainError) -> BaseResponse | tuple[Response | str, int]:
    """Answer a refusal of the product."""
    status = STATUS[error.kind]
    if wants_json():
        answer = jsonify(error_payload(error))
        if status == 401:  # noqa: PLR2004
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer, status
    if error.kind is Kind.UNAUTHENTICATED:
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in_form", next=here))
    return _page(status, error.code, gettext(error.message))


def handle_http_exception(error: HTTPException) -> BaseResponse | tuple[Response | str, int]:
    """Answer what HTTP, the router or the argument parser refused."""
    status = error.code or 500
    if error.response is not None or 300 <= status < 400:  # noqa: PLR2004 - redirects of the router
        return error.get_response()
    code, text = HTTP_ERRORS.get(status, ("http_error", N_("The request could not be answered.")))
    limit = (request.max_content_length or 0) // (1024 * 1024)
    message = gettext(text, limit=limit) if status == 413 else gettext(text)  # noqa: PLR2004
    if isinstance(error, CSRFError):
        code, message = (
            "form_expired",
            gettext(N_("The form is too old. Load the page again and send it once more.")),
        )
    if wants_json():
        details = getattr(error, "data", None) or {}
        answer = jsonify({"code": code, "message": message, "errors": flatten(details.get("messages"))})
        for name, value in (details.get("headers") or {}).items():
            answer.headers[name] = value
        if status == 401:  # noqa: PLR2004
            answer.headers["WWW-Authenticate"] = "Bearer"
        if status == 405 and getattr(error, "valid_methods", None):  # noqa: PLR2004
            answer.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]  # of MethodNotAllowed
        return answer, status
    return _page(status, code, message)


def _route() -> str | None:
    return request.url_rule.rule if request.url_rule is not None else None


def handle_crash(error: Exception) -> BaseResponse | tuple[Response | str, int]:
    """Answer a mistake of the program: logged whole, told briefly. A full disk is none."""
    if is_storage_full(error):
        log.error("storage_full", route=_route())
        return handle_domain_error(StorageFull())
    log.error("unhandled", route=_route(), **without_values(error))
    code, text = HTTP_ERRORS[500]
    if wants_json():
        return jsonify({"code": code, "message": gettext(text), "errors": {}}), 500
    return _page(500, code, gettext(text))


def handle_unstorable(error: DataError) -> BaseResponse | tuple[Response | str, int]:
    """Answer input that the database cannot hold, such as a text with a zero byte on PostgreSQL: wrong, not a crash."""
    log.warning("unstorable", route=_route(), error=without_values(error)["error"])
    code, text = HTTP_ERRORS[422]
    if wants_json():
        return jsonify({"code": code, "message": gettext(text), "errors": {}}), 422
    return _page(422, code, gettext(text))


def handle_taken(error: IntegrityError) -> BaseResponse | tuple[Response | str, int]:
    """Answer whoever lost a race for something unique, such as an id that two requests brought at once: a conflict.

    Every other broken constraint is a mistake of the program.
    """
    state = getattr(error.orig, "sqlstate", None)
    if state != UNIQUE_VIOLATION and "UNIQUE constraint" not in str(error.orig):
        return handle_crash(error)
    log.warning("taken", route=_route())
    code, text = HTTP_ERRORS[409]
    if wants_json():
        return jsonify({"code": code, "message": gettext(text), "errors": {}}), 409
    return _page(409, code, gettext(text))


def flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """Turn marshmallow's nested messages into `{"items.3.weight": ["…"]}`; the place ("json", "query") is left out.

    The sentences are ours, in the reader's language.
    """
    if not messages:
        return {}
    if isinstance(messages, list):
        return {prefix or "body": [gettext(schema_message(str(text))) for text in messages]}
    if not isinstance(messages, dict):
        return {prefix or "body": [gettext(schema_message(str(messages)))]}
    found: dict[str, list[str]] = {}
    for key, value in messages.items():
        here = (
            str(key)
            if prefix
            else ("" if key in {"json", "query", "headers", "path", "_schema"} else str(key))
        )
        name = ".".join(part for part in (prefix, here) if part)
        found.update(flatten(value, name))
    return found


def init_errors(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, handle_domain_error)
    app.register_error_handler(HTTPException, handle_http_exception)
    app.register_error_handler(DataError, handle_unstorable)
    app.register_error_handler(IntegrityError, handle_taken)
    app.register_error_handler(Exception, handle_crash)
