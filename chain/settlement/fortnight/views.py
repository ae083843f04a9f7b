"""Pages of the dairy: what a fortnight still needs, scale readings, and the terms that its settlement rests on."""

from datetime import date
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.quantity import NotANumber, parse_decimal
from chain.settlement.fortnight.arithmetic import plain
from chain.settlement.fortnight.forms import FortnightForm, TableForm
from chain.settlement.fortnight.period import (
    DAY_TYPE_LABELS,
    Period,
    day_type,
    fortnight_after,
    fortnight_before,
    fortnight_of,
)
from chain.settlement.fortnight.queries import pages as queries
from chain.settlement.fortnight.queries.facts import zones_of
from chain.settlement.fortnight.services.importing import tables_of
from chain.settlement.fortnight.services.preparing import earliest_open, prepare_fortnight_run
from chain.settlement.fortnight.services.zones import (
    READERS,
    Reading,
    ensure_default_zone,
    get_zone_for,
    record_readings,
    require_reader,
)
from chain.settlement.fortnight.tables import Table
from chain.settlement.fortnight.upload import keep_file
from chain.settlement.views import blueprint
from chain.settlement.views.runs import local_today
from chain.web.access import permission_required, sign_in_required
from chain.web.i18n import gettext

READING_PREFIX = "day-"
SHOWN = 6
READINGS_SAVED = N_("The readings are saved.")
RUN_PREPARED = N_("The settlement is prepared. Another person must approve it.")


@blueprint.get("/settlement/dairy")
@permission_required(Permission.RUNS_READ)
def dairy_home() -> str:
    """Show the last fortnights, and what the chosen one still needs."""
    return _home(_period_wanted(), FortnightForm())


@blueprint.post("/settlement/dairy")
@permission_required(Permission.RUNS_PREPARE)
def dairy_prepare() -> Response | tuple[str, int]:
    """Prepare the settlement of a fortnight."""
    form = FortnightForm()
    if form.validate_on_submit() and form.first_day.data:
        try:
            with atomic() as session:
                run = prepare_fortnight_run(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    run_id=form.id.value,
                    first_day=form.first_day.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(RUN_PREPARED), "success")
            return redirect(url_for("settlement.run_show", run_id=run.id))
    return _home(fortnight_of(form.first_day.data or local_today()), form), 422


def _home(period: Period, form: FortnightForm) -> str:
    organisation = get_own_organisation(db.session, g.actor)
    last = fortnight_before(fortnight_of(local_today()))
    shown = [last]
    while len(shown) < SHOWN:
        shown.append(fortnight_before(shown[-1]))
    runs = queries.milk_runs(db.session, g.actor.org)
    earliest = earliest_open(db.session, g.actor.org, period.first)
    form.first_day.data = period.first
    return render_template(
        "settlement/fortnight/home.html",
        form=form,
        period=period,
        shown=shown,
        runs=runs,
        run=runs.get(period.first),
        to_do=queries.to_do(db.session, organisation, period),
        earlier=fortnight_of(earliest) if earliest else None,
        is_over=period.last < local_today(),
        currency=organisation.currency,
        may_prepare=g.actor.may(Permission.RUNS_PREPARE),
        may_import=bool(tables_of(g.actor)),
        may_read_scale=any(g.actor.may(one) for one in READERS),
    )


@blueprint.get("/settlement/dairy/readings")
@sign_in_required
def reading_list() -> str:
    """Show the days of a fortnight with what was delivered and what the scale showed."""
    require_reader(g.actor)
    return _readings(_period_wanted(default=fortnight_of(local_today())), {}, {}, TableForm())


@blueprint.post("/settlement/dairy/readings")
@sign_in_required
def reading_submit() -> Response | tuple[str, int]:
    """Save the readings of a fortnight that were typed; empty fields are left alone, a blank is not zero."""
    require_reader(g.actor)
    period = _period_wanted(default=fortnight_of(local_today()))
    typed = {
        name.removeprefix(READING_PREFIX): value.strip()
        for name, value in request.form.items()
        if name.startswith(READING_PREFIX) and value.strip()
    }
    wrong: dict[str, str] = {}
    zone_id = _zone_wanted()
    readings = []
    for day in period.days:
        text = typed.get(day.isoformat())
        if text is None:
            continue
        try:
            readings.append(Reading(zone_id, day, int(parse_decimal(text).scaleb(3))))
        except NotANumber as refused:
            wrong[day.isoformat()] = gettext(refused.message)
    if not wrong:
        try:
            with atomic() as session:
                record_readings(session, actor=g.actor, now=utc_now(), readings=readings)
        except DomainError as refused:
            told = [gettext(one) for found in refused.errors.values() for one in found]
            wrong[""] = " ".join(told) or gettext(refused.message)
        else:
            flash(gettext(READINGS_SAVED), "success")
            return redirect(url_for("settlement.reading_list", first=period.first, zone=zone_id))
    return _readings(period, typed, wrong, TableForm(formdata=None)), 422


@blueprint.post("/settlement/dairy/readings/file")
@sign_in_required
def reading_import() -> Response | tuple[str, int]:
    """Look at the readings of a file, zone, date and litres, and go to what it would do."""
    require_reader(g.actor)
    form = TableForm()
    if file_id := keep_file(form, Table.WEIGHINGS):
        return redirect(url_for("settlement.table_preview", table=Table.WEIGHINGS.value, file_id=file_id))
    return _readings(_period_wanted(default=fortnight_of(local_today())), {}, {}, form), 422


def _readings(period: Period, typed: dict[str, str], wrong: dict[str, str], form: TableForm) -> str:
    zone_id = _zone_wanted()
    zones = zones_of(db.session, g.actor.org)
    return render_template(
        "settlement/fortnight/readings.html",
        form=form,
        period=period,
        before=fortnight_before(period),
        after=fortnight_after(period) if period.last < local_today() else None,
        zones=zones,
        zone=next(zone for zone in zones if zone.id == zone_id),
        rows=queries.readings_of(db.session, g.actor.org, zones, zone_id, period),
        typed=typed,
        wrong=wrong,
        today=local_today(),
        prefix=READING_PREFIX,
        day_type=day_type,
        day_type_labels=DAY_TYPE_LABELS,
        run=queries.recent_runs(db.session, g.actor.org).get(period.first),
    )


def _zone_wanted() -> UUID:
    """Return the zone that the address names, or the default one, which the first visit makes."""
    text = request.values.get("zone", "")
    if text:
        try:
            return get_zone_for(db.session, g.actor, UUID(text)).id
        except ValueError:
            pass
    known = next((zone for zone in zones_of(db.session, g.actor.org) if zone.is_default), None)
    if known is not None:
        return known.id
    with atomic() as session:
        return ensure_default_zone(session, actor=g.actor, now=utc_now()).id


def _period_wanted(default: Period | None = None) -> Period:
    try:
        day = date.fromisoformat(request.args.get("first", ""))
    except ValueError:
        day = date.min
    if day.year == date.min.year:  # nothing lies before its first fortnight
        return default or fortnight_before(fortnight_of(local_today()))
    return fortnight_of(day)


@blueprint.context_processor
def dairy_words() -> dict[str, object]:
    """Give the templates of the dairy its small helpers."""
    return {
        "reading_text": lambda quantity_ml: plain(quantity_ml, 3),
        "zone_choices": lambda zones: [(str(one.id), f"{one.code} {one.name}") for one in zones],
    }


from chain.settlement.fortnight import decision_views, import_views, one_off_views, term_views  # noqa: E402, F401 - register their routes
