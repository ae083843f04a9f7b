"""Translation: fallbacks, parameters, safety in templates, and a Spanish text for every English one."""

import re

import pytest
from flask import Flask, g, session
from markupsafe import Markup

from chain.core.i18n import Message
from chain.web import i18n
from chain.web.formats import init_formats
from tests.support.msgids import ROOT, catalogues, extract_msgids, placeholders


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "only for this test"
    i18n.init_i18n(app)
    init_formats(app)

    @app.get("/")
    def language() -> str:
        return str(g.language)

    @app.get("/choose/<language>")
    def choose(language: str) -> str:
        session["language"] = language
        return language

    return app


def test_every_text_has_a_spanish_translation_with_the_same_placeholders() -> None:
    spanish = {msgid: texts for area in catalogues("es").values() for msgid, texts in area.items()}
    singular = {(key if isinstance(key, str) else key[0]): texts for key, texts in spanish.items()}
    wrong = []
    for msgid, place in extract_msgids().items():
        # An empty text becomes a gap on a page; a wrong placeholder, a crash.
        texts = spanish.get(msgid) if isinstance(msgid, tuple) else singular.get(msgid)
        if not texts or not all(texts):
            wrong.append(f"missing: {msgid!r} ({place})")
        elif placeholders(msgid if isinstance(msgid, str) else msgid[-1]) != placeholders(texts[-1]):
            wrong.append(f"other placeholders: {msgid!r} → {texts!r} ({place})")
    assert not wrong, f"{len(wrong)} texts\n" + "\n".join(wrong)


def test_no_translation_is_of_a_text_that_nothing_says_any_more() -> None:
    said = " ".join(
        re.sub(
            r"\"\s*\n\s*\"|\s+", lambda gap: "" if '"' in gap[0] else " ", path.read_text(encoding="utf-8")
        )
        for folder, kinds in (
            ("chain", ("py", "json", "toml", "yaml")),
            ("templates", ("html",)),
            ("static", ("js",)),
        )
        for kind in kinds
        for path in (ROOT / folder).rglob(f"*.{kind}")
    )
    marked = {one if isinstance(one, str) else one[0] for one in extract_msgids()}
    dead = [
        f"{area}: {text}"
        for area, texts in catalogues("es").items()
        for msgid in texts
        if (text := msgid if isinstance(msgid, str) else msgid[0]) not in marked
        and " ".join(text.split()) not in said
        and text.replace('"', '\\"') not in said
    ]
    assert not dead, "\n".join(dead)


def test_two_areas_never_translate_one_text_differently() -> None:
    seen: dict[object, tuple[str, tuple[str, ...]]] = {}
    clashes = []
    for area, texts in catalogues("es").items():
        for msgid, translation in texts.items():
            first_area, first = seen.setdefault(msgid, (area, translation))
            if first != translation:
                clashes.append(f"{msgid!r}: {first_area} says {first!r}, {area} says {translation!r}")
    assert not clashes, "\n".join(clashes)


def test_quechua_and_aymara_fall_back_to_spanish_and_english_to_the_msgid() -> None:
    assert {language: i18n.lookup("Sign out", language) for language in ("es", "qu", "ay", "en")} == {
        "es": "Salir",
        "qu": "Salir",
        "ay": "Salir",
        "en": None,
    }


def test_a_message_translates_the_messages_in_its_parameters() -> None:
    message = Message("Page %(page)s of %(pages)s", {"page": Message("Next"), "pages": 2})
    with i18n.using_language("es"):
        assert i18n.gettext(message) == "Página Siguiente de 2"
    with i18n.using_language("en"):
        assert i18n.gettext(message) == "Page Next of 2"
    assert str(message.params["page"]) == "Next"


def test_plural_forms_follow_the_number() -> None:
    with i18n.using_language("es"):
        assert i18n.ngettext("%(num)s row", "%(num)s rows", 1) == "1 fila"
        assert i18n.ngettext("%(num)s row", "%(num)s rows", 0) == "0 filas"
    with i18n.using_language("en"):
        assert i18n.ngettext("%(num)s row", "%(num)s rows", 1) == "1 row"
        assert i18n.ngettext("%(num)s row", "%(num)s rows", 5) == "5 rows"


def test_a_text_without_parameters_may_hold_a_percent_sign() -> None:
    with i18n.using_language("en"):
        assert i18n.gettext("Moisture at most 12 % de") == "Moisture at most 12 % de"


def test_the_language_is_the_user_s_then_the_session_s_then_the_browser_s(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/").text == "es"
    assert client.get("/", headers={"Accept-Language": "en-US,en;q=0.9"}).text == "en"
    assert client.get("/", headers={"Accept-Language": "de"}).text == "es"
    client.get("/choose/en")
    assert client.get("/", headers={"Accept-Language": "es"}).text == "en"
    client.get("/choose/xx")
    assert client.get("/", headers={"Accept-Language": "en"}).text == "en"

    class User:
        language = "es"

    def load_user() -> None:
        g.user = User()

    app.before_request_funcs[None].insert(0, load_user)
    assert client.get("/", headers={"Accept-Language": "en"}).text == "es"


def test_templates_escape_what_is_not_from_a_catalogue(app: Flask) -> None:
    template = app.jinja_env.from_string(
        "{% autoescape true %}{{ _(name) }}|{{ _('Page %(page)s of %(pages)s', page=name, pages=2) }}"
        "|{{ _(message) }}|{% trans n=2 %}{{ n }} row{% pluralize %}{{ n }} rows{% endtrans %}{% endautoescape %}"
    )
    with app.app_context():
        g.language = "es"
        shown = template.render(name="<b>", message=Message("Note"))
    assert shown == "&lt;b&gt;|Página &lt;b&gt; de 2|Aviso|2 rows"
    assert isinstance(Markup(shown), str)
