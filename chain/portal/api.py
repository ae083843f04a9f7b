"""JSON resources of the portal: what needs attention, alerts and how they come, searches, payments."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.attention import attention_for
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import Message
from chain.core.paging import slice_rows
from chain.portal.errors import MailIsOff, WrongCode
from chain.portal.mailer import mailer
from chain.portal.models import Alert, AlertSetting, BoardSearch
from chain.portal.queries.alerts import list_alerts, own_searches, own_setting
from chain.portal.queries.payments import list_payments
from chain.portal.rules import AlertKind, Pace
from chain.portal.schemas import (
    AlertArgs,
    AlertSettingSchema,
    AttentionSchema,
    BoardSearchSchema,
    ChooseAlertsSchema,
    ConfirmEmailSchema,
    EnterEmailSchema,
    NoticeSchema,
    PaymentSchema,
    ReadCountSchema,
)
from chain.portal.services import alerts as alert_services
from chain.portal.services import searches as search_services
from chain.portal.services import settings as setting_services
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

alerts = ApiBlueprint("alerts", __name__, url="/alerts", description="What a user is told.")
setting = ApiBlueprint("alert_settings", __name__, url="/alert-settings", description="How a user is told.")
searches = ApiBlueprint("board_searches", __name__, url="/board-searches", description="Saved searches.")
attention = ApiBlueprint("attention", __name__, url="/attention", description="What waits for a buyer.")
payments = ApiBlueprint("payments_due", __name__, url="/payments-due", description="What a buyer pays.")
blueprints = [alerts, setting, searches, attention, payments]


def _alert(one: Alert) -> dict[str, Any]:
    shown = {
        name: getattr(one, name) for name in ("id", "kind", "path", "created_at", "read_at", "mailed_at")
    }
    return {**shown, "text": gettext(Message(one.msgid, one.params))}


@alerts.get("")
@alerts.arguments(AlertArgs, location="query")
@alerts.response(200, page_schema(NoticeSchema))
@sign_in_required
def alert_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own alerts, the latest on top."""
    return page_answer(list_alerts(db.session, g.actor, page_request(args), unread=args["unread"]), _alert)


@alerts.post("/<uuid:alert_id>/read")
@alerts.response(200, NoticeSchema)
@sign_in_required
def alert_read(alert_id: UUID) -> dict[str, Any]:
    """Mark an own alert as read."""
    with atomic() as session:
        return _alert(alert_services.mark_read(session, actor=g.actor, now=utc_now(), alert_id=alert_id))


@alerts.post("/read")
@alerts.response(200, ReadCountSchema)
@sign_in_required
def alerts_read() -> dict[str, int]:
    """Mark all own alerts as read."""
    with atomic() as session:
        return {"read": alert_services.mark_all_read(session, actor=g.actor, now=utc_now())}


def _setting(row: AlertSetting | None) -> dict[str, Any]:
    on = mailer() is not None
    if row is None:
        every = [kind.value for kind in AlertKind]
        return {"email": None, "confirmed_at": None, "pace": Pace.OFF, "kinds": every, "mail_is_on": on}
    return {
        "email": row.email,
        "confirmed_at": row.confirmed_at,
        "pace": row.pace,
        "kinds": row.kinds,
        "mail_is_on": on,
    }


@setting.get("")
@setting.response(200, AlertSettingSchema)
@sign_in_required
def setting_show() -> dict[str, Any]:
    """Return how the caller is told."""
    return _setting(own_setting(db.session, g.actor))


@setting.post("")
@setting.arguments(ChooseAlertsSchema)
@setting.response(200, AlertSettingSchema)
@sign_in_required
def setting_choose(data: dict[str, Any]) -> dict[str, Any]:
    """Choose how often mails come and of what."""
    with atomic() as session:
        return _setting(setting_services.choose_alerts(session, actor=g.actor, now=utc_now(), **data))


@setting.post("/email")
@setting.arguments(EnterEmailSchema)
@setting.response(200, AlertSettingSchema)
@setting.alt_response(429, description="A code was sent a moment ago.")
@sign_in_required
def email_enter(data: dict[str, Any]) -> dict[str, Any]:
    """Keep an address and send a code to it."""
    if mailer() is None:
        raise MailIsOff
    with atomic() as session:
        return _setting(setting_services.enter_email(session, actor=g.actor, now=utc_now(), **data))


@setting.post("/code")
@setting.arguments(ConfirmEmailSchema)
@setting.response(200, AlertSettingSchema)
@sign_in_required
def email_confirm(data: dict[str, Any]) -> dict[str, Any]:
    """Confirm the address with the code of the mail."""
    with atomic() as session:
        kept = setting_services.confirm_email(session, actor=g.actor, now=utc_now(), **data)
    if kept is None:
        raise WrongCode
    return _setting(kept)


@searches.get("")
@searches.arguments(PageArgs, location="query")
@searches.response(200, page_schema(BoardSearchSchema))
@permission_required(Permission.BIDS_PLACE)
def search_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own searches, by name."""
    keys = {"name": lambda one: one.name}
    return page_answer(slice_rows(own_searches(db.session, g.actor), page_request(args), keys))


@searches.post("")
@searches.arguments(BoardSearchSchema)
@searches.response(201, BoardSearchSchema)
@searches.alt_response(200, schema=BoardSearchSchema, description="The same search was saved before.")
@permission_required(Permission.BIDS_PLACE)
def search_save(data: dict[str, Any]) -> tuple[BoardSearch, int]:
    """Keep a search; the caller is told when something opens that fits."""
    with atomic() as session:
        is_known = session.get(BoardSearch, data["id"]) is not None
        found = search_services.save_search(session, actor=g.actor, now=utc_now(), **data)
    return found, 200 if is_known else 201


@searches.delete("/<uuid:search_id>")
@searches.response(204)
@permission_required(Permission.BIDS_PLACE)
def search_delete(search_id: UUID) -> None:
    """Forget a search."""
    with atomic() as session:
        search_services.delete_search(session, actor=g.actor, search_id=search_id)


@attention.get("")
@attention.arguments(PageArgs, location="query")
@attention.response(200, page_schema(AttentionSchema))
@permission_required(Permission.BIDS_PLACE)
def attention_list(args: dict[str, Any]) -> dict[str, Any]:
    """List what waits for the caller, by section."""
    rows = [
        {
            "section": one.section.key,
            "text": gettext(item.title),
            "path": item.href,
            "due_at": item.due_at,
            "since": item.since,
        }
        for one in attention_for(db.session, g.actor, utc_now())
        for item in one.items
    ]
    keys = {"due_at": lambda one: one["due_at"], "since": lambda one: one["since"]}
    return page_answer(slice_rows(rows, page_request(args), keys))


@payments.get("")
@payments.arguments(PageArgs, location="query")
@payments.response(200, page_schema(PaymentSchema))
@permission_required(Permission.BIDS_PLACE)
def payment_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the purchases with what of them is paid and open."""
    return page_answer(list_payments(db.session, g.actor, page_request(args)))
