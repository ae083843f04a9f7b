"""A lot that becomes less or more: losses, increases, what a producer takes back."""

from collections.abc import Callable

from flask import g, render_template, request

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.genealogy import services
from chain.genealogy.forms import GainForm, LossForm, TakeBackForm, made_id, small_units
from chain.genealogy.queries.shares import ProducerShare, producer_shares
from chain.genealogy.rules import Gain, Loss, TakeBack
from chain.genealogy.views import blueprint
from chain.genealogy.views.panel import is_usable
from chain.genealogy.views.parts import Answer, asked_lot, id_of, local_now, moment_of, save
from chain.genealogy.views.picker import one_page
from chain.genealogy.words import GAIN_LABELS, LOSS_LABELS
from chain.lots.labels import amount
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.forms import choices, option
from chain.web.i18n import gettext

LOSS_TITLE, GAIN_TITLE, TAKE_TITLE = (
    N_("Write off a loss"),
    N_("Write up a lot"),
    N_("A producer takes goods back"),
)
#: Producers that a select offers; the largest shares first.
MOST_OFFERED = 500


def _sent_lot() -> Lot:
    return get_lot_for(db.session, g.actor, parse_id(request.form.get("lot")))


@blueprint.get("/loss")
@permission_required(Permission.LOTS_TRANSFORM)
def loss_page() -> Answer:
    """Choose the lot, then write how much is lost and why."""
    return _start(LossForm, LOSS_TITLE, "genealogy.loss_page", _loss_page)


@blueprint.post("/loss")
@permission_required(Permission.LOTS_TRANSFORM)
def loss_submit() -> Answer:
    """Write a loss off."""
    lot, form = _sent_lot(), LossForm()
    if form.validate_on_submit():
        quantity = small_units(form.quantity.data)
        event = Loss(
            id=form.id.value,
            happened_at=moment_of(form),
            lot_id=lot.id,
            quantity=quantity,
            cause=form.cause.data,
            reason=form.reason.data or None,
            remainder_id=made_id(form.id.value, 0) if quantity < lot.quantity else None,
        )
        done = save(form, services.record_loss, event)
        if done is not None:
            return done
    return _loss_page(form, lot), 422


def _loss_page(form: LossForm, lot: Lot) -> str:
    form.cause.choices = choices(LOSS_LABELS, blank=N_("Choose…"))
    return render_template(
        "genealogy/change.html", form=form, lot=lot, title=LOSS_TITLE, is_usable=is_usable(lot), kind="loss"
    )


@blueprint.get("/gain")
@permission_required(Permission.LOTS_TRANSFORM)
def gain_page() -> Answer:
    """Choose the lot, then write how much more it is and why."""
    return _start(GainForm, GAIN_TITLE, "genealogy.gain_page", _gain_page)


@blueprint.post("/gain")
@permission_required(Permission.LOTS_TRANSFORM)
def gain_submit() -> Answer:
    """Write a lot up."""
    lot, form = _sent_lot(), GainForm()
    if form.validate_on_submit():
        event = Gain(
            id=form.id.value,
            happened_at=moment_of(form),
            lot_id=lot.id,
            quantity=small_units(form.quantity.data),
            cause=form.cause.data,
            reason=form.reason.data or None,
            output_id=made_id(form.id.value, 0),
            drop_claim=form.drop_claim.data,
        )
        done = save(form, services.record_gain, event)
        if done is not None:
            return done
    return _gain_page(form, lot), 422


def _gain_page(form: GainForm, lot: Lot) -> str:
    form.cause.choices = choices(GAIN_LABELS, blank=N_("Choose…"))
    return render_template(
        "genealogy/change.html", form=form, lot=lot, title=GAIN_TITLE, is_usable=is_usable(lot), kind="gain"
    )


@blueprint.get("/take-back")
@permission_required(Permission.LOTS_TRANSFORM)
def take_back_page() -> Answer:
    """Choose the lot, then who takes how much back."""
    return _start(TakeBackForm, TAKE_TITLE, "genealogy.take_back_page", _take_page)


@blueprint.post("/take-back")
@permission_required(Permission.LOTS_TRANSFORM)
def take_back_submit() -> Answer:
    """Give goods back."""
    lot, form = _sent_lot(), TakeBackForm()
    producer_id = id_of(form.producer.data)
    if form.validate_on_submit() and producer_id is not None:
        quantity = small_units(form.quantity.data)
        event = TakeBack(
            id=form.id.value,
            happened_at=moment_of(form),
            lot_id=lot.id,
            producer_id=producer_id,
            quantity=quantity,
            reason=form.reason.data or None,
            remainder_id=made_id(form.id.value, 0) if quantity < lot.quantity else None,
        )
        done = save(form, services.take_back, event)
        if done is not None:
            return done
    return _take_page(form, lot), 422


def _take_page(form: TakeBackForm, lot: Lot) -> str:
    shares = producer_shares(db.session, g.actor, lot.id)
    offered = [option(one.producer_id, _share_words(one, lot)) for one in shares[:MOST_OFFERED]]
    form.producer.choices = [option("", gettext(N_("Choose…"))), *offered] if len(offered) > 1 else offered
    return render_template(
        "genealogy/take_back.html",
        form=form,
        lot=lot,
        shares=shares,
        is_usable=is_usable(lot),
        title=TAKE_TITLE,
    )


def _share_words(one: ProducerShare, lot: Lot) -> str:
    code = f" ({one.member_code})" if one.member_code else ""
    return f"{one.full_name}{code}: {amount(one.quantity, lot.unit)}"


def _start(kind: type, title: str, endpoint: str, page: Callable[..., str]) -> Answer:
    lot = asked_lot()
    if lot is None:
        return one_page(title=title, endpoint=endpoint)
    form = kind(formdata=None)
    form.happened_at.data = local_now()
    return page(form, lot)
