"""What the lot board may be asked, and how an address says it. Pure.

The address is the whole filter, so it can be sent to somebody else. A value that means nothing is refused by name, all
of them at once: a filter that was silently dropped would show lots that nobody asked for.
"""

import unicodedata
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from chain.certification.rules import Claim
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from chain.core.quantity import NotANumber, parse_decimal
from chain.lots.attributes import COLOURS
from chain.lots.products import PRODUCTS
from chain.lots.rules import LotState


class Availability(StrEnum):
    """Whether a lot can be used or sold, from what physically became of it."""

    IN_STOCK = "in_stock"
    AVAILABLE = "available"
    OFFERED = "offered"
    HELD = "held"
    SOLD = "sold"
    USED = "used"
    CANCELLED = "cancelled"
    ALL = "all"


AVAILABILITY_LABELS = {
    Availability.IN_STOCK: N_("In stock"),
    Availability.AVAILABLE: N_("Available"),
    Availability.OFFERED: N_("On offer"),
    Availability.HELD: N_("Held"),
    Availability.SOLD: N_("Sold"),
    Availability.USED: N_("Used up"),
    Availability.CANCELLED: N_("Cancelled"),
    Availability.ALL: N_("All lots"),
}
ORIGIN_LABELS = {"delivery": N_("Delivered by a producer"), "derived": N_("Made of other lots")}
#: How the board can be sorted; "-" in front turns it round.
SORT_LABELS = {
    "-delivered": N_("Newest first"),
    "delivered": N_("Oldest first"),
    "-number": N_("Number, last first"),
    "number": N_("Number"),
    "-quantity": N_("Heaviest first"),
    "quantity": N_("Lightest first"),
    "micron": N_("Finest first"),
    "-micron": N_("Coarsest first"),
    "class": N_("Class"),
    "-class": N_("Class, last first"),
}
DEFAULT_SORT = "-delivered"
#: Names that the list had before the board, which programs and bookmarks still use.
OLD_SORTS = {"delivered_at": "delivered", "-delivered_at": "-delivered"}
UNDETERMINED = "undetermined"
NO_SITE = "none"
MAX_TEXT = 100
MAX_CURSOR = 400
#: Tenths of a micrometre and thousandths of a kilogram or litre beyond which nobody looks.
MAX_MICRON, MAX_QUANTITY = Decimal(200), Decimal(10_000_000)

UNKNOWN = N_("“%(value)s” is not one of the options.")
NOT_A_DAY = N_("“%(value)s” is not a date. Write it like 2026-11-22.")
NOT_A_NUMBER = N_("“%(value)s” is not a number. Write 12.5 or 12,5, without thousands separators.")
NOT_BETWEEN = N_("Write a number from %(low)s to %(high)s.")
TURNED_ROUND = N_("The first value is above the second one.")
TEXT_TOO_LONG = N_("Write at most %(limit)s characters.")
UNKNOWN_CLASS = N_("We do not know the class “%(value)s”.")


@dataclass(frozen=True, slots=True)
class ClassWanted:
    """A class of some scheme. With `low` or `high`, lots of other schemes whose micron lies there belong to it too."""

    scheme: str
    edition: str
    key: str
    #: tenths of a micrometre, both included; null: open
    low: int | None = None
    high: int | None = None

    @property
    def is_measured(self) -> bool:
        """Whether a mean micron alone puts a lot into the class."""
        return self.low is not None or self.high is not None

    @property
    def word(self) -> str:
        """The class as the address has it."""
        return f"{self.scheme}@{self.edition}:{self.key}"


ClassFinder = Callable[[str], ClassWanted | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilters:
    """Which lots are wanted; None is any. Ranges include both ends."""

    availability: Availability = Availability.IN_STOCK
    text: str | None = None
    commodity: str | None = None
    wanted_class: ClassWanted | None = None
    #: a class of whatever scheme by its key alone, or "undetermined"
    grade_key: str | None = None
    colours: tuple[str, ...] = ()
    micron_from: int | None = None
    micron_to: int | None = None
    quantity_from: int | None = None
    quantity_to: int | None = None
    #: at least this
    claim: Claim | None = None
    state: LotState | None = None
    site_id: UUID | None = None
    #: only lots whose place is not recorded
    is_without_site: bool = False
    origin: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    producer_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    """What an address asks for: which lots, in which order, which page."""

    filters: BoardFilters = field(default_factory=BoardFilters)
    sort: str = DEFAULT_SORT
    after: str | None = None
    before: str | None = None
    page_size: int = DEFAULT_PAGE_SIZE


#: Parameters of the address that narrow the board, in the order of the form.
FILTER_NAMES = (
    "availability", "text", "commodity", "class", "grade_key", "colour", "micron_from", "micron_to", "quantity_from",
    "quantity_to", "claim", "state", "site", "origin", "from_day", "to_day", "producer_id", "sort",
)  # fmt: skip
Address = Mapping[str, Sequence[str]]


def read_query(address: Address, find_class: ClassFinder) -> BoardQuery:
    """Read the parameters of an address; names that the board does not know are left alone.

    Raises:
        ValidationFailed: values that mean nothing, each at its name.
    """
    reader = _Reader(address, find_class)
    query = reader.query()
    reader.errors.raise_any()
    return query


class _Reader:
    """Reads one parameter after the other and collects what is wrong."""

    def __init__(self, address: Address, find_class: ClassFinder) -> None:
        self.address = address
        self.find_class = find_class
        self.errors = FieldErrors()

    def query(self) -> BoardQuery:
        """Return what is asked; meaningless when there are errors."""
        sort = self.one("sort") or DEFAULT_SORT
        sort = OLD_SORTS.get(sort, sort)
        if sort not in SORT_LABELS:
            self.errors.add("sort", UNKNOWN, value=sort[:40])
        size = self.one("page_size")
        if size and not (size.isascii() and size.isdigit() and 1 <= int(size[:6]) <= MAX_PAGE_SIZE):
            self.errors.add("page_size", NOT_BETWEEN, low=1, high=MAX_PAGE_SIZE)
            size = None
        return BoardQuery(
            filters=self.filters(),
            sort=sort,
            after=self.one("after"),
            before=self.one("before"),
            page_size=int(size) if size else DEFAULT_PAGE_SIZE,
        )

    def filters(self) -> BoardFilters:
        """Return the filters."""
        state = self.option("state", {one.value for one in LotState})
        claim = self.option("claim", {one.value for one in Claim})
        default = Availability.ALL if state else Availability.IN_STOCK
        availability = self.option("availability", {one.value for one in Availability})
        micron = self.between("micron_from", "micron_to", MAX_MICRON, 10)
        quantity = self.between("quantity_from", "quantity_to", MAX_QUANTITY, 1000)
        first, last = self.day("from_day"), self.day("to_day")
        if first is not None and last is not None and first > last:
            self.errors.add("from_day", TURNED_ROUND)
        site = self.one("site")
        wanted, grade_key = self.a_class()
        return BoardFilters(
            availability=Availability(availability) if availability else default,
            text=self.words("text"),
            commodity=self.option("commodity", PRODUCTS),
            wanted_class=wanted,
            grade_key=grade_key,
            colours=self.colours(),
            micron_from=micron[0],
            micron_to=micron[1],
            quantity_from=quantity[0],
            quantity_to=quantity[1],
            claim=Claim(claim) if claim else None,
            state=LotState(state) if state else None,
            site_id=None if site == NO_SITE else self.identifier("site"),
            is_without_site=site == NO_SITE,
            origin=self.option("origin", ORIGIN_LABELS),
            from_day=first,
            to_day=last,
            producer_id=self.identifier("producer_id"),
        )

    def one(self, name: str) -> str | None:
        """Return the only value of a parameter, without spaces around it; None when it is empty."""
        values = [value.strip() for value in self.address.get(name, ()) if value.strip()]
        if len(values) > 1:
            self.errors.add(name, UNKNOWN, value=", ".join(values)[:40])
        return values[0] if values else None

    def option(self, name: str, known: Container[str]) -> str | None:
        """Return a value that must be one of those known."""
        value = self.one(name)
        if value is not None and value not in known:
            self.errors.add(name, UNKNOWN, value=value[:40])
            return None
        return value

    def words(self, name: str) -> str | None:
        """Return what was typed to search for."""
        value = self.one(name)
        if value is not None and len(value) > MAX_TEXT:
            self.errors.add(name, TEXT_TOO_LONG, limit=MAX_TEXT)
            return None
        return value

    def colours(self) -> tuple[str, ...]:
        """Return the colours, each once."""
        wanted = list(dict.fromkeys(value for value in self.address.get("colour", ()) if value))
        for value in wanted:
            if value not in COLOURS:
                self.errors.add("colour", UNKNOWN, value=value[:40])
        return tuple(wanted)

    def a_class(self) -> tuple[ClassWanted | None, str | None]:
        """Return the class by scheme, or the key alone."""
        key, word = self.one("grade_key"), self.one("class")
        if key is not None and not _is_word(key):
            self.errors.add("grade_key", UNKNOWN, value=key[:40])
            key = None
        if word is None:
            return None, key
        if word == UNDETERMINED:
            return None, UNDETERMINED
        found = self.find_class(word)
        if found is None:
            self.errors.add("class", UNKNOWN_CLASS, value=word[:60])
        return found, key

    def between(self, first: str, second: str, most: Decimal, scale: int) -> tuple[int | None, int | None]:
        """Return both ends of a range as integers of the kept unit."""
        low, high = self.number(first, most, scale), self.number(second, most, scale)
        if low is not None and high is not None and low > high:
            self.errors.add(first, TURNED_ROUND)
        return low, high

    def number(self, name: str, most: Decimal, scale: int) -> int | None:
        """Return a number as people type it, in the kept unit."""
        value = self.one(name)
        if value is None:
            return None
        try:
            found = parse_decimal(value)
        except NotANumber:
            self.errors.add(name, NOT_A_NUMBER, value=value[:40])
            return None
        if not 0 <= found <= most:
            self.errors.add(name, NOT_BETWEEN, low=0, high=most)
            return None
        return int(found * scale)

    def day(self, name: str) -> date | None:
        """Return a date of ISO 8601."""
        value = self.one(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.errors.add(name, NOT_A_DAY, value=(value or "")[:40])
            return None

    def identifier(self, name: str) -> UUID | None:
        """Return an id."""
        value = self.one(name)
        if value is None or (name == "site" and value == NO_SITE):
            return None
        try:
            return UUID(value)
        except ValueError:
            self.errors.add(name, UNKNOWN, value=value[:60])
            return None


def _is_word(text: str) -> bool:
    return len(text) <= MAX_TEXT and all(
        unicodedata.category(letter)[0] in "LN" or letter in "_.-" for letter in text
    )


def clean_query(address: Address) -> list[tuple[str, str]]:
    """Return the parameters of an address that make a search: no page, nothing empty, nothing foreign."""
    return [
        (name, value.strip())
        for name in FILTER_NAMES
        for value in address.get(name, ())
        if value.strip() and len(value) <= MAX_CURSOR
    ]
