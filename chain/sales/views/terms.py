"""Pages of the terms of sale: the seller's own, and those of one event."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.sales.forms import TermsForm
from chain.sales.methods import EventName, registered_methods
from chain.sales.models import EventTerms
from chain.sales.queries.log import owner_of
from chain.sales.services.terms import set_event_terms, set_terms, terms_of_event, terms_of_seller
from chain.sales.terms import Terms, read_terms
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext

Answer = Response | str | tuple[str, int]


@blueprint.get("/sales/terms")
@permission_required(Permission.TENDERS_READ)
def terms_form() -> str:
    """Show the terms that the organisation's sales have."""
    form = TermsForm(formdata=None)
    return _page(form, terms_of_seller(db.session, g.actor.org), fill=True)


@blueprint.post("/sales/terms")
@permission_required(Permission.TENDERS_WRITE)
def terms_submit() -> Answer:
    """Set the terms of the organisation's sales."""
    before = terms_of_seller(db.session, g.actor.org)
    form = _typed()
    if form.validate_on_submit() and not _is_half(form):
        try:
            with atomic() as session:
                set_terms(session, actor=g.actor, now=utc_now(), terms=form.terms(before))
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The terms are saved. They hold for new awards."), "success")
            return redirect(url_for("sales.terms_form"))
    return _page(form, before), 422


@blueprint.get("/sales/terms/<method>/<uuid:event_id>")
@permission_required(Permission.TENDERS_READ)
def event_terms_form(method: str, event_id: UUID) -> str:
    """Show the terms of one event of the organisation."""
    name = _event(method, event_id)
    return _page(TermsForm(formdata=None), _terms_of(event_id), fill=True, event=name)


@blueprint.post("/sales/terms/<method>/<uuid:event_id>")
@permission_required(Permission.TENDERS_WRITE)
def event_terms_submit(method: str, event_id: UUID) -> Answer:
    """Set the terms of one event; its log tells bidders of the change."""
    name, before = _event(method, event_id), _terms_of(event_id)
    form = _typed()
    if form.validate_on_submit() and not _is_half(form):
        try:
            with atomic() as session:
                set_event_terms(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    method=method,
                    event_id=event_id,
                    terms=form.terms(before),
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("The terms are saved. They hold for this event only, and its log tells of them."),
                "success",
            )
            return redirect(url_for("sales.event_terms_form", method=method, event_id=event_id))
    return _page(form, before, event=name), 422


@blueprint.get("/board/terms/<uuid:event_id>")
@permission_required(Permission.BOARD_READ)
def bidders_terms(event_id: UUID) -> str:
    """Show bidders the terms with which an event ends, without saying what the event is."""
    owner = owner_of(db.session, event_id)
    if owner is None:
        raise NotFound
    terms = read_terms(terms_of_event(db.session, owner, event_id))
    return render_template("sales/terms_shown.html", terms=terms)


def _typed() -> TermsForm:
    form = TermsForm()
    form.offer(get_own_organisation(db.session, g.actor).currency)
    return form


def _is_half(form: TermsForm) -> bool:
    if form.half_periods():
        form.form_errors = [
            *form.form_errors,
            gettext(N_("Write both days of each delivery period, or leave its row empty.")),
        ]
        return True
    return False


def _event(method: str, event_id: UUID) -> EventName:
    """Return the name of an own event; whose it is, its log says.

    Raises:
        NotFound.
    """
    hooks = registered_methods().get(method)
    owner = owner_of(db.session, event_id)
    if hooks is None or owner != g.actor.org:
        raise NotFound
    name = hooks.names(db.session, frozenset({event_id})).get(event_id)
    if name is None:  # an event of another way of selling
        raise NotFound
    return name


def _terms_of(event_id: UUID) -> Terms:
    row = db.session.get(EventTerms, event_id)
    return terms_of_seller(db.session, g.actor.org) if row is None else read_terms(row.terms)


def _page(form: TermsForm, terms: Terms, *, fill: bool = False, event: EventName | None = None) -> str:
    book_currency = get_own_organisation(db.session, g.actor).currency
    form.offer(book_currency)
    if fill:
        form.show(terms)
    return render_template(
        "sales/terms.html",
        form=form,
        event=event,
        book_currency=book_currency,
        may_write=g.actor.may(Permission.TENDERS_WRITE),
    )
