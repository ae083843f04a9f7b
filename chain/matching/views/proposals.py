"""Pages of proposals, for both sides."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import OrganisationKind, Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.matching.forms import ReasonForm
from chain.matching.proposing import PROPOSAL_STATE_LABELS, ProposalState
from chain.matching.queries.proposals import (
    list_proposals,
    proposal_lines,
    proposal_view,
    sale_of,
)
from chain.matching.services.proposals import accept_proposal, refuse_proposal
from chain.matching.views import UNIT_WORDS, blueprint
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]


@blueprint.get("/matching")
@permission_required(Permission.TENDERS_READ)
def proposal_list() -> str:
    """Show a seller's proposals."""
    return _list_page()


@blueprint.get("/matching/for-buyers")
@permission_required(Permission.BIDS_PLACE)
def proposal_list_buyer() -> str:
    """Show a buyer's proposals."""
    return _list_page()


def _state() -> ProposalState | None:
    asked = request.args.get("state", "")
    return ProposalState(asked) if asked in list(ProposalState) else None


def _list_page() -> str:
    state = _state()
    return render_template(
        "matching/proposals.html",
        page=list_proposals(db.session, g.actor, page_wanted(sortable=True), state=state),
        now=utc_now(),
        state=state.value if state else "",
        states=[("", N_("All")), *((one.value, PROPOSAL_STATE_LABELS[one]) for one in ProposalState)],
        is_buyer=_is_buyer(),
        may_write=g.actor.may(Permission.TENDERS_WRITE),
    )


def _is_buyer() -> bool:
    return bool(g.actor.organisation_kind is OrganisationKind.BUYER)


@blueprint.get("/matching/proposals.csv")
@sign_in_required
def proposal_export() -> Response:
    """Send the own proposals as a table."""
    if not (g.actor.may(Permission.TENDERS_READ) or g.actor.may(Permission.BIDS_PLACE)):
        raise NotFound
    found = every_row(lambda request: list_proposals(db.session, g.actor, request, state=_state()))
    header = (
        N_("Number"), N_("Demand"), N_("Seller"), N_("Buyer"), N_("State"), N_("Lots"), N_("Quantity"), N_("Unit"),
        N_("Amount"), N_("Freight"), N_("Currency"), N_("Answer until"),
    )  # fmt: skip
    rows = [
        [
            one.proposal.number,
            one.demand_title,
            one.seller_name,
            one.buyer_name,
            gettext(PROPOSAL_STATE_LABELS[ProposalState(one.proposal.state)]),
            one.lots,
            f"{one.proposal.quantity / 1000:.3f}",
            UNIT_WORDS[one.proposal.unit],
            f"{one.proposal.amount_minor / 100:.2f}",
            f"{one.proposal.freight_minor / 100:.2f}",
            one.proposal.currency,
            one.proposal.expires_at.isoformat(),
        ]
        for one in found
    ]
    return csv_response("proposals.csv", [gettext(one) for one in header], rows)


@blueprint.get("/matching/proposals/<uuid:proposal_id>")
@sign_in_required
def proposal_detail(proposal_id: UUID) -> str:
    """Show a proposal with its lots and why each is in it."""
    return _detail_page(proposal_id, ReasonForm(formdata=None))


def _detail_page(proposal_id: UUID, form: ReasonForm) -> str:
    view = proposal_view(db.session, g.actor, proposal_id)
    now = utc_now()
    needed = Permission.BIDS_PLACE if _is_buyer() else Permission.AWARDS_ACCEPT
    is_open = view.state_at(now) is ProposalState.OPEN
    return render_template(
        "matching/proposal.html",
        view=view,
        proposal=view.proposal,
        state=view.state_at(now),
        page=proposal_lines(db.session, proposal_id, page_wanted(sortable=True)),
        form=form,
        now=now,
        is_buyer=_is_buyer(),
        sale_id=sale_of(db.session, proposal_id),
        may_answer=is_open and view.own_accepted_at is None and g.actor.may(needed),
        list_url=url_for("matching.proposal_list_buyer" if _is_buyer() else "matching.proposal_list"),
    )


def _step(proposal_id: UUID, done: str, command: Callable[..., object], **inputs: Any) -> Answer:
    form = ReasonForm()
    try:
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), proposal_id=proposal_id, **inputs)
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _detail_page(proposal_id, form), 422
    flash(done, "success")
    return redirect(url_for("matching.proposal_detail", proposal_id=proposal_id))


@blueprint.post("/matching/proposals/<uuid:proposal_id>/accept")
@sign_in_required
def proposal_accept(proposal_id: UUID) -> Answer:
    """Accept for the own side."""
    done = N_("Accepted. Once both sides have accepted, the lots are reserved.")
    return _step(proposal_id, done, accept_proposal)


@blueprint.post("/matching/proposals/<uuid:proposal_id>/refuse")
@sign_in_required
def proposal_refuse(proposal_id: UUID) -> Answer:
    """Refuse for the own side, with a reason."""
    reason = request.form.get("reason", "")
    return _step(proposal_id, N_("Refused. The other side reads the reason."), refuse_proposal, reason=reason)
