"""Making other products of lots, and holding the yield against a recipe."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import Message
from chain.core.money import round_half_up
from chain.core.quantity import Unit
from chain.genealogy.checks import MIN_REASON, WRONG_DENSITY, read_density
from chain.genealogy.errors import RecipeDoesNotFit, WrongProduct
from chain.genealogy.mix import Mix, mixed, scaled_mix, without_fineness
from chain.genealogy.models import LotEvent, Recipe
from chain.genealogy.products import PROCESS_RULES, ProcessRule, family_of
from chain.genealogy.queries.recipes import get_recipe_for
from chain.genealogy.recipes import bands_of, check_yields
from chain.genealogy.rules import Made, ProcessRun
from chain.genealogy.services.opening import Opened, carry_out, check_one_family, mix_of
from chain.genealogy.services.plan import Outcome, Plan, proposed_grade
from chain.genealogy.services.store import check_conserved, store_event
from chain.genealogy.words import Process
from chain.grading.attributes import DENSITY_G_ML
from chain.lots.attributes import clean_words
from chain.lots.models import Lot
from chain.lots.products import PRODUCT_LABELS, PRODUCTS


def process_lots(session: Session, *, actor: Actor, now: datetime, event: ProcessRun) -> LotEvent:
    """Make other products of lots: scour, dehair, spin; cheese; slaughter, cut, dry.

    Raises:
        Whatever `opening.carry_out` and `store.store_event` raise.
        MixedProducts, WrongProduct: the lots or products do not go with each other or with the process.
        RecipeDoesNotFit: the recipe is for something else or out of use.
        YieldOutsideBand, NotInRecipe: a yield that the recipe does not expect, without a reason.
        ValidationFailed: milk is weighed without a density.
    """

    def act(opened: Opened) -> LotEvent:
        rule = PROCESS_RULES[Process(event.process)]
        _check_products(rule, opened, event)
        density = read_density(event.density)
        balances = [_grams(lot, density) for lot in opened.lots]
        mix = mixed(
            [scaled_mix(mix_of(lot), grams) for lot, grams in zip(opened.lots, balances, strict=True)]
        )
        plan = Plan(
            balance_unit=Unit.GRAM.value,
            balances=balances,
            outcomes=[_outcome(opened, rule, made, mix) for made in event.outputs],
            losses=event.losses,
            gains=event.gains,
            drop_claim=event.drop_claim,
            process=event.process,
            recipe_id=event.recipe_id,
            density=f"{density:f}" if density is not None and _is_milk(opened) else None,
            site_id=event.site_id,
        )
        check_conserved(plan)
        _check_recipe(opened, event, sum(balances))
        return store_event(opened, plan)

    return carry_out(session, actor=actor, now=now, event=event, lot_ids=event.lot_ids, act=act)


def _check_products(rule: ProcessRule, opened: Opened, event: ProcessRun) -> None:
    check_one_family(opened.lots)
    for lot in opened.lots:
        if lot.commodity not in rule.takes:
            raise WrongProduct(product=Message(PRODUCT_LABELS[lot.commodity]))
    family = family_of(opened.lots[0].commodity, opened.lots[0].mix)
    for made in event.outputs:
        product = PRODUCTS[made.commodity]
        if made.commodity not in rule.gives or family not in product.families:
            raise WrongProduct(product=Message(product.label))


def _is_milk(opened: Opened) -> bool:
    return any(lot.unit == Unit.MILLILITRE for lot in opened.lots)


def _grams(lot: Lot, density: Decimal | None) -> int:
    """Return what a lot weighs; milk by the stated density, rounded half up per lot."""
    if lot.unit == Unit.GRAM:
        return lot.quantity
    if density is None:
        errors = FieldErrors()
        errors.add("density", WRONG_DENSITY, low=DENSITY_G_ML.low, high=DENSITY_G_ML.high)
        errors.raise_any()
    return round_half_up(lot.quantity * (density or Decimal(1)))


def _outcome(opened: Opened, rule: ProcessRule, made: Made, mix: Mix) -> Outcome:
    part = scaled_mix(mix, made.quantity)
    if not rule.keeps_fineness:
        part = without_fineness(part)
    return Outcome(
        id=made.id,
        commodity=made.commodity,
        quantity=made.quantity,
        unit=PRODUCTS[made.commodity].unit.value,
        balance=made.quantity,
        mix=part,
        grade=proposed_grade(opened, made.commodity, part.micron_of_all),
        label=made.label,
        best_before=made.best_before,
        site_id=made.site_id,
    )


def _check_recipe(opened: Opened, event: ProcessRun, input_mass: int) -> None:
    if event.recipe_id is None:
        return
    try:
        recipe: Recipe = get_recipe_for(opened.session, opened.actor, event.recipe_id)
    except NotFound:
        raise RecipeDoesNotFit from None
    fits = recipe.process == event.process and recipe.input_commodity in {
        one.commodity for one in opened.lots
    }
    if not fits or recipe.archived_at is not None:
        raise RecipeDoesNotFit
    if len(clean_words(event.reason or "")) >= MIN_REASON:
        return
    check_yields(bands_of(recipe.outputs), event.outputs, input_mass)
