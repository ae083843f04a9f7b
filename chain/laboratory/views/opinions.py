"""Second opinions: asking, the blind queue, the list, the figures of agreement, the days."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_
from chain.laboratory.forms import AskForm, DecisionForm, TermsForm
from chain.laboratory.queries.agreement import BLIND, AgreementReport, agreement_of
from chain.laboratory.queries.measurements import measurements_of_sample
from chain.laboratory.queries.opinions import blind_queue as queue_of
from chain.laboratory.queries.opinions import get_blind_row, list_opinions, terms_of
from chain.laboratory.rules import SMALL_NUMBER
from chain.laboratory.services import (
    ask_second_opinion,
    decide_second_opinion,
    set_terms,
    withdraw_second_opinion,
)
from chain.laboratory.services.opinions import apply_finding
from chain.laboratory.views import blueprint
from chain.lots.grades import class_name, class_names, scheme_label
from chain.lots.labels import name_language
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import option
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

Answer = str | BaseResponse | tuple[str, int]
AGREEMENT_LABELS = {
    BLIND: N_("Blind second opinions"),
    "confirmation": N_("Confirmations of the proposed class"),
}
#: Days that the figures of agreement may reach back.
PERIODS = {30: N_("30 days"), 90: N_("90 days"), 365: N_("One year"), 3650: N_("All")}


@blueprint.get("/laboratory/opinions")
@permission_required(Permission.LOTS_READ)
def opinion_list() -> str:
    """List the second opinions on the lots of the house."""
    page = list_opinions(db.session, g.actor, page_wanted(), now=utc_now())
    return render_template("laboratory/opinions.html", page=page)


@blueprint.get("/laboratory/lots/<uuid:lot_id>/second-opinion")
@permission_required(Permission.OPINIONS_ASK)
def ask_form(lot_id: UUID) -> str:
    """Show the form to ask for a second opinion on a lot of the house."""
    return _ask_page(lot_id, AskForm())


def _ask_page(lot_id: UUID, form: AskForm) -> str:
    lot = get_lot_for(db.session, g.actor, lot_id)
    return render_template("laboratory/ask.html", form=form, lot=lot, terms=terms_of(db.session, g.actor.org))


@blueprint.post("/laboratory/lots/<uuid:lot_id>/second-opinion")
@permission_required(Permission.OPINIONS_ASK)
def ask_submit(lot_id: UUID) -> Answer:
    """Ask for a second opinion."""
    form = AskForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                ask_second_opinion(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_id,
                    reason=form.reason.data or "",
                    asked_for=form.asked_for.data or "",
                )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            flash(
                N_("The second opinion is asked for. Print the new slip and put it on the split sample."),
                "success",
            )
            return redirect(url_for("lots.show", lot_id=lot_id, _anchor="second-opinions"))
    return _ask_page(lot_id, form), 422


@blueprint.post("/laboratory/opinions/<uuid:opinion_id>/withdraw")
@permission_required(Permission.OPINIONS_ASK)
def withdraw_submit(opinion_id: UUID) -> Answer:
    """Withdraw a second opinion that one asked for."""
    try:
        with atomic() as session:
            withdraw_second_opinion(session, actor=g.actor, now=utc_now(), opinion_id=opinion_id)
    except DomainError as refused:
        if refused.kind is Kind.NOT_FOUND:
            raise
        flash(gettext(refused.message), "error")
    else:
        flash(N_("The second opinion is withdrawn."), "success")
    return redirect(url_for("laboratory.opinion_list"))


@blueprint.post("/laboratory/opinions/<uuid:opinion_id>/apply")
@permission_required(Permission.GRADES_CONFIRM)
def apply_submit(opinion_id: UUID) -> Answer:
    """Let a finding count that stood on record only while the lot was on offer."""
    try:
        with atomic() as session:
            lot_id = apply_finding(session, actor=g.actor, now=utc_now(), opinion_id=opinion_id).id
    except DomainError as refused:
        if refused.kind is Kind.NOT_FOUND:
            raise
        flash(gettext(refused.message), "error")
        return redirect(url_for("laboratory.opinion_list"))
    flash(N_("The class of the second opinion counts now."), "success")
    return redirect(url_for("lots.show", lot_id=lot_id))


# --- Blind -----------------------------------------------------------------------------------------------------------


@blueprint.get("/laboratory/blind")
@permission_required(Permission.GRADES_CONFIRM)
def blind_queue() -> str:
    """Show the samples that wait to be graded blind by this person."""
    page = queue_of(db.session, g.actor, page_wanted(), now=utc_now())
    return render_template("laboratory/blind.html", page=page)


@blueprint.get("/laboratory/blind/<uuid:opinion_id>")
@permission_required(Permission.GRADES_CONFIRM)
def decide_form(opinion_id: UUID) -> str:
    """Show a sample to be graded blind."""
    return _decide_page(opinion_id, DecisionForm())


def _decide_page(opinion_id: UUID, form: DecisionForm) -> str:
    row = get_blind_row(db.session, g.actor, opinion_id, now=utc_now())
    _offer(form, row.scheme, row.edition)
    values = measurements_of_sample(db.session, g.actor, row.sample_id)
    return render_template("laboratory/decide.html", form=form, row=row, values=values)


def _offer(form: DecisionForm, scheme: str, edition: str) -> None:
    names = class_names(scheme, edition)
    language = name_language()
    form.key.choices = [option(key, one[language]) for key, one in names.items()]


@blueprint.post("/laboratory/blind/<uuid:opinion_id>")
@permission_required(Permission.GRADES_CONFIRM)
def decide_submit(opinion_id: UUID) -> Answer:
    """Say which class the sample has."""
    form = DecisionForm()
    form.key.validate_choice = False
    if form.validate_on_submit():
        try:
            with atomic() as session:
                decide_second_opinion(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    opinion_id=opinion_id,
                    key=form.key.data or "",
                    note=form.note.data or "",
                )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN, Kind.CONFLICT}:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("Your class is recorded. Thank you."), "success")
            return redirect(url_for("laboratory.blind_queue"))
    return _decide_page(opinion_id, form), 422


# --- Agreement and days ----------------------------------------------------------------------------------------------


def _days() -> int:
    days = request.args.get("days", 365, int)
    return days if days in PERIODS else 365


def _since(days: int) -> datetime:
    return utc_now() - timedelta(days=days)


@blueprint.get("/laboratory/agreement")
@permission_required(Permission.LOTS_READ)
def agreement() -> str:
    """Show how often the graders of the house agree."""
    days = _days()
    report = agreement_of(db.session, g.actor.org, _since(days))
    return render_template(
        "laboratory/agreement.html",
        report=report,
        days=days,
        periods=[(str(value), gettext(label)) for value, label in PERIODS.items()],
        kind_labels=AGREEMENT_LABELS,
        small=SMALL_NUMBER,
    )


@blueprint.get("/laboratory/agreement.csv")
@permission_required(Permission.LOTS_READ)
def agreement_csv() -> Response:
    """Give the figures and the pairs of classes as a file."""
    report = agreement_of(db.session, g.actor.org, _since(_days()))
    header = (
        N_("Comparison"), N_("Norm"), N_("First class"), N_("Second class"), N_("Number"), N_("Compared"), N_("Equal"),
        N_("Kappa"),
    )  # fmt: skip
    return csv_response("agreement.csv", [gettext(title) for title in header], _agreement_rows(report))


def _agreement_rows(report: AgreementReport) -> Iterator[list[object]]:
    language = name_language()
    for row in report.rows:
        found = row.agreement
        for first, second, count in found.pairs:
            yield [
                gettext(AGREEMENT_LABELS[row.kind]),
                scheme_label(row.scheme, row.edition, language),
                class_name(row.scheme, row.edition, first, language),
                class_name(row.scheme, row.edition, second, language),
                count,
                found.n,
                found.equal,
                found.kappa,
            ]


@blueprint.get("/laboratory/terms")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def terms_form() -> str:
    """Show the days of the organisation."""
    terms = terms_of(db.session, g.actor.org)
    form = TermsForm(ask_days=terms.ask_days, decide_days=terms.decide_days)
    return render_template("laboratory/terms.html", form=form)


@blueprint.post("/laboratory/terms")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def terms_submit() -> Answer:
    """Set the days of the organisation."""
    form = TermsForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                set_terms(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    ask_days=form.ask_days.data or 0,
                    decide_days=form.decide_days.data or 0,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The days are set."), "success")
            return redirect(url_for("laboratory.home"))
    return render_template("laboratory/terms.html", form=form), 422
