"""Which scheme was in force on which day, looked up once for a whole batch."""

from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.grading.models import SchemeChoice
from chain.grading.scheme_files import default_scheme
from chain.lots.grades import Proposer, proposer_for


class SchemeBook:
    """The choices of an organisation, one statement for all days and products.

    It answers what `chain.grading.queries.scheme_in_force` answers for one day.
    """

    def __init__(self, session: Session, organisation_id: UUID, country: str) -> None:
        self._country = country
        rows = session.execute(
            select(SchemeChoice.commodity, SchemeChoice.valid_from, SchemeChoice.scheme, SchemeChoice.edition)
            .where(SchemeChoice.organisation_id == organisation_id)
            .order_by(SchemeChoice.valid_from.desc())
        )
        self._choices = rows.all()
        self._found: dict[tuple[str, date], Proposer] = {}

    def proposer(self, commodity: str, on: date) -> Proposer:
        """Return who proposes the class of a commodity that was delivered on a day."""
        key = (commodity, on)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look_up(commodity, on)
        return found

    def _look_up(self, commodity: str, on: date) -> Proposer:
        for choice in self._choices:
            if choice.commodity == commodity and choice.valid_from <= on:
                return proposer_for(choice.scheme, choice.edition, commodity)
        return _default_proposer(commodity, self._country)


@lru_cache(maxsize=64)
def _default_proposer(commodity: str, country: str) -> Proposer:
    scheme = default_scheme(commodity, country)
    return proposer_for(scheme.key, scheme.edition, commodity)
