"""Which lots somebody looks for, as the filters of the board, of matching and of negotiation say it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from chain.certification.rules import Claim
from chain.lots.models import Lot


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLots:
    """Which lots are wanted; None is any. `grade` is "scheme/edition/key", micron in tenths."""

    commodity: str | None = None
    grade: str | None = None
    colour: str | None = None
    micron_min_tenths: int | None = None
    micron_max_tenths: int | None = None
    #: this claim or a better one
    claim: str | None = None
    #: code of the selling organisation, for lists of several sellers
    centre: str | None = None

    def __post_init__(self) -> None:
        """Take NUL out of the words: no lot has it, and PostgreSQL takes no text with it."""
        for name in ("commodity", "grade", "colour", "centre"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, value.replace("\x00", ""))


def lot_conditions(wanted: WantedLots) -> list[ColumnElement[bool]]:
    """Return the conditions on lots; the centre is a condition on their organisation, which the caller adds."""
    found: list[ColumnElement[bool]] = []
    if wanted.commodity:
        found.append(Lot.commodity == wanted.commodity)
    if wanted.grade:
        scheme, _, rest = wanted.grade.partition("/")
        edition, _, key = rest.partition("/")
        found += [Lot.grade_scheme == scheme, Lot.grade_edition == edition, Lot.grade_key == key]
    if wanted.colour:
        found.append(Lot.colour == wanted.colour)
    if wanted.micron_min_tenths is not None:
        found.append(Lot.micron_tenths >= wanted.micron_min_tenths)
    if wanted.micron_max_tenths is not None:
        found.append(Lot.micron_tenths <= wanted.micron_max_tenths)
    if wanted.claim and wanted.claim != Claim.CONVENTIONAL:
        found.append(Lot.claim.in_(claims_from(wanted.claim)))
    return found


def claims_from(claim: str) -> list[str]:
    """Return a claim and those that are better."""
    least = Claim(claim).rank()
    return [one.value for one in Claim if one.rank() >= least]
