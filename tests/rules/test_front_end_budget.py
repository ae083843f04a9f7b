"""The style sheets and scripts stay small, and no template breaks the Content Security Policy."""

import gzip
import re
from pathlib import Path

import pytest

from scripts.trim_css import STYLES, named, trim

ROOT = Path(__file__).resolve().parent.parent.parent
STYLES_LIMIT = 14_000
#: Classes that govuk-frontend gives no rules, or that pages put together: no rule is missing for them.
WITHOUT_RULES = frozenset(
    {
        "govuk-file-upload--error",
        "govuk-input--width-",
        "govuk-radios",
        "govuk-table__body",
        "govuk-table__head",
        "govuk-table__row",
    }
)
SCRIPT_LIMIT = 2_000
#: Papers that WeasyPrint prints are never sent to a browser and may carry their own style.
PAPERS = ("receipts", "labels")
TEMPLATES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if path.relative_to(ROOT / "templates").parts[0] not in PAPERS
]


def test_the_styles_of_a_page_stay_under_14_kb_compressed() -> None:
    files = [ROOT / "static" / "css" / name for name in ("tokens.css", "govuk.css", "chain.css")]
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) < STYLES_LIMIT


def test_govuk_css_holds_what_pages_use_and_nothing_else() -> None:
    css = STYLES.read_text(encoding="utf-8")
    assert trim(css) == css, "run `python -m scripts.trim_css`"
    own = "".join(path.read_text(encoding="utf-8") for path in STYLES.parent.glob("*.css"))
    styled = set(re.findall(r"\.(govuk-[\w-]+)", own))
    variables = {one for one in named()[0] if one.endswith("-colour")}
    missing = named()[0] - styled - variables - WITHOUT_RULES
    assert not missing, "build govuk.css anew as frontend/README.md tells"


def test_trimming_keeps_what_is_used_beside_what_is_not() -> None:
    css = "@media print{.govuk-nobody{a:b}.govuk-button:not(.x,.y),.govuk-nobody{c:d}}.govuk-input--width-7,a{e:f}.govuk-nobody{}"
    assert trim(css) == "@media print{.govuk-button:not(.x,.y){c:d}}.govuk-input--width-7,a{e:f}"


@pytest.mark.parametrize(
    "name", ["auto-submit", "confirm", "countdown", "find-producer", "bag-lines", "print"]
)
def test_each_small_script_stays_under_2_kb(name: str) -> None:
    assert (ROOT / "static" / "js" / f"{name}.js").stat().st_size < SCRIPT_LIMIT


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_script_or_handler(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"<[a-z][^>]*\s(?:style|on[a-z]+)=|<script(?![^>]*\ssrc=)|<style|javascript:", text)
    assert not found, found


def test_colours_are_named_in_tokens_css_only() -> None:
    text = (ROOT / "static" / "css" / "chain.css").read_text(encoding="utf-8")
    named = re.findall(r"#[0-9a-f]{3,8}\b", text.lower())
    assert set(named) <= {"#fff", "#000"}, named
