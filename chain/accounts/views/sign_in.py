"""Signing in and out, the language, the organisation one acts for."""

from urllib.parse import urlsplit

from flask import current_app, g, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from chain.accounts.edge import COOKIE_TOKEN
from chain.accounts.errors import WrongCredentials
from chain.accounts.forms import SignInForm
from chain.accounts.services import sign_in as services
from chain.accounts.services.users import set_language
from chain.accounts.views import blueprint
from chain.core.clock import utc_now
from chain.core.config import Settings
from chain.core.db import atomic
from chain.core.errors import DomainError
from chain.core.ids import parse_id
from chain.web.access import sign_in_required
from chain.web.i18n import SUPPORTED_LANGUAGES


def safe_next(address: str | None) -> str | None:
    """Return a path of this site to go on to; anything that leads elsewhere is dropped."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def client_address() -> str:
    """Return the caller's address; behind proxies that of the X-Forwarded-For header that they set."""
    return request.remote_addr or ""


@blueprint.get("/signin")
def sign_in_form() -> str | Response:
    """Show the sign-in."""
    if g.actor is not None:
        return redirect(url_for("home.home"))
    return render_template("accounts/sign_in.html", form=SignInForm())


@blueprint.post("/signin")
def sign_in_submit() -> Response | tuple[str, int]:
    """Sign in; the old session is dropped whole, so that a planted one is worth nothing."""
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422
    settings: Settings = current_app.config["SETTINGS"]
    now = utc_now()
    try:
        with atomic() as session:
            _, token = services.sign_in(
                session,
                username=form.username.data or "",
                password=form.password.data or "",
                address=client_address(),
                limit=settings.sign_in_attempts,
                hours=settings.session_hours,
                now=now,
            )
    except WrongCredentials as error:
        with atomic() as session:
            services.note_failed_attempt(
                session,
                username=(form.username.data or "").strip().lower(),
                address=client_address(),
                now=now,
            )
        form.take_refusal(error)
        return render_template("accounts/sign_in.html", form=form), 422
    except DomainError as error:
        form.take_refusal(error)
        return render_template("accounts/sign_in.html", form=form), 429
    language = cookie.get("language")
    cookie.clear()
    cookie[COOKIE_TOKEN] = token
    if language:
        cookie["language"] = language
    cookie.permanent = True
    return redirect(safe_next(request.args.get("next")) or url_for("home.home"))


@blueprint.post("/signout")
def sign_out_submit() -> Response:
    """Sign out; the cookie's token is ended on the server too."""
    if g.sign_in_id is not None:
        with atomic() as session:
            services.sign_out(session, sign_in_id=g.sign_in_id, actor=g.actor, now=utc_now())
    cookie.clear()
    return redirect(url_for("accounts.sign_in_form"))


@blueprint.post("/language", endpoint="set_language")
def language_submit() -> Response:
    """Choose the language of the pages; kept with the user, or in the session of a visitor."""
    language = request.form.get("language", "")
    if language in SUPPORTED_LANGUAGES:
        cookie["language"] = language
        if g.user is not None:
            with atomic() as session:
                set_language(session, actor=g.actor, language=language, now=utc_now())
    return redirect(safe_next(request.form.get("next")) or url_for("home.home"))


@blueprint.post("/organisation/switch", endpoint="switch_organisation")
@sign_in_required
def switch_submit() -> Response:
    """Act for another of one's own organisations."""
    with atomic() as session:
        services.switch_organisation(
            session,
            sign_in_id=g.sign_in_id,
            actor=g.actor,
            organisation_id=parse_id(request.form.get("organisation_id")),
            now=utc_now(),
        )
    return redirect(url_for("home.home"))
