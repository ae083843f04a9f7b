"""Pages of the pass-on in kind: what families must pass on, the chain, programmes."""

from decimal import Decimal
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.quantity import thousandths
from chain.dues.forms import LossForm, PassForm, ProgrammeForm, ReasonForm, ReceiveForm, TermsForm
from chain.dues.pages import local_today, page_wanted
from chain.dues.passing_rules import DEFAULT_MONTHS, STANDING_LABELS, Goods, Standing
from chain.dues.queries import passing as queries
from chain.dues.queries.passing import ObligationRow, PassingFilter
from chain.dues.services.passing import (
    NewObligation,
    NewPassing,
    correct_entry,
    lose_goods,
    pass_on,
    receive_goods,
)
from chain.dues.services.programmes import NewProgramme, change_programme, get_programme, set_programme
from chain.dues.views import blueprint
from chain.dues.views.debts import UNKNOWN_MEMBER, member_id
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import NumberField
from chain.web.i18n import gettext

WHOLE_ANIMALS = N_("Write a whole number of animals.")


def amount_of(field: NumberField, unit: str) -> int | None:
    """Return head, or grams for kilograms; None, with an error at the field, for half an animal."""
    value: Decimal | None = field.data
    if value is None:
        return None
    if unit == "g":
        return thousandths(value)
    if value != value.to_integral_value():
        field.errors = [*field.errors, gettext(WHOLE_ANIMALS)]
        return None
    return int(value)


def _asked_filter() -> PassingFilter:
    standing = request.args.get("standing", "")
    return PassingFilter(
        standing=Standing(standing) if standing in set(Standing) else None,
        text=request.args.get("q", "")[:100],
    )


@blueprint.get("/pass-on")
@permission_required(Permission.PRODUCERS_READ)
def passing_list() -> str:
    """List what families must pass on, the earliest day first."""
    today = local_today()
    wanted = _asked_filter()
    return render_template(
        "dues/passing.html",
        page=queries.list_obligations(db.session, g.actor, page_wanted(), today=today, wanted=wanted),
        wanted=wanted,
        standings=[(one.value, STANDING_LABELS[one]) for one in Standing],
        due=queries.count_due(db.session, g.actor, today),
        may_write=g.actor.may(Permission.PASSING_ON_WRITE),
    )


@blueprint.get("/pass-on.csv")
@permission_required(Permission.PRODUCERS_READ)
def passing_csv() -> FlaskResponse:
    """Give the obligations as a file."""
    today = local_today()
    rows = queries.all_obligations(db.session, g.actor, _asked_filter(), today)
    header = (
        "number", "member_code", "family", "programme", "species", "sex", "unit", "received", "owed", "still_owed",
        "received_on", "due_on", "standing", "source", "witness",
    )  # fmt: skip
    return csv_response(
        f"pase-de-cadena-{today.isoformat()}.csv",
        header,
        (
            (
                row.obligation.number, row.member_code, row.full_name, row.programme, row.obligation.species,
                row.obligation.sex, row.obligation.unit, row.obligation.quantity, row.obligation.owed,
                row.obligation.still_owed, row.obligation.received_on.isoformat(), row.obligation.due_on.isoformat(),
                row.standing(today).value, row.source_name, row.obligation.witness,
            )
            for row in rows
        ),
    )  # fmt: skip


@blueprint.get("/pass-on/<uuid:obligation_id>")
@permission_required(Permission.PRODUCERS_READ)
def passing_show(obligation_id: UUID) -> str:
    """Show what a family received, passed on and lost, and the chain of families."""
    row = queries.get_obligation_for(db.session, g.actor, obligation_id)
    entries = queries.entries_of(db.session, obligation_id)
    return render_template(
        "dues/obligation.html",
        row=row,
        standing=row.standing(local_today()),
        entries=entries,
        corrected={one.restores_id for one in entries if one.restores_id},
        following=queries.next_obligations(db.session, [one.id for one in entries]),
        chain=queries.chain_of(db.session, g.actor, row.obligation),
        may_write=g.actor.may(Permission.PASSING_ON_WRITE),
    )


@blueprint.get("/pass-on/new")
@permission_required(Permission.PASSING_ON_WRITE)
def receive_form() -> str:
    """Show the form; `?member=` fills in the family."""
    form = _receive_form()
    form.received_on.data = local_today()
    form.member_code.data = request.args.get("member", "")[:40]
    return render_template("dues/receive.html", form=form)


def _receive_form() -> ReceiveForm:
    form = ReceiveForm()
    programmes = queries.list_programmes(db.session, g.actor)
    form.offer([(str(one.id), f"{one.name} ({one.sponsor})") for one in programmes])
    return form


@blueprint.post("/pass-on/new")
@permission_required(Permission.PASSING_ON_WRITE)
def receive_submit() -> Response | tuple[str, int]:
    """Record what a family received."""
    form = _receive_form()
    if form.validate_on_submit() and form.received_on.data:
        programme = get_programme(db.session, g.actor, parse_id(form.programme.data))
        quantity = amount_of(form.quantity, "g" if programme.goods == Goods.SEED else "head")
        producer_id = member_id(form.member_code.data)
        if producer_id is None:
            form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
        if producer_id is not None and quantity is not None:
            new = NewObligation(
                id=form.id.value,
                programme_id=programme.id,
                producer_id=producer_id,
                species=form.species.data or "",
                quantity=quantity,
                received_on=form.received_on.data,
                witness=form.witness.data or "",
                sex=form.sex.data or None,
                born_on=form.born_on.data,
                note=form.note.data,
            )
            try:
                with atomic() as session:
                    receive_goods(session, actor=g.actor, now=utc_now(), new=new)
            except DomainError as refused:
                form.take_refusal(refused)
            else:
                flash(gettext(N_("It is recorded what the family received.")), "success")
                return redirect(url_for("dues.passing_show", obligation_id=new.id))
    return render_template("dues/receive.html", form=form), 422


def _row(obligation_id: UUID) -> ObligationRow:
    return queries.get_obligation_for(db.session, g.actor, obligation_id)


@blueprint.get("/pass-on/<uuid:obligation_id>/pass")
@permission_required(Permission.PASSING_ON_WRITE)
def pass_form(obligation_id: UUID) -> str:
    """Ask what was passed on, and to whom."""
    form = PassForm()
    form.happened_on.data = local_today()
    return render_template("dues/pass.html", form=form, row=_row(obligation_id))


@blueprint.post("/pass-on/<uuid:obligation_id>/pass")
@permission_required(Permission.PASSING_ON_WRITE)
def pass_submit(obligation_id: UUID) -> Response | tuple[str, int]:
    """Record what was passed on."""
    row = _row(obligation_id)
    form = PassForm()
    quantity = amount_of(form.quantity, row.obligation.unit) if form.validate_on_submit() else None
    to_id = member_id(form.to_member.data) if form.to_member.data else None
    if form.to_member.data and to_id is None:
        form.to_member.errors = [gettext(UNKNOWN_MEMBER)]
    elif quantity is not None and form.happened_on.data:
        try:
            with atomic() as session:
                pass_on(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    new=NewPassing(
                        id=form.id.value,
                        obligation_id=obligation_id,
                        quantity=quantity,
                        happened_on=form.happened_on.data,
                        witness=form.witness.data or "",
                        to_producer_id=to_id,
                        to_name=form.to_name.data,
                    ),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It is recorded what was passed on; the families are told.")), "success")
            return redirect(url_for("dues.passing_show", obligation_id=obligation_id))
    return render_template("dues/pass.html", form=form, row=row), 422


@blueprint.get("/pass-on/<uuid:obligation_id>/lose")
@permission_required(Permission.PASSING_ON_WRITE)
def lose_form(obligation_id: UUID) -> str:
    """Ask what need not be passed on, and why."""
    form = LossForm()
    form.happened_on.data = local_today()
    return render_template("dues/lose.html", form=form, row=_row(obligation_id))


@blueprint.post("/pass-on/<uuid:obligation_id>/lose")
@permission_required(Permission.PASSING_ON_WRITE)
def lose_submit(obligation_id: UUID) -> Response | tuple[str, int]:
    """Record what need not be passed on."""
    row = _row(obligation_id)
    form = LossForm()
    quantity = amount_of(form.quantity, row.obligation.unit) if form.validate_on_submit() else None
    if quantity is not None and form.happened_on.data:
        try:
            with atomic() as session:
                lose_goods(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    entry_id=form.id.value,
                    obligation_id=obligation_id,
                    quantity=quantity,
                    happened_on=form.happened_on.data,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The loss is recorded; the family is told.")), "success")
            return redirect(url_for("dues.passing_show", obligation_id=obligation_id))
    return render_template("dues/lose.html", form=form, row=row), 422


@blueprint.get("/pass-on/<uuid:obligation_id>/entries/<uuid:entry_id>/correct")
@permission_required(Permission.PASSING_ON_WRITE)
def correct_form(obligation_id: UUID, entry_id: UUID) -> str:
    """Ask why an entry is taken back."""
    return render_template("dues/correct.html", form=ReasonForm(), row=_row(obligation_id), entry_id=entry_id)


@blueprint.post("/pass-on/<uuid:obligation_id>/entries/<uuid:entry_id>/correct")
@permission_required(Permission.PASSING_ON_WRITE)
def correct_submit(obligation_id: UUID, entry_id: UUID) -> Response | tuple[str, int]:
    """Take back an entry that was written down by mistake."""
    row = _row(obligation_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                correct_entry(
                    session, actor=g.actor, now=utc_now(), entry_id=entry_id, reason=form.reason.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The entry is taken back; both stay visible.")), "success")
            return redirect(url_for("dues.passing_show", obligation_id=obligation_id))
    return render_template("dues/correct.html", form=form, row=row, entry_id=entry_id), 422


@blueprint.get("/pass-on/programmes")
@permission_required(Permission.PRODUCERS_READ)
def programme_list() -> str:
    """List the programmes with their terms."""
    return render_template(
        "dues/programmes.html",
        page=queries.page_of_programmes(db.session, g.actor, page_wanted()),
        may_write=g.actor.may(Permission.PASSING_ON_WRITE),
    )


@blueprint.get("/pass-on/programmes/new")
@permission_required(Permission.PASSING_ON_WRITE)
def programme_form() -> str:
    """Show the form."""
    form = ProgrammeForm()
    form.offer()
    return render_template("dues/programme_new.html", form=form)


@blueprint.post("/pass-on/programmes/new")
@permission_required(Permission.PASSING_ON_WRITE)
def programme_submit() -> Response | tuple[str, int]:
    """Set a programme; without months, those that are usual for its goods."""
    form = ProgrammeForm()
    form.offer()
    if form.validate_on_submit():
        goods = Goods(form.goods.data)
        months = form.due_months.data
        new = NewProgramme(
            id=form.id.value,
            name=form.name.data or "",
            sponsor=form.sponsor.data or "",
            goods=goods,
            due_months=DEFAULT_MONTHS[goods] if months is None else months,
            return_percent=form.return_percent.data or 0,
            decided_by=form.decided_by.data or "",
        )
        try:
            with atomic() as session:
                set_programme(session, actor=g.actor, now=utc_now(), new=new)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The programme is set.")), "success")
            return redirect(url_for("dues.programme_list"))
    return render_template("dues/programme_new.html", form=form), 422


@blueprint.get("/pass-on/programmes/<uuid:programme_id>/terms")
@permission_required(Permission.PASSING_ON_WRITE)
def terms_form(programme_id: UUID) -> str:
    """Ask for new terms."""
    programme = get_programme(db.session, g.actor, programme_id)
    form = TermsForm(data={"due_months": programme.due_months, "return_percent": programme.return_percent})
    return render_template("dues/programme_terms.html", form=form, programme=programme)


@blueprint.post("/pass-on/programmes/<uuid:programme_id>/terms")
@permission_required(Permission.PASSING_ON_WRITE)
def terms_submit(programme_id: UUID) -> Response | tuple[str, int]:
    """Change the terms for what is received from now on."""
    programme = get_programme(db.session, g.actor, programme_id)
    form = TermsForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                change_programme(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    programme_id=programme_id,
                    due_months=form.due_months.data or 0,
                    return_percent=form.return_percent.data or 0,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The terms are changed for what is received from now on.")), "success")
            return redirect(url_for("dues.programme_list"))
    return render_template("dues/programme_terms.html", form=form, programme=programme), 422
