"""Which scheme was in force on which day, looked up once for a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.errors import NotFound
from chain.grading.models import SchemeChoice
from chain.grading.scheme_files import default_scheme
from chain.lots.grades import Proposer, proposer_for
from chain.lots.no_norm import OPEN_PROPOSER, OpenProposer, has_norm


@dataclass(frozen=True, slots=True)
class House:
    """What registration needs to know of the organisation."""

    id: UUID
    code: str
    country: str
    zone: ZoneInfo


_house, _choice = Organisation.__table__, SchemeChoice.__table__
#: Over tables rather than objects, and built once: every registration asks it.
_HOUSE = (
    select(
        _house.c.code,
        _house.c.country,
        _house.c.timezone,
        _choice.c.commodity,
        _choice.c.valid_from,
        _choice.c.scheme,
        _choice.c.edition,
    )
    .outerjoin(_choice, _choice.c.organisation_id == _house.c.id)
    .where(_house.c.id == bindparam("organisation_id"))
    .order_by(_choice.c.valid_from.desc())
)


def open_house(session: Session, organisation_id: UUID) -> tuple[House, "SchemeBook"]:
    """Return the organisation and its choices of norms, by one statement; the latest choice stands first."""
    rows = session.connection().execute(_HOUSE, {"organisation_id": organisation_id}).all()
    if not rows:
        raise NotFound
    first = rows[0]
    house = House(organisation_id, first.code, first.country, ZoneInfo(first.timezone))
    return house, SchemeBook(first.country, [row for row in rows if row.commodity is not None])


class SchemeBook:
    """The choices of an organisation, for all days and products.

    It answers what `chain.grading.queries.scheme_in_force` answers for one day.
    """

    def __init__(self, country: str, choices: Sequence[Row[Any]]) -> None:
        self._country = country
        self._choices = choices
        self._found: dict[tuple[str, date], Proposer | OpenProposer] = {}

    def proposer(self, commodity: str, on: date) -> Proposer | OpenProposer:
        """Return who proposes the class of a commodity that was delivered on a day."""
        key = (commodity, on)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look_up(commodity, on)
        return found

    def _look_up(self, commodity: str, on: date) -> Proposer | OpenProposer:
        if not has_norm(commodity):
            return OPEN_PROPOSER
        for choice in self._choices:
            if choice.commodity == commodity and choice.valid_from <= on:
                return proposer_for(choice.scheme, choice.edition, commodity)
        return _default_proposer(commodity, self._country)


@lru_cache(maxsize=64)
def _default_proposer(commodity: str, country: str) -> Proposer:
    scheme = default_scheme(commodity, country)
    return proposer_for(scheme.key, scheme.edition, commodity)
