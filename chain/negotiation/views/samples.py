"""Pages of samples: the list, a wish, and what becomes of it."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_names
from chain.negotiation import services
from chain.negotiation.edge import MAX_NUMBER, read_ids
from chain.negotiation.forms import AnswerForm, JudgeForm, SampleForm, SendForm
from chain.negotiation.queries.open_lots import lots_by_id
from chain.negotiation.queries.samples import SampleRow, get_sample_for, get_sample_row_for, list_samples
from chain.negotiation.rules import Side
from chain.negotiation.sample_rules import SAMPLE_STATE_LABELS, WOULD_BUY_LABELS, SampleState, WouldBuy
from chain.negotiation.views import blueprint, colour_name, grade_name
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.forms import BaseForm, option
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]


def _wanted_state() -> SampleState | None:
    wanted = request.args.get("state", "")
    return SampleState(wanted) if wanted in list(SampleState) else None


@blueprint.get("/samples")
@sign_in_required
def sample_list() -> str:
    """Show the own samples, the latest wish on top."""
    state = _wanted_state()
    return render_template(
        "negotiation/samples.html",
        page=list_samples(db.session, g.actor, page_wanted(), state=state),
        state=state or "",
        states=[("", N_("All")), *((one.value, SAMPLE_STATE_LABELS[one]) for one in SampleState)],
    )


@blueprint.get("/samples.csv")
@sign_in_required
def sample_file() -> FlaskResponse:
    """Give the own samples as a file."""
    session, actor, state = db.session, g.actor, _wanted_state()
    list_samples(session, actor, PageRequest(1, 1))  # refuses before the file begins
    header = [
        gettext(text)
        for text in (
            N_("Number"), N_("Seller"), N_("Buyer"), N_("Lot"), N_("Class"), N_("State"), N_("Grams"),
            N_("Tracking"), N_("Asked"), N_("Class found"), N_("Micron found"), N_("Colour found"),
            N_("Would buy"), N_("Price"), N_("Comment"),
        )
    ]  # fmt: skip
    rows = [
        _file_row(row) for row in every_row(lambda asked: list_samples(session, actor, asked, state=state))
    ]
    return csv_response("samples.csv", header, rows)


def _file_row(row: SampleRow) -> list[object]:
    one = row.sample
    return [
        one.number,
        row.seller_name,
        row.buyer_name,
        row.lot_number,
        grade_name(row.grade_scheme, row.grade_edition, row.grade_key),
        gettext(SAMPLE_STATE_LABELS[SampleState(one.state)]),
        one.sent_g or one.asked_g,
        one.tracking,
        one.asked_at.isoformat(),
        grade_name(row.grade_scheme, row.grade_edition, one.found_grade) if one.found_grade else "",
        "" if one.found_micron_tenths is None else Decimal(one.found_micron_tenths) / 10,
        colour_name(one.found_colour) if one.found_colour else "",
        gettext(WOULD_BUY_LABELS[WouldBuy(one.would_buy)]) if one.would_buy else "",
        "" if one.would_pay_minor_per_unit is None else Decimal(one.would_pay_minor_per_unit) / 100,
        one.comment,
    ]


@blueprint.get("/samples/new")
@permission_required(Permission.BIDS_PLACE)
def sample_form() -> str:
    """Show the form of a wish for the lot of the address."""
    return _form_page(SampleForm(formdata=None), request.args.get("lot", "", str))


def _form_page(form: SampleForm, lot_text: str) -> str:
    lots = lots_by_id(db.session, g.actor, utc_now(), read_ids([lot_text]))
    if not lots:
        raise NotFound
    return render_template("negotiation/sample_form.html", form=form, lot=lots[0])


@blueprint.post("/samples/new")
@permission_required(Permission.BIDS_PLACE)
def sample_submit() -> Answer:
    """Ask for the sample."""
    form, lot_text = SampleForm(), request.form.get("lot", "")
    lot_ids = read_ids([lot_text])
    if not lot_ids:
        raise NotFound
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.ask_sample(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_ids[0],
                    grams=_whole(form.grams.data),
                    address=form.address.data,
                    note=form.note.data,
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The seller was asked for the sample."), "success")
            return redirect(url_for("negotiation.sample_detail", sample_id=form.id.value))
    return _form_page(form, lot_text), 422


def _whole(value: Decimal | None) -> int:
    """Return whole grams; what is out of all bounds becomes zero, which the rules refuse."""
    return int(value) if value is not None and 0 <= value <= MAX_NUMBER else 0


@blueprint.get("/samples/<uuid:sample_id>")
@sign_in_required
def sample_detail(sample_id: UUID) -> str:
    """Show a sample and what can be done with it."""
    return _detail_page(sample_id)


def _detail_page(sample_id: UUID, failed: BaseForm | None = None) -> str:
    row = get_sample_row_for(db.session, g.actor, sample_id)
    send = (
        failed
        if isinstance(failed, SendForm)
        else SendForm(formdata=None, data={"grams": Decimal(row.sample.asked_g)})
    )
    judge = failed if isinstance(failed, JudgeForm) else _judge_form(row, formdata=None)
    answer = failed if isinstance(failed, AnswerForm) else AnswerForm(formdata=None)
    state = SampleState(row.sample.state)
    return render_template(
        "negotiation/sample.html",
        row=row,
        sample=row.sample,
        failed=failed,
        answer=answer,
        send=send,
        judge=judge,
        is_seller=row.side is Side.SELLER,
        may_agree=row.side is Side.SELLER and state is SampleState.ASKED,
        may_send=row.side is Side.SELLER and state in {SampleState.ASKED, SampleState.AGREED},
        may_withdraw=row.side is Side.BUYER and state in {SampleState.ASKED, SampleState.AGREED},
        may_receive=row.side is Side.BUYER and state is SampleState.SENT,
        may_judge=row.side is Side.BUYER and state in {SampleState.SENT, SampleState.RECEIVED},
    )


def _judge_form(row: SampleRow, **kwargs: object) -> JudgeForm:
    form = JudgeForm(**kwargs)
    form.fill_choices()
    language = "en" if current_language() == "en" else "es"
    known = class_names(row.grade_scheme, row.grade_edition or "") if row.grade_scheme else {}
    nothing = option("", gettext(N_("Not judged")))
    form.grade.choices = [nothing, *(option(key, names[language]) for key, names in known.items())]
    form.colour.choices = [nothing, *(option(key, colour_name(key)) for key in COLOURS)]
    return form


def _step(sample_id: UUID, form: BaseForm, done: str, command: Callable[[], object]) -> Answer:
    if form.validate_on_submit():
        try:
            command()
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(done, "success")
            return redirect(url_for("negotiation.sample_detail", sample_id=sample_id))
    return _detail_page(sample_id, form), 422


def _plain_step(
    sample_id: UUID, done: str, command: Callable[..., object], *, with_reason: bool = False
) -> Answer:
    form = AnswerForm()

    def run() -> None:
        inputs = {"reason": form.reason.data or ""} if with_reason else {}
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), sample_id=sample_id, **inputs)

    return _step(sample_id, form, done, run)


@blueprint.post("/samples/<uuid:sample_id>/agree")
@permission_required(Permission.TENDERS_WRITE)
def sample_agree(sample_id: UUID) -> Answer:
    """Agree to send it."""
    return _plain_step(sample_id, N_("The buyer knows that the sample will be sent."), services.agree_sample)


@blueprint.post("/samples/<uuid:sample_id>/refuse")
@permission_required(Permission.TENDERS_WRITE)
def sample_refuse(sample_id: UUID) -> Answer:
    """Refuse to send it."""
    done = N_("The sample was refused. The buyer reads your reason.")
    return _plain_step(sample_id, done, services.refuse_sample, with_reason=True)


@blueprint.post("/samples/<uuid:sample_id>/withdraw")
@permission_required(Permission.BIDS_PLACE)
def sample_withdraw(sample_id: UUID) -> Answer:
    """Take the wish back."""
    done = N_("The seller knows that you do not need the sample any more.")
    return _plain_step(sample_id, done, services.withdraw_sample, with_reason=True)


@blueprint.post("/samples/<uuid:sample_id>/receive")
@permission_required(Permission.BIDS_PLACE)
def sample_receive(sample_id: UUID) -> Answer:
    """Say that it arrived."""
    return _plain_step(
        sample_id, N_("Noted: the sample arrived. Tell the seller what you found."), services.receive_sample
    )


@blueprint.post("/samples/<uuid:sample_id>/send")
@permission_required(Permission.TENDERS_WRITE)
def sample_send(sample_id: UUID) -> Answer:
    """Send it."""
    form = SendForm()

    def run() -> None:
        with atomic() as session:
            services.send_sample(
                session,
                actor=g.actor,
                now=utc_now(),
                sample_id=sample_id,
                grams=_whole(form.grams.data),
                carrier=form.carrier.data,
                tracking=form.tracking.data,
            )

    return _step(sample_id, form, N_("The sample is on its way. Write its code on the bag."), run)


@blueprint.post("/samples/<uuid:sample_id>/judge")
@permission_required(Permission.BIDS_PLACE)
def sample_judge(sample_id: UUID) -> Answer:
    """Say what was found."""
    get_sample_for(db.session, g.actor, sample_id)
    form = _judge_form(get_sample_row_for(db.session, g.actor, sample_id))

    def run() -> None:
        micron = form.micron.data
        tenths = None if micron is None else int(micron * 10) if 0 <= micron <= MAX_NUMBER else 0
        judgement = services.Judgement(
            would_buy=form.would_buy.data,
            grade=form.grade.data or None,
            micron_tenths=tenths,
            colour=form.colour.data or None,
            comment=form.comment.data,
            price_minor_per_unit=None
            if form.price.data is None
            else form.price.minor
            if form.price.data <= MAX_NUMBER
            else 0,
        )
        with atomic() as session:
            services.judge_sample(
                session, actor=g.actor, now=utc_now(), sample_id=sample_id, judgement=judgement
            )

    done = N_("Thank you. The seller and the producers read what you found.")
    return _step(sample_id, form, done, run)
