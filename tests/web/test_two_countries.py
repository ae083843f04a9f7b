"""Language, number format and country are three choices: every mixture shows the same figures, each in its own clothes."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.ids import new_id
from chain.dues.services.movements import give_advance
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, sign_in
from tests.support.lots import fibre, make_lot, make_producer

#: Language, format, and how 1,234.567 kg are written in it.
MIXTURES = (
    ("es", "PE", "1,234.567 kg"),
    ("es", "BO", "1.234,567 kg"),
    ("en", "PE", "1,234.567 kg"),
    ("en", "BO", "1.234,567 kg"),
)


@pytest.fixture(autouse=True)
def _clock(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


def choose(session: Session, person: Person, language: str, number_format: str) -> None:
    user = session.get_one(User, person.id)
    user.language, user.number_format = language, number_format
    session.flush()


@pytest.mark.parametrize(("language", "number_format", "shown"), MIXTURES)
def test_the_number_format_is_chosen_apart_from_the_language(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    language: str,
    number_format: str,
    shown: str,
) -> None:
    delivery = fibre(make_producer(session, now), now, gross_g=1_235_067, tare_g=500)
    lot = make_lot(session, now, delivery)
    choose(session, cast.clerk, language, number_format)
    sign_in(client, cast.clerk)
    for path in (f"/lots/{lot.id}", "/lots"):
        page = client.get(path).text.replace("\xa0", " ")
        assert f'<html lang="{language}"' in page
        assert shown in page, path


@pytest.mark.parametrize(
    ("person", "hour"), [(Cast.clerk, "10:00"), (Cast.outsider, "11:00")], ids=["Lima", "La Paz"]
)
def test_a_delivery_is_shown_in_the_time_of_its_house(
    client: ChainClient, session: Session, now: datetime, person: Person, hour: str
) -> None:
    producer = make_producer(session, now, actor=person.actor)
    lot = make_lot(session, now, fibre(producer, now), person.actor)
    sign_in(client, person)
    assert hour in client.get(f"/lots/{lot.id}").text  # 15:00 in UTC
    assert f'value="2026-03-16T{hour}"' in client.get("/lots/new").text


def test_the_delivery_day_of_la_paz_begins_an_hour_before_that_of_lima(
    session: Session, cast: Cast, now: datetime
) -> None:
    late = now.replace(day=15, hour=4, minute=30)  # 23:30 of the day before in Lima, 0:30 in La Paz
    days = []
    for person in (cast.clerk, cast.outsider):
        producer = make_producer(session, now, actor=person.actor)
        days.append(make_lot(session, now, fibre(producer, late), person.actor).delivered_on.day)
    assert days == [14, 15]


@pytest.mark.parametrize(("language", "number_format"), [(one[0], one[1]) for one in MIXTURES])
def test_the_books_of_a_bolivian_house_are_in_bolivianos_in_every_format(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    language: str,
    number_format: str,
) -> None:
    producer = make_producer(session, now, actor=cast.outsider.actor)
    give_advance(
        session,
        actor=cast.outsider.actor,
        now=now,
        advance_id=new_id(),
        producer_id=producer,
        amount_minor=123_456,
        given_on=now.date(),
        note="Sal mineral",
    )
    choose(session, cast.outsider, language, number_format)
    sign_in(client, cast.outsider)
    page = client.get("/advances").text.replace("\xa0", " ")
    assert ("Bs 1,234.56" if number_format == "PE" else "Bs 1.234,56") in page
    assert "S/" not in page
