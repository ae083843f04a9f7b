"""The audit trail as pages and as a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Response, g, render_template, request

from chain.accounts import audit_trail
from chain.accounts.audit_labels import AREA_LABELS, label_of
from chain.accounts.audit_trail import AuditFilters, AuditRow
from chain.accounts.rules import Permission
from chain.accounts.views import blueprint
from chain.core.clock import local_date, local_moment, utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import moment, timezone_name
from chain.web.i18n import gettext
from chain.web.lists import page_wanted


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a record, before and after; None where there was none."""

    name: str
    before: str | None
    after: str | None


def changes(row: AuditRow) -> list[Change]:
    """Return what a record says changed, value by value."""
    before, after = row.before or {}, row.after or {}
    names = dict.fromkeys((*before, *after))
    return [
        Change(name, _shown(before, name), _shown(after, name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _shown(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def wanted_day(name: str) -> date | None:
    """Return a day of the query string; one that cannot be read is left out."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return local_moment(datetime.combine(day, time()), timezone_name()) if day else None


def filters_asked() -> AuditFilters:
    """Return the filters of the query string; days are those of the organisation's zone."""
    until = wanted_day("until")
    try:
        subject = UUID(request.args.get("subject", ""))
    except ValueError:
        subject = None
    return AuditFilters(
        since=_midnight(wanted_day("since")),
        until=_midnight(until + timedelta(days=1) if until and until < date.max else None),
        person=request.args.get("person", ""),
        tag=request.args.get("tag", ""),
        subject_id=subject,
    )


@blueprint.get("/audit")
@permission_required(Permission.AUDIT_READ)
def audit_list() -> str:
    """Show who changed what, the newest first."""
    page = audit_trail.list_records(db.session, g.actor, filters_asked(), page_wanted())
    return render_template(
        "accounts/audit.html",
        page=page,
        asked=request.args,
        changes=changes,
        label_of=label_of,
        area_choices=[("", N_("Everything")), *AREA_LABELS.items()],
    )


@blueprint.get("/audit.csv")
@permission_required(Permission.AUDIT_READ)
def audit_csv() -> Response:
    """Give the filtered trail as a file."""
    records = audit_trail.export_records(db.session, g.actor, filters_asked())
    titles = (
        N_("When"),
        N_("Who"),
        N_("What"),
        N_("Tag"),
        N_("Subject"),
        N_("Id"),
        N_("Before"),
        N_("After"),
        N_("Request"),
    )
    today = local_date(utc_now(), timezone_name())
    rows = [
        (
            moment(row.at),
            row.actor_name or gettext(N_("The system")),
            gettext(label_of(row.tag)),
            row.tag,
            row.subject_type,
            row.subject_id,
            json.dumps(row.before, ensure_ascii=False) if row.before is not None else None,
            json.dumps(row.after, ensure_ascii=False) if row.after is not None else None,
            row.request_id,
        )
        for row in records
    ]
    return csv_response(f"audit-{today.isoformat()}.csv", [gettext(title) for title in titles], rows)
