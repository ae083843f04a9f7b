"""`chain match`: matches a table of lots with a table of demands; needs no database."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from chain.core.catalogues import translate
from chain.core.collector import tune_collector
from chain.core.i18n import N_, Message
from chain.core.tables import Table, UnusableFile, safe_cell
from chain.grading.cli_tools import (
    EXIT_BAD_ROWS,
    deliver,
    list_bad_rows,
    open_table,
    stop,
    tell,
    with_progress,
)
from chain.matching.csv_files import (
    KILOGRAM_DECIMALS,
    MICRON_DECIMALS,
    BadCell,
    price_decimals_of,
    read_demands,
    read_freight,
    read_lots,
)
from chain.matching.rules.checks import InstanceRefused
from chain.matching.rules.engine import DEFAULT_GAP, DEFAULT_TIME_LIMIT, solve
from chain.matching.rules.instance import DemandAsk, Instance, LotOffer
from chain.matching.rules.misses import Misses
from chain.matching.rules.solution import Solution
from chain.matching.rules.words import Names, amount, explain_match, explain_miss, kilograms

AREA = "matching*"
MATCH_COLUMNS = (
    "lot_id",
    "demand_id",
    "buyer",
    "quantity_kg",
    "price",
    "freight",
    "net_price",
    "value",
    "explanation",
)
UNMATCHED_COLUMNS = (
    "lot_id",
    "quantity_kg",
    "demand_id",
    "condition",
    "by",
    "price_offered",
    "price_needed",
    "explanation",
)

UNUSABLE = N_("%(file)s: %(problem)s")
BAD_ROW = N_("%(file)s, row %(row)s, column %(column)s: %(reason)s")
NOTHING_WRITTEN = N_("Nothing was written: %(count)s cells could not be read.")
REFUSED = N_("The tables cannot be matched: %(problem)s.")
SUMMARY = N_("Lots matched: %(lots)s of %(all)s, %(kilograms)s kg into %(demands)s demands.")
NOBODY_ASKS = N_("Nobody asks for this product.")
OF_DEMANDS = N_("Demands that take nothing because their least quantity is not reached: %(demands)s.")

Item = TypeVar("Item")
Reader = Callable[[Table, int], tuple[list[Item], list[BadCell]]]


@click.command("match")
@click.argument("lots", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("demands", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the matches here, not to the terminal.",
)
@click.option(
    "--unmatched",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here what stays over, and what each lot missed most narrowly.",
)
@click.option(
    "--freight",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What a kilogram's way costs: a table with centre, buyer, cost_per_kg.",
)
@click.option(
    "--gap",
    type=click.FloatRange(0, 1),
    default=DEFAULT_GAP,
    show_default=True,
    help="Share of the best possible value within which whole lots and least quantities are good enough.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIME_LIMIT,
    show_default=True,
    help="Seconds after which the best answer found so far is taken.",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the reasons."
)
def match(  # noqa: PLR0917 — click hands over one argument per option
    lots: Path,
    demands: Path,
    out: Path | None,
    unmatched: Path | None,
    freight: Path | None,
    gap: float,
    time_limit: float,
    language: str,
) -> None:
    """Match lots with demands so that the producers together receive most; no database is needed.

    LOTS has the columns lot_id, commodity, quantity_kg, grade, colour, micron, claim, centre, reserve_price, divisible (and
    registered_at, seller if you like). DEMANDS has demand_id, buyer, grades, colours, micron_min, micron_max, claim,
    centres, price, min_kg, max_kg (and commodity, sellers, freight_by). Lists are separated by |, and * or an empty cell
    is any. CSV or Excel. Example:

    \b
        chain match lots.csv demands.csv --freight freight.csv --out matches.csv --unmatched rest.csv

    Prints the value, the status, the gap to the best possible value, and the seconds. Exit code 0: done. 1: the cells
    listed on stderr could not be read, and nothing was written. 2: a file cannot be used.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    tune_collector()
    instance, decimals = _open(lots, demands, freight, language)
    try:
        solution = solve(instance, time_limit=time_limit, gap=gap)
    except InstanceRefused as refused:
        stop(language, Message(REFUSED, {"problem": refused}))
    report = _Report(instance, solution, decimals, language)
    if unmatched is not None:
        deliver(_table(UNMATCHED_COLUMNS, report.left_over()), unmatched, language)
    deliver(_table(MATCH_COLUMNS, report.matches()), out, language)
    report.summarise(to_stderr=out is None)


def _open(lots: Path, demands: Path, freight: Path | None, language: str) -> tuple[Instance, int]:
    """Read the tables, or name every cell that cannot be read and stop; return the decimals of prices too."""
    files = [file for file in (lots, demands, freight) if file is not None]
    tables = {file: open_table(file, language) for file in files}
    decimals = price_decimals_of(list(tables.values()))
    problems: list[Message] = []

    def read(file: Path, reader: "Reader[Item]") -> list[Item]:
        try:
            items, bad = reader(tables[file], decimals)
        except UnusableFile as refused:
            stop(language, Message(UNUSABLE, {"file": file.name, "problem": refused.message}))
        for one in bad:
            place = {"file": file.name, "row": one.row, "column": one.column, "reason": one.reason}
            problems.append(Message(BAD_ROW, place))
        return items

    ways = read(freight, read_freight) if freight else []
    instance = Instance(read(lots, read_lots), read(demands, read_demands), ways)
    if problems:
        list_bad_rows(problems, language)
        tell(language, Message(NOTHING_WRITTEN, {"count": len(problems)}))
        sys.exit(EXIT_BAD_ROWS)
    return instance, decimals


class _Report:
    """The rows of both tables, and what is printed."""

    def __init__(self, instance: Instance, solution: Solution, decimals: int, language: str) -> None:
        self.instance, self.solution = instance, solution
        self.lots: dict[str, LotOffer] = {one.id: one for one in instance.lots}
        self.demands: dict[str, DemandAsk] = {one.id: one for one in instance.demands}
        self._decimals, self._language = decimals, language
        self._names = Names(colour=str, price_decimals=decimals, micron_decimals=MICRON_DECIMALS)

    def matches(self) -> Iterator[Sequence[object]]:
        """Return a row for each part of a lot that goes to a demand."""
        for flow in with_progress(self.solution.flows, len(self.solution.flows)):
            lot, demand = self.lots[flow.lot_id], self.demands[flow.demand_id]
            yield (
                flow.lot_id,
                flow.demand_id,
                demand.buyer,
                kilograms(flow.quantity),
                self._price(flow.price),
                self._price(flow.freight),
                self._price(flow.net),
                self._value(flow.value),
                self._sentences(explain_match(flow, lot, demand, self._names)),
            )

    def left_over(self) -> Iterator[Sequence[object]]:
        """Return a row for each lot of which something stays over."""
        misses = Misses(self.instance, self.solution)
        for rest in with_progress(self.solution.unmatched, len(self.solution.unmatched)):
            lot = self.lots[rest.lot_id]
            miss = misses.nearest(lot)
            if miss is None:
                nobody = self._sentences([Message(NOBODY_ASKS)])
                yield rest.lot_id, kilograms(rest.quantity), "", "", "", "", "", nobody
                continue
            yield (
                rest.lot_id,
                kilograms(rest.quantity),
                miss.demand_id,
                miss.condition.value,
                _cell(self._names.by(miss.unmet[0])),
                "" if miss.offered is None else self._price(miss.offered),
                "" if miss.price is None else self._price(miss.price),
                self._sentences(explain_miss(miss, lot, self.demands[miss.demand_id], self._names)),
            )

    def summarise(self, *, to_stderr: bool) -> None:
        """Print what a script wants in words that never change, then a sentence for people."""
        solution = self.solution
        for line in (
            f"value: {self._value(solution.value)}",
            f"bound: {self._value(solution.bound)}",
            f"status: {solution.status.value}",
            f"gap: {solution.gap:.6f}",
            f"seconds: {solution.seconds:.3f}",
        ):
            click.echo(line, err=to_stderr)
        counts = {
            "lots": len({flow.lot_id for flow in solution.flows}),
            "all": len(self.lots),
            "kilograms": kilograms(sum(flow.quantity for flow in solution.flows)),
            "demands": len(solution.quantity_by_demand),
        }
        tell(self._language, Message(SUMMARY, counts))
        if solution.dropped:
            tell(self._language, Message(OF_DEMANDS, {"demands": ", ".join(solution.dropped)}))

    def _sentences(self, messages: Iterable[Message]) -> str:
        return " ".join(translate(self._language, one, AREA) for one in messages)

    def _price(self, parts: int) -> Decimal:
        return amount(parts, self._decimals)

    def _value(self, value: int) -> Decimal:
        """Return an exact value of grams times parts of a price in main units."""
        return amount(value, self._decimals + KILOGRAM_DECIMALS)


def _cell(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(str(cell)) for cell in row])
    return output.getvalue()
