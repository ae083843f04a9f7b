"""The laboratory's own page, and samples by their code: nothing here tells of lot or producer while the seal is closed."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind, NotFound
from chain.core.i18n import N_
from chain.laboratory.attributes import attributes_of
from chain.laboratory.errors import NotASampleCode, UnknownSample
from chain.laboratory.forms import FindForm, SampleForm
from chain.laboratory.queries.instruments import instrument_choices
from chain.laboratory.queries.measurements import measurements_of_sample
from chain.laboratory.queries.opinions import count_blind
from chain.laboratory.queries.samples import SampleRow, get_sample_row, list_samples
from chain.laboratory.services import take_sample, unseal_sample
from chain.laboratory.views import blueprint
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted
from chain.web.qr import qr_image

Answer = str | Response | tuple[str, int]
#: Larger samples are a slip of the pen; the service says so.
MAX_TYPED_G = 10**9


@blueprint.get("/laboratory")
@permission_required(Permission.LOTS_READ)
def home() -> str:
    """Show what one does in the laboratory."""
    return render_template(
        "laboratory/home.html",
        form=FindForm(formdata=None),
        instruments=instrument_choices(db.session, g.actor),
        waiting=count_blind(db.session, g.actor, now=utc_now())
        if g.actor.may(Permission.GRADES_CONFIRM)
        else 0,
    )


@blueprint.get("/laboratory/samples/find")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_find() -> Answer:
    """Lead from a code, typed or scanned, to its sample."""
    text = request.args.get("code", "")[:100]
    try:
        row = get_sample_row(db.session, g.actor, text)
    except (NotASampleCode, UnknownSample) as refused:
        form = FindForm(formdata=None, code=text)
        form.take_refusal(refused)
        page = render_template("laboratory/find.html", form=form)
        return page, 422
    return redirect(url_for("laboratory.sample_show", code=row.code))


@blueprint.get("/laboratory/samples")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_list() -> str:
    """List the samples, the latest first."""
    return render_template("laboratory/samples.html", page=list_samples(db.session, g.actor, page_wanted()))


@blueprint.get("/laboratory/lots/<uuid:lot_id>/sample")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_form(lot_id: UUID) -> str:
    """Show the form for a sample of a lot."""
    return _sample_page(lot_id, SampleForm())


def _sample_page(lot_id: UUID, form: SampleForm) -> str:
    lot = get_lot_for(db.session, g.actor, lot_id)
    return render_template("laboratory/sample_new.html", form=form, lot=lot)


@blueprint.post("/laboratory/lots/<uuid:lot_id>/sample")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_submit(lot_id: UUID) -> Answer:
    """Take the sample and go to its slip."""
    form = SampleForm()
    if form.validate_on_submit():
        mass = form.mass_g.data
        try:
            with atomic() as session:
                sample, _ = take_sample(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_id,
                    purpose=form.purpose.data,
                    is_sealed=bool(form.is_sealed.data),
                    mass_g=None if mass is None else min(int(mass), MAX_TYPED_G),
                    sent_to=form.sent_to.data,
                )
        except DomainError as refused:
            if refused.kind is Kind.NOT_FOUND:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("The sample has its code. Print the slip and put it in the bag."), "success")
            return redirect(url_for("laboratory.sample_show", code=sample.code))
    return _sample_page(lot_id, form), 422


def sample_row(code: str) -> SampleRow:
    """Return a sample by the code of an address; a wrong one is not found."""
    try:
        return get_sample_row(db.session, g.actor, code)
    except (NotASampleCode, UnknownSample) as refused:
        raise NotFound from refused


@blueprint.get("/laboratory/samples/<string(length=7):code>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_show(code: str) -> str:
    """Show a sample by its code, with what was measured of it."""
    row = sample_row(code)
    return render_template(
        "laboratory/sample.html",
        sample=row,
        values=measurements_of_sample(db.session, g.actor, row.id),
        attributes=attributes_of(row.commodity),
    )


@blueprint.get("/laboratory/samples/<string(length=7):code>/slip")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_slip(code: str) -> str:
    """Show the slip for the bag, to be printed: the code, readable and as QR, and nothing of the lot."""
    row = sample_row(code)
    house = get_own_organisation(db.session, g.actor)
    return render_template("laboratory/slip.html", sample=row, house=house, qr=qr_image(row.code))


@blueprint.post("/laboratory/samples/<string(length=7):code>/unseal")
@permission_required(Permission.MEASUREMENTS_WRITE)
def sample_unseal(code: str) -> Answer:
    """Open the seal; the record says who did."""
    row = sample_row(code)
    try:
        with atomic() as session:
            unseal_sample(session, actor=g.actor, now=utc_now(), code=row.code)
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(N_("The seal is open. The record says who opened it."), "success")
    return redirect(url_for("laboratory.sample_show", code=row.code))
