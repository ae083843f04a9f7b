"""Price grids as data: grade × length class × colour group → a price, a refusal, or nothing. Pure.

A published grid is a file in `price_grids/`; an organisation's own is a document of the same words in the database. Prices are
Decimal in the currency's main unit per kilogram, pound or litre; an amount is whole minor units, rounded half up once per line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from chain.core.i18n import N_, Message
from chain.core.money import CURRENCIES, round_half_up
from chain.core.quantity import GRAMS_PER_POUND
from chain.grading.node import IS_MISSING, NONE_OF, Node
from chain.grading.result import GradeResult
from chain.grading.scheme import Names, Source, Strength

KIND = "price-grid"
MAX_CELLS = 5_000
MAX_PRICE = Decimal(1_000_000)
#: Currencies of published grids beside those of the product, with their decimals (ISO 4217).
DECIMALS: Mapping[str, int] = {**CURRENCIES, "AUD": 2}
#: The unit of a price → grams or millilitres in it.
UNITS: Mapping[str, Decimal] = {"kg": Decimal(1000), "lb": GRAMS_PER_POUND, "l": Decimal(1000)}

NO_GRADE = N_("Without a class there is no price.")
NO_CELL = N_("The grid says nothing about this class, length and colour.")
CELL_REFUSED = N_("The buyer does not take this class at this length and colour.")
NO_VALUE = N_("The buyer pays nothing for this class at present.")
NO_COLOUR = N_("The price depends on the colour, and the colour is missing.")
COLOUR_UNPLACED = N_("The grid does not say in which colour group “%(colour)s” belongs.")
TWICE = N_("the same class, length and colour stand here twice")
TOO_MANY = N_("a grid has at most %(limit)s cells")
PRICE_RANGE = N_("%(price)s is no price: it must lie above 0 and have at most %(places)s decimals")


class CellOutcome(StrEnum):
    """What a cell of a grid says."""

    PRICED = "priced"
    REFUSED = "refused"
    NO_VALUE = "no-value"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; a length class or colour group of None holds for any."""

    grade: str
    length_class: str | None
    colour_group: str | None
    outcome: CellOutcome
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ColourGroup:
    """Colours that are paid alike; `colours` are keys of a colour list."""

    key: str
    names: Names
    colours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceGrid:
    """Who pays what for which class. `cells` are found by `(grade, length_class, colour_group)`."""

    key: str
    edition: str
    commodity: str
    status: Strength
    label: Names
    sources: tuple[Source, ...]
    currency: str
    #: kg, lb or l
    unit: str
    #: None: the grid does not say whether tax is in the price
    tax_included: bool | None
    #: scheme and edition of the classes
    grades_from: tuple[str, str]
    colour_groups: tuple[ColourGroup, ...]
    cells: Mapping[tuple[str, str | None, str | None], Cell]
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`grid@edition`."""
        return f"{self.key}@{self.edition}"

    def group_of(self, colour: str) -> str | None:
        """Return the colour group of a colour key; None when the grid does not place it."""
        return next((group.key for group in self.colour_groups if colour in group.colours), None)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What is priced: a class of the grid's scheme, its length class, its colour or colour group, grams or millilitres.

    Lots have whole grams; a file in pounds may have parts of one, so that 100 lb are paid as 100 lb.
    """

    grade: str | None
    length_class: str | None = None
    colour_group: str | None = None
    colour: str | None = None
    quantity: int | Decimal | None = None
    #: codes of the classification, so that a refusal by the scheme stays one
    codes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Priced:
    """A price per unit, and the amount in minor units when a quantity was given."""

    grade: str
    length_class: str | None
    colour_group: str | None
    price: Decimal
    currency: str
    unit: str
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """No price, with the reason; `code` is refused, no_value, no_grade, no_cell, no_colour or colour_unplaced."""

    grade: str | None
    length_class: str | None
    colour_group: str | None
    code: str
    reason: Message


def price_row(
    result: GradeResult, *, colour: str | None = None, quantity: int | Decimal | None = None
) -> PriceRow:
    """Return what a classification gives to a grid; `colour` is the processing colour."""
    length = result.length_class.key if result.length_class else None
    return PriceRow(result.key, length_class=length, colour=colour, quantity=quantity, codes=result.codes)


def price(grid: PriceGrid, row: PriceRow) -> Priced | Refused:
    """Price one row. A cell for any length or any colour is found after the exact one; a missing colour is never guessed."""
    if row.grade is None:
        return _refused(row, None, "no_grade", Message(NO_GRADE))
    group = row.colour_group
    if group is None and row.colour is not None:
        group = grid.group_of(row.colour)
    cell = _find(grid, row.grade, row.length_class, group)
    if cell is None:
        return _without_cell(grid, row, group)
    if cell.outcome is CellOutcome.REFUSED:
        return _refused(row, group, "refused", Message(CELL_REFUSED))
    if cell.price is None:
        return _refused(row, group, "no_value", Message(NO_VALUE))
    return Priced(
        row.grade,
        row.length_class,
        group,
        cell.price,
        grid.currency,
        grid.unit,
        None if row.quantity is None else amount_minor(grid, cell.price, row.quantity),
    )


def price_of_step(grid: PriceGrid, result: GradeResult, row: PriceRow) -> Priced | None:
    """Return what the same lot would have been paid one class finer; None where there is no such class or no such price.

    For the producer: one sentence says why and the step to the next class, this says what the step is worth.
    """
    finer = result.distance.finer if result.distance else None
    if finer is None or result.key is None:
        return None
    found = price(grid, replace(row, grade=finer))
    return found if isinstance(found, Priced) else None


def amount_minor(grid: PriceGrid, unit_price: Decimal, quantity: int | Decimal) -> int:
    """Return minor units for grams or millilitres at a price per unit: multiplied exactly, rounded half up once."""
    minor = unit_price.scaleb(DECIMALS[grid.currency])
    return round_half_up(minor * quantity / UNITS[grid.unit])


def _find(grid: PriceGrid, grade: str, length: str | None, group: str | None) -> Cell | None:
    for wanted in ((grade, length, group), (grade, None, group), (grade, length, None), (grade, None, None)):
        found = grid.cells.get(wanted)
        if found is not None:
            return found
    return None


def _without_cell(grid: PriceGrid, row: PriceRow, group: str | None) -> Refused:
    depends_on_colour = any(
        cell.colour_group is not None for cell in grid.cells.values() if cell.grade == row.grade
    )
    if group is None and depends_on_colour:
        if row.colour is None:
            return _refused(row, None, "no_colour", Message(NO_COLOUR))
        return _refused(row, None, "colour_unplaced", Message(COLOUR_UNPLACED, {"colour": row.colour}))
    return _refused(row, group, "no_cell", Message(NO_CELL))


def _refused(row: PriceRow, group: str | None, code: str, reason: Message) -> Refused:
    return Refused(row.grade, row.length_class, group, code, reason)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_grid(document: Any, *, name: str = "document") -> PriceGrid:
    """Read a parsed document, from a file or from an organisation.

    Raises:
        SchemeFileError: naming the path of the first bad value.
    """
    node = Node(name, "", document)
    if node.text("kind") != KIND:
        node.refuse("kind", NONE_OF, found=node.text("kind"), options=KIND)
    currency, unit = node.text("currency"), node.text("unit")
    if currency not in DECIMALS:
        node.refuse("currency", NONE_OF, found=currency, options=", ".join(DECIMALS))
    if unit not in UNITS:
        node.refuse("unit", NONE_OF, found=unit, options=", ".join(UNITS))
    groups = _groups(node)
    grades = node.child("grades_from")
    return PriceGrid(
        key=node.text("scheme"),
        edition=node.text("edition"),
        commodity=node.text("commodity"),
        status=node.strength(),
        label=node.names("label"),
        sources=tuple(
            Source(one.text("id"), one.text("what"), one.text_or_none("url"), one.strength())
            for one in node.children("sources")
        ),
        currency=currency,
        unit=unit,
        tax_included=node.child("tax").flag("included", default=False) if "tax" in node.value else None,
        grades_from=(grades.text("scheme"), grades.text("edition")),
        colour_groups=groups,
        cells=_cells(node, tuple(one.key for one in groups), DECIMALS[currency]),
        notes=node.texts("notes"),
    )


def _groups(node: Node) -> tuple[ColourGroup, ...]:
    if "colour_groups" not in node.value:
        return ()
    group = node.child("colour_groups")
    found = {key: group.child(key) for key in group.value}
    return tuple(
        ColourGroup(key, {"es": one.text("es"), "en": one.text("en")}, one.texts("colours"))
        for key, one in found.items()
    )


def _cells(
    node: Node, groups: tuple[str, ...], places: int
) -> Mapping[tuple[str, str | None, str | None], Cell]:
    cells: dict[tuple[str, str | None, str | None], Cell] = {}
    for child in node.children("cells"):
        cell = _cell(child, groups, places)
        at = (cell.grade, cell.length_class, cell.colour_group)
        if at in cells:
            child.refuse("", TWICE)
        cells[at] = cell
        if len(cells) > MAX_CELLS:
            node.refuse("cells", TOO_MANY, limit=MAX_CELLS)
    if not cells:
        node.refuse("cells", IS_MISSING)
    return cells


def _cell(node: Node, groups: tuple[str, ...], places: int) -> Cell:
    outcome = node.choice("outcome", CellOutcome)
    found = node.decimal_or_none("price")
    if (found is not None) != (outcome is CellOutcome.PRICED):
        node.refuse("price", IS_MISSING if found is None else N_("only a priced cell has a price"))
    if found is not None and not (0 < found <= MAX_PRICE and found == round(found, places)):
        node.refuse("price", PRICE_RANGE, price=str(found), places=str(places))
    group = node.text_or_none("colour_group")
    if group is not None and group not in groups:
        node.refuse("colour_group", NONE_OF, found=group, options=", ".join(groups))
    return Cell(node.text("grade"), node.text_or_none("length_class"), group, outcome, found)
