"""The page of zones, their routes, and what the association decided."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.lots.queries.equipment import collection_routes
from chain.settlement.fortnight import forms
from chain.settlement.fortnight.list_page import SAVED
from chain.settlement.fortnight.models import FortnightSetting, MilkHoliday
from chain.settlement.fortnight.queries import pages as queries
from chain.settlement.fortnight.queries.facts import zones_of
from chain.settlement.fortnight.services import choices as decisions
from chain.settlement.fortnight.services.zones import add_zone, place_routes
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext

ROUTE_PREFIX = "route-"


@blueprint.get("/settlement/dairy/terms")
@permission_required(Permission.RUNS_READ)
def dairy_terms() -> str:
    """Show zones, routes and decisions."""
    return _page()


def _page(**given: Any) -> str:
    setting = db.session.get(FortnightSetting, g.actor.org)
    holidays = forms.HolidaysForm(formdata=None)
    days = db.session.scalars(
        select(MilkHoliday).where(MilkHoliday.organisation_id == g.actor.org).order_by(MilkHoliday.day)
    )
    holidays.holidays.data = "\n".join(f"{one.day.isoformat()} {one.name}".strip() for one in days)
    choices = forms.ChoicesForm(formdata=None)
    if setting is not None:
        choices.debts_reach_pure.data = setting.debts_reach_pure
        choices.debts_reach_income.data = setting.debts_reach_income
    shown: dict[str, Any] = {
        "zone_form": forms.ZoneForm(formdata=None),
        "choices_form": choices,
        "tax_form": forms.NoWithholdingForm(formdata=None),
        "holidays_form": holidays,
    }
    return render_template(
        "settlement/fortnight/terms.html",
        **(shown | given),
        zones=zones_of(db.session, g.actor.org),
        routes=collection_routes(db.session, g.actor.org),
        zone_of=queries.routes_of_zones(db.session, g.actor.org),
        setting=setting,
        may_write=g.actor.may(Permission.PRICES_WRITE),
        may_tax=g.actor.may(Permission.TAXES_CONFIRM),
    )


def _save(name: str, form: Any, write: Callable[[Session], object]) -> Response | tuple[str, int]:
    if form.validate_on_submit():
        try:
            with atomic() as session:
                write(session)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(SAVED), "success")
            return redirect(url_for("settlement.dairy_terms"))
    return _page(**{name: form}), 422


@blueprint.post("/settlement/dairy/zones")
@permission_required(Permission.PRICES_WRITE)
def zone_submit() -> Response | tuple[str, int]:
    """Add a zone."""
    form = forms.ZoneForm()
    return _save(
        "zone_form",
        form,
        lambda session: add_zone(
            session,
            actor=g.actor,
            now=utc_now(),
            zone_id=form.id.value,
            code=form.code.data or "",
            name=form.name.data or "",
        ),
    )


@blueprint.post("/settlement/dairy/routes")
@permission_required(Permission.PRICES_WRITE)
def route_submit() -> Response:
    """Say to which zone each route belongs."""
    wanted: dict[UUID, UUID | None] = {}
    for name, value in request.form.items():
        if name.startswith(ROUTE_PREFIX):
            try:
                wanted[UUID(name.removeprefix(ROUTE_PREFIX))] = UUID(value) if value else None
            except ValueError:
                continue
    with atomic() as session:
        place_routes(session, actor=g.actor, now=utc_now(), zones=wanted)
    flash(gettext(SAVED), "success")
    return redirect(url_for("settlement.dairy_terms"))


@blueprint.post("/settlement/dairy/choices")
@permission_required(Permission.DEDUCTIONS_WRITE)
def choices_submit() -> Response | tuple[str, int]:
    """Set how far debts reach."""
    form = forms.ChoicesForm()
    return _save(
        "choices_form",
        form,
        lambda session: decisions.set_choices(
            session,
            actor=g.actor,
            now=utc_now(),
            debts_reach_pure=bool(form.debts_reach_pure.data),
            debts_reach_income=bool(form.debts_reach_income.data),
            decided_by=form.decided_by.data or "",
        ),
    )


@blueprint.post("/settlement/dairy/withholding")
@permission_required(Permission.TAXES_CONFIRM)
def tax_submit() -> Response | tuple[str, int]:
    """Note that an accountant says that nothing is withheld."""
    form = forms.NoWithholdingForm()
    return _save(
        "tax_form",
        form,
        lambda session: decisions.set_no_withholding(
            session,
            actor=g.actor,
            now=utc_now(),
            since=form.since.data,
            said_by=form.said_by.data or "",
        ),
    )


@blueprint.post("/settlement/dairy/holidays")
@permission_required(Permission.PRICES_WRITE)
def holidays_submit() -> Response | tuple[str, int]:
    """Set the days that are paid like Sundays."""
    form = forms.HolidaysForm()
    return _save(
        "holidays_form",
        form,
        lambda session: decisions.set_holidays(session, actor=g.actor, now=utc_now(), holidays=form.days),
    )
