"""Structured logs: one JSON object a line (or readable lines), each with the id of its request."""

import logging
import sys
import traceback

import structlog
from sqlalchemy.exc import DBAPIError

#: Libraries that tell every step of theirs; only what goes wrong is of interest here.
TALKATIVE = ("weasyprint", "weasyprint.progress", "fontTools")


def configure_logging(level: str = "INFO", form: str = "json") -> None:
    """Set up structlog and send the standard library's records through it."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a logger that was used before follows a later call of this function
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # alembic tells twice a line that it looked, which /readyz makes it do every few seconds
    logging.getLogger("alembic").setLevel(logging.WARNING)


def without_values(error: BaseException) -> dict[str, str]:
    """Return what a log may keep of an error: its kind, and the frames that it went through.

    What a database says about a refused row quotes the row ("Key (username)=(…) already exists."): of that only the
    kind, the state and the constraint are kept. Statements never show their parameters (`engine_options`).
    """
    stack = "".join(traceback.format_tb(error.__traceback__))
    if not isinstance(error, DBAPIError):
        return {"error": repr(error), "stack": stack}
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # SQLite names tables and columns only
        return {"error": repr(error.orig), "stack": stack}
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    words = (type(error.orig).__name__, str(state), constraint)
    return {"error": " ".join(word for word in words if word), "stack": stack}
