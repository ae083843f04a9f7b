"""What the measurements share: databases of their own, a table, medians."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.support import databases, postgres

SEED = 20251205
KINDS: tuple[databases.Kind, ...] = databases.chosen_kinds()


@contextmanager
def run_folder() -> Iterator[None]:
    """Make the folder of the run; a PostgreSQL server starts in it when it is needed, and both go at the end."""
    folder = postgres.make_run_dir()
    try:
        yield
    finally:
        postgres.remove_run_dir(folder)


@contextmanager
def database(kind: databases.Kind, content: databases.Content = "cast") -> Iterator[databases.Database]:
    """Make a database of one measurement."""
    made = databases.create_database(kind, content)
    try:
        yield made
    finally:
        made.drop()


def timed(function: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median_of(repeats: int, function: Callable[[], float]) -> float:
    """Return the median of several runs."""
    return statistics.median(function() for _ in range(repeats))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, to be pasted into docs/performance.md."""
    widths = [max(len(row[column]) for row in [headers, *rows]) for column in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    print(f"\n{title}\n")
    print(line(headers))
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for row in rows:
        print(line(row))
