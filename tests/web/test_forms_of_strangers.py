"""A form that another site sends, or that is too old, is refused by every page before anything else happens."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule, UnicodeConverter

from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in

#: Mail programs post it without a cookie; all it can do is to stop mails.
ONE_CLICK = "portal.unsubscribe_submit"


def _value(rule: Rule, name: str) -> Any:
    """Return a value that the address takes in this place: one of a list of words, a sample's code, or any id."""
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return "A2B3C4D" if isinstance(converter, UnicodeConverter) else uuid4()


def _pages(app: Flask) -> list[str]:
    """Return an address for every page that takes a form."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == ONE_CLICK:
            continue
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/"):
            values = {name: _value(rule, name) for name in rule.arguments}
            with app.test_request_context():
                found.append(app.url_for(rule.endpoint, **values))
    return found


def test_every_page_refuses_a_form_without_its_token(
    app: Flask, client: ChainClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = _pages(app)
    assert len(pages) > 40
    sign_in(client, cast.everything)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for page in pages:
        response = client.post(page, data={"id": "x"})
        assert response.status_code == 400, page
        assert cast.everything.name in response.text, page


def test_a_visitor_gets_the_same_refusal(
    app: Flask, client: ChainClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for page in _pages(app):
        assert client.post(page, data={"id": "x"}).status_code == 400, page
