"""Making other products of lots: the recipe's expectation beside what really came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_, Message
from chain.core.money import BASIS_POINTS, round_half_up
from chain.genealogy import services
from chain.genealogy.checks import read_density
from chain.genealogy.forms import (
    CHOOSE,
    ProcessBase,
    gains_of,
    losses_of,
    made_id,
    offer_causes,
    offer_sites,
    process_form,
    small_units,
)
from chain.genealogy.models import Recipe
from chain.genealogy.products import family_of, processes_for, products_of
from chain.genealogy.queries.pages import lots_among, sites_in_use
from chain.genealogy.queries.recipes import usable_recipes
from chain.genealogy.recipes import bands_of, real_yields
from chain.genealogy.rules import Made, ProcessRun, YieldBand
from chain.genealogy.views import blueprint
from chain.genealogy.views.parts import (
    Answer,
    add_errors,
    id_of,
    local_now,
    moment_of,
    save,
    stored_before,
    ticked_ids,
)
from chain.genealogy.views.picker import Chosen, chosen_lots, picker_page
from chain.genealogy.views.sorting import balance_of
from chain.genealogy.words import PROCESS_LABELS, Process
from chain.lots.models import Lot
from chain.lots.products import MEAT_CUT, MILK, PRODUCTS
from chain.web.access import permission_required
from chain.web.forms import option
from chain.web.i18n import gettext

TITLE = N_("Process lots")
INTRO = N_("Wool is washed or spun, milk becomes cheese, an animal becomes meat.")
NO_PROCESS = N_("No process takes these lots together.")
STAYS = N_("Where the lots lie now")
#: Lines for a product of which there are several kinds, such as cuts of meat.
SEVERAL = {MEAT_CUT: 4}
#: Products that spoil, by their picture.
SPOILS = frozenset({"milk", "meat"})


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the form; `band` says what the recipe expects of it."""

    commodity: str
    label: str | None
    band: YieldBand | None
    has_date: bool

    def expected(self, points: int | None, mass: int | None) -> int | None:
        """Return what a yield is in grams."""
        return None if points is None or not mass else round_half_up(Decimal(mass) * points / BASIS_POINTS)


@dataclass(frozen=True, slots=True)
class Way:
    """What is done: a process, by a recipe or without."""

    process: str
    recipe: Recipe | None
    lines: Sequence[Line]


@blueprint.get("/process")
@permission_required(Permission.LOTS_TRANSFORM)
def process_pick() -> str:
    """Choose the lots to be processed; `?lot_id=` chooses one beforehand."""
    return _picker(lots_among(db.session, g.actor, ticked_ids()))


def _picker(lots: Sequence[Lot], problems: Sequence[Message] = ()) -> str:
    action = url_for("genealogy.process_submit")
    return picker_page(title=TITLE, intro=INTRO, action=action, chosen=lots, problems=problems)


@blueprint.post("/process")
@permission_required(Permission.LOTS_TRANSFORM)
def process_submit() -> Answer:
    """Add lots, choose the recipe, reckon the yields, or process the lots."""
    step, chosen = request.form.get("step"), chosen_lots()
    if step == "add":
        return _picker(() if chosen.is_filtered else chosen.lots, chosen.told)
    before = stored_before() if chosen.is_filtered else None
    if before is not None:
        return before
    recipes, processes = _ways(chosen)
    is_first = step in {None, "next"}
    if is_first or not chosen.lots:
        problems = list(chosen.problems) or [Message(NO_PROCESS)] * (not processes)
        if problems:
            return _picker(chosen.lots, problems), 422
    way = _chosen_way(chosen, recipes, processes)
    form_type = process_form(len(way.lines) if way else 0)
    form = form_type(formdata=None) if is_first else form_type()
    if is_first:
        form.happened_at.data = local_now()
        form.density.data = _density_of(chosen.lots)
    is_valid = step in {"check", "save"} and form.validate()
    if step == "save" and is_valid and way is not None:
        done = _saved(form, chosen, way)
        if done is not None:
            return done
    return _page(form, chosen, way, recipes, processes), 422 if step == "save" else 200


def _saved(form: ProcessBase, chosen: Chosen, way: Way) -> Response | None:
    """Process the lots; None with the refusal on the form."""
    if chosen.is_filtered and chosen.problems:
        add_errors(form, chosen.problems)
        return None
    return save(form, services.process_lots, _event(form, chosen, way))


def _ways(chosen: Chosen) -> tuple[list[Recipe], list[Process]]:
    """Return the recipes and processes that take all of the lots."""
    commodities = {lot.commodity for lot in chosen.lots}
    if not commodities:
        return [], []
    common = [one for one in Process if all(one in processes_for(key) for key in commodities)]
    recipes = [
        one
        for one in usable_recipes(db.session, g.actor)
        if one.process in common and one.input_commodity in commodities
    ]
    return recipes, common


def _chosen_way(chosen: Chosen, recipes: Sequence[Recipe], processes: Sequence[Process]) -> Way | None:
    word, _, key = (request.form.get("way") or "").partition(":")
    recipe = next((one for one in recipes if word == "recipe" and str(one.id) == key), None)
    process = recipe.process if recipe else key if word == "process" and key in processes else None
    if process is None:
        return None
    families = {family_of(lot.commodity, lot.mix) for lot in chosen.lots}
    products = products_of(process, [one for one in families if one is not None])
    bands = bands_of(recipe.outputs) if recipe else []
    lines = [_line(band.commodity, band.label, band) for band in bands if band.commodity in products]
    named = {one.commodity for one in lines}
    for product in products:
        if product not in named:
            lines += [_line(product, None, None) for _ in range(SEVERAL.get(product, 1))]
    return Way(process, recipe, lines)


def _line(commodity: str, label: str | None, band: YieldBand | None) -> Line:
    return Line(commodity, label, band, PRODUCTS[commodity].icon in SPOILS)


def _density_of(lots: Sequence[Lot]) -> str | None:
    """Return the density that was measured, if all milk has the same."""
    found = {(lot.measured or {}).get("density_g_ml") or lot.attributes.get("density_g_ml") for lot in lots}
    return str(found.pop()) if len(found) == 1 and None not in found else None


def _mass_of(form: ProcessBase, chosen: Chosen) -> int | None:
    """Return what the lots weigh in grams; None while milk has no density."""
    density = read_density(form.density.data)
    if density is None and "ml" in chosen.quantities:
        return None
    by_weight = sum(lot.quantity for lot in chosen.lots if lot.unit != "ml")
    milk = [round_half_up(lot.quantity * (density or Decimal(1))) for lot in chosen.lots if lot.unit == "ml"]
    return by_weight + sum(milk)


def _made(form: ProcessBase, way: Way) -> tuple[Made, ...]:
    return tuple(
        Made(
            id=made_id(form.id.value, place),
            commodity=one.commodity,
            quantity=small_units(form[f"made_{place}"].data),
            label=one.label or form[f"label_{place}"].data or None,
            best_before=form[f"best_{place}"].data,
        )
        for place, one in enumerate(way.lines)
        if form[f"made_{place}"].data is not None
    )


def _event(form: ProcessBase, chosen: Chosen, way: Way) -> ProcessRun:
    return ProcessRun(
        id=form.id.value,
        happened_at=moment_of(form),
        process=way.process,
        lot_ids=chosen.ids,
        outputs=_made(form, way),
        losses=losses_of(form),
        gains=gains_of(form),
        recipe_id=way.recipe.id if way.recipe else None,
        density=(form.density.data or "").strip().replace(",", ".") or None,
        site_id=id_of(form.site.data),
        reason=form.reason.data or None,
        drop_claim=form.drop_claim.data,
    )


def _page(
    form: ProcessBase,
    chosen: Chosen,
    way: Way | None,
    recipes: Sequence[Recipe],
    processes: Sequence[Process],
) -> str:
    offer_causes(form)
    offer_sites(form.site, sites_in_use(db.session, g.actor), blank=gettext(STAYS))
    without = gettext(N_("Without a recipe"))
    form.way.choices = [
        option("", gettext(CHOOSE)),
        *(option(f"recipe:{one.id}", one.name, gettext(N_("Recipes"))) for one in recipes),
        *(option(f"process:{one.value}", gettext(PROCESS_LABELS[one]), without) for one in processes),
    ]
    mass = _mass_of(form, chosen)
    made = _made(form, way) if way else ()
    bands: list[Any] = bands_of(way.recipe.outputs) if way and way.recipe else []
    return render_template(
        "genealogy/process.html",
        form=form,
        chosen=chosen,
        way=way,
        mass=mass,
        is_milk="ml" in chosen.quantities,
        yields=real_yields(bands, made, mass) if mass and made else [],
        balance=balance_of(form, mass, sum(one.quantity for one in made)) if mass and made else None,
        milk_icon=MILK,
        title=TITLE,
    )
