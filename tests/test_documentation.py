"""Nothing that a person can set, call or be refused by is undocumented."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chain.core.config import Settings
from scripts.reference import DOCS, PAGES, commands, refusals

ROOT = Path(__file__).parent.parent


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    text = _text("operating.md")
    missing = [item.metadata["name"] for item in fields(Settings) if f"`{item.metadata['name']}`" not in text]
    assert not missing, "run `make reference`"


def test_every_setting_says_what_it_does() -> None:
    silent = [item.name for item in fields(Settings) if len(str(item.metadata.get("doc", ""))) < 15]
    assert not silent


def test_every_error_code_is_documented() -> None:
    text = _text("errors.md")
    missing = [error.code for error in refusals() if f"`{error.code}`" not in text]
    assert not missing, "run `make reference`"


def test_every_refusal_says_when_it_comes() -> None:
    silent = [error.__qualname__ for error in refusals() if not (error.__doc__ or "").strip()]
    assert not silent


def test_a_code_always_has_the_same_kind() -> None:
    kinds: dict[str, set[str]] = {}
    for error in refusals():
        kinds.setdefault(error.code, set()).add(error.kind)
    assert {code: found for code, found in kinds.items() if len(found) > 1} == {}


def test_every_command_is_documented_and_helps() -> None:
    text = _text("commands.md")
    for name, command, _ in commands():
        assert f"# {name}\n" in text, "run `make reference`"
        assert (command.help or "").strip(), f"{name} says nothing about itself"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_reference_pages_are_what_the_program_says(name: str) -> None:
    assert _text(name) == PAGES[name](), "run `make reference`"


def test_the_targets_of_make_that_documents_name_exist() -> None:
    help_lines = [
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if ":" in line
    ]
    targets = {line.split(":")[0] for line in help_lines}
    for path in [ROOT / "README.md", *DOCS.glob("*.md")]:
        for word in path.read_text(encoding="utf-8").split("`make ")[1:]:
            assert word.split("`")[0].split()[0] in targets, f"{path.name} names make {word[:20]!r}"


def test_the_tests_that_the_architecture_names_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page[page.index("## What always holds") : page.index("## Databases")]
    rows = [line for line in table.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == 10, "one row for each of the ten"
    for row in rows:
        named = re.findall(r"`(tests/[^`]+)`", row)
        assert named, row
        assert not [path for path in named if not (ROOT / path).exists()], row
