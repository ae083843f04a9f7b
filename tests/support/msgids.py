"""Finds every text that has to be translated: marked ones in the code, marked ones and macro arguments in templates."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent.parent
#: Functions and classes that mark the text they take first.
FUNCTIONS = ("_", "N_", "gettext", "ngettext", "Message")
#: The same in templates, as Babel wants it: the places of the texts.
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}
#: Arguments that macros translate: positions, and names that mean a text in every macro.
MACRO_POSITIONS: Mapping[str, tuple[int, ...]] = {
    "bar_chart": (1, 2),
    "data_table": (0,),
    "details": (0,),
    "empty_state": (0, 2),
    "link_button": (1,),
    "notice": (0,),
    "page_heading": (0,),
    "post_button": (1,),
    "section_heading": (0,),
    "submit": (0,),
    "table": (0,),
    "tag": (0,),
    "cell": (1,),
    "row_header": (1,),
    "filter_select": (1,),
    "filter_text": (1,),
    "steps": (),
    "breadcrumbs": (),
    "summary_list": (),
    "key_figures": (),
}
#: Macros that take a list whose items, or their first parts, are texts; and where the list stands.
MACRO_LISTS: Mapping[str, int] = {
    "table": 1,
    "data_table": 1,
    "steps": 0,
    "breadcrumbs": 0,
    "summary_list": 0,
    "key_figures": 0,
}
MACRO_NAMES = (
    "label",
    "hint",
    "caption",
    "confirm",
    "empty",
    "value_label",
    "baseline_label",
    "row_label",
    "blank",
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)")

Msgid = str | tuple[str, ...]


@cache
def extract_msgids(root: Path = ROOT) -> dict[Msgid, str]:
    """Return every msgid (a pair for plurals) with one place where it stands."""
    found: dict[Msgid, str] = {}
    for path in sorted((root / "chain").rglob("*.py")):
        for line, text in _code_texts(path):
            found.setdefault(text, f"{path.relative_to(root)}:{line}")
    for path in sorted((root / "templates").rglob("*.html")):
        for line, text in [*_template_texts(path), *_macro_texts(path)]:
            found.setdefault(text, f"{path.relative_to(root)}:{line}")
    return found


def _code_texts(path: Path) -> Iterator[tuple[int, Msgid]]:
    # Python's own parser rather than Babel's tokens: Babel takes `Message(row["key"])` for a text.
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        count = 2 if name == "ngettext" else 1
        words = [arg.value for arg in call.args[:count] if isinstance(arg, ast.Constant)]
        texts = tuple(word for word in words if isinstance(word, str))
        if name in FUNCTIONS and len(texts) == count:
            yield call.lineno, texts if count > 1 else texts[0]


def _template_texts(path: Path) -> Iterator[tuple[int, Msgid]]:
    options = {"newstyle_gettext": "true", "silent": "false", "trimmed": "false"}
    method: Any = babel_extract
    for line, text, _comments, _context in extract_from_file(
        method, path, keywords=KEYWORDS, options=options
    ):
        words = tuple(filter(None, text)) if isinstance(text, tuple) else (text,)
        if words and words[0]:
            yield line, words if len(words) > 1 else words[0]


def _macro_texts(path: Path) -> Iterator[tuple[int, str]]:
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        path.read_text(encoding="utf-8")
    )
    for call in tree.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Getattr):
            continue
        arguments = [call.args[at] for at in MACRO_POSITIONS.get(call.node.attr, ()) if at < len(call.args)]
        if call.node.attr in MACRO_POSITIONS or call.node.attr.endswith(
            ("_field", "radios", "_tiles", "checkbox", "checkboxes")
        ):
            arguments += [pair.value for pair in call.kwargs if pair.key in MACRO_NAMES]
        for argument in arguments:
            if (
                isinstance(argument, nodes.Const)
                and isinstance(argument.value, str)
                and argument.value.strip()
            ):
                yield argument.lineno, argument.value


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders of a text."""
    return set(_PLACEHOLDER.findall(text))


def catalogues(language: str, root: Path = ROOT) -> dict[str, dict[Msgid, tuple[str, ...]]]:
    """Return area → msgid (a pair for plurals) → translations, as the files have them."""
    found: dict[str, dict[Msgid, tuple[str, ...]]] = {}
    for path in sorted((root / "chain" / "translations" / language).glob("*.po")):
        with path.open("rb") as file:
            entries = list(read_po(file))
        found[path.stem] = {
            (entry.id if isinstance(entry.id, str) else tuple(entry.id)): (
                (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            )
            for entry in entries
            if entry.id != ""
        }
    return found
