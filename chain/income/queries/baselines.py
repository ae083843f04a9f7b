"""Baselines of an organisation."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate
from chain.income.models import Baseline


def get_baseline_for(session: Session, actor: Actor, baseline_id: UUID) -> Baseline:
    """Return a baseline of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(Baseline, baseline_id)
    if found is None or found.organisation_id != actor.org:
        raise NotFound
    return found


def list_baselines(session: Session, actor: Actor, request: PageRequest) -> Page[Baseline]:
    """Return the baselines of the actor's organisation, those that were replaced included; newest season first."""
    statement = (
        select(Baseline)
        .where(Baseline.organisation_id == actor.org)
        .order_by(Baseline.season.desc(), Baseline.commodity, Baseline.created_at.desc(), Baseline.id)
    )
    columns = {
        "season": Baseline.season,
        "commodity": Baseline.commodity,
        "created_at": Baseline.created_at,
    }
    return paginate(session, order_by(statement, request.sort, columns, Baseline.id.expression), request)


def standing_baseline(
    session: Session, organisation_id: UUID, commodity: str, season: int
) -> Baseline | None:
    """Return the baseline that stands for a season, locked against another writer."""
    return session.scalar(
        select(Baseline)
        .where(
            Baseline.organisation_id == organisation_id,
            Baseline.commodity == commodity,
            Baseline.season == season,
            Baseline.replaced_at.is_(None),
        )
        .with_for_update()
    )
