"""Users of the own organisation, as its administrator manages them."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts import queries
from chain.accounts.duties import doubled_duties
from chain.accounts.forms import ColleagueForm, RolesForm, UserForm
from chain.accounts.models import User
from chain.accounts.rules import ROLE_LABELS, OrganisationKind, Permission, Role, roles_for
from chain.accounts.services import users
from chain.accounts.views import blueprint
from chain.accounts.views.account import fast_hash
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.lists import page_wanted


def fitting_roles() -> list[Role]:
    """Return the roles that can be given in the acting organisation."""
    fitting = roles_for(OrganisationKind(g.organisation.kind))
    return [role for role in Role if role in fitting]


def chosen(form: RolesForm) -> list[Role]:
    """Return the roles ticked in a form."""
    return [Role(word) for word in form.roles.data or []]


def flash_doubled(roles: frozenset[Role]) -> None:
    """Warn when both halves of a separated duty lie with one person now."""
    for pair in doubled_duties(roles):
        flash(pair.warning, "info")


@blueprint.get("/users")
@permission_required(Permission.USERS_MANAGE)
def user_list() -> str:
    """List the users; filter by name, role and state."""
    text, role, state = (request.args.get(name, "") for name in ("text", "role", "state"))
    page = queries.list_users(
        db.session,
        g.actor.org,
        page_wanted(),
        text=text,
        role=Role(role) if role in set(Role) else None,
        active={"active": True, "inactive": False}.get(state),
    )
    return render_template(
        "accounts/users.html",
        page=page,
        text=text,
        role=role,
        state=state,
        role_labels=ROLE_LABELS,
        role_choices=[("", N_("All roles")), *((one, ROLE_LABELS[one]) for one in fitting_roles())],
        doubled=doubled_duties,
    )


@blueprint.get("/users/new")
@permission_required(Permission.USERS_MANAGE)
def user_form() -> str:
    """Show the form for a new user."""
    form = UserForm()
    form.offer(fitting_roles())
    return render_template("accounts/user_new.html", form=form)


@blueprint.post("/users/new")
@permission_required(Permission.USERS_MANAGE)
def user_submit() -> Response | str | tuple[str, int]:
    """Make a user and show the first password, this once."""
    form = UserForm()
    form.offer(fitting_roles())
    if not form.validate_on_submit():
        return render_template("accounts/user_new.html", form=form), 422
    password = users.generate_password()
    try:
        with atomic() as session:
            user, repeated = users.create_user(
                session,
                actor=g.actor,
                now=utc_now(),
                user_id=form.id.value,
                username=form.username.data or "",
                display_name=form.display_name.data or "",
                roles=chosen(form),
                password=password,
                fast_hash=fast_hash(),
            )
    except DomainError as refused:
        form.take_refusal(refused)
        return render_template("accounts/user_new.html", form=form), 422
    if repeated:
        flash(
            N_("This user was made already. The first password is shown only once; reset it if it was lost."),
            "info",
        )
        return redirect(url_for("accounts.user_detail", user_id=user.id))
    flash_doubled(frozenset(chosen(form)))
    return password_page(user, password)


def password_page(user: User, password: str) -> str:
    """Show a password that somebody else must be told; it is kept nowhere and shown this once."""
    return render_template("accounts/password_made.html", person=user, password=password)


@blueprint.get("/users/colleague")
@permission_required(Permission.USERS_MANAGE)
def colleague_form() -> str:
    """Show the form for somebody who has an account already."""
    form = ColleagueForm()
    form.offer(fitting_roles())
    return render_template("accounts/colleague.html", form=form)


@blueprint.post("/users/colleague")
@permission_required(Permission.USERS_MANAGE)
def colleague_submit() -> Response | tuple[str, int]:
    """Give roles to somebody who has an account already."""
    form = ColleagueForm()
    form.offer(fitting_roles())
    if form.validate_on_submit():
        try:
            with atomic() as session:
                user = users.add_colleague(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    username=form.username.data or "",
                    roles=chosen(form),
                )
        except DomainError as refused:
            form.take_refusal(refused)
            return render_template("accounts/colleague.html", form=form), 422
        flash(N_("The roles were saved."), "success")
        flash_doubled(queries.roles_in(db.session, user.id, g.actor.org))
        return redirect(url_for("accounts.user_detail", user_id=user.id))
    return render_template("accounts/colleague.html", form=form), 422


@blueprint.get("/users/<uuid:user_id>")
@permission_required(Permission.USERS_MANAGE)
def user_detail(user_id: UUID) -> tuple[str, int]:
    """Show a user with the roles in this organisation."""
    user = queries.get_user_for(db.session, g.actor, user_id)
    form = RolesForm(
        data={"roles": [str(role) for role in queries.roles_in(db.session, user_id, g.actor.org)]}
    )
    return user_page(user, form)


def user_page(user: User, form: RolesForm, status: int = 200) -> tuple[str, int]:
    """Show a user with a form of roles."""
    form.offer(fitting_roles())
    held = queries.roles_in(db.session, user.id, g.actor.org)
    page = render_template(
        "accounts/user.html",
        person=user,
        form=form,
        held=held,
        warnings=[pair.warning for pair in doubled_duties(held)],
        role_labels=ROLE_LABELS,
        elsewhere=queries.works_elsewhere(db.session, user.id, g.actor.org),
        may_block=g.actor.may(Permission.ORGANISATIONS_MANAGE)
        or not queries.works_elsewhere(db.session, user.id, g.actor.org),
    )
    return page, status


@blueprint.post("/users/<uuid:user_id>/roles")
@permission_required(Permission.USERS_MANAGE)
def roles_submit(user_id: UUID) -> Response | tuple[str, int]:
    """Set the roles of a user in this organisation."""
    user = queries.get_user_for(db.session, g.actor, user_id)
    form = RolesForm()
    form.offer(fitting_roles())
    if form.validate_on_submit():
        try:
            with atomic() as session:
                users.set_roles(session, actor=g.actor, now=utc_now(), user_id=user_id, roles=chosen(form))
        except DomainError as refused:
            form.take_refusal(refused)
            return user_page(user, form, 422)
        flash(N_("The roles were saved."), "success")
        flash_doubled(frozenset(chosen(form)))
        gone = not chosen(form)
        return redirect(
            url_for("accounts.user_list") if gone else url_for("accounts.user_detail", user_id=user_id)
        )
    return user_page(user, form, 422)


@blueprint.post("/users/<uuid:user_id>/deactivate")
@permission_required(Permission.USERS_MANAGE)
def user_deactivate(user_id: UUID) -> Response:
    """Block a user."""
    with atomic() as session:
        users.deactivate_user(session, actor=g.actor, now=utc_now(), user_id=user_id)
    flash(N_("The user can no longer sign in."), "success")
    return redirect(url_for("accounts.user_detail", user_id=user_id))


@blueprint.post("/users/<uuid:user_id>/reactivate")
@permission_required(Permission.USERS_MANAGE)
def user_reactivate(user_id: UUID) -> Response:
    """Let a blocked user in again."""
    with atomic() as session:
        users.reactivate_user(session, actor=g.actor, now=utc_now(), user_id=user_id)
    flash(N_("The user can sign in again."), "success")
    return redirect(url_for("accounts.user_detail", user_id=user_id))


@blueprint.post("/users/<uuid:user_id>/reset-password")
@permission_required(Permission.USERS_MANAGE)
def password_reset(user_id: UUID) -> str:
    """Set a new first password and show it, this once."""
    password = users.generate_password()
    with atomic() as session:
        user = users.reset_password(
            session, actor=g.actor, now=utc_now(), user_id=user_id, password=password, fast_hash=fast_hash()
        )
    return password_page(user, password)
