"""Finds out who asks, before each request: a cookie for pages, a bearer token for the API, never the one for the other."""

from typing import Any
from uuid import UUID

import structlog
from flask import Flask, current_app, g, redirect, request, url_for
from flask import Response as FlaskResponse
from flask import session as cookie
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from chain.accounts import identity
from chain.accounts.rules import Permission
from chain.accounts.services.sign_in import token_hash
from chain.accounts.services.tokens import note_token_use
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotSignedIn
from chain.core.log import without_values
from chain.web.api import PREFIX

log = structlog.get_logger(__name__)

COOKIE_TOKEN = "token"  # noqa: S105 - the name of a field
BEARER = "Bearer "
#: What guards a view that needs no permission but a sign-in (`chain.web.access`).
SIGNED_IN = "signed-in"
#: Requests that need to know nobody: they must answer fast, and when the database is down.
ANONYMOUS = ("/static/", "/healthz", "/readyz")


#: What a person who must choose a new password may still open.
BEFORE_NEW_PASSWORD = frozenset(
    {
        "accounts.password_form",
        "accounts.password_submit",
        "accounts.sign_out_submit",
        "accounts.set_language",
        "home.api_page",
        "static",
    }
)


def load_actor() -> None:
    """Set `g.user`, `g.organisation`, `g.actor`, `g.sign_in_id` and the formats of the organisation's country."""
    g.user = g.organisation = g.actor = g.sign_in_id = None
    g.own_organisations = ()
    g.number_format, g.timezone_name, g.currency = "PE", "America/Lima", "PEN"
    if request.path.startswith(ANONYMOUS):
        return
    found = _from_token() if request.path.startswith(PREFIX) else _from_cookie()
    if found is None:
        return
    g.user, g.organisation, g.actor, g.sign_in_id = (
        found.user,
        found.organisation,
        found.actor,
        found.sign_in_id,
    )
    g.own_organisations = found.own_organisations
    if found.organisation is not None:
        g.number_format = found.organisation.country
        g.timezone_name = found.organisation.timezone
        g.currency = found.organisation.currency
    if found.user.number_format:
        g.number_format = found.user.number_format
    g.used_token_id = found.token_id if found.token_use_is_new else None


def lead_to_new_password() -> Response | None:
    """Send a person whose password was set by somebody else to choose an own one, before anything else."""
    if g.user is None or not g.user.must_change_password or request.path.startswith(PREFIX):
        return None
    if request.endpoint in BEFORE_NEW_PASSWORD:
        return None
    return redirect(url_for("accounts.password_form"))


def refuse_early() -> None:
    """Ask programs for token and permission before their parameters are read: a stranger learns nothing of them.

    Raises:
        NotSignedIn, Forbidden.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    needed = getattr(view, "needs_permission", None)
    if needed is None or not request.path.startswith(PREFIX):
        return
    if g.actor is None:
        raise NotSignedIn
    if needed != SIGNED_IN:
        g.actor.require(Permission(needed))


def keep_token_use(response: FlaskResponse) -> FlaskResponse:
    """Keep the day of a token's first use, once a day, after the answer has gone out: nobody waits for the write."""
    token_id: UUID | None = g.get("used_token_id")
    if token_id is not None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
        response.call_on_close(lambda: write_token_use(app, token_id))
    return response


def write_token_use(app: Flask, token_id: UUID) -> None:
    """Write it in a transaction of its own; a busy database is left alone, the next request tries again."""
    try:
        with app.app_context(), atomic() as session:
            note_token_use(session, token_id=token_id, now=utc_now())
    except (DomainError, SQLAlchemyError) as error:
        log.warning("token_use_not_kept", token_id=str(token_id), error=without_values(error)["error"])


def _from_cookie() -> identity.SignedIn | None:
    token = cookie.get(COOKIE_TOKEN)
    if not token:
        return None
    return identity.find_signed_in(db.session, token_hash=token_hash(token), now=utc_now())


def _from_token() -> identity.SignedIn | None:
    header = request.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        return None
    return identity.find_token_holder(
        db.session, token_hash=token_hash(header.removeprefix(BEARER).strip()), now=utc_now()
    )


def page_context() -> dict[str, Any]:
    """Give the base page the name of who is signed in, for whom, and where the own account is."""
    user, organisation = g.get("user"), g.get("organisation")
    if user is None:
        return {"home_url": url_for("home.home")}
    return {
        "home_url": url_for("home.home"),
        "signed_in_name": user.display_name,
        "acting_organisation": organisation.name if organisation is not None else "",
        "own_organisations": g.own_organisations,
        "account_url": url_for("accounts.account"),
        "sign_out_url": url_for("accounts.sign_out_submit"),
    }


def init_accounts(app: Flask) -> None:
    """Load the actor before everything else that looks at the request."""
    app.before_request(load_actor)
    app.before_request(lead_to_new_password)
    app.before_request(refuse_early)
    app.after_request(keep_token_use)
    app.context_processor(page_context)
