"""Pages of the platform's operator: which buying organisations may trade."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.buyers.limit_forms import VettingForm
from chain.buyers.limit_queries import get_buyer_to_vet, list_decisions, list_vetting
from chain.buyers.limit_rules import standing
from chain.buyers.services.vetting import Decision, vet_buyer
from chain.buyers.views import blueprint
from chain.buyers.words import local_today
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.lists import page_wanted


@blueprint.get("/vetting")
@permission_required(Permission.BUYERS_VET)
def vetting_list() -> str:
    """Show every buying organisation and how it stands."""
    wanted = page_wanted()
    page = list_vetting(db.session, g.actor, wanted, today=local_today())
    return render_template("buyers/vetting.html", page=page)


def _page(form: VettingForm, buyer_id: UUID) -> str:
    buyer = get_buyer_to_vet(db.session, g.actor, buyer_id)
    decisions = list_decisions(db.session, buyer_id)
    stands = standing(decisions[0] if decisions else None, local_today())
    return render_template("buyers/vet.html", form=form, buyer=buyer, decisions=decisions, standing=stands)


@blueprint.get("/vetting/<uuid:buyer_id>")
@permission_required(Permission.BUYERS_VET)
def vetting_form(buyer_id: UUID) -> str:
    """Show a buyer, what was decided and the form of the next decision."""
    form = VettingForm()
    form.offer()
    return _page(form, buyer_id)


@blueprint.post("/vetting/<uuid:buyer_id>")
@permission_required(Permission.BUYERS_VET)
def vetting_submit(buyer_id: UUID) -> Response | tuple[str, int]:
    """Keep a decision."""
    form = VettingForm()
    form.offer()
    if form.validate_on_submit():
        decision = Decision(
            status=form.status.data,
            tier=form.tier.data,
            documents=(form.documents.data or "").splitlines(),
            note=form.note.data,
            valid_until=form.valid_until.data,
        )
        try:
            with atomic() as session:
                vet_buyer(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    decision_id=form.id.value,
                    buyer_id=buyer_id,
                    decision=decision,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The decision is kept."), "success")
            return redirect(url_for("buyers.vetting_list"))
    return _page(form, buyer_id), 422
