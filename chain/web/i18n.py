"""Translation at the edge: catalogues read with Babel, the language of a request, and Jinja's `_`.

Catalogues are `chain/translations/<language>/<area>.po`; the files of one language are merged. Quechua and Aymara fall
back to Spanish, everything falls back to the English msgid. Flask-Babel is not used: it fails on Aymara.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from flask import Flask, g, has_app_context, has_request_context, request, session
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from chain.core.catalogues import load_catalogue
from chain.core.i18n import Message, name_in

#: The languages a user may choose, with their own names.
SUPPORTED_LANGUAGES: Mapping[str, str] = {"es": "Español", "en": "English"}
DEFAULT_LANGUAGE = "es"
#: Where a text missing in a language is looked up next; English is the msgid itself.
FALLBACKS: Mapping[str, tuple[str, ...]] = {"es": ("es",), "en": (), "qu": ("qu", "es"), "ay": ("ay", "es")}

_forced_language: ContextVar[str | None] = ContextVar("forced_language", default=None)
_printers: dict[type, Callable[..., str]] = {}


def current_language() -> str:
    """Return the language of this request, or the one forced by `using_language`."""
    forced = _forced_language.get()
    if forced:
        return forced
    if not has_app_context():
        return DEFAULT_LANGUAGE
    if not g.get("language"):
        g.language = choose_language()  # a request refused before the language was chosen
    return str(g.language)


@contextmanager
def using_language(language: str) -> Iterator[None]:
    """Translate into another language for a while: messages to somebody else, printed papers."""
    token = _forced_language.set(language)
    try:
        yield
    finally:
        _forced_language.reset(token)


def choose_language() -> str:
    """Choose in this order: the signed-in user's, the session's, the browser's, Spanish."""
    wishes: list[str | None] = [getattr(g.get("user"), "language", None)]
    if has_request_context():
        wishes += [session.get("language"), request.accept_languages.best_match(list(SUPPORTED_LANGUAGES))]
    return next((wish for wish in wishes if wish and wish in FALLBACKS), DEFAULT_LANGUAGE)


def lookup(msgid: str, language: str | None = None, *, plural: bool = False) -> str | None:
    """Return the translation of a msgid, or None when no catalogue of the language has it."""
    for candidate in FALLBACKS.get(language or current_language(), ()):
        found = load_catalogue(candidate).get(msgid)
        if found is not None:
            return found if isinstance(found, str) else found[int(plural)]
    return None


def _printed(value: object) -> object:
    """Return a parameter as the reader expects it: messages translated, amounts and dates in the local format."""
    if isinstance(value, Message):
        return translate(value)
    for kind, printer in _printers.items():
        if isinstance(value, kind):
            return printer(value)
    return name_in(value, current_language())


def print_params_with(kind: type, printer: Callable[..., str]) -> None:
    """Register how parameters of a type are written inside sentences (`chain.web.formats` does)."""
    _printers[kind] = printer


def _fill(text: str, params: Mapping[str, object]) -> str:
    """Fill named placeholders. A text without parameters is returned as it stands, a lone `%` included."""
    if not params:
        return text.replace("%%", "%")
    printed = {name: _printed(value) for name, value in params.items()}
    return text % printed  # a Markup stays one, and escapes what is filled in


def translate(message: str | Message) -> str:
    """Translate a msgid or a `Message` with its parameters into the current language."""
    if isinstance(message, Message):
        return _fill(lookup(message.msgid) or message.msgid, message.params)
    return lookup(message) or message


def gettext(message: str | Message, /, **params: object) -> str:
    """Translate and fill named placeholders: `gettext("Lot %(code)s was saved.", code=lot.code)`."""
    if isinstance(message, Message):
        return translate(Message(message.msgid, {**message.params, **params}))
    return _fill(translate(message), params)


def ngettext(singular: str, plural: str, n: int, /, **params: object) -> str:
    """Translate by number; `%(num)s` is the number: `ngettext("%(num)s lot", "%(num)s lots", 3)`."""
    text = lookup(singular, plural=n != 1) or (singular if n == 1 else plural)
    return _fill(text, {"num": n, **params})


def _trusted(msgid: str, text: str) -> Markup:
    """Mark a translation as HTML only if its msgid is ours: `_(anything)` in a template must stay safe."""
    ours = any(msgid in load_catalogue(language) for language in ("es", "qu", "ay"))
    return Markup(text) if ours else escape(text)  # noqa: S704 - texts of our own catalogues


@pass_eval_context
def _template_gettext(context: EvalContext, message: object, /, **params: object) -> str:
    if message is None or message == "":
        return ""
    if isinstance(message, Message):
        msgid, params = message.msgid, {**message.params, **params}
    else:
        msgid = str(message)
    text = translate(msgid)
    return _fill(_trusted(msgid, text) if context.autoescape else text, params)


@pass_eval_context
def _template_ngettext(context: EvalContext, singular: str, plural: str, n: int, /, **params: object) -> str:
    if not context.autoescape:
        return ngettext(singular, plural, n, **params)
    text = lookup(singular, plural=n != 1) or (singular if n == 1 else plural)
    return _fill(_trusted(singular, text), {"num": n, **params})


def init_i18n(app: Flask) -> None:
    """Install `_`, `gettext`, `ngettext` and `{% trans %}`; choose the language before each request.

    Call it after the function that loads `g.user` is registered, so that the user's own language wins.
    """
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Our own callables instead of the extension's: they know `Message` and escape what is not from a catalogue.
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]  # set by the extension
    app.jinja_env.globals.update(
        _=_template_gettext,
        gettext=_template_gettext,
        ngettext=_template_ngettext,
        current_language=current_language,
        SUPPORTED_LANGUAGES=SUPPORTED_LANGUAGES,
    )

    @app.before_request
    def set_language() -> None:
        g.language = choose_language()
