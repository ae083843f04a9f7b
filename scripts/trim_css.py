"""Takes out of static/css/govuk.css every rule on a class of govuk-frontend that neither templates nor program name.

Run after `npm run build` (see frontend/README.md): a page is read over 50 kbit/s, and half of the cut would never be used.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLES = ROOT / "static" / "css" / "govuk.css"
#: Rules with blocks of rules inside.
NESTING = ("@media", "@supports")
_CLASS = re.compile(r"\.(govuk-[\w-]+)")
_WORD = re.compile(r"govuk-[\w-]+")
#: A class whose end is put in when the page is made: "govuk-input--width-{{ width }}".
_BEGINNING = re.compile(r"govuk-[\w-]*-(?=\{|['\"] ?~)")


def named() -> tuple[set[str], tuple[str, ...]]:
    """Return the classes that the product names, and the beginnings of those that it puts together."""
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "chain").rglob("*.py"),
        *(ROOT / "static" / "js").glob("*.js"),
        *(path for path in (ROOT / "static" / "css").glob("*.css") if path != STYLES),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return set(_WORD.findall(text)), tuple(sorted(set(_BEGINNING.findall(text))))


def trim(css: str) -> str:
    """Return a compressed style sheet without rules on classes that nobody names."""
    words, beginnings = named()

    def is_used(selector: str) -> bool:
        classes = _CLASS.findall(selector)
        return all(one in words or one.startswith(beginnings) for one in classes)

    return "".join(_kept(css, is_used))


def _kept(css: str, is_used: Callable[[str], bool]) -> Iterator[str]:
    start = 0
    while (opening := css.find("{", start)) >= 0:
        head, closing = css[start:opening], _end_of_block(css, opening)
        body, start = css[opening + 1 : closing], closing + 1
        if head.startswith(NESTING):
            inner = "".join(_kept(body, is_used))
            if inner:
                yield f"{head}{{{inner}}}"
            continue
        kept = [one for one in _selectors(head) if is_used(one)]
        if kept:
            yield f"{','.join(kept)}{{{body}}}"
    yield css[start:]


def _end_of_block(css: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(css)):
        depth += (css[place] == "{") - (css[place] == "}")
        if depth == 0:
            return place
    raise ValueError("a block without its end")


def _selectors(head: str) -> list[str]:
    """Split a list of selectors at its commas, not at those inside brackets."""
    return re.split(r",(?![^()]*\))", head)


def main() -> int:
    """Trim the file in its place; say what it weighs now."""
    css = STYLES.read_text(encoding="utf-8")
    trimmed = trim(css)
    STYLES.write_text(trimmed, encoding="utf-8")
    print(f"{STYLES.relative_to(ROOT)}: {len(css):,} → {len(trimmed):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
