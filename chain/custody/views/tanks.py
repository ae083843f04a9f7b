"""Pages of tanks and cold stores: what threatens a load, contents, readings, the curve."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, url_for

from chain.accounts.rules import Permission
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.custody import services
from chain.custody.forms import ReadingForm, tenths
from chain.custody.queries.places import get_site_for
from chain.custody.queries.settings import settings_of
from chain.custody.queries.stock import lots_lying_in
from chain.custody.queries.tanks import WINDOW, list_readings, tank_of, watched_tanks
from chain.custody.rules.cold import Reading
from chain.custody.services import NewReading
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, pass_on_or_take
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.lists import page_wanted

#: Lots of a place that its page lists.
MAX_LOTS = 200
#: The drawing in its own units.
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 220, 44, 30
#: The scale spans at least so much, in tenths of a degree.
LEAST_SPAN = 40


@blueprint.get("/stock/tanks")
@permission_required(Permission.LOTS_READ)
def tank_list() -> str:
    """Show every tank and cold store with what threatens it."""
    now = utc_now()
    tanks = watched_tanks(db.session, g.actor, now)
    return render_template(
        "custody/tanks.html",
        tanks=sorted(tanks, key=lambda tank: (not tank.alerts, tank.site.code)),
        now=now,
        loss_rule=settings_of(db.session, g.actor.org).loss_rule,
    )


@blueprint.get("/stock/tanks/<uuid:site_id>")
@permission_required(Permission.LOTS_READ)
def tank_detail(site_id: UUID) -> str:
    """Show one place: contents, curve, readings, and the form for the next one."""
    form = ReadingForm(formdata=None)
    form.measured_at.data = utc_now().astimezone(ZoneInfo(timezone_name())).replace(tzinfo=None)
    return _tank_page(site_id, form)


def _tank_page(site_id: UUID, form: ReadingForm) -> str:
    now = utc_now()
    site = get_site_for(db.session, g.actor, site_id)
    tank = tank_of(db.session, site, now)
    return render_template(
        "custody/tank.html",
        tank=tank,
        site=site,
        now=now,
        form=form,
        lots=lots_lying_in(db.session, g.actor, site.id, MAX_LOTS),
        page=list_readings(db.session, g.actor, site.id, page_wanted(sortable=True)),
        curve=curve_of(tank.readings, site.max_temperature_tenths, now),
        loss_rule=settings_of(db.session, g.actor.org).loss_rule,
        may_write=g.actor.may(Permission.STOCK_WRITE),
    )


def curve_of(readings: Sequence[Reading], limit: int | None, now: datetime) -> dict[str, Any] | None:
    """Return the drawing of the last day's temperatures: points, the line of the limit, marks of both axes."""
    shown = [one for one in readings if one.measured_at >= now - WINDOW]
    if not shown:
        return None
    values = [one.celsius_tenths for one in shown] + ([] if limit is None else [limit])
    low, high = min([*values, 0]), max(values)
    high = max(high, low + LEAST_SPAN)
    first = min(shown[0].measured_at, now - timedelta(hours=6))

    def x(moment: datetime) -> int:
        span = max(int((now - first).total_seconds()), 1)
        return LEFT + int((moment - first).total_seconds()) * (WIDTH - LEFT - 12) // span

    def y(value: int) -> int:
        return 12 + (high - value) * (HEIGHT - BOTTOM - 12) // (high - low)

    zone = ZoneInfo(timezone_name())
    marks = [first + (now - first) * step / 4 for step in range(5)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "bottom": HEIGHT - BOTTOM,
        "points": [(x(one.measured_at), y(one.celsius_tenths)) for one in shown],
        "limit": None if limit is None else y(limit),
        "limit_value": None if limit is None else Decimal(limit) / 10,
        "lines": [(y(value), Decimal(value) / 10) for value in (low, (low + high) // 2, high)],
        "hours": [(x(moment), moment.astimezone(zone).strftime("%H:%M")) for moment in marks],
    }


@blueprint.post("/stock/tanks/<uuid:site_id>/readings")
@permission_required(Permission.STOCK_WRITE)
def reading_submit(site_id: UUID) -> Answer:
    """Keep a temperature that somebody read."""
    form = ReadingForm()
    if form.validate_on_submit() and form.measured_at.data is not None:
        try:
            wanted = NewReading(
                id=form.id.value,
                site_id=site_id,
                measured_at=local_moment(form.measured_at.data, timezone_name()),
                celsius_tenths=tenths(form.celsius.data) or 0,
            )
            with atomic() as session:
                services.read_tank(session, actor=g.actor, now=utc_now(), reading=wanted)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The temperature is recorded."), "success")
            return redirect(url_for("custody.tank_detail", site_id=site_id))
    return _tank_page(site_id, form), 422
