"""The second person: what waits, confirming many at once, or one with another class."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.lots import queries, services
from chain.lots.forms import ConfirmForm, options
from chain.lots.grades import reasons_of, scheme_label
from chain.lots.labels import name_language
from chain.lots.models import Lot
from chain.lots.queries import LotFilters
from chain.lots.queries.proposers import last_proposers
from chain.lots.services.schemes import choosable_classes
from chain.lots.views import blueprint
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.i18n import gettext, ngettext

#: Refusals that are told one by one; the rest is counted.
MAX_TOLD = 5


@blueprint.get("/lots/to-grade")
@permission_required(Permission.GRADES_CONFIRM)
def grade_queue() -> str:
    """Show the lots whose class waits for a second person, the oldest first."""
    request_ = PageRequest(min(request.args.get("page", 1, int), 1_000_000), sort="delivered_at")
    page = queries.list_lots(db.session, g.actor, LotFilters(waits_for_class=True), request_)
    proposers = last_proposers(db.session, [row.id for row in page.items])
    own = {row.id for row in page.items if g.actor.user_id in {row.registered_by, proposers.get(row.id)}}
    return render_template("lots/to_grade.html", page=page, own=own)


@blueprint.post("/lots/to-grade")
@permission_required(Permission.GRADES_CONFIRM)
def grade_queue_submit() -> Response:
    """Confirm the proposed class of the marked lots; those that cannot be confirmed are named with the reason."""
    wanted = _marked()
    if not wanted:
        flash(N_("Mark at least one lot."), "error")
        return redirect(url_for("lots.grade_queue"))
    with atomic() as session:
        confirmed, refused = _confirm(session, wanted)
    if confirmed:
        flash(
            ngettext("%(num)s class was confirmed.", "%(num)s classes were confirmed.", confirmed), "success"
        )
    for message in refused[:MAX_TOLD]:
        flash(message, "error")
    if len(refused) > MAX_TOLD:
        flash(gettext(N_("%(count)s more could not be confirmed."), count=len(refused) - MAX_TOLD), "error")
    return redirect(url_for("lots.grade_queue"))


def _marked() -> list[UUID]:
    found = []
    for text in request.form.getlist("lot")[:MAX_PAGE_SIZE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return sorted(set(found))


def _confirm(session: Session, lot_ids: list[UUID]) -> tuple[int, list[str]]:
    """Confirm what can be, and return how many and why others were not."""
    found = services.confirm_proposals(session, actor=g.actor, now=utc_now(), lot_ids=lot_ids)
    texts = [
        f"{number}: {gettext(error.message)}" if number else gettext(error.message)
        for number, error in found.refused
    ]
    return len(found.lots), texts


@blueprint.get("/lots/<uuid:lot_id>/grade")
@permission_required(Permission.GRADES_CONFIRM)
def grade_form(lot_id: UUID) -> str:
    """Show one lot with its proposal, to be confirmed or changed."""
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    form = ConfirmForm()
    form.key.data = lot.grade_key or ""
    return _page(lot, form)


@blueprint.post("/lots/<uuid:lot_id>/grade")
@permission_required(Permission.GRADES_CONFIRM)
def grade_submit(lot_id: UUID) -> Response | tuple[str, int]:
    """Keep the second person's class."""
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                lot = services.confirm_grade(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    lot_id=lot_id,
                    key=form.key.data or None,
                    note=form.note.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                gettext(Message(N_("The class of lot %(number)s is confirmed."), {"number": lot.number})),
                "success",
            )
            return redirect(url_for("lots.grade_queue"))
    return _page(queries.get_lot_for(db.session, g.actor, lot_id), form), 422


def _page(lot: Lot, form: ConfirmForm) -> str:
    language = name_language()
    names = choosable_classes(db.session, lot.organisation_id, lot.grade_scheme, lot.grade_edition)
    undetermined = {} if lot.grade_key else {"": N_("Undetermined")}
    form.key.choices = options({**undetermined, **{key: one[language] for key, one in names.items()}})
    grades = queries.grades_of(db.session, lot.id)
    reasons, warnings = reasons_of(grades[0].reasons if grades else [])
    producers = names_of(db.session, g.actor.org, {lot.producer_id} if lot.producer_id else set())
    return render_template(
        "lots/grade.html",
        lot=lot,
        form=form,
        reasons=reasons,
        warnings=warnings,
        producer=producers.get(lot.producer_id) if lot.producer_id else None,
        scheme_name=scheme_label(lot.grade_scheme, lot.grade_edition, language),
        is_own=lot.registered_by is not None and g.actor.user_id == lot.registered_by,
    )
