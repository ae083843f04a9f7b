"""Signing in and out, the language, the organisation one acts for."""

from urllib.parse import urlsplit

from flask import current_app, g, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from chain.accounts import queries
from chain.accounts.edge import COOKIE_TOKEN
from chain.accounts.forms import SignInForm
from chain.accounts.services import sign_in as services
from chain.accounts.services.preferences import set_language
from chain.accounts.views import blueprint
from chain.core.clock import utc_now
from chain.core.config import Settings
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.ids import parse_id
from chain.web.access import sign_in_required
from chain.web.errors import STATUS
from chain.web.i18n import SUPPORTED_LANGUAGES


def safe_next(address: str | None) -> str | None:
    """Return a path of this site to go on to; anything that leads elsewhere is dropped."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or not address.isprintable():
        return None  # browsers read a backslash as a slash and leave out tabs and line ends
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def client_address() -> str:
    """Return the caller's address; behind proxies that of the X-Forwarded-For header that they set."""
    return request.remote_addr or ""


def sign_in_page(form: SignInForm, status: int = 200) -> tuple[str, int]:
    """Show the sign-in; on a demonstration with the sign-ins worth trying."""
    password = queries.demo_password(db.session)
    accounts = queries.demo_accounts(db.session) if password else []
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        demo_password=password,
        demo_accounts=accounts,
    )
    return page, status


@blueprint.get("/signin")
def sign_in_form() -> tuple[str, int] | Response:
    """Show the sign-in."""
    if g.actor is not None:
        return redirect(url_for("home.home"))
    return sign_in_page(SignInForm())


@blueprint.post("/signin")
def sign_in_submit() -> Response | tuple[str, int]:
    """Sign in; the old session is dropped whole, so that a planted one is worth nothing."""
    form = SignInForm()
    if not form.validate_on_submit():
        return sign_in_page(form, 422)
    try:
        token = _signed_in(form.username.data or "", form.password.data or "")
    except DomainError as error:
        form.take_refusal(error)
        return sign_in_page(form, STATUS[error.kind])
    language = cookie.get("language")
    cookie.clear()
    cookie[COOKIE_TOKEN] = token
    if language:
        cookie["language"] = language
    cookie.permanent = True
    return redirect(safe_next(request.args.get("next")) or url_for("home.home"))


def _signed_in(username: str, password: str) -> str:
    """Return the token of a new sign-in. The slow look at the password holds no write lock."""
    settings: Settings = current_app.config["SETTINGS"]
    now = utc_now()
    with atomic() as session:
        services.reserve_attempt(
            session, username=username, address=client_address(), limit=settings.sign_in_attempts, now=now
        )
    user = services.check_credentials(db.session, username=username, password=password)
    checked_hash = user.password_hash
    with atomic() as session:
        return services.start_sign_in(
            session, user=user, checked_hash=checked_hash, hours=settings.session_hours, now=now
        )


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
