"""The fibre of the demonstration: the sold season of 2025 centre by centre, and the campaign that is going on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.buyers.rules import Terms
from chain.buyers.services.demands import open_demand
from chain.certification.services import register_certificate
from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.demo import draw, figures, money
from chain.demo.accounts import BUYERS, CENTRES, GUARANTEE, MILL, SECOND_MILL
from chain.demo.books import open_books
from chain.demo.deliveries import add_deliveries
from chain.demo.plan import Season
from chain.dues.services.movements import give_advance
from chain.dues.services.rules import set_deduction
from chain.grading.services import choose_scheme
from chain.lots.services import confirm_proposals
from chain.market.services import accept_award, close_tender, open_tender, place_bid
from chain.payin.rules import Means
from chain.payin.services.payments import record_buyer_payment
from chain.producers.models import Membership
from chain.settlement.services.prepare import prepare_sale_run
from chain.settlement.services.runs import account_run, approve_run, pay_run

EDITION = "2014"
#: When the published campaign was graded, offered, awarded, sold, settled and paid.
GRADED_AT = datetime(2025, 11, 26, 15, tzinfo=UTC)
OFFERED_AT = datetime(2025, 11, 27, 14, tzinfo=UTC)
BIDS_AT = datetime(2025, 12, 1, 16, tzinfo=UTC)
CLOSES_AT = datetime(2025, 12, 2, 22, tzinfo=UTC)
ACCEPTED_AT = datetime(2025, 12, 3, 15, tzinfo=UTC)
PREPARED_AT = datetime(2025, 12, 4, 14, tzinfo=UTC)
PAID_AT = datetime(2025, 12, 5, 15, tzinfo=UTC)
ADVANCED_ON = date(2025, 9, 15)
#: drawn: bids of the three buyers and the reserve, minor units per kilogram
BIDS = (figures.FIBRE_PRICE_MINOR_PER_KG, 4380, 4200)
RESERVE = 4100
OPENING_MINOR = 6_000_000
CERTIFIED = 64
#: the lightest bag that the present campaign offers
LEAST_GRAMS = 2_000


def shown_producer(people: Sequence[draw.Person]) -> draw.Person:
    """Return the producer whose page the tour shows: the first woman of the first centre."""
    return next(person for person in people if person.sex == "female")


def set_up_centres(session: Session, season: Season, now: datetime) -> None:
    """Choose the norm, set the fee, open the books and hand out advances."""
    for code in CENTRES:
        choose_scheme(
            session,
            actor=season.houses.actor("calidad", code),
            now=now,
            commodity="alpaca-fibre",
            scheme="ntp-231.301",
            edition=EDITION,
            valid_from=date(2025, 1, 1),
        )
        accountant = season.houses.actor("contabilidad", code)
        set_deduction(
            session,
            actor=accountant,
            now=now,
            rule_id=new_id(),
            name="Cuota del centro de acopio",
            basis_points=figures.FEE_BASIS_POINTS,
            valid_from=date(2025, 1, 1),
            valid_to=None,
            decided_by="Asamblea general, acta 3 (demostración)",
        )
        open_books(session, actor=accountant, amount_minor=OPENING_MINOR, now=now)
        low, high = figures.ADVANCE_SOLES
        people = [one for one in season.fibre_people[code] if season.random.random() < figures.ADVANCE_SHARE]
        shown = shown_producer(season.fibre_people[code])  # she has one for certain
        for person in dict.fromkeys([*people, shown]):
            give_advance(
                session,
                actor=accountant,
                now=datetime(2025, 9, 15, 15, tzinfo=UTC),
                advance_id=new_id(),
                producer_id=person.id,
                amount_minor=100 * season.random.randrange(low, high, 10),
                given_on=ADVANCED_ON,
                note="Adelanto de campaña",
            )


#: Two officers confirm what is sold, neither of them the one who offered it.
OFFICERS = ("presidencia", "vocalia")


def certify(session: Session, season: Season, now: datetime) -> None:
    """Let the guarantee committee certify some producers of the first two centres, in transition or full."""
    people = [*season.fibre_people[CENTRES[0]], *season.fibre_people[CENTRES[1]]][:CERTIFIED]
    actor = season.houses.actor("spg", GUARANTEE)
    session.execute(
        insert(Membership),
        [
            {
                "id": new_id(),
                "producer_id": person.id,
                "organisation_id": actor.org,
                "member_code": f"SPG{number:03d}",
                "joined_on": date(2024, 6, 1),
                "left_on": None,
            }
            for number, person in enumerate(people, 1)
        ],
    )
    for number, person in enumerate(people, 1):
        register_certificate(
            session,
            actor=actor,
            now=now,
            id=new_id(),
            producer_id=person.id,
            scheme="spg-peru",
            level="full" if number % 3 == 1 else "transition",
            number=f"SPG-SUR-2025-{number:03d}",
            issued_by="Comité de Garantía SPG del Sur (demostración)",
            valid_from=date(2025, 3, 1),
            valid_to=date(2027, 2, 28),
        )


def sell_season(session: Session, season: Season, code: str) -> None:
    """Take a centre's season from the scale to the receipt, each step by its own person."""
    deliveries = season.fibre[code]
    add_deliveries(
        session, deliveries, actor=season.houses.actor("acopio", code), now=GRADED_AT - timedelta(days=1)
    )
    confirm_all(session, season, code, [one.id for one in deliveries], GRADED_AT)
    tender_id = offer(
        session, season, code, [one.id for one in deliveries], f"Campaña 2025, {code}", OFFERED_AT, CLOSES_AT
    )
    for buyer, price in zip(BUYERS, BIDS, strict=True):
        bid(session, season, buyer, tender_id, price, BIDS_AT)
    close_tender(
        session,
        actor=season.houses.actor("ventas", code),
        now=CLOSES_AT + timedelta(seconds=1),
        tender_id=tender_id,
    )
    sale = None
    for officer in OFFICERS:
        sale = accept_award(
            session, actor=season.houses.actor(officer, code), now=ACCEPTED_AT, tender_id=tender_id
        )
    if sale is None:
        raise NotFound
    run = prepare_sale_run(
        session,
        actor=season.houses.actor("contabilidad", code),
        now=PREPARED_AT,
        run_id=new_id(),
        sale_id=sale.id,
    )
    treasurer = season.houses.actor("tesoreria", code)
    approve_run(session, actor=treasurer, now=PAID_AT - timedelta(hours=3), run_id=run.id)
    account_run(session, actor=treasurer, now=PAID_AT - timedelta(hours=2), run_id=run.id)
    record_buyer_payment(
        session,
        actor=treasurer,
        now=PAID_AT - timedelta(hours=1),
        payment_id=new_id(),
        sale_id=sale.id,
        amount_minor=sale.proceeds_minor,
        paid_on=PAID_AT.date(),
        means=Means.BANK if code == money.SHOWN else Means.CASH,
    )
    if code == money.SHOWN:
        actor = season.houses.actor("contabilidad", code)
        money.invoice_sale(session, actor=actor, now=PAID_AT - timedelta(minutes=50), sale_id=sale.id)
        money.pay_some_by_bank(session, season, run, PAID_AT - timedelta(minutes=30))
        money.draw_cash(session, actor=actor, now=PAID_AT - timedelta(minutes=20), run=run)
    pay_run(session, actor=treasurer, now=PAID_AT, run_id=run.id)


def confirm_all(session: Session, season: Season, code: str, lot_ids: Sequence[UUID], now: datetime) -> None:
    """Confirm the class of lots by the quality controller."""
    grader = season.houses.actor("calidad", code)
    confirm_proposals(session, actor=grader, now=now, lot_ids=lot_ids)


def offer(  # noqa: PLR0917 - what, under which name, from when to when
    session: Session,
    season: Season,
    code: str,
    lot_ids: Sequence[UUID],
    title: str,
    opens: datetime,
    closes: datetime,
) -> UUID:
    """Offer lots in a sealed tender; return its id."""
    tender = open_tender(
        session,
        actor=season.houses.actor("ventas", code),
        now=opens,
        id=new_id(),
        title=title,
        lot_ids=lot_ids,
        reserve_minor_per_unit=RESERVE,
        closes_at=closes,
    )
    return tender.id


def bid(  # noqa: PLR0917 - who, what, for how much, when
    session: Session, season: Season, buyer: str, tender_id: UUID, price: int, now: datetime
) -> None:
    """Place a bid by one of the three buyers."""
    username = f"compra{BUYERS.index(buyer) + 1}"
    place_bid(
        session,
        actor=season.houses.actor(username, buyer),
        now=now,
        tender_id=tender_id,
        price_minor_per_unit=price,
        id=new_id(),
    )


def begin_present_campaign(session: Session, season: Season, now: datetime) -> None:
    """Leave work for every role: lots to grade, an open tender, an award to accept, a sale to settle."""
    code = CENTRES[0]
    people = season.fibre_people[code][:16]
    days = [now.date() - timedelta(days=back) for back in range(12, 8, -1)]
    drawn = [
        one
        for one in draw.draw_fibre(season.random, season.ids, people, 1_400_000, days)
        if one.quantity >= LEAST_GRAMS
    ][:64]
    add_deliveries(session, drawn, actor=season.houses.actor("acopio", code), now=now - timedelta(days=8))
    parts = [[one.id for one in drawn[start : start + 16]] for start in range(0, len(drawn), 16)]
    for part in parts[:3]:
        confirm_all(session, season, code, part, now - timedelta(days=7))
    sold = offer(
        session,
        season,
        code,
        parts[0],
        "Fibra de noviembre, lote A",
        now - timedelta(days=6),
        now - timedelta(days=4),
    )
    awarded = offer(
        session,
        season,
        code,
        parts[1],
        "Fibra de noviembre, lote B",
        now - timedelta(days=5),
        now - timedelta(hours=3),
    )
    still_open = offer(
        session,
        season,
        code,
        parts[2],
        "Fibra de noviembre, lote C",
        now - timedelta(days=2),
        now + timedelta(days=5),
    )
    for tender_id, price, other, hours in (
        (sold, 4620, 4410, 110),
        (awarded, 4550, 4580, 80),
        (still_open, 4480, 4510, 30),
    ):
        bid(session, season, MILL, tender_id, price, now - timedelta(hours=hours))
        bid(session, season, SECOND_MILL, tender_id, other, now - timedelta(hours=hours - 5))
    seller = season.houses.actor("ventas", code)
    close_tender(session, actor=seller, now=now - timedelta(days=4) + timedelta(seconds=1), tender_id=sold)
    for officer in OFFICERS:
        accept_award(
            session, actor=season.houses.actor(officer, code), now=now - timedelta(days=2), tender_id=sold
        )
    close_tender(session, actor=seller, now=now - timedelta(hours=2), tender_id=awarded)


def post_demands(session: Session, season: Season, now: datetime) -> None:
    """Let two mills say what they stand ready to buy."""
    today = now.date()
    wanted = (
        (MILL, "Baby y Super Baby blanco", ("super_baby", "baby"), ("white",), 230, 100_000, 5200),
        (MILL, "Fleece blanco y leonado", ("fleece",), ("white", "light_fawn", "medium_fawn", "light_brown", "dark_brown", "true_black"), 265, 200_000, 4700),
        (SECOND_MILL, "Blanco hasta 26,5 micras", (), ("white",), 265, 1_000_000, 4600),
    )  # fmt: skip
    for buyer, title, keys, colours, limit, quantity, price in wanted:
        open_demand(
            session,
            actor=season.houses.actor(f"compra{BUYERS.index(buyer) + 1}", buyer),
            now=now,
            demand_id=new_id(),
            terms=Terms(
                title=title,
                commodity="alpaca-fibre",
                currency="PEN",
                valid_from=today - timedelta(days=2),
                valid_to=today + timedelta(days=180),
                grades=tuple(f"ntp-231.301/{EDITION}/{key}" for key in keys),
                colours=colours,
                micron_max_tenths=limit,
                min_quantity=quantity // 10,
                max_quantity=quantity,
                price_minor_per_unit=price,
            ),
        )
