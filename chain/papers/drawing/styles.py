"""Kinds of papers and their templates: each kind says how its content becomes what the template shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.papers.drawing.sheets import Sheet
from chain.papers.labels import label_msgid
from chain.papers.rules import PaperFormat, PaperKind
from chain.web.formats import format_day, format_decimal, format_money, format_quantity
from chain.web.i18n import translate


@dataclass(frozen=True, slots=True)
class Numbers:
    """Writes figures as a country and a language write them."""

    country: str
    currency: str
    language: str

    def money(self, minor: int) -> str:
        """S/ 1,234.50."""
        return format_money(minor, self.currency, number_format=self.country)

    def plain(self, minor: int) -> str:
        """1,234.50, with a true minus."""
        places = CURRENCIES[self.currency]
        return format_decimal(Decimal(minor).scaleb(-places), places, number_format=self.country)

    def decimal(self, value: Decimal | int, places: int | None = None) -> str:
        """12.5, or with a fixed number of places."""
        if places is None:
            return format_decimal(value, number_format=self.country)
        return format_decimal(value, places, number_format=self.country)

    def quantity(self, value: int | None, unit: str) -> str:
        """12.5 kg, or nothing."""
        return "" if value is None else format_quantity(value, unit, number_format=self.country)

    def day(self, iso: str | None) -> str | None:
        """23 nov 2026."""
        return format_day(date.fromisoformat(iso), self.language) if iso else None


def numbers_of(content: Mapping[str, Any], language: str) -> Numbers:
    """Return how the figures of a content are written: as its house's country does, whoever reads it."""
    return Numbers(content["organisation"]["country"], content["currency"], language)


def kept_together(text: str) -> str:
    """Return words whose "n.º 12" and "2 %" no line ends within."""
    return text.replace("n.º ", "n.º\u00a0").replace("no. ", "no.\u00a0").replace(" %", "\u00a0%")


def label_of(label: str) -> str:
    """Return words as they were frozen, or those of a key (a commodity) in the language of the moment."""
    msgid = label_msgid(label)
    return translate(msgid) if msgid else label


#: From a sheet and the language to what its template shows beside head and foot.
View = Callable[[Sheet, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PaperStyle:
    """How a kind of paper is drawn."""

    #: what stands in the box beside the number; an English msgid
    title: str
    #: file of templates/ for sheets, and for rolls when the kind is printed on them
    template: str
    roll_template: str | None
    view: View
    #: a further style sheet of the kind, in templates/
    css: str | None = None
    #: what the page of a paper shows of its content, in templates/
    page_template: str | None = None

    def template_for(self, fmt: PaperFormat) -> str:
        """Return the template of a format."""
        if fmt in {PaperFormat.ROLL_80, PaperFormat.ROLL_58} and self.roll_template:
            return self.roll_template
        return self.template


_styles: dict[PaperKind, PaperStyle] = {}


def register_style(kind: PaperKind, style: PaperStyle) -> None:
    """Tell how a kind is drawn."""
    _styles[kind] = style


def style_of(kind: PaperKind) -> PaperStyle:
    """Return how a kind is drawn.

    Raises:
        KeyError: nobody registered it.
    """
    return _styles[kind]


def styles() -> Mapping[PaperKind, PaperStyle]:
    """Return how all kinds are drawn."""
    return _styles


#: What stands under the line of whoever signs for the house.
SIGNS_FOR_HOUSE = N_("For the organisation")
