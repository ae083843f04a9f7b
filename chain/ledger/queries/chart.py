"""Reads of the chart of accounts: a country's numbers and names, and what the organisation made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.ledger.charts import chart_of_country
from chain.ledger.models import ChartAccount
from chain.ledger.rules import ACCOUNT_KINDS, ACCOUNT_LABELS, AccountCode, AccountKind


@dataclass(frozen=True, slots=True)
class ChartRow:
    """An account of the chart."""

    code: str
    number: str
    #: for accountants: the organisation's own words, or those of the country's chart
    name: str
    #: for everybody else: the organisation's own words, or a msgid
    label: str
    kind: AccountKind
    is_own: bool
    #: whether an accountant has looked at number and name
    is_confirmed: bool
    changed_at: datetime | None = None
    changed_by: UUID | None = None


def chart_rows(session: Session, organisation_id: UUID, country: str) -> dict[str, ChartRow]:
    """Return the chart of an organisation by code, in the order of its numbers."""
    rows = {
        code.value: ChartRow(
            code.value,
            entry.number,
            entry.name,
            ACCOUNT_LABELS[code],
            ACCOUNT_KINDS[code],
            is_own=False,
            is_confirmed=entry.confirmed,
        )
        for code, entry in chart_of_country(country).accounts.items()
    }
    known = set(AccountCode)
    for own in session.scalars(select(ChartAccount).where(ChartAccount.organisation_id == organisation_id)):
        rows[own.code] = ChartRow(
            own.code,
            own.number,
            own.name,
            own.name,
            AccountKind(own.kind),
            is_own=own.code not in known,
            is_confirmed=True,
            changed_at=own.changed_at,
            changed_by=own.changed_by,
        )
    return dict(sorted(rows.items(), key=lambda pair: number_key(pair[1].number)))


def number_key(number: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts 1.2 before 1.10, and 101 before 1041 as accountants do: by digits from the left."""
    parts = number.replace("-", ".").split(".")
    if len(parts) == 1:
        return ((0, number),)
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in parts)


def chart_of(session: Session, organisation_id: UUID) -> Mapping[str, ChartRow]:
    """Return the chart of an organisation by code."""
    country = session.scalar(select(Organisation.country).where(Organisation.id == organisation_id))
    if country is None:
        raise NotFound
    return chart_rows(session, organisation_id, country)


def own_chart(session: Session, actor: Actor) -> tuple[str, Mapping[str, ChartRow]]:
    """Return what the plan of the actor's country is called, and the chart by code.

    Raises:
        Forbidden: the actor may not read the books.
    """
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    plan = chart_of_country(organisation.country).plan
    return plan, chart_rows(session, organisation.id, organisation.country)
