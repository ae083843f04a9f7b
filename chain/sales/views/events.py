"""Pages of the market manager and the assembly: events, their public logs run again, excluded bidders."""

from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.sales.log_facts import Facts
from chain.sales.log_words import entry_label
from chain.sales.queries.events import event_log, get_event_for, list_events, replay_event
from chain.sales.queries.exclusions import buying_organisations, list_exclusions
from chain.sales.rules import MARKET_LOG, MAX_NOTE, METHOD_LABELS
from chain.sales.services.exclusions import exclude_bidder, readmit_bidder
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import BaseForm, ClientIdField, option, required
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted

KIND_LABELS: dict[str, str] = {
    **{method.value: label for method, label in METHOD_LABELS.items()},
    MARKET_LOG: N_("Whole market"),
}


class ExclusionForm(BaseForm):
    """Whom to exclude from what, and why."""

    id = ClientIdField()
    buyer = SelectField(N_("Buyer"), validators=[required])
    event = SelectField(N_("From what"))
    reason = TextAreaField(N_("Reason"), validators=[required, Length(max=MAX_NOTE)])


class ReadmissionForm(BaseForm):
    """Why an exclusion is lifted."""

    reason = TextAreaField(N_("Reason"), validators=[required, Length(max=MAX_NOTE)])


@blueprint.get("/market/events")
@permission_required(Permission.TENDERS_READ)
def event_list() -> str:
    """Show the events of the own market that have a log."""
    return render_template(
        "sales/events.html",
        page=list_events(db.session, g.actor, page_wanted()),
        kind_labels=KIND_LABELS,
        may_manage=g.actor.may(Permission.MARKET_MANAGE),
    )


@blueprint.get("/market/events/<uuid:event_id>", endpoint="event_log")
@permission_required(Permission.TENDERS_READ)
def event_log_shown(event_id: UUID) -> str:
    """Show the public log of an event: aliases, fingerprints, every step; to print for the assembly."""
    return _log_page(event_id, is_replayed=False)


@blueprint.get("/market/events/<uuid:event_id>/replay")
@permission_required(Permission.TENDERS_READ)
def event_replay(event_id: UUID) -> str:
    """Run the log through the rules again and say whether the result is the same."""
    return _log_page(event_id, is_replayed=True)


def _log_page(event_id: UUID, *, is_replayed: bool) -> str:
    event = get_event_for(db.session, g.actor, event_id)
    lines = event_log(db.session, g.actor, event)
    return render_template(
        "sales/event_log.html",
        event=event,
        lines=lines,
        replayed=replay_event(db.session, event_id, event.event_kind) if is_replayed else None,
        kind_labels=KIND_LABELS,
        entry_label=entry_label,
        facts_of=Facts((line.data for line in lines), g.organisation.currency).shown,
        now=utc_now(),
    )


@blueprint.get("/market/events/<uuid:event_id>/log.csv")
@permission_required(Permission.TENDERS_READ)
def event_log_export(event_id: UUID) -> FlaskResponse:
    """Send the public log as a table."""
    event = get_event_for(db.session, g.actor, event_id)
    header = (N_("No."), N_("When"), N_("What"), N_("Bidder"), N_("Details"), N_("Fingerprint before"), N_("Fingerprint"))  # fmt: skip
    lines = event_log(db.session, g.actor, event)
    facts = Facts((line.data for line in lines), g.organisation.currency)
    rows = [
        [
            line.sequence,
            line.at.isoformat(),
            gettext(entry_label(line.kind)),
            line.alias,
            "; ".join(f"{label}: {text}" for label, text in facts.shown(line.data)),
            line.previous_hash,
            line.hash,
        ]
        for line in lines
    ]
    return csv_response("log.csv", [gettext(one) for one in header], rows)


@blueprint.get("/market/events/<uuid:event_id>/replay.json")
@permission_required(Permission.TENDERS_READ)
def event_replay_export(event_id: UUID) -> FlaskResponse:
    """Send the replay and the log as JSON, for who checks with a program of their own."""
    event = get_event_for(db.session, g.actor, event_id)
    replayed = replay_event(db.session, event_id, event.event_kind)
    return jsonify(
        {
            "event": str(event_id),
            "kind": event.event_kind,
            "agrees": replayed.agrees,
            "found": [gettext(line) for line in replayed.lines],
            "log": [_plain(line) for line in event_log(db.session, g.actor, event)],
        }
    )


def _plain(line: Any) -> dict[str, Any]:
    return {
        "sequence": line.sequence,
        "kind": line.kind,
        "at": line.at.isoformat(),
        "bidder": line.alias,
        "bidder_mark": line.bidder_mark,
        "user_mark": line.user_mark,
        "data": line.data,
        "previous_hash": line.previous_hash,
        "hash": line.hash,
    }


@blueprint.get("/market/exclusions")
@permission_required(Permission.TENDERS_READ)
def exclusion_list() -> str:
    """Show who is or was excluded and why; the market manager excludes and lifts here."""
    return _exclusions_page(_exclusion_form())


@blueprint.get("/market/exclusions.csv")
@permission_required(Permission.TENDERS_READ)
def exclusion_file() -> FlaskResponse:
    """Send who is or was excluded, and why, as a table."""
    header = (
        N_("Buyer"), N_("Event"), N_("Reason"), N_("Excluded"), N_("By"), N_("Lifted"), N_("By"), N_("Reason"),
    )  # fmt: skip
    rows = [
        [
            row.buyer_name,
            gettext(KIND_LABELS[row.exclusion.event_kind])
            if row.exclusion.event_kind
            else gettext(N_("The whole market")),
            row.exclusion.reason,
            row.exclusion.excluded_at.isoformat(),
            row.by_name,
            row.exclusion.lifted_at.isoformat() if row.exclusion.lifted_at else "",
            row.lifted_by_name,
            row.exclusion.lift_reason,
        ]
        for row in every_row(lambda request: list_exclusions(db.session, g.actor, request))
    ]
    return csv_response("exclusions.csv", [gettext(one) for one in header], rows)


def _exclusion_form() -> ExclusionForm:
    form = ExclusionForm()
    form.buyer.choices = [option(one, name) for one, name in buying_organisations(db.session)]
    events = [row for row in list_events(db.session, g.actor, page_wanted()).items if row.name is not None]
    form.event.choices = [
        option("", gettext(N_("The whole market"))),
        *(
            option(
                row.event_id,
                f"{gettext(KIND_LABELS[row.event_kind])} {row.name.number or ''} · {row.name.title}",
            )
            for row in events
            if row.name is not None
        ),
    ]
    wanted = request.args.get("event", "")
    if request.method == "GET" and wanted in {str(row.event_id) for row in events}:
        form.event.data = wanted
    return form


def _exclusions_page(form: ExclusionForm, readmission: ReadmissionForm | None = None) -> str:
    return render_template(
        "sales/exclusions.html",
        page=list_exclusions(db.session, g.actor, page_wanted()),
        form=form,
        readmission=readmission or ReadmissionForm(formdata=None),
        may_manage=g.actor.may(Permission.MARKET_MANAGE),
    )


@blueprint.post("/market/exclusions")
@permission_required(Permission.MARKET_MANAGE)
def exclusion_submit() -> Response | tuple[str, int]:
    """Exclude a bidder."""
    form = _exclusion_form()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                exclude_bidder(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    buyer_id=parse_id(form.buyer.data),
                    event_id=parse_id(form.event.data) if form.event.data else None,
                    reason=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The bidder is excluded. The reason stands in the public log."), "success")
            return redirect(url_for("sales.exclusion_list"))
    return _exclusions_page(form), 422


@blueprint.post("/market/exclusions/<uuid:exclusion_id>/lift")
@permission_required(Permission.MARKET_MANAGE)
def exclusion_lift(exclusion_id: UUID) -> Response | tuple[str, int]:
    """Lift an exclusion."""
    form = ReadmissionForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                readmit_bidder(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    exclusion_id=exclusion_id,
                    reason=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The exclusion is lifted."), "success")
            return redirect(url_for("sales.exclusion_list"))
    empty = _exclusion_form()
    return _exclusions_page(empty, form), 422
