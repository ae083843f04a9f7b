"""Finds out who asks, before each request: a cookie for pages, a bearer token for the API, never the one for the other."""

from typing import Any

from flask import Flask, g, request, url_for
from flask import session as cookie

from chain.accounts import queries
from chain.accounts.services.sign_in import token_hash
from chain.core.clock import utc_now
from chain.core.db import db
from chain.web.api import PREFIX

COOKIE_TOKEN = "token"  # noqa: S105 - the name of a field
BEARER = "Bearer "
#: Requests that need to know nobody: they must answer fast, and when the database is down.
ANONYMOUS = ("/static/", "/healthz", "/readyz")


def load_actor() -> None:
    """Set `g.user`, `g.organisation`, `g.actor`, `g.sign_in_id` and the formats of the organisation's country."""
    g.user = g.organisation = g.actor = g.sign_in_id = None
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
    if found.organisation is not None:
        g.number_format = found.organisation.country
        g.timezone_name = found.organisation.timezone
        g.currency = found.organisation.currency
    if found.user.number_format:
        g.number_format = found.user.number_format


def _from_cookie() -> queries.SignedIn | None:
    token = cookie.get(COOKIE_TOKEN)
    if not token:
        return None
    return queries.find_signed_in(db.session, token_hash=token_hash(token), now=utc_now())


def _from_token() -> queries.SignedIn | None:
    header = request.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        return None
    return queries.find_token_holder(
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
        "sign_out_url": url_for("accounts.sign_out_submit"),
    }


def init_accounts(app: Flask) -> None:
    """Load the actor before everything else that looks at the request."""
    app.before_request(load_actor)
    app.context_processor(page_context)
