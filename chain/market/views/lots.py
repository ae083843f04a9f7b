"""One lot as a buyer sees it: what it is, how surely that is known, and the second opinion on a bought one."""

from decimal import Decimal
from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import OrganisationKind, Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.models import SecondOpinion
from chain.laboratory.queries.measurements import MeasuredValue, shown_measurements
from chain.laboratory.rules import METHOD_LABELS, OPINION_LABELS, STATUS_LABELS, AskedFor, OpinionState
from chain.laboratory.services import ask_second_opinion
from chain.market.forms import OpinionForm
from chain.market.queries.lots import MarketLot, asked_opinions, offered_lot, sold_lot
from chain.market.queries.tenders import get_tender_for
from chain.market.views import blueprint
from chain.sales.queries.sales import get_sale_for, get_sale_row_for
from chain.web.access import permission_required


@blueprint.get("/board/<uuid:tender_id>/lots/<uuid:lot_id>")
@permission_required(Permission.BOARD_READ)
def offered_lot_detail(tender_id: UUID, lot_id: UUID) -> str:
    """Show a lot of a tender with its measurements."""
    tender = get_tender_for(db.session, g.actor, tender_id, now=utc_now())
    back = (url_for("market.offer_detail", tender_id=tender.id), tender.title)
    return _lot_page(offered_lot(db.session, tender.id, lot_id), back)


@blueprint.get("/sales/<uuid:sale_id>/lots/<uuid:lot_id>")
@permission_required(Permission.SALES_READ)
def sold_lot_detail(sale_id: UUID, lot_id: UUID) -> str:
    """Show a lot of a sale with its measurements; the buyer may ask for a second opinion on its class."""
    return _sold_page(sale_id, lot_id, OpinionForm(formdata=None))


@blueprint.post("/sales/<uuid:sale_id>/lots/<uuid:lot_id>/second-opinion")
@permission_required(Permission.OPINIONS_ASK)
def second_opinion_submit(sale_id: UUID, lot_id: UUID) -> Response | tuple[str, int]:
    """Ask the seller for a second opinion on a bought lot."""
    lot = sold_lot(db.session, get_sale_for(db.session, g.actor, sale_id).id, lot_id)
    form = OpinionForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                ask_second_opinion(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot.id,
                    reason=form.reason.data or "",
                    asked_for=AskedFor.BUYER.value,
                    asking_organisation_id=g.actor.org,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_(
                    "You asked for a second opinion. Another person grades the sample without knowing whose it is."
                ),
                "success",
            )
            return redirect(url_for("market.sold_lot_detail", sale_id=sale_id, lot_id=lot_id))
    return _sold_page(sale_id, lot_id, form), 422


def _sold_page(sale_id: UUID, lot_id: UUID, form: OpinionForm) -> str:
    row = get_sale_row_for(db.session, g.actor, sale_id)
    lot = sold_lot(db.session, row.sale.id, lot_id)
    is_buyer = g.actor.organisation_kind is OrganisationKind.BUYER
    may_ask = is_buyer and g.actor.may(Permission.OPINIONS_ASK) and lot.grade_scheme is not None
    back = (url_for("sales.sale_detail", sale_id=sale_id), row.sale.number)
    return _lot_page(lot, back, form=form if may_ask else None, sale_id=sale_id)


def _lot_page(
    lot: MarketLot,
    back: tuple[str, str | int],
    *,
    form: OpinionForm | None = None,
    sale_id: UUID | None = None,
) -> str:
    return render_template(
        "market/lot.html",
        lot=lot,
        back=back,
        form=form,
        sale_id=sale_id,
        values=[(one, *_words(one)) for one in shown_measurements(db.session, [lot.id]).get(lot.id, [])],
        opinions=[(one, opinion_label(one)) for one in asked_opinions(db.session, g.actor, lot.id)],
        method_labels=METHOD_LABELS,
        status_labels=STATUS_LABELS,
    )


def _words(value: MeasuredValue) -> tuple[str, Decimal | str, Decimal | None]:
    """Return what was measured, its figure as a number or a word that the page translates, and the plus-minus."""
    attribute = ATTRIBUTES[value.attribute]
    if attribute.options:
        return attribute.label, attribute.options.get(value.value, value.value), None
    margin = None if value.uncertainty is None else Decimal(value.uncertainty)
    return attribute.label, Decimal(value.value), margin


def opinion_label(opinion: SecondOpinion) -> str:
    """Return how a second opinion stands; one whose deadline has passed is lapsed, decided or not."""
    state = OpinionState(opinion.state)
    if state is OpinionState.OPEN and utc_now() > opinion.deadline:
        state = OpinionState.LAPSED
    return OPINION_LABELS[state]
