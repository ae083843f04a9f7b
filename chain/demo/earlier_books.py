"""Three earlier seasons of every fibre producer (drawn), and the baseline that all seasons are held against."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.money import amount_for, share_of
from chain.demo import figures
from chain.demo.accounts import CENTRES
from chain.demo.plan import Season
from chain.income.rules import BaselineTerms, EarlierSeason, Strength
from chain.income.services.baselines import set_baseline
from chain.income.services.earlier import bring_in_earlier_seasons

BROUGHT_IN_AT = datetime(2025, 12, 10, 15, tzinfo=UTC)
SOURCE = "Cuadernos del centro (dibujado para la demostración)"
BASELINE_SOURCE = "Precio de la campaña menos S/ 1.50 por libra (venta colectiva, Cusco 2014, prensa)"
BASELINE_METHOD = (
    "Una venta colectiva en Cusco pagó en 2014 S/ 1.50 por libra más que los intermediarios (publicado). "
    "Aquí se resta ese margen del precio de cada campaña. Aplicarlo a otros años es un supuesto de la demostración."
)


def bring_in(session: Session, season: Season) -> None:
    """Bring in seasons 2022 to 2024 of every centre, and set the baselines of 2022 to 2025."""
    for code in CENTRES:
        accountant = season.houses.actor("contabilidad", code)
        delivered: dict[UUID, int] = defaultdict(int)
        for delivery in season.fibre[code]:
            delivered[delivery.person.id] += delivery.quantity
        bring_in_earlier_seasons(
            session,
            actor=accountant,
            now=BROUGHT_IN_AT,
            rows=[
                _row(
                    earlier, producer_id, quantity, Decimal(str(round(season.random.uniform(0.85, 1.15), 3)))
                )
                for producer_id, quantity in delivered.items()
                for earlier in figures.EARLIER_SEASONS
            ],
        )
        prices = {one.year: one.price_minor_per_kg for one in figures.EARLIER_SEASONS}
        for year, price in (prices | {2025: figures.FIBRE_PRICE_MINOR_PER_KG}).items():
            terms = BaselineTerms(
                commodity="alpaca-fibre",
                season=year,
                price_minor_per_unit=figures.baseline_minor_per_kg(price),
                source=BASELINE_SOURCE,
                method=BASELINE_METHOD,
                strength=Strength.DRAWN,
            )
            set_baseline(session, actor=accountant, now=BROUGHT_IN_AT, baseline_id=new_id(), terms=terms)


def _row(earlier: figures.EarlierSeason, producer_id: UUID, quantity: int, chance: Decimal) -> EarlierSeason:
    grams = max(1_000, int(quantity * earlier.volume * chance))
    gross = amount_for(grams, earlier.price_minor_per_kg)
    return EarlierSeason(
        season=earlier.year,
        commodity="alpaca-fibre",
        quantity=grams,
        gross_minor=gross,
        deductions_minor=share_of(gross, figures.FEE_BASIS_POINTS),
        source=SOURCE,
        producer_id=producer_id,
    )
