"""Merging lots, splitting one, and bringing lots to another place."""

from collections.abc import Sequence

from flask import g, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_, Message
from chain.core.ids import parse_id
from chain.genealogy import services
from chain.genealogy.forms import (
    CHOOSE,
    FIRST_PARTS,
    MORE_PARTS,
    MOST_PARTS,
    MergeForm,
    SplitBase,
    TransferForm,
    gains_of,
    losses_of,
    made_id,
    offer_causes,
    offer_sites,
    small_units,
    split_form,
)
from chain.genealogy.queries.pages import lots_among, sites_in_use
from chain.genealogy.rules import Merge, Part, Split, Transfer
from chain.genealogy.views import blueprint
from chain.genealogy.views.panel import is_usable
from chain.genealogy.views.parts import (
    Answer,
    add_errors,
    asked_lot,
    id_of,
    local_now,
    moment_of,
    save,
    stored_before,
    ticked_ids,
)
from chain.genealogy.views.picker import Chosen, chosen_lots, one_page, picker_page
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.i18n import gettext

MERGE_TITLE, TRANSFER_TITLE = N_("Merge lots"), N_("Bring lots to another place")
SPLIT_TITLE = N_("Split a lot")
MERGE_INTRO = N_("Lots of one product become one lot. Every producer keeps the own part, to the gram.")
TRANSFER_INTRO = N_("The lots stay what they are. Only their place changes.")
TWO_LOTS = N_("Choose at least two lots.")
STAYS = N_("Where the lots lie now")


@blueprint.get("/merge")
@permission_required(Permission.LOTS_TRANSFORM)
def merge_form() -> str:
    """Choose the lots to be merged; `?lot_id=` chooses one beforehand."""
    return _merge_picker(lots_among(db.session, g.actor, ticked_ids()))


def _merge_picker(lots: Sequence[Lot], problems: Sequence[Message] = ()) -> str:
    action = url_for("genealogy.merge_submit")
    return picker_page(title=MERGE_TITLE, intro=MERGE_INTRO, action=action, chosen=lots, problems=problems)


@blueprint.post("/merge")
@permission_required(Permission.LOTS_TRANSFORM)
def merge_submit() -> Answer:
    """Add lots, show what they give together, or merge them."""
    step, chosen = request.form.get("step"), chosen_lots()
    if step == "add":
        return _merge_picker(() if chosen.is_filtered else chosen.lots, chosen.told)
    if step != "save":
        problems = list(chosen.problems) or [Message(TWO_LOTS)] * (len(chosen.lots) == 1)
        if problems:
            return _merge_picker(chosen.lots, problems), 422
        form = MergeForm(formdata=None)
        form.happened_at.data = local_now()
        return _merge_page(form, chosen)
    form = MergeForm()
    if form.validate_on_submit():
        done = stored_before() if chosen.is_filtered else None
        if done is None and chosen.is_filtered and chosen.problems:
            add_errors(form, chosen.problems)
        elif done is None:
            done = save(form, services.merge_lots, _merge_of(form, chosen))
        if done is not None:
            return done
    return _merge_page(form, chosen), 422


def _merge_of(form: MergeForm, chosen: Chosen) -> Merge:
    return Merge(
        id=form.id.value,
        happened_at=moment_of(form),
        lot_ids=chosen.ids,
        output_id=made_id(form.id.value, 0),
        label=form.label.data or None,
        site_id=id_of(form.site.data),
        losses=losses_of(form),
        gains=gains_of(form),
        drop_claim=form.drop_claim.data,
    )


def _merge_page(form: MergeForm, chosen: Chosen) -> str:
    offer_causes(form)
    offer_sites(form.site, sites_in_use(db.session, g.actor), blank=gettext(STAYS))
    return render_template("genealogy/merge.html", form=form, chosen=chosen, title=MERGE_TITLE)


@blueprint.get("/transfer")
@permission_required(Permission.LOTS_TRANSFORM)
def transfer_form() -> str:
    """Choose the lots to be brought elsewhere; `?lot_id=` chooses one beforehand."""
    return _transfer_picker(lots_among(db.session, g.actor, ticked_ids()))


def _transfer_picker(lots: Sequence[Lot], problems: Sequence[Message] = ()) -> str:
    action = url_for("genealogy.transfer_submit")
    return picker_page(
        title=TRANSFER_TITLE, intro=TRANSFER_INTRO, action=action, chosen=lots, problems=problems
    )


@blueprint.post("/transfer")
@permission_required(Permission.LOTS_TRANSFORM)
def transfer_submit() -> Answer:
    """Add lots, choose the place, or bring them there."""
    step, chosen = request.form.get("step"), chosen_lots()
    if step == "add":
        return _transfer_picker(() if chosen.is_filtered else chosen.lots, chosen.told)
    if step != "save":
        if chosen.problems:
            return _transfer_picker(chosen.lots, chosen.problems), 422
        form = TransferForm(formdata=None)
        form.happened_at.data = local_now()
        return _transfer_page(form, chosen)
    form = TransferForm()
    site_id = id_of(form.site.data)
    if form.validate_on_submit() and site_id is not None:
        done = stored_before() if chosen.is_filtered else None
        if done is None and chosen.is_filtered and chosen.problems:
            add_errors(form, chosen.problems)
        elif done is None:
            moment = moment_of(form)
            event = Transfer(id=form.id.value, happened_at=moment, lot_ids=chosen.ids, to_site_id=site_id)
            done = save(form, services.transfer_lots, event)
        if done is not None:
            return done
    return _transfer_page(form, chosen), 422


def _transfer_page(form: TransferForm, chosen: Chosen) -> str:
    offer_sites(form.site, sites_in_use(db.session, g.actor), blank=gettext(CHOOSE))
    return render_template("genealogy/transfer.html", form=form, chosen=chosen, title=TRANSFER_TITLE)


@blueprint.get("/split")
@permission_required(Permission.LOTS_TRANSFORM)
def split_page() -> Answer:
    """Choose the lot, then write its parts."""
    lot = asked_lot()
    if lot is None:
        return one_page(title=SPLIT_TITLE, endpoint="genealogy.split_page")
    form = split_form(FIRST_PARTS)(formdata=None)
    form.happened_at.data = local_now()
    form.rows.data = str(FIRST_PARTS)
    return _split_page(form, lot, FIRST_PARTS)


@blueprint.post("/split")
@permission_required(Permission.LOTS_TRANSFORM)
def split_submit() -> Answer:
    """Offer more parts, reckon the rest, or split the lot."""
    lot = get_lot_for(db.session, g.actor, parse_id(request.form.get("lot")))
    rows = min(max(request.form.get("rows", FIRST_PARTS, int), FIRST_PARTS), MOST_PARTS)
    step = request.form.get("step")
    if step == "more":
        rows = min(rows + MORE_PARTS, MOST_PARTS)
    form = split_form(rows)()
    form.rows.data = str(rows)
    if step == "check":
        form.validate()
    if step in {"more", "check"}:
        return _split_page(form, lot, rows)
    if form.validate_on_submit():
        if rest_of(form, lot, rows) < 0:
            add_errors(form, [N_("The parts are more than the lot.")])
        else:
            done = save(form, services.split_lot, _split_of(form, lot, rows))
            if done is not None:
                return done
    return _split_page(form, lot, rows), 422


def rest_of(form: SplitBase, lot: Lot, rows: int) -> int:
    """Return what is left of the lot beside the parts and what was lost."""
    parts = sum(small_units(form[f"part_{place}"].data) for place in range(rows))
    return lot.quantity - parts - small_units(form.loss.data)


def _split_of(form: SplitBase, lot: Lot, rows: int) -> Split:
    """Return the event: the parts that were typed, and the rest as a lot of its own."""
    parts = [
        Part(
            id=made_id(form.id.value, place),
            quantity=small_units(form[f"part_{place}"].data),
            label=form[f"label_{place}"].data or None,
        )
        for place in range(rows)
        if form[f"part_{place}"].data is not None
    ]
    rest = rest_of(form, lot, rows)
    if rest:
        parts.append(Part(id=made_id(form.id.value, MOST_PARTS), quantity=rest))
    return Split(
        id=form.id.value,
        happened_at=moment_of(form),
        lot_id=lot.id,
        parts=tuple(parts),
        losses=losses_of(form),
    )


def _split_page(form: SplitBase, lot: Lot, rows: int) -> str:
    offer_causes(form)
    return render_template(
        "genealogy/split.html",
        form=form,
        lot=lot,
        rows=range(rows),
        is_usable=is_usable(lot),
        rest=rest_of(form, lot, rows),
        is_full=rows >= MOST_PARTS,
        title=SPLIT_TITLE,
    )
