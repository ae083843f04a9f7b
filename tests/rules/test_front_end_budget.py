"""The style sheets and scripts stay small, and no template breaks the Content Security Policy."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STYLES_LIMIT = 14_000
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
