"""Pages of what mills found of sold lots: record it, answer a claim."""

from decimal import Decimal
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.lots.grades import class_names
from chain.sales.adjusting import CLAIM_STATE_LABELS, ClaimState
from chain.sales.forms import AnswerForm, FindingForm
from chain.sales.queries.findings import get_claim_for, list_claims
from chain.sales.queries.sales import get_sale_row_for, sold_lot_row
from chain.sales.services.claims import Found, answer_claim, record_finding
from chain.sales.terms import read_terms
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import option
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

Answer = Response | str | tuple[str, int]
ANSWERS = {"accept": N_("Accept: the amount changes"), "reject": N_("Reject, with the reason")}
HEADER = (N_("Lot"), N_("Sale"), N_("State"), N_("When"), N_("Currency"), N_("Difference"))


def _wanted_state() -> ClaimState | None:
    word = request.args.get("state", "")
    return ClaimState(word) if word in set(ClaimState) else None


@blueprint.get("/sales/claims")
@permission_required(Permission.SALES_READ)
def claim_list() -> str:
    """Show what mills found of the lots that the organisation sold or bought."""
    state = _wanted_state()
    page = list_claims(db.session, g.actor, page_wanted(), state=state)
    return render_template("sales/claims.html", page=page, state=state or "", states=CLAIM_STATE_LABELS)


@blueprint.get("/sales/claims.csv")
@permission_required(Permission.SALES_READ)
def claim_file() -> Response:
    """Return the findings on the sales of the own organisation as a file."""
    session, actor = db.session, g.actor
    rows = every_row(lambda asked: list_claims(session, actor, asked, state=_wanted_state()))
    cells = [
        (
            row.lot_number,
            row.sale_number,
            gettext(CLAIM_STATE_LABELS[ClaimState(row.claim.state)]),
            row.claim.made_at.isoformat(),
            row.currency,
            f"{row.claim.amount_minor / 10 ** CURRENCIES[row.currency]:.{CURRENCIES[row.currency]}f}",
        )
        for row in rows
    ]
    return csv_response("hallazgos.csv", [gettext(one) for one in HEADER], cells)


@blueprint.get("/sales/<uuid:sale_id>/lots/<uuid:lot_id>/finding")
@permission_required(Permission.ARRIVALS_CONFIRM)
def finding_form(sale_id: UUID, lot_id: UUID) -> str:
    """Ask the buyer what the mill found of a lot."""
    return _finding_page(sale_id, lot_id, FindingForm(formdata=None))


@blueprint.post("/sales/<uuid:sale_id>/lots/<uuid:lot_id>/finding")
@permission_required(Permission.ARRIVALS_CONFIRM)
def finding_submit(sale_id: UUID, lot_id: UUID) -> Answer:
    """Record what the mill found of a lot."""
    form = FindingForm()
    _offer(sale_id, lot_id, form)
    if form.validate_on_submit():
        found = Found(
            id=form.id.value,
            sale_id=sale_id,
            lot_id=lot_id,
            found_key=form.found_key.data or None,
            found_micron_tenths=None if form.micron.data is None else form.micron.whole,
            amount_minor=None if form.amount.data is None else form.amount.whole,
            reason=form.reason.data or "",
        )
        try:
            with atomic() as session:
                claim = record_finding(session, actor=g.actor, now=utc_now(), found=found)
                claim_id, agrees = claim.id, claim.state == ClaimState.AGREES
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("Saved. The mill confirms the class.")
                if agrees
                else N_("Your claim is with the seller. What is due changes when it is accepted."),
                "success",
            )
            return redirect(url_for("sales.claim_detail", claim_id=claim_id))
    return _finding_page(sale_id, lot_id, form), 422


def _offer(sale_id: UUID, lot_id: UUID, form: FindingForm) -> None:
    lot = sold_lot_row(db.session, g.actor, sale_id, lot_id)
    language = "en" if current_language() == "en" else "es"
    names = class_names(lot.grade_scheme, lot.grade_edition) if lot.grade_scheme and lot.grade_edition else {}
    form.found_key.choices = [option("", "—"), *(option(key, name[language]) for key, name in names.items())]


def _finding_page(sale_id: UUID, lot_id: UUID, form: FindingForm) -> str:
    row = get_sale_row_for(db.session, g.actor, sale_id)
    if row.is_own:
        raise NotFound
    _offer(sale_id, lot_id, form)
    return render_template(
        "sales/finding.html",
        row=row,
        sale=row.sale,
        lot=sold_lot_row(db.session, g.actor, sale_id, lot_id),
        terms=read_terms(row.sale.terms),
        form=form,
    )


@blueprint.get("/sales/claims/<uuid:claim_id>")
@permission_required(Permission.SALES_READ)
def claim_detail(claim_id: UUID) -> str:
    """Show a claim: what was agreed, what was found, how the amount came about, the answer."""
    return _claim_page(claim_id, AnswerForm(formdata=None))


@blueprint.post("/sales/claims/<uuid:claim_id>/answer")
@permission_required(Permission.AWARDS_ACCEPT)
def claim_answer(claim_id: UUID) -> Answer:
    """Accept or reject a claim."""
    form = AnswerForm()
    form.offer(ANSWERS)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                answer_claim(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    claim_id=claim_id,
                    accept=form.answer.data == "accept",
                    answer=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Your answer is saved. The buyer reads it."), "success")
            return redirect(url_for("sales.claim_detail", claim_id=claim_id))
    return _claim_page(claim_id, form), 422


def _claim_page(claim_id: UUID, form: AnswerForm) -> str:
    row = get_claim_for(db.session, g.actor, claim_id)
    form.offer(ANSWERS)
    is_own = row.claim.organisation_id == g.actor.organisation_id
    return render_template(
        "sales/claim.html",
        row=row,
        claim=row.claim,
        form=form,
        is_own=is_own,
        tenths=lambda value: None if value is None else Decimal(value) / 10,
        may_answer=is_own and row.claim.state == ClaimState.OPEN and g.actor.may(Permission.AWARDS_ACCEPT),
    )
