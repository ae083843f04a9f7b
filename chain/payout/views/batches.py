"""Pages of batches: the list, preparing one, its steps, its file, its counted cash."""

import re
from collections.abc import Collection, Iterator
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.queries import who_may
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id, parse_id
from chain.payout.forms import BatchForm, FileForm, ReasonForm
from chain.payout.models import PayoutBatch, PayoutFile
from chain.payout.queries.limits import open_layouts
from chain.payout.queries.payouts import (
    PaymentRow,
    batch_amounts,
    batch_payments,
    batch_sums,
    collectors,
    counts_of,
    files_of,
    get_batch_for,
    list_batches,
    waiting_by_line,
)
from chain.payout.rules import (
    BATCH_STATE_LABELS,
    IN_CASH,
    NOTES,
    PAYOUT_STATE_LABELS,
    RAIL_LABELS,
    REMOTE,
    BatchState,
    PayoutState,
    Rail,
    notes_for_all,
)
from chain.payout.services import batches as services
from chain.payout.services.files import make_file
from chain.payout.services.settling import count_cash, float_left
from chain.payout.views import blueprint
from chain.settlement.queries.payable import payable_lines
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import amount_cell, csv_response
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted
from chain.web.qr import qr_image

Answer = str | Response | tuple[str, int]
#: How many of a note: nobody counts a million.
COUNT = re.compile(r"[0-9]{1,6}")


@blueprint.get("/payouts")
@permission_required(Permission.RUNS_READ)
def batch_list() -> str:
    """Show the batches, the latest first."""
    wanted = request.args.get("state", "")
    state = BatchState(wanted) if wanted in set(BatchState) else None
    return render_template(
        "payout/batches.html",
        page=list_batches(db.session, g.actor, page_wanted(), state=state),
        state=wanted,
        may_write=g.actor.may(Permission.PAYOUTS_WRITE),
    )


@blueprint.get("/payouts.csv")
@permission_required(Permission.RUNS_READ)
def batch_list_file() -> FlaskResponse:
    """Send the batches as a table."""
    header = (
        N_("Number"), N_("How the money goes"), N_("Day of payment"), N_("State"), N_("Payments"), N_("Total"),
        N_("Paid"), N_("Came back"), N_("Currency"),
    )  # fmt: skip
    rows = [
        [
            one.number,
            gettext(RAIL_LABELS[Rail(one.rail)]),
            one.pay_on.isoformat(),
            gettext(BATCH_STATE_LABELS[BatchState(one.state)]),
            one.payments,
            amount_cell(one.total_minor),
            amount_cell(one.paid_minor),
            amount_cell(one.returned_minor),
            one.currency,
        ]
        for one in every_row(lambda wanted: list_batches(db.session, g.actor, wanted))
    ]
    return csv_response("payouts.csv", [gettext(one) for one in header], rows)


@blueprint.get("/payouts/new")
@permission_required(Permission.PAYOUTS_WRITE)
def batch_form() -> str:
    """Show what is open, and how it may be paid."""
    form = BatchForm(formdata=None)
    form.pay_on.data = local_date(utc_now(), timezone_name())
    form.run.data = request.args.get("run", "")
    return _form_page(form)


def _form_page(form: BatchForm) -> str:
    lines = payable_lines(db.session, g.actor.org)
    waiting = waiting_by_line(db.session, g.actor.org)
    runs: dict[UUID, tuple[int, int, str, int]] = {}
    for line in lines:
        number, total, _, planned = runs.get(line.run_id, (line.run_number, 0, line.currency, 0))
        taken = waiting.get(line.line_id, 0)
        runs[line.run_id] = (number, total + line.open_minor - taken, line.currency, planned + taken)
    names = [(run_id, gettext(N_("No. %(number)s"), number=number)) for run_id, (number, *_) in runs.items()]
    form.offer(names, collectors(db.session, g.actor.org))
    return render_template(
        "payout/batch_new.html",
        form=form,
        runs=[(run_id, *facts) for run_id, facts in runs.items()],
        producers=len({line.producer_id for line in lines}),
    )


@blueprint.post("/payouts/new")
@permission_required(Permission.PAYOUTS_WRITE)
def batch_submit() -> Answer:
    """Prepare a batch."""
    form = BatchForm()
    page = _form_page(form)
    if form.validate_on_submit() and form.pay_on.data is not None:
        try:
            with atomic() as session:
                batch = services.prepare_batch(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    batch_id=form.id.value,
                    rail=Rail(form.rail.data),
                    pay_on=form.pay_on.data,
                    run_id=parse_id(form.run.data) if form.run.data else None,
                    collector_id=parse_id(form.collector.data) if form.collector.data else None,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The batch is prepared. Another person must approve it."), "success")
            return redirect(url_for("payout.batch_detail", batch_id=batch.id))
    page = _form_page(form)
    return page, 422


@blueprint.get("/payouts/<uuid:batch_id>")
@sign_in_required
def batch_detail(batch_id: UUID) -> str:
    """Show a batch with its payments, and what comes next."""
    return batch_page(get_batch_for(db.session, g.actor, batch_id))


def batch_page(
    batch: PayoutBatch,
    *,
    reason: ReasonForm | None = None,
    file: FileForm | None = None,
    counts: dict[int, str] | None = None,
    problem: DomainError | None = None,
    ticked: Collection[UUID] = (),
    keep: bool = False,
) -> str:
    """Draw the page of a batch; what was typed and ticked when a step was refused stands in it again."""
    session = db.session
    rail = Rail(batch.rail)
    wanted = request.args.get("state", "")
    state = PayoutState(wanted) if wanted in set(PayoutState) else None
    file = file or FileForm(formdata=None)
    file.offer([(one.id, one.name) for one in open_layouts(db.session, g.actor.org)], batch.rail)
    is_officer = g.actor.may(Permission.PAYOUTS_WRITE)
    carries = rail is not Rail.COLLECTOR or batch.collector_id == g.actor.user_id
    needed = notes_for_all(batch_amounts(session, batch.id), batch.currency) if rail in IN_CASH else {}
    is_preparer = batch.prepared_by is not None and batch.prepared_by == g.actor.user_id
    return render_template(
        "payout/batch.html",
        batch=batch,
        page=batch_payments(session, batch.id, page_wanted(200), state=state),
        state=wanted,
        reason_form=reason or ReasonForm(formdata=None),
        file_form=file,
        problem=problem.message if problem else None,
        is_officer=is_officer,
        officers=who_may(session, batch.organisation_id, Permission.PAYOUTS_WRITE, besides=batch.prepared_by)
        if is_preparer and batch.state == BatchState.PREPARED
        else [],
        is_preparer=is_preparer,
        is_cash=rail in IN_CASH,
        is_remote=rail in REMOTE,
        may_pay=g.actor.may(Permission.PAYOUTS_DELIVER) and carries and (rail in IN_CASH or is_officer),
        may_cancel=is_officer and rail in IN_CASH,
        needed=needed,
        needed_minor=sum(worth * count for worth, count in needed.items()),
        sums=batch_sums(session, batch.id),
        pieces=NOTES[batch.currency],
        typed=counts or {},
        ticked=frozenset(ticked),
        kept={name: request.form.get(name, "") for name in ("reference", "reason")} if ticked or keep else {},
        counts=counts_of(session, batch.id),
        files=files_of(session, batch.id) if rail in REMOTE else [],
        left=float_left(session, batch),
        collector=dict(collectors(session, batch.organisation_id)).get(batch.collector_id or new_id()),
        count_id=new_id(),
    )


@blueprint.post("/payouts/<uuid:batch_id>/approve")
@permission_required(Permission.PAYOUTS_WRITE)
def batch_approve(batch_id: UUID) -> Answer:
    """Approve what another officer prepared."""
    try:
        with atomic() as session:
            services.approve_batch(session, actor=g.actor, now=utc_now(), batch_id=batch_id)
    except NotFound:
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(N_("The batch is approved."), "success")
    return _back(batch_id)


@blueprint.post("/payouts/<uuid:batch_id>/send")
@permission_required(Permission.PAYOUTS_WRITE)
def batch_send(batch_id: UUID) -> Answer:
    """Say that the batch left."""
    try:
        with atomic() as session:
            services.send_batch(session, actor=g.actor, now=utc_now(), batch_id=batch_id)
    except NotFound:
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(N_("The batch is on its way."), "success")
    return _back(batch_id)


@blueprint.post("/payouts/<uuid:batch_id>/discard")
@permission_required(Permission.PAYOUTS_WRITE)
def batch_discard(batch_id: UUID) -> Answer:
    """Discard a batch that did not leave."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.discard_batch(
                    session, actor=g.actor, now=utc_now(), batch_id=batch_id, reason=form.reason.data or ""
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The batch is discarded. Its settlements can be paid in another one."), "success")
            return _back(batch_id)
    return batch_page(get_batch_for(db.session, g.actor, batch_id), reason=form), 422


@blueprint.post("/payouts/<uuid:batch_id>/files")
@permission_required(Permission.PAYOUTS_WRITE)
def file_submit(batch_id: UUID) -> Answer:
    """Make the file for the bank."""
    form = FileForm()
    batch = get_batch_for(db.session, g.actor, batch_id)
    form.offer([(one.id, one.name) for one in open_layouts(db.session, g.actor.org)], batch.rail)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                made = make_file(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    file_id=form.id.value,
                    batch_id=batch_id,
                    own_account=form.own_account.data or "",
                    layout_id=parse_id(form.layout.data) if form.layout.data else None,
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return redirect(url_for("payout.file_download", batch_id=batch_id, file_id=made.id))
    return batch_page(get_batch_for(db.session, g.actor, batch_id), file=form), 422


@blueprint.get("/payouts/<uuid:batch_id>/files/<uuid:file_id>")
@permission_required(Permission.PAYOUTS_WRITE)
def file_download(batch_id: UUID, file_id: UUID) -> FlaskResponse:
    """Send a file as it was made. Fetching it marks nothing as paid."""
    batch = get_batch_for(db.session, g.actor, batch_id)
    found = db.session.get(PayoutFile, file_id)
    if found is None or found.batch_id != batch.id:
        raise NotFound
    kind = "application/xml" if found.name.endswith(".xml") else "text/csv"
    return FlaskResponse(
        found.content,
        mimetype=kind,
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )


@blueprint.post("/payouts/<uuid:batch_id>/count")
@permission_required(Permission.PAYOUTS_WRITE)
def count_submit(batch_id: UUID) -> Answer:
    """Write down the notes and coins that were counted."""
    batch = get_batch_for(db.session, g.actor, batch_id)
    typed = {piece: request.form.get(f"piece_{piece}", "").strip() for piece in NOTES[batch.currency]}
    counts = {piece: int(text) for piece, text in typed.items() if COUNT.fullmatch(text)}
    purpose = "returned" if request.form.get("purpose") == "returned" else "drawn"
    if any(text and piece not in counts for piece, text in typed.items()):
        flash(N_("Write how many of each note and coin, in whole numbers."), "error")
        return batch_page(batch, counts=typed), 422
    try:
        with atomic() as session:
            count_cash(
                session,
                actor=g.actor,
                now=utc_now(),
                count_id=parse_id(request.form.get("id", "")),
                batch_id=batch_id,
                purpose=purpose,
                counts=counts,
            )
    except NotFound:
        raise
    except DomainError as refused:
        return batch_page(get_batch_for(db.session, g.actor, batch_id), counts=typed, problem=refused), 422
    flash(N_("The count is written down."), "success")
    return _back(batch_id)


@blueprint.get("/payouts/<uuid:batch_id>/payments.csv")
@permission_required(Permission.RUNS_READ)
def payment_file(batch_id: UUID) -> FlaskResponse:
    """Send the payments of a batch as a table: a list for a wallet, or for the signatures."""
    batch = get_batch_for(db.session, g.actor, batch_id)
    header = (
        N_("No."), N_("Member code"), N_("Producer"), N_("Bank or wallet"), N_("Account"), N_("Holder"), N_("Amount"),
        N_("Currency"), N_("State"), N_("Operation number"),
    )  # fmt: skip
    rows = [
        [
            one.position,
            one.member_code,
            one.full_name,
            one.destination.get("provider", ""),
            one.destination.get("account", ""),
            one.destination.get("holder", ""),
            amount_cell(one.amount_minor),
            batch.currency,
            gettext(PAYOUT_STATE_LABELS[PayoutState(one.state)]),
            one.reference,
        ]
        for one in _rows(batch)
    ]
    return csv_response(f"lote-{batch.number}.csv", [gettext(one) for one in header], rows)


@blueprint.get("/payouts/<uuid:batch_id>/list")
@sign_in_required
def payment_sheet(batch_id: UUID) -> str:
    """Show the payments as a sheet to print: with lines to sign, or with the QR of each producer's bank."""
    batch = get_batch_for(db.session, g.actor, batch_id)
    return render_template(
        "payout/sheet.html",
        batch=batch,
        rows=[
            {"one": one, "qr": qr_image(one.destination["account"]) if batch.rail == Rail.QR else None}
            for one in _rows(batch)
        ],
        is_cash=Rail(batch.rail) in IN_CASH,
        is_qr=batch.rail == Rail.QR,
    )


def _rows(batch: PayoutBatch) -> Iterator[PaymentRow]:
    return every_row(lambda wanted: batch_payments(db.session, batch.id, wanted))


def _back(batch_id: UUID) -> Response:
    return redirect(url_for("payout.batch_detail", batch_id=batch_id))
