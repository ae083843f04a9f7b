"""Pages of quotas, licences and reserve."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import N_
from chain.settlement.fortnight import forms
from chain.settlement.fortnight.list_page import PRODUCER, SAVED, ListPage, Row, who
from chain.settlement.fortnight.queries import pages as queries
from chain.settlement.fortnight.services import terms
from chain.settlement.pages import page_wanted
from chain.settlement.views import blueprint
from chain.settlement.views.runs import local_today
from chain.web.access import permission_required
from chain.web.formats import day, format_decimal, format_litres, number_format
from chain.web.i18n import gettext

FROM, TO = N_("From"), N_("To")
QUOTAS = ListPage(
    "settlement.quota_list",
    N_("Quotas"),
    N_(
        "Litres a day that a producer is paid in full, over all deliveries of the day. What lies over them has its own price."
    ),
    N_("Set a quota"),
    forms.QuotaForm,
    ("member_code", "litres", "weekday_price", "sunday_price", "valid_from", "valid_to"),
    (PRODUCER, (N_("Litres a day"), "numeric"), N_("Own price"), FROM, TO),
    Permission.PRICES_WRITE,
)
LICENCES = ListPage(
    "settlement.licence_list",
    N_("Tax licences"),
    N_("Nothing is withheld from a producer whose licence covers the whole fortnight."),
    N_("Add a licence"),
    forms.LicenceForm,
    ("member_code", "number", "valid_from", "valid_to"),
    (PRODUCER, N_("Number"), FROM, TO),
    Permission.DEDUCTIONS_WRITE,
)
RESERVES = ListPage(
    "settlement.reserve_list",
    N_("Reserve of the producers"),
    N_(
        "A part of the weighed milk that the producers keep back together. The fraction in force on the last day of a fortnight counts."
    ),
    N_("Set a reserve"),
    forms.ReserveForm,
    ("percent", "valid_from", "valid_to", "decided_by"),
    (FROM, TO, (N_("Percent"), "numeric"), N_("Decision")),
    Permission.PRICES_WRITE,
)


def _quota_row(one: queries.TermRow) -> Row:
    row = one.row
    own = [_minor(price) for price in (row.weekday_minor, row.sunday_minor) if price]
    is_open = row.is_enabled and row.valid_to >= local_today()
    action = url_for("settlement.quota_end", quota_id=row.id) if is_open else None
    last = row.valid_to if row.is_enabled else gettext(N_("never counted"))
    cells = [who(one), _litres(row.per_day_ml), " / ".join(own) or "—", _day(row.valid_from), _day(last)]
    return Row(cells, action, context=who(one))


def _licence_row(one: queries.TermRow) -> Row:
    return Row([who(one), one.row.number, _day(one.row.valid_from), _day(one.row.valid_to)])


def _reserve_row(row: Any) -> Row:
    is_open = row.valid_to is None or row.valid_to > local_today()
    is_started = row.valid_from <= local_today()
    action = url_for("settlement.reserve_end", reserve_id=row.id) if is_open and is_started else None
    percent = format_decimal(Decimal(row.fraction_ppm) / 10_000, number_format=number_format())
    return Row([_day(row.valid_from), _day(row.valid_to), f"{percent} %", row.decided_by], action)


def _day(value: date | str | None) -> str:
    return value if isinstance(value, str) else day(value)


def _litres(quantity_ml: int) -> str:
    return format_litres(quantity_ml, number_format=number_format())


def _minor(minor: int) -> str:
    return format_decimal(Decimal(minor) / 100, 2, number_format=number_format())


@blueprint.get("/settlement/dairy/quotas")
@permission_required(Permission.RUNS_READ)
def quota_list() -> str:
    """List the quotas, with the form of a new one."""
    return QUOTAS.render(
        forms.QuotaForm(), queries.list_quotas(db.session, g.actor, page_wanted()), _quota_row
    )


@blueprint.post("/settlement/dairy/quotas")
@permission_required(Permission.PRICES_WRITE)
def quota_submit() -> Response | tuple[str, int]:
    """Set a quota."""
    form = forms.QuotaForm()

    def write(session: Session, producer_id: UUID) -> object:
        return terms.set_quota(
            session,
            actor=g.actor,
            now=utc_now(),
            quota_id=form.id.value,
            producer_id=producer_id,
            per_day_ml=forms.scaled(form.litres, 3),
            weekday_minor=forms.scaled(form.weekday_price, 2),
            sunday_minor=forms.scaled(form.sunday_price, 2),
            valid_from=forms.day_of(form.valid_from),
            valid_to=forms.day_of(form.valid_to),
        )

    if QUOTAS.save(form, write):
        return redirect(url_for("settlement.quota_list"))
    return QUOTAS.render(form, queries.list_quotas(db.session, g.actor, page_wanted()), _quota_row), 422


@blueprint.post("/settlement/dairy/quotas/<uuid:quota_id>/end")
@permission_required(Permission.PRICES_WRITE)
def quota_end(quota_id: UUID) -> Response:
    """Let a quota end today."""
    with atomic() as session:
        terms.end_quota(session, actor=g.actor, now=utc_now(), quota_id=quota_id, last_day=local_today())
    flash(gettext(SAVED), "success")
    return redirect(url_for("settlement.quota_list"))


@blueprint.get("/settlement/dairy/licences")
@permission_required(Permission.RUNS_READ)
def licence_list() -> str:
    """List the tax licences, with the form of a new one."""
    page = queries.list_licences(db.session, g.actor, page_wanted())
    return LICENCES.render(forms.LicenceForm(), page, _licence_row)


@blueprint.post("/settlement/dairy/licences")
@permission_required(Permission.DEDUCTIONS_WRITE)
def licence_submit() -> Response | tuple[str, int]:
    """Note a tax licence."""
    form = forms.LicenceForm()

    def write(session: Session, producer_id: UUID) -> object:
        return terms.add_licence(
            session,
            actor=g.actor,
            now=utc_now(),
            licence_id=form.id.value,
            producer_id=producer_id,
            number=form.number.data or "",
            valid_from=forms.day_of(form.valid_from),
            valid_to=forms.day_of(form.valid_to),
        )

    if LICENCES.save(form, write):
        return redirect(url_for("settlement.licence_list"))
    page = queries.list_licences(db.session, g.actor, page_wanted())
    return LICENCES.render(form, page, _licence_row), 422


@blueprint.get("/settlement/dairy/reserve")
@permission_required(Permission.RUNS_READ)
def reserve_list() -> str:
    """List the reserve fractions, with the form of a new one."""
    page = queries.list_reserves(db.session, g.actor, page_wanted())
    return RESERVES.render(forms.ReserveForm(), page, _reserve_row)


@blueprint.post("/settlement/dairy/reserve")
@permission_required(Permission.PRICES_WRITE)
def reserve_submit() -> Response | tuple[str, int]:
    """Set a reserve."""
    form = forms.ReserveForm()

    def write(session: Session, _: UUID) -> object:
        return terms.set_reserve(
            session,
            actor=g.actor,
            now=utc_now(),
            reserve_id=form.id.value,
            fraction_ppm=forms.scaled(form.percent, 4),
            valid_from=forms.day_of(form.valid_from),
            valid_to=form.valid_to.data,
            decided_by=form.decided_by.data or "",
        )

    if RESERVES.save(form, write):
        return redirect(url_for("settlement.reserve_list"))
    page = queries.list_reserves(db.session, g.actor, page_wanted())
    return RESERVES.render(form, page, _reserve_row), 422


@blueprint.post("/settlement/dairy/reserve/<uuid:reserve_id>/end")
@permission_required(Permission.PRICES_WRITE)
def reserve_end(reserve_id: UUID) -> Response:
    """Let a reserve end today."""
    with atomic() as session:
        terms.end_reserve(
            session, actor=g.actor, now=utc_now(), reserve_id=reserve_id, last_day=local_today()
        )
    flash(gettext(SAVED), "success")
    return redirect(url_for("settlement.reserve_list"))
