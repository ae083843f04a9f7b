"""The other ways of selling, at the second centre: a live auction, a two-round clock, matches with demands, an offer, a sample, deposits.

Every price and name here is invented; the fibre is drawn as everywhere. Times are counted from the present.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions.clock.models import ClockProduct
from chain.auctions.clock.rules import Wish
from chain.auctions.clock.services import NewProduct, open_clock, place_request
from chain.auctions.models import AuctionLot
from chain.auctions.rules.terms import CatalogueLot
from chain.auctions.services.bidding import place_live_bid, set_maximum
from chain.auctions.services.opening import open_auction, register_bidder
from chain.buyers.services.deposits import Movement, grant_credit, record_deposit
from chain.core.ids import new_id
from chain.demo import draw
from chain.demo.accounts import BUYERS, CENTRES, MILL, SECOND_MILL, TRADER
from chain.demo.deliveries import add_deliveries
from chain.demo.fibre import confirm_all
from chain.demo.plan import Season
from chain.lots.models import Lot
from chain.matching.services.freight import enter_freight
from chain.matching.services.offers import OfferTerms, offer_lots
from chain.matching.services.runs import make_run
from chain.negotiation.rules import Line, Terms
from chain.negotiation.services.offers import counter_offer, start_offer
from chain.negotiation.services.open_lots import show_lots
from chain.negotiation.services.samples import ask_sample

CODE = CENTRES[1]
LEAST_GRAMS = 200
GRAMS = 1_600_000
#: Minor units for a kilogram, invented.
START, RESERVE, ASKED = 4000, 4300, 4700


def sell_in_other_ways(session: Session, season: Season, now: datetime) -> None:
    """Leave something to do in every way of selling, for sellers and for buyers."""
    lots = _take_in(session, season, now)
    _set_limits(session, season, now)
    parts = [lots[start : start + 8] for start in range(0, 48, 8)]
    _auction(session, season, now, parts[0], parts[1])
    _clock(session, season, now, parts[2])
    _match(session, season, now, [*parts[3], *parts[4]])
    _negotiate(session, season, now, parts[5])


def _buyer(season: Season, code: str) -> Actor:
    return season.houses.actor(f"compra{BUYERS.index(code) + 1}", code)


def _seller(season: Season) -> Actor:
    return season.houses.actor("ventas", CODE)


def _take_in(session: Session, season: Season, now: datetime) -> list[Lot]:
    """Take in fibre whose class a second person has confirmed."""
    days = [now.date() - timedelta(days=back) for back in (11, 10, 9)]
    drawn = [
        one
        for one in draw.draw_fibre(season.random, season.ids, season.fibre_people[CODE][:20], GRAMS, days)
        if one.quantity >= LEAST_GRAMS and "micron" in one.attributes
    ][:48]
    add_deliveries(session, drawn, actor=season.houses.actor("acopio", CODE), now=now - timedelta(days=8))
    confirm_all(session, season, CODE, [one.id for one in drawn], now - timedelta(days=7))
    return [session.get_one(Lot, one.id) for one in drawn]


def _set_limits(session: Session, season: Season, now: datetime) -> None:
    """Give one mill credit, and take a small buyer's deposit."""
    treasurer = season.houses.actor("tesoreria", CODE)
    grant_credit(
        session,
        actor=treasurer,
        now=now - timedelta(days=20),
        credit_id=new_id(),
        buyer_id=_buyer(season, MILL).org,
        amount_minor=5_000_000,
        until=now.date() + timedelta(days=180),
        reason="Acta de asamblea de demostración: pagó siempre en el plazo",
    )
    deposit = Movement(
        kind="received",
        amount_minor=300_000,
        means="transfer",
        happened_on=now.date() - timedelta(days=8),
        reference="DEMO-0001",
    )
    record_deposit(
        session,
        actor=treasurer,
        now=now - timedelta(days=6),
        deposit_id=new_id(),
        buyer_id=_buyer(season, TRADER).org,
        movement=deposit,
    )


def _auction(
    session: Session, season: Season, now: datetime, first: Sequence[Lot], second: Sequence[Lot]
) -> None:
    """Run an auction that three buyers bid in and that ends tomorrow."""
    auction_id = new_id()
    open_auction(
        session,
        actor=_seller(season),
        now=now - timedelta(hours=5),
        id=auction_id,
        title="Subasta de noviembre",
        lots=[
            CatalogueLot(tuple(lot.id for lot in part), START, RESERVE, title)
            for part, title in ((first, "Primer lote"), (second, "Segundo lote"))
        ],
        ends_at=now + timedelta(days=1),
        starts_at=now - timedelta(hours=4),
        note="El lote está en el almacén del centro, en sacos de 20 a 25 kg.",
    )
    for code in BUYERS:
        register_bidder(
            session, actor=_buyer(season, code), now=now - timedelta(hours=4), auction_id=auction_id
        )
    lot_id = session.scalars(
        select(AuctionLot.id)
        .where(AuctionLot.auction_id == auction_id)
        .order_by(AuctionLot.position)
        .limit(1)
    ).one()
    for minutes, code, price in ((200, MILL, 4100), (180, TRADER, 4200), (150, MILL, 4350)):
        place_live_bid(
            session,
            actor=_buyer(season, code),
            now=now - timedelta(minutes=minutes),
            auction_lot_id=lot_id,
            price_minor_per_unit=price,
            seen_minor=None,
        )
    set_maximum(
        session,
        actor=_buyer(season, SECOND_MILL),
        now=now - timedelta(minutes=90),
        auction_lot_id=lot_id,
        maximum_minor=4800,
    )


def _clock(session: Session, season: Season, now: datetime, lots: Sequence[Lot]) -> None:
    """Open a campaign in two rounds; one buyer has asked for kilograms."""
    clock_id = new_id()
    products = [
        NewProduct(tuple(lot.id for lot in group), START)
        for _, group in groupby(sorted(lots, key=_kind), key=_kind)
    ]
    open_clock(
        session,
        actor=_seller(season),
        now=now - timedelta(hours=3),
        id=clock_id,
        title="Campaña de noviembre en dos rondas",
        products=products,
        first_closes_at=now + timedelta(days=2),
        second_minutes=120,
    )
    rows = session.execute(
        select(ClockProduct.id, ClockProduct.kilograms).where(ClockProduct.clock_id == clock_id)
    ).all()
    place_request(
        session,
        actor=_buyer(season, MILL),
        now=now - timedelta(hours=2),
        clock_id=clock_id,
        id=new_id(),
        wishes=[Wish(row.id, row.kilograms) for row in rows],
    )


def _kind(lot: Lot) -> tuple[str, str, str, str]:
    return (lot.grade_scheme or "", lot.grade_edition or "", lot.grade_key or "", lot.colour or "")


def _match(session: Session, season: Season, now: datetime, lots: Sequence[Lot]) -> None:
    """Offer lots to the mills' standing demands; the proposals wait for both sides."""
    seller = _seller(season)
    for code, cost in ((MILL, 40), (SECOND_MILL, 55)):
        enter_freight(
            session,
            actor=seller,
            now=now - timedelta(days=2),
            id=new_id(),
            partner_id=_buyer(season, code).org,
            minor_per_unit=cost,
            valid_from=now.date() - timedelta(days=30),
        )
    offer_lots(
        session,
        actor=seller,
        now=now - timedelta(days=1),
        lot_ids=[lot.id for lot in lots],
        terms=OfferTerms(RESERVE, is_divisible=True, valid_to=now.date() + timedelta(days=60)),
    )
    make_run(session, actor=seller, now=now - timedelta(hours=6), id=new_id())


def _negotiate(session: Session, season: Season, now: datetime, lots: Sequence[Lot]) -> None:
    """Show lots to buyers; one asks for a sample, another makes an offer that the seller countered."""
    seller, mill = _seller(season), _buyer(season, SECOND_MILL)
    show_lots(
        session,
        actor=seller,
        now=now - timedelta(days=3),
        lot_ids=[lot.id for lot in lots],
        asking_minor_per_unit=ASKED,
    )
    ask_sample(
        session,
        actor=_buyer(season, MILL),
        now=now - timedelta(days=2),
        id=new_id(),
        lot_id=lots[0].id,
        grams=30,
        address="Laboratorio de demostración, Arequipa",
    )
    offer_id = new_id()
    start_offer(
        session,
        actor=mill,
        now=now - timedelta(hours=30),
        id=offer_id,
        terms=_terms(lots[1:4], 4400, now + timedelta(days=4)),
    )
    counter_offer(
        session,
        actor=seller,
        now=now - timedelta(hours=5),
        id=new_id(),
        offer_id=offer_id,
        seen=1,
        terms=_terms(lots[1:4], 4600, now + timedelta(days=4)),
        reason="Otra hilandería pagó 46 por la misma clase",
    )


def _terms(lots: Sequence[Lot], price: int, expires_at: datetime) -> Terms:
    lines: tuple[Line, ...] = tuple(Line(lot.id, lot.quantity, price) for lot in lots)
    return Terms(lines=lines, freight="buyer", payment_days=15, is_firm=False, expires_at=expires_at)
