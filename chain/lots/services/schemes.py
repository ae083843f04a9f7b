"""Which scheme was in force on which day, looked up once for a whole batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, exists, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.errors import NotFound
from chain.grading.models import LimitConfirmation, SchemeChoice
from chain.grading.queries import all_confirmed_values, confirmed_values, find_scheme
from chain.grading.scheme import Names
from chain.grading.scheme_files import UnknownSchemeError, default_scheme, is_shipped
from chain.lots.grades import Proposer, class_names, has_waiting_classes, proposer_for
from chain.lots.no_norm import OPEN_PROPOSER, OpenProposer, has_norm

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class House:
    """What registration needs to know of the organisation."""

    id: UUID
    code: str
    country: str
    zone: ZoneInfo


_house, _choice, _confirmed = Organisation.__table__, SchemeChoice.__table__, LimitConfirmation.__table__
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
        exists()
        .where(_confirmed.c.organisation_id == _house.c.id, _confirmed.c.withdrawn_at.is_(None))
        .label("has_confirmed"),
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
    # most houses vouch for nothing; only the others pay for a second look
    confirmed = all_confirmed_values(session, organisation_id) if first.has_confirmed else {}
    choices = [row for row in rows if row.commodity is not None]
    for choice in choices:
        if not is_shipped(choice.scheme):  # from the database once, then from memory
            find_scheme(session, choice.scheme, choice.edition)
    return house, SchemeBook(first.country, choices, confirmed)


def choosable_classes(
    session: Session, organisation_id: UUID, scheme: str | None, edition: str | None
) -> Mapping[str, Names]:
    """Return the classes that a person may set by a scheme: those of the norm, and those that the organisation confirmed."""
    if not scheme or not edition:
        return {}
    try:
        find_scheme(session, scheme, edition)
    except UnknownSchemeError:
        return {}
    confirmed = NOTHING
    if has_waiting_classes(scheme, edition):
        confirmed = confirmed_values(session, organisation_id, scheme, edition)
    return class_names(scheme, edition, confirmed)


class SchemeBook:
    """The choices of an organisation, for all days and products.

    It answers what `chain.grading.queries.scheme_in_force` answers for one day.
    """

    def __init__(
        self,
        country: str,
        choices: Sequence[Row[Any]],
        confirmed: Mapping[tuple[str, str], frozenset[str]] | None = None,
    ) -> None:
        self._country = country
        self._choices = choices
        self._confirmed = confirmed or {}
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
                return self._proposer(choice.scheme, choice.edition, commodity)
        return self._proposer(*_default_edition(commodity, self._country), commodity)

    def _proposer(self, scheme: str, edition: str, commodity: str) -> Proposer:
        return proposer_for(scheme, edition, commodity, self._confirmed.get((scheme, edition), NOTHING))


@lru_cache(maxsize=64)
def _default_edition(commodity: str, country: str) -> tuple[str, str]:
    scheme = default_scheme(commodity, country)
    return scheme.key, scheme.edition
