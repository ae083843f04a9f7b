"""Writes the reference parts of the documentation from the program: settings, commands and error codes.

`make reference` writes them; a test fails when they are not what the program says.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

import chain
from chain.cli import main
from chain.core.config import Settings
from chain.core.errors import DomainError
from chain.web.errors import HTTP_ERRORS, STATUS

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN = "<!-- settings: written by make reference -->"
END = "<!-- settings: end -->"
HELP_WIDTH = 100


def import_everything() -> None:
    """Import every module of the package, so that every refusal is known."""
    for module in pkgutil.walk_packages(chain.__path__, "chain."):
        importlib.import_module(module.name)


# --- Error codes ------------------------------------------------------------------------------------------------------


def refusals() -> list[type[DomainError]]:
    """Return every refusal of the product, by code."""
    import_everything()
    found: set[type[DomainError]] = set()
    waiting = [DomainError]
    while waiting:
        error = waiting.pop()
        if error.__module__.startswith("chain."):
            found.add(error)
        waiting += error.__subclasses__()
    return sorted(found, key=lambda error: (error.code, error.__module__, error.__qualname__))


def errors_page() -> str:
    """Return docs/errors.md."""
    lines = [
        "# Error codes",
        "",
        "Every refusal carries a code that stays the same, a sentence in the caller's language and, where fields are to",
        'blame, sentences per field: `{"code": …, "message": …, "errors": {field: [sentences]}}`. Pages show the same',
        "sentences. This page is written by `make reference` from the classes; a test fails when it is out of date.",
        "",
        "## Refusals of the product",
        "",
        "| code | status | when | sentence (English) |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{error.code}` | {STATUS[error.kind]} | {_cell(_first_paragraph(error.__doc__))} | {_cell(error.text)} |"
        for error in refusals()
    ]
    lines += ["", "## Refusals of HTTP itself", "", "| code | status | sentence (English) |", "|---|---|---|"]
    lines += [
        f"| `{code}` | {status} | {_cell(text)} |" for status, (code, text) in sorted(HTTP_ERRORS.items())
    ]
    return "\n".join(lines) + "\n"


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- Settings ---------------------------------------------------------------------------------------------------------


def settings_table() -> str:
    """Return the table of settings, as it stands in docs/operating.md."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for item in fields(Settings):
        default = item.default
        shown = int(default) if isinstance(default, bool) else default
        lines.append(
            f"| `{item.metadata['name']}` | {f'`{shown}`' if shown != '' else 'empty'} | {item.metadata['doc']} |"
        )
    return "\n".join(lines)


def operating_page() -> str:
    """Return docs/operating.md with the table of settings renewed; the rest is written by hand."""
    path = DOCS / "operating.md"
    text = (
        path.read_text(encoding="utf-8")
        if path.exists()
        else f"# Operating\n\n## Settings\n\n{BEGIN}\n{END}\n"
    )
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


# --- Commands ---------------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield every command with its full name, groups before what they hold."""
    yield from _walk("chain", main, None)


def _walk(
    name: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    context = click.Context(
        command,
        info_name=name.rsplit(" ", maxsplit=1)[-1],
        parent=parent,
        terminal_width=HELP_WIDTH,
        max_content_width=HELP_WIDTH,
    )
    command._help_option = None  # noqa: SLF001 - click keeps the one it made when the command was called without its group
    yield name, command, context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from _walk(f"{name} {child}", found, context)


def commands_page() -> str:
    """Return docs/commands.md."""
    parts = [
        "# Commands",
        "",
        "What `--help` says, of every command. This page is written by `make reference`; a test fails when it is out of",
        "date. Settings come from the environment: see [operating](operating.md).",
    ]
    for name, command, context in commands():
        level = "##" if name.count(" ") < 2 else "###"  # noqa: PLR2004 - commands of a group stand under it
        parts += ["", f"{level} {name}", "", "```text", command.get_help(context).rstrip(), "```"]
    return "\n".join(parts) + "\n"


PAGES = {"errors.md": errors_page, "operating.md": operating_page, "commands.md": commands_page}


def write() -> int:
    """Write every page that changed; say which."""
    DOCS.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        path = DOCS / name
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(write())
