"""Settings, read from the environment once, at the start, and checked there.

Each setting is one field of `Settings`; docs/operating.md explains every one and a test says when it does not.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chain.core.sealing import kept_key

MIN_SECRET_LENGTH = 32
MAX_PORT = 65535
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("json", "console")
SMTP_SECURITY = ("starttls", "tls", "none")


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what would do."""


def _setting(name: str, default: object, doc: str) -> Any:
    return field(default=default, metadata={"name": name, "doc": doc})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set."""

    var_dir: Path = _setting(  # noqa: RUF009 - it returns a dataclass field
        "CHAIN_VAR_DIR", Path("var"), "Folder of the embedded database, the secret key and screens."
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "Address of the database, postgresql+psycopg://user:password@host/name; empty: SQLite in CHAIN_VAR_DIR.",
    )
    secret_key: str = _setting(
        "CHAIN_SECRET_KEY",
        "",
        "Key that signs cookies, 32 characters or more; empty: made once and kept in CHAIN_VAR_DIR.",
    )
    seal_key: str = _setting(
        "CHAIN_SEAL_KEY",
        "",
        "Key that seals bids until their opening, 32 characters or more, apart from the database and its backups; empty: "
        "made once and kept in CHAIN_VAR_DIR.",
    )
    paper_key: str = _setting(
        "CHAIN_PAPER_KEY",
        "",
        "Key that signs receipts and other papers, 32 characters or more, apart from the database and its backups; empty: "
        "made once and kept in CHAIN_VAR_DIR.",
    )
    host: str = _setting("CHAIN_HOST", "127.0.0.1", "Address that the web server listens on.")
    port: int = _setting("CHAIN_PORT", 8000, "Port that the web server listens on.")
    stream_port: int = _setting(
        "CHAIN_STREAM_PORT",
        0,
        "Port of the process that streams live auctions (chain stream); 0: there is none and live pages ask every few seconds.",
    )
    stream_url: str = _setting(
        "CHAIN_STREAM_URL",
        "",
        "Origin under which browsers reach the streams, behind a reverse proxy; empty: the host of the page and CHAIN_STREAM_PORT.",
    )
    workers: int = _setting("CHAIN_WORKERS", 0, "Web processes; 0: one on SQLite, two on PostgreSQL.")
    threads: int = _setting("CHAIN_THREADS", 8, "Threads of each web process.")
    log_level: str = _setting(
        "CHAIN_LOG_LEVEL", "INFO", "Lowest level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    log_format: str = _setting("CHAIN_LOG_FORMAT", "json", "Form of the log: json or console.")
    session_hours: int = _setting("CHAIN_SESSION_HOURS", 12, "Hours after which a sign-in ends.")
    cookie_secure: bool = _setting(
        "CHAIN_COOKIE_SECURE", False, "Send cookies over HTTPS only; set it to 1 behind TLS."
    )
    trusted_proxies: int = _setting(
        "CHAIN_TRUSTED_PROXIES",
        0,
        "Number of reverse proxies in front whose X-Forwarded headers are believed.",
    )
    max_body_bytes: int = _setting(
        "CHAIN_MAX_BODY_BYTES", 8 * 1024 * 1024, "Largest request body; larger ones are refused with 413."
    )
    public_url: str = _setting(
        "CHAIN_PUBLIC_URL",
        "",
        "Address under which others reach the pages, for the QR codes; empty: that of host and port.",
    )
    sign_in_attempts: int = _setting(
        "CHAIN_SIGN_IN_ATTEMPTS",
        8,
        "Failed sign-ins of one name, or ten times as many of one address, in 15 minutes before a pause.",
    )
    smtp_host: str = _setting(
        "CHAIN_SMTP_HOST",
        "",
        "Mail server that alerts are sent through; empty: no e-mail is sent, and the pages say so.",
    )
    smtp_port: int = _setting("CHAIN_SMTP_PORT", 587, "Port of the mail server.")
    smtp_security: str = _setting(
        "CHAIN_SMTP_SECURITY",
        "starttls",
        "How the line to the mail server is protected: starttls, tls or none.",
    )
    smtp_user: str = _setting("CHAIN_SMTP_USER", "", "User name at the mail server; empty: no sign-in.")
    smtp_password: str = _setting("CHAIN_SMTP_PASSWORD", "", "Password at the mail server.")
    mail_from: str = _setting(
        "CHAIN_MAIL_FROM", "", "Address that alerts come from; needed with CHAIN_SMTP_HOST."
    )
    stripe_secret_key: str = _setting(
        "CHAIN_STRIPE_SECRET_KEY",
        "",
        "Secret key of the Stripe account that takes payments by card; empty: buyers cannot pay by card, and the pages say so.",
    )
    stripe_webhook_secret: str = _setting(
        "CHAIN_STRIPE_WEBHOOK_SECRET",
        "",
        "Signing secret of the webhook (/api/v1/webhooks/stripe) at Stripe; needed with CHAIN_STRIPE_SECRET_KEY.",
    )
    stripe_organisation: str = _setting(
        "CHAIN_STRIPE_ORGANISATION",
        "",
        "Code of the organisation whose Stripe account it is; only its invoices can be paid by card.",
    )
    password_fast: bool = _setting(
        "CHAIN_PASSWORD_FAST", False, "Hash passwords with the least effort; for tests only."
    )

    @property
    def database(self) -> str:
        """The database address, with the embedded default filled in."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.var_dir / 'chain.db').resolve()}"

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database.startswith("sqlite")

    @property
    def web_processes(self) -> int:
        """Web processes to start: SQLite has one writer, so one process with a lock inside serves it best."""
        return self.workers or (1 if self.is_sqlite else 2)

    @property
    def address(self) -> str:
        """The address printed for people and put into QR codes."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        BadSetting: a value that cannot be used, named with what would do.
    """
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for item in fields(Settings):
        name = item.metadata["name"]
        text = source.get(name, "").strip()
        if text:
            values[item.name] = _parse(name, text, item.default)
    settings = Settings(**values)  # type: ignore[arg-type]  # each value has the type of its default
    _check(settings)
    return settings


def _parse(name: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise BadSetting(f"{name}={text!r}: write 1 or 0.")
        return text.lower() in {"1", "true", "yes"}
    if isinstance(default, int):
        if not text.isdecimal():
            raise BadSetting(f"{name}={text!r}: write a whole number.")
        return int(text)
    return Path(text) if isinstance(default, Path) else text


def _check(settings: Settings) -> None:
    problems = {
        "DATABASE_URL": not settings.database.startswith(("sqlite:///", "postgresql+psycopg://")),
        "CHAIN_SECRET_KEY": bool(settings.secret_key) and len(settings.secret_key) < MIN_SECRET_LENGTH,
        "CHAIN_SEAL_KEY": bool(settings.seal_key) and len(settings.seal_key) < MIN_SECRET_LENGTH,
        "CHAIN_PAPER_KEY": bool(settings.paper_key) and len(settings.paper_key) < MIN_SECRET_LENGTH,
        "CHAIN_PORT": not 0 < settings.port <= MAX_PORT,
        "CHAIN_STREAM_PORT": settings.stream_port > MAX_PORT,
        "CHAIN_STREAM_URL": bool(settings.stream_url)
        and not settings.stream_url.startswith(("http://", "https://")),
        "CHAIN_THREADS": settings.threads < 1,
        "CHAIN_LOG_LEVEL": settings.log_level not in LOG_LEVELS,
        "CHAIN_LOG_FORMAT": settings.log_format not in LOG_FORMATS,
        "CHAIN_SESSION_HOURS": settings.session_hours < 1,
        "CHAIN_MAX_BODY_BYTES": settings.max_body_bytes < 64 * 1024,
        "CHAIN_SIGN_IN_ATTEMPTS": settings.sign_in_attempts < 1,
        "CHAIN_SMTP_PORT": not 0 < settings.smtp_port <= MAX_PORT,
        "CHAIN_SMTP_SECURITY": settings.smtp_security not in SMTP_SECURITY,
        "CHAIN_MAIL_FROM": bool(settings.smtp_host) and "@" not in settings.mail_from,
        "CHAIN_STRIPE_WEBHOOK_SECRET": bool(settings.stripe_secret_key)
        and not settings.stripe_webhook_secret,
        "CHAIN_STRIPE_ORGANISATION": bool(settings.stripe_secret_key) and not settings.stripe_organisation,
    }
    for item in fields(Settings):
        if problems.get(item.metadata["name"]):
            raise BadSetting(f"{item.metadata['name']} cannot be used. {item.metadata['doc']}")


def secret_key(settings: Settings) -> str:
    """Return the key that signs cookies; make one and keep it, readable by the owner only, when none is set."""
    return kept_key(settings.var_dir, settings.secret_key, "secret_key")
