"""Reads of which scheme an organisation grades by."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, order_by, paginate
from chain.grading.models import SchemeChoice
from chain.grading.scheme import COMMODITIES, Scheme
from chain.grading.scheme_files import default_scheme, get_scheme

SORT_COLUMNS = {"valid_from": SchemeChoice.valid_from, "commodity": SchemeChoice.commodity}


def schemes_in_force(session: Session, organisation_id: UUID, on: date) -> Mapping[str, Scheme]:
    """Return the scheme of every commodity on a day: the latest choice that has begun, or the default of the country."""
    begun = (
        select(SchemeChoice.commodity, func.max(SchemeChoice.valid_from).label("valid_from"))
        .where(SchemeChoice.organisation_id == organisation_id, SchemeChoice.valid_from <= on)
        .group_by(SchemeChoice.commodity)
        .subquery()
    )
    rows = session.execute(
        select(SchemeChoice.commodity, SchemeChoice.scheme, SchemeChoice.edition)
        .join(
            begun,
            (begun.c.commodity == SchemeChoice.commodity) & (begun.c.valid_from == SchemeChoice.valid_from),
        )
        .where(SchemeChoice.organisation_id == organisation_id)
    )
    chosen = {row.commodity: get_scheme(row.scheme, row.edition) for row in rows}
    if len(chosen) == len(COMMODITIES):
        return chosen
    country = session.scalar(select(Organisation.country).where(Organisation.id == organisation_id))
    return {
        commodity: chosen.get(commodity) or default_scheme(commodity, country) for commodity in COMMODITIES
    }


def scheme_in_force(session: Session, organisation_id: UUID, commodity: str, on: date) -> Scheme:
    """Return the scheme by which an organisation grades a commodity on a day.

    Raises:
        KeyError: the commodity is not one of ours.
    """
    return schemes_in_force(session, organisation_id, on)[commodity]


def list_choices(session: Session, actor: Actor, request: PageRequest) -> Page[SchemeChoice]:
    """Return the choices of the actor's organisation, the latest first day first."""
    statement = (
        select(SchemeChoice)
        .where(SchemeChoice.organisation_id == actor.org)
        .order_by(SchemeChoice.valid_from.desc(), SchemeChoice.id)
    )
    tie = SchemeChoice.id
    return paginate(session, order_by(statement, request.sort, SORT_COLUMNS, tie.expression), request)
