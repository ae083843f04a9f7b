"""House rules that a machine can check: imports, sizes, guards of views, nothing left unfinished."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support import databases, postgres

ROOT = Path(__file__).parent.parent
SOURCES = ("chain", "tests", "bench", "scripts", "migrations")
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "Not" + "ImplementedError")) + r")\b")
SKIPPED = re.compile(
    r"pytest\.(?:mark\.)?(?:" + "|".join(("sk" + "ip", "skip" + "if", "x" + "fail")) + r")\b"
)

#: Views that need no sign-in, each for a reason.
PUBLIC = {
    "static",  # style sheets and scripts
    "home.home",  # leads visitors to the sign-in
    "home.healthz",  # supervisors
    "home.readyz",  # load balancers
    "accounts.sign_in_form",  # where one signs in
    "accounts.sign_in_submit",
    "accounts.sign_out_submit",  # ends whatever there is
    "accounts.set_language",  # visitors read too
    "portal.unsubscribe_form",  # whoever holds the link of a mail
    "portal.unsubscribe_submit",
    "api-docs.openapi_json",  # the description of the API holds no data
    "home.api_page",  # the same, readable
    "prices.price_list",  # past prices are for everybody
    "prices.price_file",
    "prices.price_sheet",
    "published_prices_api.price_list",
    "papers.verify_paper",  # the QR code of a paper: whoever holds it may check it
    "papers.code_check",  # the signed code of a paper, the same
    "papers.key_list",  # public keys are public
    "paper_keys_api.key_list",
    "payin_webhooks_api.notice_take",  # the card provider, whose signature is checked
    "sales.contract_check",  # the QR code of a contract, the same
}


def _python_files() -> Iterator[Path]:
    for folder in SOURCES:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_imports_keep_to_the_layers() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_longer_than_the_house_allows() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
        and "migrations" not in path.parts
    }
    assert not long


def test_no_function_is_longer_than_the_house_allows() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _python_files()
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert not long


def test_nothing_is_left_unfinished_and_no_test_is_left_out() -> None:
    marks = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in _python_files()
        for pattern in (UNFINISHED, SKIPPED)
        if (found := pattern.search(path.read_text(encoding="utf-8")))
    ]
    assert not marks


@pytest.fixture(scope="module")
def bare_app() -> Flask:
    """The application over a database that nobody asks."""
    return databases.make_app(f"sqlite:///{postgres.run_dir() / 'contracts.db'}")


def _unguarded(app: Flask) -> Iterator[str]:
    for endpoint, view in app.view_functions.items():
        if endpoint in PUBLIC:
            continue
        view_class = getattr(view, "view_class", None)
        parts = (
            [view]
            if view_class is None
            else [getattr(view_class, name.lower()) for name in view_class.methods or ()]
        )
        if not all(hasattr(part, "needs_permission") for part in parts):
            yield endpoint


def test_every_view_is_guarded_or_public_for_a_reason(bare_app: Flask) -> None:
    assert sorted(_unguarded(bare_app)) == []


def test_every_post_of_a_page_needs_its_token(bare_app: Flask) -> None:
    csrf = bare_app.extensions["csrf"]
    exempt = {getattr(item, "name", item) for item in csrf._exempt_blueprints | csrf._exempt_views}
    assert exempt
    # the one-click way out of mails, which mail programs post without a cookie
    exempt.discard("chain.portal.views.alerts.unsubscribe_submit")
    assert all(name.endswith("_api") for name in exempt)
