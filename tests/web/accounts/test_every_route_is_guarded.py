"""No page and no resource is open by mistake."""

from flask import Flask

from tests.conftest import ChainClient

#: What anybody may open, each for a reason.
PUBLIC = {
    "static": "styles and scripts",
    "home.home": "leads visitors to the sign-in",
    "home.healthz": "for supervisors",
    "home.readyz": "for supervisors",
    "home.api_page": "explains the API",
    "api-docs.openapi_json": "the OpenAPI document",
    "sales.contract_check": "whoever holds a contract checks it by its QR code",
    "papers.verify_paper": "whoever holds a paper checks it by its QR code",
    "papers.code_check": "whoever holds a paper checks its signed code",
    "papers.key_list": "public keys are public",
    "paper_keys_api.key_list": "public keys are public",
    "payin_webhooks_api.notice_take": "the card provider signs what it sends",
    "prices.price_list": "past prices are for everybody",
    "prices.price_file": "past prices are for everybody",
    "prices.price_sheet": "past prices are for everybody",
    "published_prices_api.price_list": "past prices are for everybody",
    "portal.unsubscribe_form": "whoever holds the link of a mail stops the mails",
    "portal.unsubscribe_submit": "the same, also by one click of the mail program",
    "accounts.sign_in_form": "the sign-in",
    "accounts.sign_in_submit": "the sign-in",
    "accounts.sign_out_submit": "ends only the own session",
    "accounts.set_language": "visitors choose a language too",
}


def test_every_route_is_guarded_or_on_the_short_list(app: Flask) -> None:
    open_ones = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "needs_permission")
    }
    assert open_ones == set(PUBLIC)


def test_a_visitor_gets_no_page_without_signing_in(app: Flask, client: ChainClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or rule.arguments or "GET" not in (rule.methods or ()):
            continue
        response = client.get(rule.rule)
        wanted = 401 if rule.rule.startswith("/api/") else 302
        assert response.status_code == wanted, rule.rule
