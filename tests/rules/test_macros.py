"""The macros: fields tied to their labels, hints and errors, refusals linked, users' words always escaped."""

from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from wtforms import DateField, RadioField, StringField

from chain.core.i18n import N_
from chain.web.formats import init_formats, local_day
from chain.web.forms import BaseForm, ClientIdField, NumberField, option, required
from chain.web.i18n import init_i18n, using_language
from tests.support.msgids import ROOT

IMPORTS = (
    '{% import "macros/forms.html" as f %}{% import "macros/layout.html" as l %}'
    '{% import "macros/tables.html" as t %}{% import "macros/charts.html" as c %}'
)


class Delivery(BaseForm):
    """A form with one field of each sort that matters here."""

    id = ClientIdField()
    producer = StringField(N_("Producer"), [required])
    gross = NumberField(N_("Gross weight"), description=N_("In kilograms"))
    colour = RadioField(N_("Colour"), [required], choices=[option("N", "Black"), option("B", "White")])
    brought_on = DateField(N_("Day"))


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config["SECRET_KEY"] = "only for this test"
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    CSRFProtect(app)
    init_i18n(app)
    init_formats(app)
    return app


def render(app: Flask, source: str, **context: object) -> str:
    with app.test_request_context("/lots?state=open&page=2"), using_language("en"):
        if "form" in source:
            form = Delivery(MultiDict({"producer": "<b>Juana</b>", "gross": "abc"}), meta={"csrf": False})
            form.validate()
            context["form"] = form
        return render_template_string(IMPORTS + source, **context)


def test_an_error_stands_at_its_field_and_in_the_linked_summary(app: Flask) -> None:
    page = render(app, "{{ f.error_summary(form) }}{{ f.decimal_field(form.gross, suffix='kg') }}")
    assert '<a href="#gross">Gross weight: “abc” is not a number.' in page
    assert 'aria-describedby="gross-hint gross-error" aria-invalid="true"' in page
    assert 'inputmode="decimal"' in page
    assert 'value="abc"' in page
    assert '<label class="govuk-label" for="gross">' in page


def test_what_a_user_typed_is_escaped(app: Flask) -> None:
    page = render(
        app, "{{ f.text_field(form.producer) }}{{ l.notice(words) }}{{ l.tag(words) }}", words="<i>x</i>"
    )
    assert "&lt;b&gt;Juana&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_form_carries_its_hidden_fields_and_the_csrf_token(app: Flask) -> None:
    page = render(app, "{% call f.post_form(form=form) %}{{ f.submit('Save') }}{% endcall %}")
    assert page.count('name="csrf_token"') == 1
    assert page.count('name="id"') == 1
    assert "novalidate" in page


def test_a_refused_choice_links_to_its_first_tile(app: Flask) -> None:
    page = render(
        app,
        "{{ f.error_summary(form) }}{{ f.radio_tiles(form.colour, swatches={'N': 'black'}, codes={'N': 'N'}) }}",
    )
    assert 'href="#colour"' in page
    assert '<input class="tile__input" type="radio" id="colour"' in page
    assert 'class="swatch swatch--black"' in page
    assert "Black" in page


def test_only_fields_that_may_stay_empty_say_so(app: Flask) -> None:
    page = render(app, "{{ f.text_field(form.producer) }}")
    assert "(optional)" not in page
    assert "(optional)" in render(app, "{{ f.decimal_field(form.gross) }}")


def test_a_table_names_each_value_for_phones_and_aligns_numbers(app: Flask) -> None:
    page = render(app, "{{ t.data_table('Lots', ['Lot', ('Net', 'numeric')], [['L-1', '12 kg']]) }}")
    assert '<th scope="row" class="govuk-table__header" data-label="Lot">L-1</th>' in page
    assert '<td class="govuk-table__cell govuk-table__cell--numeric" data-label="Net">12 kg</td>' in page


def test_paging_keeps_the_filters(app: Flask) -> None:
    app.add_url_rule("/lots", "lots", lambda: "")
    page = SimpleNamespace(page=2, pages=3, total=1200, has_prev=True, has_next=True)
    shown = render(app, "{{ t.pager(page) }}", page=page)
    assert 'rel="prev" href="/lots?state=open&amp;page=1"' in shown
    assert 'rel="next" href="/lots?state=open&amp;page=3"' in shown
    assert "Page 2 of 3" in shown


@pytest.mark.parametrize(
    ("minor", "currency", "pieces"),
    [(38050, "PEN", ["200", "100", "50", "20", "10", "0.50"]), (2100, "USD", ["20", "1"]), (0, "BOB", [])],
)
def test_an_amount_is_laid_out_in_notes_and_coins(
    app: Flask, minor: int, currency: str, pieces: list[str]
) -> None:
    page = render(app, "{{ l.notes(minor, currency) }}", minor=minor, currency=currency)
    assert [piece for piece in pieces if f">{piece}</span>" not in page] == []
    assert page.count('class="note ') + page.count('class="coin ') == len(pieces)


def test_a_chart_says_in_a_table_what_it_draws(app: Flask) -> None:
    rows = [
        {"label": "2025", "value": 1500, "text": "S/ 15.00", "baseline": 1000, "baseline_text": "S/ 10.00"}
    ]
    page = render(app, "{{ c.bar_chart(rows, 'Income', 'By season', baseline_label='Baseline') }}", rows=rows)
    assert '<desc id="chart-desc">By season</desc>' in page
    assert page.count("S/ 15.00") == 2
    assert "S/ 10.00</td>" in page


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 418])
def test_an_error_page_needs_no_context(app: Flask, status: int) -> None:
    with app.test_request_context("/"):
        page = app.jinja_env.get_template("errors/error.html").render(status=status, request_id="r-1")
    assert str(status) in page
    assert "r-1" in page
    assert '<html lang="es"' in page


def test_a_calendar_starts_and_ends_where_it_makes_sense(app: Flask) -> None:
    text = "{{ f.date_field(form.brought_on, past=true, start=local_day()) }}"
    with app.test_request_context():
        today = local_day().isoformat()
        page = render_template_string(IMPORTS + text, form=Delivery(formdata=None))
        assert f'value="{today}"' in page
        assert f'max="{today}"' in page
    with app.test_request_context(method="POST"):
        typed = Delivery(formdata=MultiDict({"brought_on": ""}))
        assert "value=" not in render_template_string(
            IMPORTS + text, form=typed
        )  # what was emptied stays empty
        assert f'min="{today}"' in render_template_string(
            IMPORTS + "{{ f.date_field(form.brought_on, future=true) }}", form=typed
        )
