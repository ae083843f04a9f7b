"""Correcting a lot: the registration screen with what was written before, and the reason."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Actor, Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound, ValidationFailed
from chain.core.i18n import N_
from chain.lots import queries
from chain.lots.attributes import SPECS
from chain.lots.bag_lines import BagLine
from chain.lots.forms import RegistrationForm
from chain.lots.grades import class_names
from chain.lots.labels import amount, attribute_text
from chain.lots.models import CollectionRoute, Lot
from chain.lots.panels import LotAction, Panel, register_action, register_panel
from chain.lots.paper_forms import ReasonForm
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries.equipment import bags_of
from chain.lots.queries.goods_notes import note_of
from chain.lots.queries.notices import cancellation_of, successor_of
from chain.lots.queries.photos import photos_of
from chain.lots.queries.rejections import rejections_of_lots
from chain.lots.reject_rules import CAUSE_LABELS, DISPOSITION_LABELS
from chain.lots.rules import LotState
from chain.lots.services.corrections import (
    changes_between,
    check_correctable,
    correct_lot,
    may_be_corrected,
)
from chain.lots.views import blueprint
from chain.lots.views.registration_form import (
    build_form,
    chosen_producer,
    container_tares,
    is_search,
    offer_producers,
    zone,
)
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.formats import format_moment, timezone_name
from chain.web.i18n import current_language, gettext

THOUSAND = Decimal(1000)

register_action(
    LotAction(
        Permission.LOTS_REGISTER,
        N_("Correct"),
        "lots.correct_form",
        is_offered=lambda lot: may_be_corrected(db.session, lot),
        order=20,
    )
)
register_action(
    LotAction(
        Permission.LOTS_READ,
        N_("Goods-received note"),
        "lots.note_show",
        is_offered=lambda lot: lot.origin == "delivery" and lot.state != LotState.CANCELLED,
        order=10,
    )
)
register_action(
    LotAction(
        Permission.LOTS_READ,
        N_("Photos"),
        "lots.photo_form",
        is_offered=lambda lot: lot.left_at is None,
        order=30,
    )
)


def _panel(session: Session, actor: Actor, lot: Lot) -> dict[str, Any] | None:
    """Return bags, photos, what was not taken, and the other version of a corrected lot."""
    del actor
    later = successor_of(session, lot.id) if lot.state == LotState.CANCELLED else None
    older = session.get(Lot, lot.replaces_id) if lot.replaces_id else None
    pair = (lot, later) if later else (older, lot) if older else None
    found = {
        "bags": bags_of(session, lot.id) if lot.bag_count else [],
        "photos": photos_of(session, lot.id),
        "rejections": rejections_of_lots(session, [lot.id]) if lot.origin == "delivery" else [],
        "later": later,
        "older": older,
        "reason": cancellation_of(session, pair[0].id) if pair else None,
        "changes": change_lines(session, *pair) if pair else [],
        "note": note_of(session, lot.id) if lot.state == LotState.CANCELLED else None,
        "route": session.get(CollectionRoute, lot.route_id) if lot.route_id else None,
        "cause_labels": CAUSE_LABELS,
        "disposition_labels": DISPOSITION_LABELS,
    }
    shown = ("bags", "photos", "rejections", "later", "older", "note", "route")
    return found if any(found[name] for name in shown) else None


register_panel(Panel(Permission.LOTS_READ, "lots/_registration_panel.html", _panel, order=10))


def change_lines(session: Session, old: Lot, new: Lot) -> list[tuple[str, str, str]]:
    """Return what a correction changed, as label, before and after."""
    return [
        (label, _shown(session, name, before, old), _shown(session, name, after, new))
        for name, (before, after) in changes_between(old, new).items()
        for label in [_label(name, new.commodity)]
    ]


LABELS = {
    "commodity": N_("Product"),
    "producer_id": N_("Producer"),
    "delivered_at": N_("Delivered"),
    "quantity": N_("Net"),
    "gross_g": N_("Gross"),
    "tare_g": N_("Tare"),
    "bag_count": N_("Bags or cans"),
    "route_id": N_("Route"),
}


def _label(name: str, commodity: str) -> str:
    if name in LABELS:
        return LABELS[name]
    spec = SPECS[commodity].by_key.get(name.removeprefix("attributes."))
    return spec.label if spec else name


def _shown(session: Session, name: str, value: Any, lot: Lot) -> str:
    if value is None:
        return "—"
    if name.startswith("attributes."):
        spec = SPECS[lot.commodity].by_key.get(name.removeprefix("attributes."))
        return attribute_text(spec, str(value)) if spec else str(value)
    if name == "commodity":
        return gettext(PRODUCT_LABELS[value])
    if name in {"producer_id", "route_id"}:
        return _name(session, name, value, lot)
    if name == "delivered_at":
        return format_moment(value, current_language(), timezone_name())
    return str(value) if name == "bag_count" else amount(value, "g" if name != "quantity" else lot.unit)


def _name(session: Session, name: str, value: UUID, lot: Lot) -> str:
    if name == "route_id":
        return session.get_one(CollectionRoute, value).name
    person = names_of(session, lot.organisation_id, [value]).get(value)
    return person.full_name if person else "—"


@blueprint.get("/lots/<uuid:lot_id>/correct")
@permission_required(Permission.LOTS_REGISTER)
def correct_form(lot_id: UUID) -> str:
    """Show the form with what was written before."""
    lot = _correctable(lot_id)
    form = build_form(lot.commodity)
    _fill(form, lot)
    return _page(lot, form, ReasonForm())


@blueprint.post("/lots/<uuid:lot_id>/correct")
@permission_required(Permission.LOTS_REGISTER)
def correct_submit(lot_id: UUID) -> Response | str | tuple[str, int]:
    """Correct the lot."""
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    if lot.commodity not in SPECS:
        raise NotFound
    form, reason = build_form(lot.commodity), ReasonForm()
    step = request.form.get("step")
    if step == "find":
        return _page(lot, form, reason)
    if step == "bag":
        form.lines.append(BagLine(position=len(form.lines) + 2))
        return _page(lot, form, reason)
    if form.validate_on_submit() & reason.validate_on_submit() and form.producer.data:
        try:
            delivery = form.delivery(timezone_name(), chosen_producer(form))
            if form.has_line_errors:
                raise ValidationFailed({})
            with atomic() as session:
                done = correct_lot(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    lot_id=lot_id,
                    delivery=delivery,
                    reason=reason.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            (reason if "reason" in refused.errors else form).take_refusal(refused)
        else:
            text = N_("Lot %(old)s is corrected. The producer is told.")
            flash(gettext(text, old=done.old.number), "success")
            return redirect(url_for("lots.show", lot_id=done.new.id))
    return _page(lot, form, reason), 422


def _correctable(lot_id: UUID) -> Lot:
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    check_correctable(db.session, lot)
    return lot


def _page(lot: Lot, form: RegistrationForm, reason: ReasonForm) -> str:
    offer_producers(form)
    return render_template(
        "lots/correct.html",
        lot=lot,
        form=form,
        reason=reason,
        spec=form.spec,
        searched=is_search(form.q.data),
        tares=container_tares() if form.container.choices else {},
    )


def _fill(form: RegistrationForm, lot: Lot) -> None:
    """Put what was written before into the form."""
    form.producer.data = str(lot.producer_id)
    form.delivered_at.data = lot.delivered_at.astimezone(zone()).replace(tzinfo=None)
    form.route.data = str(lot.route_id or "")
    for key, value in lot.attributes.items():
        if key in form:
            form[key].data = value
    names = class_names(lot.grade_scheme or "", lot.grade_edition or "")
    if form.spec.is_class_chosen and lot.grade_key in names:
        form.grade_class.data = lot.grade_key
    bags = bags_of(db.session, lot.id)
    first = bags[0] if bags else None
    _fill_amounts(form, lot if first is None else first, lot.quantity if first is None else first.net)
    if first is not None:
        form.container.data, form.code.data = str(first.container_type_id or ""), first.code
    form.lines = [
        BagLine(
            position=bag.position,
            gross=_typed(bag.gross_g),
            tare=_typed(bag.tare_g),
            litres=_typed(bag.volume_ml),
            container=str(bag.container_type_id or ""),
            code=bag.code or "",
        )
        for bag in bags[1:]
    ]


def _fill_amounts(form: RegistrationForm, source: Any, net: int) -> None:
    if not form.spec.is_tared:
        form.net.data = Decimal(net) / THOUSAND
        return
    gross = source.gross_g if source.gross_g is not None else net
    form.gross.data = Decimal(gross) / THOUSAND
    form.tare.data = None if not source.tare_g else Decimal(source.tare_g) / THOUSAND


def _typed(value: int | None) -> str:
    return "" if value is None else f"{(Decimal(value) / THOUSAND).normalize():f}"
