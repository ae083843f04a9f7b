"""Recipes: the list, one to read, a new one, copies, changes, and taking one out of use."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, Kind, ValidationFailed
from chain.core.i18n import N_
from chain.genealogy import services
from chain.genealogy.forms import RECIPE_ROWS, RecipeBase, RecipeForm
from chain.genealogy.queries.recipes import get_recipe_for, list_recipes
from chain.genealogy.recipes import EXAMPLES, bands_of
from chain.genealogy.rules import NewRecipe
from chain.genealogy.views import blueprint
from chain.genealogy.views.parts import Answer, asked_id, id_of
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

#: Products that the form asks for before the others are unfolded.
FIRST_ROWS = 3
STRENGTH_TONES = {
    "confirmed": "success",
    "secondary": "info",
    "third-hand": "warning",
    "unconfirmed": "warning",
}


@blueprint.get("/recipes")
@permission_required(Permission.LOTS_READ)
def recipe_list() -> str:
    """Show the recipes of the organisation (`?archived=1`: those out of use too), and examples to copy."""
    with_archived = request.args.get("archived") == "1"
    page = list_recipes(db.session, g.actor, page_wanted(), with_archived=with_archived)
    return render_template(
        "genealogy/recipes.html",
        page=page,
        with_archived=with_archived,
        examples=EXAMPLES,
        bands_of=bands_of,
        strength_tones=STRENGTH_TONES,
        may_write=g.actor.may(Permission.RECIPES_WRITE),
    )


@blueprint.get("/recipes/<uuid:recipe_id>")
@permission_required(Permission.LOTS_READ)
def recipe_detail(recipe_id: UUID) -> str:
    """Show a recipe."""
    recipe = get_recipe_for(db.session, g.actor, recipe_id)
    return render_template(
        "genealogy/recipe.html",
        recipe=recipe,
        bands=bands_of(recipe.outputs),
        strength_tones=STRENGTH_TONES,
        may_write=g.actor.may(Permission.RECIPES_WRITE),
    )


@blueprint.get("/recipes/new")
@permission_required(Permission.RECIPES_WRITE)
def recipe_form() -> str:
    """Show an empty form, or one filled with `?from=` (copy), `?replaces=` (change) or `?example=`."""
    form = RecipeForm(formdata=None)
    form.strength.data = "unconfirmed"
    source_id = asked_id("replaces") or asked_id("from")
    example = next((one for one in EXAMPLES if one.key == request.args.get("example")), None)
    if source_id is not None:
        recipe = get_recipe_for(db.session, g.actor, source_id)
        form.fill(recipe, bands_of(recipe.outputs), recipe.name, recipe.source or "")
        if asked_id("replaces") and recipe.archived_at is None:
            form.replaces.data = str(recipe.id)
    elif example is not None:
        form.fill(example, example.outputs, gettext(example.name), gettext(example.source))
    return _page(form)


def _page(form: RecipeBase) -> str:
    form.offer()
    filled = [place for place in range(RECIPE_ROWS) if form[f"product_{place}"].data]
    shown = max([FIRST_ROWS, *(place + 2 for place in filled)])
    return render_template("genealogy/recipe_new.html", form=form, rows=range(RECIPE_ROWS), shown=shown)


@blueprint.post("/recipes/new")
@permission_required(Permission.RECIPES_WRITE)
def recipe_submit() -> Answer:
    """Store a recipe, and archive the one that it replaces."""
    form = RecipeForm()
    form.offer()
    if form.validate_on_submit():
        rows, bands = form.bands()
        recipe = NewRecipe(
            id=form.id.value,
            name=form.name.data or "",
            process=form.kind.data,
            input_commodity=form.input_commodity.data,
            outputs=bands,
            source=form.source.data or None,
            strength=form.strength.data,
            replaces_id=id_of(form.replaces.data),
        )
        now = utc_now()
        try:
            made = run_atomic(
                lambda session: services.write_recipe(session, actor=g.actor, now=now, recipe=recipe).id
            )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(_at_rows(refused, rows))
        else:
            flash(N_("The recipe is saved."), "success")
            return redirect(url_for("genealogy.recipe_detail", recipe_id=made))
    return _page(form), 422


def _at_rows(refused: DomainError, rows: tuple[int, ...]) -> DomainError:
    """Name the fields of the form where the service names places of what it was sent."""
    words = {"commodity": "product", "label": "label", "low_bp": "low"}
    errors = {}
    for name, messages in refused.errors.items():
        head, _, rest = name.partition(".")
        place, _, last = rest.partition(".")
        at_row = f"{words[last]}_{rows[int(place)]}" if last in words else "product_0"
        errors[at_row if head == "outputs" else {"process": "kind"}.get(name, name)] = messages
    return ValidationFailed(errors) if errors else refused


@blueprint.post("/recipes/<uuid:recipe_id>/archive")
@permission_required(Permission.RECIPES_WRITE)
def recipe_archive(recipe_id: UUID) -> Answer:
    """Take a recipe out of use; a second click finds it so."""
    if get_recipe_for(db.session, g.actor, recipe_id).archived_at is None:
        now = utc_now()
        run_atomic(
            lambda session: services.archive_recipe(session, actor=g.actor, now=now, recipe_id=recipe_id)
        )
        flash(N_("The recipe is out of use."), "success")
    return redirect(url_for("genealogy.recipe_detail", recipe_id=recipe_id))
