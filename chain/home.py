"""The start page of each role, health checks, and what belongs to no area."""

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import PERMISSION_LABELS, ROLE_LABELS, Permission, Role
from chain.core.db import db
from chain.web.api import PREFIX
from chain.web.api_page import describe_api
from chain.web.homes import home_of
from chain.web.i18n import DEFAULT_LANGUAGE, SUPPORTED_LANGUAGES, using_language
from chain.web.navigation import NavigationItem, entries_of, in_sections
from chain.web.waiting import waiting_for_actor

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> str | BaseResponse:
    """Lead to the work that waits: visitors sign in first."""
    if g.actor is None:
        return redirect(url_for("accounts.sign_in_form"))
    own_home = home_of(g.actor)
    if own_home is not None:
        return own_home()
    navigation: list[NavigationItem] = current_app.extensions.get("chain_navigation", [])
    tiles = [
        (
            item.group,
            (
                item.label,
                url_for(item.endpoint),
                item.about or PERMISSION_LABELS[Permission(item.permission)],
            ),
        )
        for item in entries_of(g.actor, navigation)
    ]
    return render_template(
        "home/home.html",
        sections=in_sections(tiles),
        waiting=waiting_for_actor(db.session),
        roles=[ROLE_LABELS[role] for role in Role if role in g.actor.roles],
    )


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int] | Response:
    """Say whether requests can be served: the database answers and its schema is the program's."""
    from chain.migrate import is_current

    try:
        db.session.execute(text("SELECT 1"))
        current = is_current()
    except SQLAlchemyError:
        return jsonify({"status": "database_unreachable"}), 503
    if not current:
        return jsonify({"status": "migration_needed"}), 503
    return jsonify({"status": "ready"})


@blueprint.get(f"{PREFIX}/")
def api_page() -> str:
    """Show the API to people: public, the same for everybody; the language is in the address, no cookie is looked at."""
    wish = request.args.get("language") or request.accept_languages.best_match(list(SUPPORTED_LANGUAGES))
    language = wish if wish is not None and wish in SUPPORTED_LANGUAGES else DEFAULT_LANGUAGE
    with using_language(language):
        return render_template(
            "api_docs/index.html",
            api=describe_api(current_app),
            language=language,
            base=request.host_url.rstrip("/"),
        )
