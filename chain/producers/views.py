"""Pages of producers."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.producers import queries, services
from chain.producers.forms import CommunityForm, LeaveForm, PersonForm, RegisterForm
from chain.producers.models import Community, Membership, Producer
from chain.producers.panels import producer_panels
from chain.producers.rules import DOCUMENT_LABELS, SEX_LABELS, search_form
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.lists import page_wanted
from chain.web.navigation import COLLECTION, NavigationItem

blueprint = Blueprint("producers", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Producers"),
        "producers.producer_list",
        Permission.PRODUCERS_READ,
        order=20,
        covers=("/communities",),
        group=COLLECTION,
    )
]

Answer = str | Response | tuple[str, int]


@blueprint.context_processor
def labels() -> dict[str, object]:
    """Give the templates of this area the words for sexes and documents."""
    return {
        "sex_labels": SEX_LABELS,
        "document_labels": DOCUMENT_LABELS,
        "may_write": g.actor is not None and g.actor.may(Permission.PRODUCERS_WRITE),
    }


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


@blueprint.get("/producers")
@permission_required(Permission.PRODUCERS_READ)
def producer_list() -> str:
    """Show the roll: `?q=` searches names and codes, `?former=1` shows who left."""
    text, former = request.args.get("q", ""), request.args.get("former") == "1"
    page = queries.search_producers(db.session, g.actor, text, page_wanted(sortable=True), former=former)
    return render_template("producers/list.html", page=page, text=text, former=former)


@blueprint.get("/producers/new")
@permission_required(Permission.PRODUCERS_WRITE)
def register_form() -> str:
    """Show the empty form; `?name=` is what was searched in vain."""
    form = RegisterForm()
    form.offer(queries.community_choices(db.session, g.actor))
    form.full_name.data = request.args.get("name", "")
    return render_template("producers/register.html", form=form, homonyms=[])


@blueprint.post("/producers/new")
@permission_required(Permission.PRODUCERS_WRITE)
def register_submit() -> Answer:
    """Register the member; somebody of the same name in the roll is shown first, once."""
    form = RegisterForm()
    form.offer(queries.community_choices(db.session, g.actor))
    homonyms: list[queries.ProducerName] = []
    if form.validate_on_submit():
        homonyms = _homonyms(form)
        if homonyms and not form.is_other.data:
            form.is_other.errors = [
                gettext(N_("Tick this if it is another person. Otherwise search the list."))
            ]
        else:
            try:
                with atomic() as session:
                    done = services.register_member(
                        session,
                        actor=g.actor,
                        now=utc_now(),
                        id=form.id.value,
                        person=form.person(),
                        member_code=form.member_code.data,
                        joined_on=form.joined_on.data,
                    )
            except DomainError as refused:
                form.take_refusal(refused)
            else:
                _tell_registered(done)
                return redirect(url_for("producers.producer_detail", producer_id=done.producer.id))
    return render_template("producers/register.html", form=form, homonyms=homonyms), 422


def _homonyms(form: RegisterForm) -> list[queries.ProducerName]:
    person = form.person()
    return queries.same_names_in_roll(
        db.session,
        g.actor.org,
        search_form(person.full_name),
        besides=form.id.value,
        document_number=person.document_number,
    )


def _tell_registered(done: services.Registered) -> None:
    if done.is_linked:
        flash(
            N_("The person was already on file in another organisation and is now a member here too."),
            "success",
        )
    else:
        flash(N_("The producer is registered."), "success")


@blueprint.get("/producers/<uuid:producer_id>")
@permission_required(Permission.PRODUCERS_READ)
def producer_detail(producer_id: UUID) -> str:
    """Show a member."""
    return _detail(producer_id, LeaveForm())


def _detail(producer_id: UUID, leave: LeaveForm) -> str:
    producer, membership = _member(producer_id)
    if leave.left_on.data is None and not leave.errors:
        leave.left_on.data = local_today()
    return render_template(
        "producers/detail.html",
        producer=producer,
        membership=membership,
        community=_community(producer),
        leave=leave,
        panels=producer_panels(db.session, g.actor, producer.id),
        has_card=membership.card_token is not None,
    )


def _member(producer_id: UUID) -> tuple[Producer, Membership]:
    producer = queries.get_producer_for(db.session, g.actor, producer_id)
    membership = queries.find_membership(db.session, g.actor.org, producer.id)
    if membership is None:
        raise NotFound
    return producer, membership


def _community(producer: Producer) -> Community | None:
    return db.session.get(Community, producer.community_id) if producer.community_id else None


@blueprint.get("/producers/<uuid:producer_id>/edit")
@permission_required(Permission.PRODUCERS_WRITE)
def edit_form(producer_id: UUID) -> str:
    """Show what is on file, to be changed."""
    producer, membership = _member(producer_id)
    form = PersonForm()
    form.offer(queries.community_choices(db.session, g.actor))
    form.show(producer, membership)
    return render_template("producers/edit.html", form=form, producer=producer)


@blueprint.post("/producers/<uuid:producer_id>/edit")
@permission_required(Permission.PRODUCERS_WRITE)
def edit_submit(producer_id: UUID) -> Answer:
    """Write the member anew."""
    producer, _membership = _member(producer_id)
    form = PersonForm()
    form.offer(queries.community_choices(db.session, g.actor))
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.update_producer(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    producer_id=producer_id,
                    person=form.person(),
                    member_code=form.member_code.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The changes are saved."), "success")
            return redirect(url_for("producers.producer_detail", producer_id=producer_id))
    return render_template("producers/edit.html", form=form, producer=producer), 422


@blueprint.post("/producers/<uuid:producer_id>/leave")
@permission_required(Permission.PRODUCERS_WRITE)
def leave_submit(producer_id: UUID) -> Answer:
    """End the membership."""
    form = LeaveForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.end_membership(
                    session, actor=g.actor, now=utc_now(), producer_id=producer_id, left_on=form.left_on.data
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The membership has ended. Deliveries and payments stay on file."), "success")
            return redirect(url_for("producers.producer_detail", producer_id=producer_id))
    return _detail(producer_id, form), 422


@blueprint.post("/producers/<uuid:producer_id>/return")
@permission_required(Permission.PRODUCERS_WRITE)
def return_submit(producer_id: UUID) -> Response:
    """Take a former member back."""
    with atomic() as session:
        services.add_membership(session, actor=g.actor, now=utc_now(), producer_id=producer_id)
    flash(N_("The person is a member again."), "success")
    return redirect(url_for("producers.producer_detail", producer_id=producer_id))


@blueprint.get("/communities")
@permission_required(Permission.PRODUCERS_READ)
def community_list() -> str:
    """Show the communities of the country."""
    page = queries.list_communities(db.session, g.actor, page_wanted(sortable=True))
    return render_template("producers/communities.html", page=page)


@blueprint.get("/communities/new")
@permission_required(Permission.PRODUCERS_WRITE)
def community_form() -> str:
    """Show the empty form."""
    return render_template("producers/community.html", form=CommunityForm())


@blueprint.post("/communities/new")
@permission_required(Permission.PRODUCERS_WRITE)
def community_submit() -> Answer:
    """Add the community."""
    form = CommunityForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.create_community(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    name=form.name.data or "",
                    district=form.district.data or "",
                    region=form.region.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The community is in the list."), "success")
            return redirect(url_for("producers.community_list"))
    return render_template("producers/community.html", form=form), 422


# It registers its routes on the blueprint above.
from chain.producers import card_views  # noqa: E402, F401
