"""Lists on pages and in files: which page the address asks for, and the rows of all pages."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from flask import request

from chain.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, PageRequest

T = TypeVar("T")

#: Pages of a file: 100,000 rows, more than any list here has and no more than a spreadsheet opens with ease.
MAX_FILE_PAGES = 500


def page_wanted(size: int = DEFAULT_PAGE_SIZE, *, name: str = "page", sortable: bool = False) -> PageRequest:
    """Return the page that the address asks for by `?page=` (or another name) and, of a list that can be sorted, `?sort=`."""
    sort = request.args.get("sort") or None
    return PageRequest(request.args.get(name, 1, int), size, sort=sort if sortable else None)


def every_row(fetch: Callable[[PageRequest], Page[T]], *, pages: int = MAX_FILE_PAGES) -> Iterator[T]:
    """Return the rows of all pages of a list, for a file; of at most `pages` pages of 200."""
    for number in range(1, pages + 1):
        page = fetch(PageRequest(number, MAX_PAGE_SIZE))
        yield from page.items
        if not page.has_next:
            return
