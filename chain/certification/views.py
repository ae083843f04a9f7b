"""Pages of certification."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.certification import queries, services
from chain.certification.errors import UnknownMember
from chain.certification.forms import CertificateForm, SuspensionForm
from chain.certification.rules import (
    LEVEL_LABELS,
    SCHEME_LABELS,
    STATE_LABELS,
    Level,
    Paper,
    State,
    is_before_authorisation,
    state_on,
)
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId, Kind
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.producers.queries import find_membership, names_of, producers_by_member_code
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.lists import page_wanted
from chain.web.navigation import COLLECTION, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("certification", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Certificates"),
        "certification.certificate_list",
        Permission.CERTIFICATES_READ,
        order=70,
        group=COLLECTION,
    )
]
STATE_TONES = {
    State.NOT_YET: "info",
    State.IN_FORCE: "success",
    State.EXPIRING: "warning",
    State.EXPIRED: "neutral",
    State.SUSPENDED: "error",
}
LEVEL_TONES = {Level.TRANSITION: "transition", Level.FULL: "organic"}

Answer = str | Response | tuple[str, int]


@blueprint.context_processor
def words() -> dict[str, object]:
    """Give the templates of this area the words for levels, states and schemes."""
    return {
        "level_labels": LEVEL_LABELS,
        "level_tones": LEVEL_TONES,
        "scheme_labels": SCHEME_LABELS,
        "state_labels": STATE_LABELS,
        "state_tones": STATE_TONES,
        "state_of": lambda certificate: state_on(certificate, local_today()),
        "may_write": g.actor is not None and g.actor.may(Permission.CERTIFICATES_WRITE),
    }


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


register_waiting(
    Permission.CERTIFICATES_WRITE,
    N_("Certificates that end within 60 days"),
    "certification.certificate_list",
    lambda session, actor: queries.count_expiring(session, actor, today=local_today()),
    state=State.EXPIRING.value,
)


@blueprint.get("/certificates")
@permission_required(Permission.CERTIFICATES_READ)
def certificate_list() -> str:
    """Show the certificates: `?state=`, `?q=` (holder or number) and `?producer=` narrow the list."""
    state, text = _asked_state(), request.args.get("q", "")
    producer_id = _asked_producer()
    page = queries.list_certificates(
        db.session,
        g.actor,
        page_wanted(sortable=True),
        today=local_today(),
        state=state,
        text=text,
        producer_id=producer_id,
    )
    named = names_of(db.session, g.actor.org, [producer_id] if producer_id else [])
    return render_template(
        "certification/list.html",
        page=page,
        state=state,
        text=text,
        producer_id=producer_id,
        producer_name=named[producer_id].full_name if producer_id in named else None,
    )


def _asked_state() -> State | None:
    word = request.args.get("state")
    return State(word) if word in set(State) else None


def _asked_producer() -> UUID | None:
    try:
        return parse_id(request.args["producer"]) if request.args.get("producer") else None
    except InvalidId:
        return None


@blueprint.get("/certificates/new")
@permission_required(Permission.CERTIFICATES_WRITE)
def certificate_form() -> str:
    """Show the empty form; `?producer=` fills in the holder."""
    form = CertificateForm()
    form.offer(g.organisation.country)
    producer_id = _asked_producer()
    membership = find_membership(db.session, g.actor.org, producer_id) if producer_id else None
    form.member_code.data = membership.member_code if membership else None
    return render_template("certification/new.html", form=form)


@blueprint.post("/certificates/new")
@permission_required(Permission.CERTIFICATES_WRITE)
def certificate_submit() -> Answer:
    """Register the certificate."""
    form = CertificateForm()
    form.offer(g.organisation.country)
    paper = _paper(form) if form.validate_on_submit() else None
    if paper is not None:
        try:
            with atomic() as session:
                certificate, _is_new = services.keep_certificate(
                    session, actor=g.actor, now=utc_now(), certificate_id=form.id.value, paper=paper
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The certificate is registered."), "success")
            return redirect(url_for("certification.certificate_detail", certificate_id=certificate.id))
    return render_template("certification/new.html", form=form), 422


def _paper(form: CertificateForm) -> Paper | None:
    """Return what was typed, or None with a message at the field when nobody has the code."""
    code = form.member_code.data or ""
    producer_id = producers_by_member_code(db.session, g.actor.org, [code]).get(code)
    if producer_id is None:
        form.member_code.errors = [gettext(UnknownMember().message)]
        return None
    assert form.valid_from.data is not None  # noqa: S101 - the form was validated
    assert form.valid_to.data is not None  # noqa: S101 - the form was validated
    return Paper(
        producer_id=producer_id,
        scheme=form.scheme.data,
        level=form.level.data,
        number=form.number.data or "",
        issued_by=form.issued_by.data or "",
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
    )


@blueprint.get("/certificates/<uuid:certificate_id>")
@permission_required(Permission.CERTIFICATES_READ)
def certificate_detail(certificate_id: UUID) -> str:
    """Show a certificate."""
    form = SuspensionForm()
    form.suspended_from.data = local_today()
    return _detail(certificate_id, form)


def _detail(certificate_id: UUID, form: SuspensionForm) -> str:
    row = queries.get_certificate_row_for(db.session, g.actor, certificate_id)
    certificate = row.certificate
    is_keeper = certificate.issuer_id == g.actor.org
    return render_template(
        "certification/detail.html",
        certificate=certificate,
        row=row,
        is_early=is_before_authorisation(certificate.scheme, certificate.valid_from),
        is_member=find_membership(db.session, g.actor.org, certificate.producer_id) is not None,
        may_suspend=is_keeper
        and certificate.suspended_from is None
        and state_on(certificate, local_today()) is not State.EXPIRED
        and g.actor.may(Permission.CERTIFICATES_WRITE),
        form=form,
    )


@blueprint.post("/certificates/<uuid:certificate_id>/suspend")
@permission_required(Permission.CERTIFICATES_WRITE)
def suspend_submit(certificate_id: UUID) -> Answer:
    """Suspend the certificate."""
    form = SuspensionForm()
    if form.validate_on_submit() and form.suspended_from.data is not None:
        try:
            with atomic() as session:
                services.suspend_certificate(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    certificate_id=certificate_id,
                    suspended_from=form.suspended_from.data,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("The certificate is suspended."), "success")
            return redirect(url_for("certification.certificate_detail", certificate_id=certificate_id))
    return _detail(certificate_id, form), 422
