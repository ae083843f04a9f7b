"""Bringing in opening balances: look at the file, then take it."""

import base64
import binascii
from datetime import date

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.ledger.forms import OpeningForm
from chain.ledger.opening_file import OpeningFile, read_opening_file
from chain.ledger.pages import blueprint, today
from chain.ledger.services.opening import OpeningPlan, import_opening, plan_opening
from chain.web.access import permission_required
from chain.web.i18n import gettext

#: Rows and mistakes that the page lists.
SHOWN = 200
#: The columns of a file, as the page names them.
COLUMN_LABELS = {
    "account": N_("Account"),
    "party": N_("Member or buyer code"),
    "amount": N_("Amount"),
    "debit": N_("Debit"),
    "credit": N_("Credit"),
    "currency": N_("Currency"),
}


@blueprint.get("/ledger/opening")
@permission_required(Permission.LEDGER_WRITE)
def opening_form() -> str:
    """Show the form."""
    form = OpeningForm()
    form.occurred_on.data = date(today().year, 1, 1)
    return _page(form, None)


def _page(form: OpeningForm, plan: OpeningPlan | None) -> str:
    return render_template("ledger/opening.html", form=form, plan=plan, shown=SHOWN, columns=COLUMN_LABELS)


def _content(form: OpeningForm) -> bytes:
    """Return the chosen file, or the one that was looked at before."""
    if form.file.data:
        content: bytes = form.file.data.read()
        form.content.data = base64.b64encode(content).decode("ascii")
        return content
    try:
        return base64.b64decode(form.content.data or "", validate=True)
    except binascii.Error:
        return b""


@blueprint.post("/ledger/opening")
@permission_required(Permission.LEDGER_WRITE)
def opening_submit() -> BaseResponse | str | tuple[str, int]:
    """Look at the file; when the preview was confirmed, bring it in."""
    form = OpeningForm()
    day = form.occurred_on.data
    if not form.validate_on_submit() or day is None:
        return _page(form, None), 422
    content = _content(form)
    if not content:
        form.file.errors = [gettext(N_("Choose a file."))]
        return _page(form, None), 422
    plan: OpeningPlan | None = None
    try:
        read = read_opening_file(content)
        plan = plan_opening(db.session, actor=g.actor, file=read)
        if "take" not in request.form:
            return _page(form, plan)
        return _take(read, day)
    except DomainError as refused:
        form.take_refusal(refused)
        if plan is None:
            form.content.data = ""
        return _page(form, plan), 422


def _take(read: OpeningFile, day: date) -> BaseResponse:
    with atomic() as session:
        entry, is_new = import_opening(session, actor=g.actor, now=utc_now(), file=read, occurred_on=day)
        entry_id = entry.id
    if is_new:
        flash(N_("The opening balances are posted."), "success")
    else:
        flash(N_("This file was brought in before. Nothing was posted again."), "info")
    return redirect(url_for("ledger.entry_show", entry_id=entry_id))
