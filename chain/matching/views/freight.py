"""The page of freight costs."""

from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import OrganisationKind, Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.matching.forms import FreightForm
from chain.matching.queries.freight import freight_partners, list_freight
from chain.matching.services.freight import enter_freight
from chain.matching.views import blueprint
from chain.web.access import sign_in_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted


def _may_write() -> bool:
    needed = Permission.DEMANDS_WRITE if _is_buyer() else Permission.TENDERS_WRITE
    return bool(g.actor.may(needed))


def _is_buyer() -> bool:
    return bool(g.actor.organisation_kind is OrganisationKind.BUYER)


def _form() -> FreightForm:
    form = FreightForm()
    form.offer(freight_partners(db.session, g.actor))
    return form


def _page(form: FreightForm) -> str:
    if not (g.actor.may(Permission.TENDERS_READ) or g.actor.may(Permission.BIDS_PLACE)):
        raise NotFound
    return render_template(
        "matching/freight.html",
        form=form,
        page=list_freight(db.session, g.actor, page_wanted(sortable=True)),
        may_write=_may_write(),
        is_buyer=_is_buyer(),
        currency=g.currency,
        list_url=url_for("matching.proposal_list_buyer" if _is_buyer() else "matching.proposal_list"),
    )


@blueprint.get("/matching/freight")
@sign_in_required
def freight_list() -> str:
    """Show what the ways to partners cost."""
    form = _form()
    form.valid_from.data = local_date(utc_now(), timezone_name())
    return _page(form)


@blueprint.get("/matching/freight.csv")
@sign_in_required
def freight_file() -> FlaskResponse:
    """Send what the ways to partners cost as a table."""
    header = (
        N_("From"),
        N_("To"),
        N_("Price per kilogram or litre"),
        N_("Currency"),
        N_("Valid from"),
        N_("Note"),
    )
    rows = [
        [
            row.seller_name,
            row.buyer_name,
            f"{row.minor_per_unit / 100:.2f}",
            row.currency,
            row.valid_from.isoformat(),
            row.note,
        ]
        for row in every_row(lambda request: list_freight(db.session, g.actor, request))
    ]
    return csv_response("freight.csv", [gettext(one) for one in header], rows)


@blueprint.post("/matching/freight")
@sign_in_required
def freight_submit() -> str | Response | tuple[str, int]:
    """Write down what a way costs from a day on."""
    form = _form()
    if form.validate_on_submit() and form.valid_from.data is not None:
        try:
            with atomic() as session:
                enter_freight(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    partner_id=UUID(form.partner.data),
                    minor_per_unit=form.minor_per_unit.minor,
                    valid_from=form.valid_from.data,
                    note=form.note.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The freight is noted."), "success")
            return redirect(url_for("matching.freight_list"))
    return _page(form), 422
