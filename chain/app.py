"""create_app(): the one place where everything is put together."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, has_app_context, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from chain import home
from chain.accounts.edge import init_accounts
from chain.auctions.front import init_bid_front
from chain.buyers.class_options import use_classes
from chain.core.collector import tune_collector
from chain.core.config import Settings, load_settings, secret_key
from chain.core.db import db, engine_options, init_db
from chain.core.log import configure_logging
from chain.core.models import InstallationMark
from chain.core.sealing import Sealer, kept_key, use_sealer
from chain.core.signing import KEY_FILE as PAPER_KEY_FILE
from chain.core.signing import Signer, use_signer
from chain.custody.departures import use_departure
from chain.dues.zones import use_zones
from chain.grading.grid_files import published_grids
from chain.grading.queries import OwnSchemeSource
from chain.grading.scheme_files import all_schemes, use_own_schemes
from chain.ledger.held_money import use_held_money
from chain.lots.demand_classes import LotClasses
from chain.lots.settling import use_settling
from chain.migrate import alembic
from chain.payin.queries.secured import held_in
from chain.payin.services.charged import follow_settlement
from chain.payin.services.secured import check_paid_for
from chain.payout.queries.limits import confirmed_cash_limit
from chain.payout.queries.payouts import batch_with_planned
from chain.settlement.charged import use_charged
from chain.settlement.fortnight.queries.facts import zone_names
from chain.settlement.planned_payments import use_planned_payments
from chain.settlement.queries.settling import lots_being_settled
from chain.web.access_log import init_access_log
from chain.web.api import PREFIX, ApiBlueprint, init_api
from chain.web.compression import init_compression
from chain.web.errors import init_errors
from chain.web.formats import init_formats
from chain.web.i18n import init_i18n
from chain.web.navigation import NavigationItem, visible_links

ROOT = Path(__file__).resolve().parent.parent
#: Areas with pages (views) and resources (api), in the order of the layers.
AREAS = (
    "accounts",
    "producers",
    "buyers",
    "grading",
    "certification",
    "ledger",
    "papers",
    "lots",
    "genealogy",
    "laboratory",
    "custody",
    "sales",
    "market",
    "auctions",
    "matching",
    "negotiation",
    "pricing",
    "dues",
    "settlement",
    "payin",
    "payout",
    "income",
    "prices",
    "portal",
)
#: Modules that register handlers of outbox messages.
HANDLER_MODULES = (
    "chain.buyers.handlers",
    "chain.ledger.handlers",
    "chain.laboratory.handlers",
    "chain.sales.handlers",
    "chain.market.handlers",
    "chain.auctions.clock.handlers",
    "chain.auctions.handlers",
    "chain.matching.handlers",
    "chain.negotiation.handlers",
    "chain.settlement.handlers",
    "chain.payin.handlers",
    "chain.portal.handlers",
    "chain.printer",
)
#: Modules with tables.
MODEL_MODULES = (
    "chain.core.models",
    *(f"chain.{area}.models" for area in AREAS),
    "chain.auctions.clock.models",
    "chain.settlement.fortnight.models",
    "chain.settlement.legal.models",
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
}
API_CACHING = "private, no-store"
STATIC_SECONDS = 365 * 24 * 3600

csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Raises:
        BadSetting: the environment holds a value that cannot be used.
    """
    settings = settings or load_settings()
    tune_collector()
    configure_logging(settings.log_level, settings.log_format)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, settings)
    use_sealer(Sealer(kept_key(settings.var_dir, settings.seal_key)))
    use_signer(Signer(kept_key(settings.var_dir, settings.paper_key, PAPER_KEY_FILE)))
    for module in (*MODEL_MODULES, *HANDLER_MODULES):
        import_module(module)
    init_db(app)
    alembic.init_app(app)
    init_access_log(app)
    init_accounts(app)
    csrf.init_app(
        app
    )  # after it, so that its refusal is a page in the reader's language that knows who reads
    init_i18n(app)
    init_formats(app)
    init_errors(app)
    register_areas(app)
    # Read once per process: a wrong file of a norm or of prices is named at the start, not when a lot meets it.
    all_schemes()
    published_grids()
    use_classes(LotClasses())
    use_zones(zone_names)
    connect_areas()
    use_own_schemes(OwnSchemeSource(lambda: db.session if has_app_context() else None))
    init_compression(app)
    init_headers(app)
    init_bid_front(app, [*SECURITY_HEADERS.items(), ("Cache-Control", API_CACHING)])
    return app


def connect_areas() -> None:
    """Let areas ask those above them what they cannot import: what is settled, planned, held, charged, and what may leave."""
    use_settling(lots_being_settled)
    use_held_money(held_in)
    use_departure(check_paid_for)
    use_planned_payments(batch_with_planned, confirmed_cash_limit)
    use_charged(follow_settlement)


def _configure(app: Flask, settings: Settings) -> None:
    options = engine_options(settings.database)
    if settings.is_sqlite:
        settings.var_dir.mkdir(parents=True, exist_ok=True)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=secret_key(settings),
        SQLALCHEMY_ENGINES={"default": options},
        ALEMBIC={"script_location": str(ROOT / "migrations")},
        ALEMBIC_CONTEXT={"compare_type": True, "render_as_batch": settings.is_sqlite},
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="chain",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=settings.session_hours * 3600,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # Flask's documented way


def register_areas(app: Flask) -> None:
    """Register the pages, resources and navigation of each area."""
    app.register_blueprint(home.blueprint)
    navigation: list[NavigationItem] = []
    resources: list[ApiBlueprint] = []
    for area in AREAS:
        views = import_module(f"chain.{area}.views")
        app.register_blueprint(views.blueprint)
        navigation += views.NAVIGATION
        resources += import_module(f"chain.{area}.api").blueprints
    for resource in resources:
        csrf.exempt(resource)  # it takes bearer tokens and never the session cookie
    app.extensions["chain_navigation"] = navigation
    init_api(app, resources)

    @app.context_processor
    def page_context() -> dict[str, Any]:
        return {
            "navigation": visible_links(navigation) if g.get("actor") is not None else [],
            "demo_data": is_demo(app),
            "user": g.get("user"),
            "organisation": g.get("organisation"),
            "actor": g.get("actor"),
        }


def is_demo(app: Flask) -> bool:
    """Tell whether the data of this installation are a demonstration; looked up until the first yes."""
    if not app.extensions.get("chain_demo"):
        mark = db.session.get(InstallationMark, "demo")
        app.extensions["chain_demo"] = mark is not None
    return bool(app.extensions["chain_demo"])


def init_headers(app: Flask) -> None:
    """Send the security headers with every answer."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        if g.get("connect_to"):  # a live page, whose stream comes from a process with a port of its own
            wider = CONTENT_SECURITY_POLICY.replace(
                "connect-src 'self'", f"connect-src 'self' {g.connect_to}"
            )
            response.headers.setdefault("Content-Security-Policy", wider)
        # a page whose form ends at the card provider's: browsers hold redirects to form-action too
        if g.get("form_to"):
            wider = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {g.form_to}")
            response.headers.setdefault("Content-Security-Policy", wider)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith("/static/"):
            caching = API_CACHING if request.path.startswith(PREFIX) else "private, no-cache"
            response.headers.setdefault("Cache-Control", caching)
        return response
