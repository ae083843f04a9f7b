"""Organisations: the operator creates and lists them, administrators keep their own."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts import queries
from chain.accounts.duties import keeper_role
from chain.accounts.forms import NewOrganisationForm, OrganisationForm
from chain.accounts.models import Organisation
from chain.accounts.rules import ORGANISATION_KIND_LABELS, Country, OrganisationKind, Permission
from chain.accounts.services import organisations as services
from chain.accounts.services.users import generate_password
from chain.accounts.views import blueprint
from chain.accounts.views.account import fast_hash
from chain.accounts.views.users import password_page
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.paging import PageRequest
from chain.web.access import permission_required, sign_in_required
from chain.web.lists import page_wanted


@blueprint.get("/organisations")
@permission_required(Permission.ORGANISATIONS_MANAGE)
def organisation_list() -> str:
    """List all organisations; filter by name or code and kind."""
    text, kind = request.args.get("text", ""), request.args.get("kind", "")
    page = queries.list_organisations(
        db.session,
        g.actor,
        page_wanted(),
        text=text,
        kind=OrganisationKind(kind) if kind in set(OrganisationKind) else None,
    )
    return render_template(
        "accounts/organisations.html",
        page=page,
        text=text,
        kind=kind,
        kind_labels=ORGANISATION_KIND_LABELS,
        kind_choices=[("", N_("All kinds")), *ORGANISATION_KIND_LABELS.items()],
    )


def new_form() -> NewOrganisationForm:
    """Return the form for a new organisation with its choices."""
    form = NewOrganisationForm()
    parents = queries.parent_choices(db.session, services.PARENT_KINDS)
    form.offer({str(parent.id): f"{parent.name} ({parent.code})" for parent in parents})
    return form


@blueprint.get("/organisations/new")
@permission_required(Permission.ORGANISATIONS_MANAGE)
def organisation_form() -> str:
    """Show the form for a new organisation."""
    return render_template("accounts/organisation_new.html", form=new_form())


@blueprint.post("/organisations/new")
@permission_required(Permission.ORGANISATIONS_MANAGE)
def organisation_submit() -> Response | str | tuple[str, int]:
    """Make an organisation with its first administrator, whose password is shown this once."""
    form = new_form()
    if not form.validate_on_submit():
        return render_template("accounts/organisation_new.html", form=form), 422
    password = generate_password()
    try:
        with atomic() as session:
            organisation, user = services.create_organisation(
                session,
                actor=g.actor,
                now=utc_now(),
                organisation_id=form.id.value,
                facts=facts_of(form),
                administrator=services.FirstAdministrator(
                    user_id=form.user_id.value,
                    username=form.username.data or "",
                    display_name=form.display_name.data or "",
                    password=password,
                ),
                fast_hash=fast_hash(),
            )
    except DomainError as refused:
        form.take_refusal(refused)
        return render_template("accounts/organisation_new.html", form=form), 422
    if user is None:
        flash(N_("This organisation was made already."), "info")
        return redirect(url_for("accounts.organisation_detail", organisation_id=organisation.id))
    return password_page(user, password)


def facts_of(form: NewOrganisationForm) -> services.OrganisationFacts:
    """Return what the form tells of the organisation."""
    return services.OrganisationFacts(
        kind=OrganisationKind(form.kind.data),
        code=form.code.data or "",
        name=form.name.data or "",
        country=Country(form.country.data),
        place=form.place.data,
        tax_id=form.tax_id.data,
        parent_id=parse_id(form.parent.data) if form.parent.data else None,
    )


@blueprint.get("/organisation")
@permission_required(Permission.ORGANISATION_MANAGE)
def own_organisation() -> Response:
    """Lead to the own organisation."""
    return redirect(url_for("accounts.organisation_detail", organisation_id=g.actor.org))


@blueprint.get("/organisations/<uuid:organisation_id>")
@sign_in_required
def organisation_detail(organisation_id: UUID) -> str:
    """Show the own organisation; any to the operator, with its administrators."""
    organisation = queries.get_organisation_for(db.session, g.actor, organisation_id)
    parent = db.session.get(Organisation, organisation.parent_id) if organisation.parent_id else None
    administrators = None
    if g.actor.may(Permission.ORGANISATIONS_MANAGE):
        administrators = queries.list_users(
            db.session, organisation_id, PageRequest(), role=keeper_role(OrganisationKind(organisation.kind))
        )
    return render_template(
        "accounts/organisation.html",
        shown=organisation,
        parent=parent,
        administrators=administrators,
        kind_labels=ORGANISATION_KIND_LABELS,
        may_change=organisation_id == g.actor.organisation_id and g.actor.may(Permission.ORGANISATION_MANAGE),
    )


@blueprint.get("/organisation/edit")
@permission_required(Permission.ORGANISATION_MANAGE)
def organisation_edit_form() -> str:
    """Show the form for the own organisation's data."""
    return render_template("accounts/organisation_edit.html", form=OrganisationForm(obj=g.organisation))


@blueprint.post("/organisation/edit")
@permission_required(Permission.ORGANISATION_MANAGE)
def organisation_edit_submit() -> Response | tuple[str, int]:
    """Keep the own organisation's data."""
    form = OrganisationForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.change_organisation(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    name=form.name.data or "",
                    place=form.place.data,
                    tax_id=form.tax_id.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The organisation's data were saved."), "success")
            return redirect(url_for("accounts.organisation_detail", organisation_id=g.actor.org))
    return render_template("accounts/organisation_edit.html", form=form), 422
