"""The order in which the demonstration comes about: houses and people, deliveries, sales, settlements, earlier books."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.demo import earlier_books, fibre, handling, milk_and_meat, money, names, selling
from chain.demo.accounts import CENTRES, COMMITTEE, DAIRY, make_houses
from chain.demo.people import add_communities, add_people
from chain.demo.plan import Season, draw_fibre_people, draw_season, make_dice
from chain.producers.models import Producer

#: When the houses opened their books, before everything else.
OPENED = datetime(2025, 1, 6, 14, tzinfo=UTC)
CERTIFIED_AT = datetime(2025, 3, 1, 14, tzinfo=UTC)


def make_season(session: Session, *, now: datetime, progress: Callable[[str], object]) -> Season:
    """Make the whole demonstration."""
    dice = make_dice()
    fibre_people = draw_fibre_people(dice)
    progress("Organisations, users and producers …")
    houses = make_houses(session, OPENED, fibre.shown_producer(fibre_people).full_name)
    season = draw_season(houses, dice, fibre_people)
    _add_everybody(session, season)
    fibre.set_up_centres(session, season, OPENED)
    fibre.certify(session, season, CERTIFIED_AT)
    for number, code in enumerate(CENTRES, 1):
        progress(f"Fibre of 2025: centre {number} of {len(CENTRES)}, {len(season.fibre[code])} lots …")
        fibre.sell_season(session, season, code)
    earlier_books.bring_in(session, season)
    progress("Milk and meat …")
    milk_and_meat.run_dairy(session, season)
    milk_and_meat.run_committee(session, season)
    progress("The present campaign …")
    fibre.post_demands(session, season, now)
    fibre.begin_present_campaign(session, season, now)
    money.lend_and_pass_on(session, season, now)
    progress("What is made of lots …")
    handling.handle_fibre(session, season, now)
    handling.send_the_sale(session, season, now)
    handling.run_tank(session, season, now)
    handling.cut_and_dry(session, season, now)
    progress("Auction, clock, matches, offers …")
    selling.sell_in_other_ways(session, season, now)
    return season


def _add_everybody(session: Session, season: Season) -> None:
    places = add_communities(
        session, names.FIBRE_COMMUNITIES, district="Oropesa", region="Apurímac", country="PE"
    )
    for code in CENTRES:
        actor = season.houses.actor("acopio", code)
        add_people(session, season.fibre_people[code], places, actor=actor, now=OPENED)
    places = add_communities(session, names.MILK_COMMUNITIES, district="Llalli", region="Puno", country="PE")
    add_people(session, season.milk_people, places, actor=season.houses.actor("leche", DAIRY), now=OPENED)
    places = add_communities(session, names.MEAT_COMMUNITIES, district="Turco", region="Oruro", country="BO")
    add_people(session, season.meat_people, places, actor=season.houses.actor("carne", COMMITTEE), now=OPENED)
    shown = fibre.shown_producer(season.fibre_people[CENTRES[0]])
    session.execute(
        update(Producer).where(Producer.id == shown.id).values(user_id=season.houses.users["productora"])
    )
