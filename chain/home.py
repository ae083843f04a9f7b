"""The start page of each role, health checks, and what belongs to no area."""

from flask import Blueprint, Response, g, jsonify, redirect, render_template, url_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from chain.core.db import db

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> str | BaseResponse:
    """Lead to the work that waits: visitors sign in first."""
    if g.actor is None:
        return redirect(url_for("accounts.sign_in_form"))
    return render_template("home/home.html")


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
