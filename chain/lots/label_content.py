"""What stands on the label of a lot or of one of its bags, and which sheets there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.certification.rules import Claim
from chain.core.i18n import N_
from chain.lots.board_words import product_name
from chain.lots.errors import TooManyLots
from chain.lots.labels import SHORT_CLAIMS, amount, colour_name, grade_name
from chain.lots.models import Lot, LotBag
from chain.lots.numbers import printed_number
from chain.lots.queries import bags_of
from chain.web.formats import format_day
from chain.web.i18n import current_language, gettext
from chain.web.qr import short_address

#: Labels of one print: some seconds of drawing.
MAX_LABELS = 300


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper for labels in whole and half millimetres; several to a page from `columns` and `rows` on."""

    key: str
    label: str
    width: float
    height: float
    columns: int = 1
    rows: int = 1

    @property
    def places(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows


SHEETS: Mapping[str, Sheet] = {
    one.key: one
    for one in (
        Sheet("50x30", N_("Label roll 50 × 30 mm"), 50, 30),
        Sheet("100x50", N_("Label roll 100 × 50 mm"), 100, 50),
        Sheet("a4-24", N_("A4 sheet, 24 labels of 70 × 37 mm"), 70, 37, 3, 8),
        Sheet("a4-8", N_("A4 sheet, 8 labels of 105 × 74 mm"), 105, 74, 2, 4),
    )
}
#: Sheets that a label printer takes as ZPL.
ROLLS = ("50x30", "100x50")


@dataclass(frozen=True, slots=True)
class Label:
    """One label, in the words of the reader."""

    number: str
    #: with the check character
    printed_number: str
    product: str
    colour: str
    klass: str
    norm: str
    amount: str
    claim: str
    day: str
    house: str
    #: "2/5" on the second of five bags
    bag: str
    #: what the QR code holds
    address: str


def lot_path(number: str) -> str:
    """Return the short path of a lot's page, which fits the alphanumeric mode of a QR code."""
    return f"/L/{number}"


def labels_of(
    session: Session, actor: Actor, lots: Sequence[Lot], *, house: str, address: str, is_per_bag: bool
) -> list[Label]:
    """Return the labels of lots, or of each of their bags where they have some.

    Raises:
        TooManyLots: more labels than one print holds.
    """
    bags = bags_of(session, actor, [lot.id for lot in lots]) if is_per_bag else {}
    found = [_label(lot, house, address, *bag) for lot in lots for bag in _parts(lot, bags)]
    if len(found) > MAX_LABELS:
        raise TooManyLots(limit=MAX_LABELS)
    return found


def _parts(lot: Lot, bags: Mapping[UUID, Sequence[LotBag]]) -> list[tuple[int, str]]:
    """Return quantity and text of each label of a lot."""
    known = bags.get(lot.id, ())
    if not known:
        return [(lot.quantity, "")]
    return [
        (_net(bag), f"{place}/{len(known)}" + (f" · {bag.code}" if bag.code else ""))
        for place, bag in enumerate(known, 1)
    ]


def _net(bag: LotBag) -> int:
    """Return grams of the goods, or millilitres of what is measured in cans."""
    return bag.volume_ml if bag.volume_ml is not None else (bag.gross_g or 0) - (bag.tare_g or 0)


def _norm(lot: Lot) -> str:
    """Return the norm of a class with its edition, and whether the class is only proposed."""
    if not lot.grade_key:
        return ""
    norm = f"{lot.grade_scheme}:{lot.grade_edition}".upper()
    return norm if lot.grade_confirmed else f"{norm} {gettext(N_('proposed'))}"


def _label(lot: Lot, house: str, address: str, quantity: int, bag: str) -> Label:
    return Label(
        number=lot.number,
        printed_number=printed_number(lot.number),
        product=product_name(lot.commodity, lot.label),
        colour=colour_name(lot.colour) if lot.colour else "",
        klass=grade_name(lot),
        norm=_norm(lot),
        amount=amount(quantity, lot.unit),
        claim=gettext(SHORT_CLAIMS[Claim(lot.claim)]),
        day=format_day(lot.delivered_on, current_language()),
        house=house,
        bag=bag,
        address=short_address(address, lot_path(lot.number)),
    )
