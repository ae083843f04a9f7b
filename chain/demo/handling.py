"""What is done with lots after they are weighed: measured, merged, sorted, cooled, cut, held and dispatched.

Every figure here is drawn. Times are counted back from the present, so that a tank is never a year old.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.custody.services.containers import NewMovement, move_containers
from chain.custody.services.dispatches import NewDispatch, dispatch_lots
from chain.custody.services.holds import NewHold, hold_lots
from chain.custody.services.places import ContainerFacts, SiteFacts, keep_container_type, keep_site
from chain.custody.services.tanks import NewReading, read_tank
from chain.demo import draw
from chain.demo.accounts import CENTRES, COMMITTEE, DAIRY
from chain.demo.deliveries import add_deliveries
from chain.demo.plan import Season
from chain.genealogy.recipes import ESTIMATE
from chain.genealogy.rules import Lost, Made, Merge, NewRecipe, ProcessRun, Sort, SortedPart, YieldBand
from chain.genealogy.services import merge_lots, process_lots, sort_lot, write_recipe
from chain.laboratory.readings import Reading
from chain.laboratory.services import (
    ask_second_opinion,
    choose_measurement,
    record_measurement,
    register_instrument,
    take_sample,
)
from chain.laboratory.services.instruments import InstrumentTerms
from chain.lots.models import Lot
from chain.lots.rules import Delivery
from chain.lots.services import confirm_grade, register_lots
from chain.sales.models import Sale, SaleLine

#: Shares of the sorted lot in thousandths, drawn; the rest is dust.
SORTED = (("super_baby", 120), ("baby", 300), ("fleece", 330), ("medium_fleece", 160), ("huarizo", 80))
THOUSAND = 1000
LEAST_GRAMS = 200
#: What a carcass gave, in thousandths of its weight, drawn.
CUTS = (("Pierna", 340), ("Brazuelo", 190), ("Costillar", 230), ("Cuello", 110))
CHARQUE_SHARE = 380
MILK_DENSITY = "1.030"
CHEESE_SHARE, WHEY_SHARE = 110, 860
TANK_ML = 1_500_000
COARSE_TENTHS = 280


def handle_fibre(session: Session, season: Season, now: datetime) -> None:
    """Merge white fibre and sort it into classes; measure, hold, lend, ask for a second opinion."""
    code = CENTRES[0]
    clerk, grader = season.houses.actor("acopio", code), season.houses.actor("calidad", code)
    store = _place(session, grader, now, SiteFacts(code="ALM", name="Almacén", kind="store"))
    _place(session, grader, now, SiteFacts(code="SALA", name="Sala de clasificación", kind="plant"))
    white, others = _more_fibre(session, season, now)
    bulk = Merge(
        id=new_id(),
        happened_at=now - timedelta(hours=30),
        lot_ids=tuple(lot.id for lot in white),
        output_id=new_id(),
        label="Blanco de noviembre",
        site_id=store,
    )
    merge_lots(session, actor=clerk, now=now - timedelta(hours=30), event=bulk)
    _sort_out(session, clerk, session.get_one(Lot, bulk.output_id), now - timedelta(hours=26))
    _measure(session, clerk, grader, others[0], now - timedelta(hours=20))
    doubted, damp = others[1], others[2]
    ask_second_opinion(
        session,
        actor=clerk,
        now=now - timedelta(hours=18),
        id=new_id(),
        lot_id=doubted.id,
        reason="La productora dice que es más fina",
    )
    for lot, reason, note in (
        (doubted, "dispute", "Hasta que se decida la segunda opinión"),
        (damp, "quality", "Llegó húmeda: secar y volver a pesar"),
    ):
        held = NewHold(id=new_id(), lot_ids=[lot.id], reason=reason, note=note)
        hold_lots(session, actor=grader, now=now - timedelta(hours=17), hold=held)
    _lend_sacks(session, clerk, grader, white, now)


def send_the_sale(session: Session, season: Season, now: datetime) -> None:
    """Dispatch the newest agreed sale of the first centre to its mill; the mill still has to weigh it."""
    clerk = season.houses.actor("acopio", CENTRES[0])
    sale = session.scalars(
        select(Sale).where(Sale.organisation_id == clerk.org).order_by(Sale.agreed_at.desc()).limit(1)
    ).one()
    lots = session.scalars(select(SaleLine.lot_id).where(SaleLine.sale_id == sale.id)).all()
    order = NewDispatch(
        id=new_id(),
        lot_ids=list(lots),
        to_organisation_id=sale.buyer_id,
        carrier="Transportes Apu Azul (inventado)",
        vehicle="X1Z-000",
        driver="Chofer de demostración",
        sale_id=sale.id,
    )
    dispatch_lots(session, actor=clerk, now=now - timedelta(hours=20), dispatch=order)


def _more_fibre(session: Session, season: Season, now: datetime) -> tuple[list[Lot], list[Lot]]:
    """Take in a few white deliveries and three others; two of these are confirmed. None is left to be offered."""
    code = CENTRES[0]
    people = season.fibre_people[code][16:30]
    days = [now.date() - timedelta(days=back) for back in (5, 4)]
    drawn = [
        one
        for one in draw.draw_fibre(season.random, season.ids, people, 900_000, days)
        if one.quantity >= LEAST_GRAMS and "micron" in one.attributes
    ]
    white = [one for one in drawn if one.attributes["colour"] == "white"][:10]
    others = [one for one in drawn if one.attributes["colour"] != "white"][:3]
    clerk, grader = season.houses.actor("acopio", code), season.houses.actor("calidad", code)
    add_deliveries(session, [*white, *others], actor=clerk, now=now - timedelta(days=3))
    for one in others[:2]:
        confirm_grade(session, actor=grader, now=now - timedelta(days=2), lot_id=one.id)
    return [session.get_one(Lot, one.id) for one in white], [session.get_one(Lot, one.id) for one in others]


def _sort_out(session: Session, clerk: Actor, bulk: Lot, moment: datetime) -> None:
    """Sort the merged lot; each class waits for the controller."""
    parts = tuple(
        SortedPart(id=new_id(), class_key=key, quantity=bulk.quantity * share // THOUSAND)
        for key, share in SORTED
    )
    dust = bulk.quantity - sum(part.quantity for part in parts)
    sorting = Sort(
        id=new_id(),
        happened_at=moment,
        lot_id=bulk.id,
        parts=parts,
        losses=(Lost(cause="dust", quantity=dust),),
    )
    sort_lot(session, actor=clerk, now=moment, event=sorting)


def _measure(session: Session, clerk: Actor, grader: Actor, lot: Lot, moment: datetime) -> None:
    """Send a sealed sample to an instrument and let its value count: the class changes, and somebody confirms it anew."""
    instrument, _ = register_instrument(
        session,
        actor=grader,
        now=moment,
        id=new_id(),
        terms=InstrumentTerms(
            name="Banco de ensayo (demostración)",
            kind="ofda",
            method="laboratory",
            uncertainties={"micron": "0.4"},
        ),
    )
    sample, _ = take_sample(session, actor=clerk, now=moment, id=new_id(), lot_id=lot.id, mass_g=40)
    coarser = Decimal("5.0") if (lot.micron_tenths or 0) < COARSE_TENTHS else Decimal("-5.0")
    value = Decimal(lot.micron_tenths or COARSE_TENTHS) / 10 + coarser
    measured, _ = record_measurement(
        session,
        actor=clerk,
        now=moment + timedelta(hours=2),
        reading=Reading(
            id=new_id(),
            attribute="micron",
            value=value,
            method="laboratory",
            measured_at=moment + timedelta(hours=1),
            sample_code=sample.code,
            instrument_id=instrument.id,
            document="DEMO-0001",
        ),
    )
    choose_measurement(
        session,
        actor=grader,
        now=moment + timedelta(hours=3),
        id=new_id(),
        lot_id=lot.id,
        attribute="micron",
        measurement_id=measured.id,
        reason="El laboratorio es más seguro que la mano",
    )


def _lend_sacks(session: Session, clerk: Actor, grader: Actor, lots: Sequence[Lot], now: datetime) -> None:
    sack, _ = keep_container_type(
        session,
        actor=grader,
        now=now,
        type_id=new_id(),
        facts=ContainerFacts(name="Saca de yute", kind="sack", tare_g=600, is_lent=True),
    )
    producers = list(dict.fromkeys(lot.producer_id for lot in lots if lot.producer_id is not None))[:5]
    for place, producer_id in enumerate(producers):
        for kind, count in (("lent", 3), ("returned", place % 3)):
            if count:
                movement = NewMovement(
                    id=new_id(),
                    producer_id=producer_id,
                    container_type_id=sack.id,
                    kind=kind,
                    count=count,
                    happened_on=now.date() - timedelta(days=2),
                )
                move_containers(session, actor=clerk, now=now, movement=movement)


def run_tank(session: Session, season: Season, now: datetime) -> None:
    """Cool this morning's milk in the tank; make cheese of the milk before."""
    clerk, grader = season.houses.actor("leche", DAIRY), season.houses.actor("leche.calidad", DAIRY)
    tank = _place(
        session,
        grader,
        now,
        # limits of the house itself: for Peru no norm's figure is known here
        SiteFacts(
            code="T1",
            name="Tanque 1",
            kind="tank",
            capacity=TANK_ML,
            max_temperature_tenths=100,
            max_hours=12,
        ),
    )
    cellar = _place(session, grader, now, SiteFacts(code="QUE", name="Quesería", kind="plant"))
    yesterday, today = now - timedelta(hours=30), now - timedelta(hours=4)
    _make_cheese(session, clerk, grader, _pour(session, season, clerk, yesterday, None), cellar)
    _pour(session, season, clerk, today, tank)
    for minutes, tenths in ((20, 182), (80, 121), (150, 78), (215, 62)):
        reading = NewReading(
            id=new_id(), site_id=tank, measured_at=today + timedelta(minutes=minutes), celsius_tenths=tenths
        )
        read_tank(session, actor=clerk, now=now, reading=reading)


def _pour(session: Session, season: Season, clerk: Actor, moment: datetime, tank: UUID | None) -> UUID:
    """Take in the milk of twelve suppliers and pour it together; return the lot."""
    deliveries = [
        Delivery(
            id=new_id(),
            commodity="raw-milk",
            producer_id=one.id,
            delivered_at=moment - timedelta(minutes=40 - place),
            quantity=season.random.randrange(12_000, 45_000, 100),
            unit="ml",
            attributes={"shift": "am", "temperature_c": "18.5"},
        )
        for place, one in enumerate(season.milk_people[:12])
    ]
    register_lots(session, actor=clerk, now=moment, deliveries=deliveries)
    pouring = Merge(
        id=new_id(),
        happened_at=moment,
        lot_ids=tuple(one.id for one in deliveries),
        output_id=new_id(),
        site_id=tank,
    )
    merge_lots(session, actor=clerk, now=moment, event=pouring)
    return pouring.output_id


def _make_cheese(session: Session, clerk: Actor, grader: Actor, milk_id: UUID, cellar: UUID) -> None:
    milk = session.get_one(Lot, milk_id)
    moment = milk.delivered_at + timedelta(hours=3)
    recipe = NewRecipe(
        id=new_id(),
        name="Queso fresco",
        process="cheese",
        input_commodity="raw-milk",
        outputs=(
            YieldBand(commodity="cheese", low_bp=900, expected_bp=1100, high_bp=1300),
            YieldBand(commodity="whey"),
        ),
        source=f"{ESTIMATE} (demo)",
    )
    write_recipe(session, actor=grader, now=moment, recipe=recipe)
    grams = int(milk.quantity * Decimal(MILK_DENSITY) + Decimal("0.5"))
    cheese, whey = grams * CHEESE_SHARE // THOUSAND, grams * WHEY_SHARE // THOUSAND
    making = ProcessRun(
        id=new_id(),
        happened_at=moment,
        process="cheese",
        recipe_id=recipe.id,
        lot_ids=(milk.id,),
        outputs=(
            Made(
                id=new_id(),
                commodity="cheese",
                quantity=cheese,
                label="Queso fresco",
                best_before=(moment + timedelta(days=20)).date(),
                site_id=cellar,
            ),
            Made(id=new_id(), commodity="whey", quantity=whey, site_id=cellar),
        ),
        losses=(Lost(cause="moisture", quantity=grams - cheese - whey),),
        density=MILK_DENSITY,
    )
    process_lots(session, actor=clerk, now=moment, event=making)


def cut_and_dry(session: Session, season: Season, now: datetime) -> None:
    """Cut the newest carcass of the committee and dry its leg to charque."""
    clerk = season.houses.actor("carne", COMMITTEE)
    carcass = session.scalars(
        select(Lot)
        .where(Lot.organisation_id == clerk.org, Lot.commodity == "llama-carcass")
        .order_by(Lot.delivered_at.desc(), Lot.id)
        .limit(1)
    ).one()
    moment = now - timedelta(days=3)
    made = tuple(
        Made(id=new_id(), commodity="meat-cut", quantity=carcass.quantity * share // THOUSAND, label=label)
        for label, share in CUTS
    )
    lost = carcass.quantity - sum(one.quantity for one in made)
    cutting = ProcessRun(
        id=new_id(),
        happened_at=moment,
        process="cut",
        lot_ids=(carcass.id,),
        outputs=made,
        losses=(Lost(cause="waste", quantity=lost, note="Hueso y recorte"),),
    )
    process_lots(session, actor=clerk, now=moment, event=cutting)
    leg = made[0]
    charque = leg.quantity * CHARQUE_SHARE // THOUSAND
    drying = ProcessRun(
        id=new_id(),
        happened_at=moment + timedelta(days=2),
        process="dry",
        lot_ids=(leg.id,),
        outputs=(
            Made(
                id=new_id(),
                commodity="charque",
                quantity=charque,
                label="Charque de pierna",
                best_before=(now + timedelta(days=180)).date(),
            ),
        ),
        losses=(Lost(cause="moisture", quantity=leg.quantity - charque),),
    )
    process_lots(session, actor=clerk, now=moment + timedelta(days=2), event=drying)


def _place(session: Session, actor: Actor, now: datetime, facts: SiteFacts) -> UUID:
    site, _ = keep_site(session, actor=actor, now=now - timedelta(days=30), site_id=new_id(), facts=facts)
    return site.id
