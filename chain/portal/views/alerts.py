"""Pages of alerts: the list, how they come, and the way out of the mails, which needs no sign-in."""

from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_, Message
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.portal.errors import MailIsOff, WrongCode
from chain.portal.forms import AlertsForm, CodeForm, EmailForm
from chain.portal.mailer import mailer
from chain.portal.models import AlertSetting
from chain.portal.queries.alerts import list_alerts, own_setting
from chain.portal.rules import ALERT_LABELS, AlertKind, Pace
from chain.portal.services import alerts as alert_services
from chain.portal.services import settings as setting_services
from chain.portal.views import blueprint
from chain.web.access import sign_in_required
from chain.web.csv_out import csv_response
from chain.web.forms import BaseForm
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

Answer = str | Response | tuple[str, int]


@blueprint.get("/alerts")
@sign_in_required
def alert_list() -> str:
    """Show the own alerts, the latest on top."""
    unread = request.args.get("unread", "") == "1"
    return render_template(
        "portal/alerts.html",
        page=list_alerts(db.session, g.actor, page_wanted(), unread=unread),
        unread=unread,
        labels=ALERT_LABELS,
        kind_of=AlertKind,
        sentence=lambda one: gettext(Message(one.msgid, one.params)),
        setting=own_setting(db.session, g.actor),
        mail_is_on=mailer() is not None,
    )


@blueprint.get("/alerts.csv")
@sign_in_required
def alert_file() -> FlaskResponse:
    """Give the own alerts as a file: the latest 200."""
    header = [gettext(text) for text in (N_("When"), N_("Kind"), N_("What"), N_("Read"))]
    found = list_alerts(db.session, g.actor, PageRequest(1, MAX_PAGE_SIZE)).items
    rows = [
        [
            one.created_at.isoformat(),
            gettext(ALERT_LABELS[AlertKind(one.kind)]),
            gettext(Message(one.msgid, one.params)),
            one.read_at.isoformat() if one.read_at else "",
        ]
        for one in found
    ]
    return csv_response("alerts.csv", header, rows)


@blueprint.post("/alerts/<uuid:alert_id>/open")
@sign_in_required
def alert_open(alert_id: UUID) -> Response:
    """Mark an alert as read and go to its page."""
    with atomic() as session:
        path = alert_services.mark_read(session, actor=g.actor, now=utc_now(), alert_id=alert_id).path
    return redirect(path)


@blueprint.post("/alerts/read")
@sign_in_required
def alerts_read() -> Response:
    """Mark all own alerts as read."""
    with atomic() as session:
        alert_services.mark_all_read(session, actor=g.actor, now=utc_now())
    flash(N_("All alerts are marked as read."), "success")
    return redirect(url_for("portal.alert_list"))


@blueprint.get("/alerts/settings")
@sign_in_required
def settings_form() -> str:
    """Show how the user is told."""
    return _settings_page()


def _settings_page(failed: BaseForm | None = None) -> str:
    setting = own_setting(db.session, g.actor)
    kinds = [kind.value for kind in AlertKind] if setting is None else setting.kinds
    pace = Pace.OFF.value if setting is None else setting.pace
    email = (
        failed if isinstance(failed, EmailForm) else EmailForm(formdata=None, data={"email": _email(setting)})
    )
    chosen = failed if isinstance(failed, AlertsForm) else _alerts_form({"pace": pace, "kinds": kinds})
    return render_template(
        "portal/settings.html",
        setting=setting,
        failed=failed,
        email=email,
        code=failed if isinstance(failed, CodeForm) else CodeForm(formdata=None),
        chosen=chosen,
        mail_is_on=mailer() is not None,
    )


def _email(setting: AlertSetting | None) -> str:
    return (setting.email or "") if setting else ""


def _alerts_form(data: dict[str, object] | None = None) -> AlertsForm:
    form = AlertsForm(formdata=None, data=data) if data is not None else AlertsForm()
    form.fill_choices()
    return form


def _back(text: str) -> Response:
    flash(text, "success")
    return redirect(url_for("portal.settings_form"))


@blueprint.post("/alerts/settings/email")
@sign_in_required
def email_submit() -> Answer:
    """Keep the address and send its code."""
    form = EmailForm()
    if form.validate_on_submit():
        try:
            if mailer() is None:
                raise MailIsOff
            with atomic() as session:
                setting_services.enter_email(
                    session, actor=g.actor, now=utc_now(), email=form.email.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return _back(N_("We sent a code to this address. Type it here."))
    return _settings_page(form), 422


@blueprint.post("/alerts/settings/code")
@sign_in_required
def code_submit() -> Answer:
    """Take the code."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                kept = setting_services.confirm_email(
                    session, actor=g.actor, now=utc_now(), code=form.code.data or ""
                )
            if kept is None:
                raise WrongCode
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return _back(N_("Your address is confirmed. Alerts come by mail now."))
    return _settings_page(form), 422


@blueprint.post("/alerts/settings/remove")
@sign_in_required
def email_remove() -> Response:
    """Forget the address."""
    with atomic() as session:
        setting_services.remove_email(session, actor=g.actor, now=utc_now())
    return _back(N_("Your address was deleted. Alerts stand on the page only."))


@blueprint.post("/alerts/settings")
@sign_in_required
def settings_submit() -> Answer:
    """Keep how often and of what."""
    form = _alerts_form()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                setting_services.choose_alerts(
                    session, actor=g.actor, now=utc_now(), pace=form.pace.data, kinds=form.kinds.data or []
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return _back(N_("Your settings were saved."))
    return _settings_page(form), 422


@blueprint.get("/alerts/unsubscribe/<token>")
def unsubscribe_form(token: str) -> str:
    """Ask whether mails shall stop; a click of a mail program changes nothing yet."""
    return render_template("portal/unsubscribe.html", token=token, done=False)


@blueprint.post("/alerts/unsubscribe/<token>")
def unsubscribe_submit(token: str) -> str:
    """Stop the mails to whoever holds the link; also the one-click of mail programs, which has no cookie."""
    try:
        with atomic() as session:
            setting_services.unsubscribe(session, now=utc_now(), token=token[:100])
    except NotFound:
        pass  # whoever guesses learns nothing
    return render_template("portal/unsubscribe.html", token=token, done=True)
