"""Sorting a lot into the classes of the norm in force, by weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.genealogy import services
from chain.genealogy.forms import (
    CHOOSE,
    EXTRA_SORTED,
    SortBase,
    colour_options,
    gains_of,
    losses_of,
    made_id,
    offer_causes,
    small_units,
    sort_form,
)
from chain.genealogy.rules import Sort, SortedPart
from chain.genealogy.views import blueprint
from chain.genealogy.views.panel import is_usable
from chain.genealogy.views.parts import Answer, asked_lot, local_now, moment_of, save
from chain.genealogy.views.picker import one_page
from chain.grading.queries import scheme_in_force
from chain.lots.grades import class_names, scheme_label
from chain.lots.labels import name_language
from chain.lots.models import Lot
from chain.lots.no_norm import has_norm
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.forms import option
from chain.web.i18n import gettext

TITLE = N_("Sort a lot into classes")
OPEN = N_("Class left open")


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of the norm in force: key and name, the open one last."""

    norm: str
    rows: Sequence[tuple[str | None, str]]


def can_be_sorted(lot: Lot) -> bool:
    """Tell whether a norm classes a lot that is weighed."""
    return has_norm(lot.commodity) and lot.unit == "g"


def _classes(lot: Lot) -> Classes:
    day = local_date(utc_now(), timezone_name())
    scheme = scheme_in_force(db.session, g.actor.org, lot.commodity, day)
    language = name_language()
    names = class_names(scheme.key, scheme.edition)
    rows: list[tuple[str | None, str]] = [(key, one[language]) for key, one in names.items()]
    return Classes(scheme_label(scheme.key, scheme.edition, language), [*rows, (None, gettext(OPEN))])


@blueprint.get("/sort")
@permission_required(Permission.LOTS_TRANSFORM)
def sort_page() -> Answer:
    """Choose the lot, then write what each class weighs."""
    lot = asked_lot()
    if lot is None or not can_be_sorted(lot):
        return one_page(title=TITLE, endpoint="genealogy.sort_page", wants=can_be_sorted)
    classes = _classes(lot)
    form = sort_form(len(classes.rows) - 1)(formdata=None)
    form.happened_at.data = local_now()
    return _page(form, lot, classes)


@blueprint.post("/sort")
@permission_required(Permission.LOTS_TRANSFORM)
def sort_submit() -> Answer:
    """Reckon the difference, or sort the lot."""
    lot = get_lot_for(db.session, g.actor, parse_id(request.form.get("lot")))
    if not can_be_sorted(lot):
        return one_page(title=TITLE, endpoint="genealogy.sort_page", wants=can_be_sorted)
    classes = _classes(lot)
    form = sort_form(len(classes.rows) - 1)()
    is_valid = form.validate()
    if request.form.get("step") == "check":
        return _page(form, lot, classes)
    if is_valid:
        done = save(form, services.sort_lot, _event(form, lot, classes))
        if done is not None:
            return done
    return _page(form, lot, classes), 422


def _parts(form: SortBase, classes: Classes) -> list[SortedPart]:
    found = [
        SortedPart(id=made_id(form.id.value, place), class_key=key, quantity=small_units(field.data))
        for place, (key, _) in enumerate(classes.rows)
        if (field := form[f"part_{place}"]).data is not None
    ]
    for place in range(EXTRA_SORTED):
        if form[f"extra_{place}"].data is not None:
            part = SortedPart(
                id=made_id(form.id.value, len(classes.rows) + place),
                class_key=form[f"class_{place}"].data or None,
                colour=form[f"colour_{place}"].data or None,
                quantity=small_units(form[f"extra_{place}"].data),
            )
            found.append(part)
    return found


def _event(form: SortBase, lot: Lot, classes: Classes) -> Sort:
    return Sort(
        id=form.id.value,
        happened_at=moment_of(form),
        lot_id=lot.id,
        parts=tuple(_parts(form, classes)),
        losses=losses_of(form),
        gains=gains_of(form),
        drop_claim=form.drop_claim.data,
    )


def balance_of(form: Any, used: int, made: int) -> dict[str, int]:
    """Return what a form says went in and came out, and the difference that is still to be declared."""
    gained, lost = small_units(form.gain.data), small_units(form.loss.data)
    return {
        "used": used,
        "gained": gained,
        "made": made,
        "lost": lost,
        "difference": used + gained - made - lost,
    }


def _page(form: SortBase, lot: Lot, classes: Classes) -> str:
    offer_causes(form)
    options = [option("", CHOOSE), *(option(key, name) for key, name in classes.rows if key)]
    for place in range(EXTRA_SORTED):
        form[f"class_{place}"].choices = options
        form[f"colour_{place}"].choices = colour_options()
    made = sum(part.quantity for part in _parts(form, classes)) if form.id.data else 0
    return render_template(
        "genealogy/sort.html",
        form=form,
        lot=lot,
        classes=classes,
        extras=range(EXTRA_SORTED),
        is_usable=is_usable(lot),
        balance=balance_of(form, lot.quantity, made),
        title=TITLE,
    )
