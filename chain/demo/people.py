"""Brings drawn people into the organisations, through the service that clerks use."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.demo.draw import Person
from chain.producers.models import Community
from chain.producers.services import register_producer

JOINED = date(2021, 3, 1)


def add_communities(
    session: Session, names: Sequence[str], *, district: str, region: str, country: str
) -> dict[str, Community]:
    """Make communities; return them by name."""
    rows = [
        {"id": new_id(), "name": name, "district": district, "region": region, "country": country}
        for name in names
    ]
    session.execute(insert(Community), rows)
    return {str(row["name"]): Community(**row) for row in rows}


def add_people(
    session: Session,
    people: Sequence[Person],
    communities: dict[str, Community],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Register people as members of the actor's organisation."""
    for person in people:
        register_producer(
            session,
            actor=actor,
            now=now,
            id=person.id,
            full_name=person.full_name,
            sex=person.sex,
            birth_year=person.birth_year,
            community_id=communities[person.community].id,
            member_code=person.member_code,
            joined_on=JOINED,
        )
