"""The own account: preferences, password, API tokens."""

from uuid import UUID

from flask import current_app, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts import queries
from chain.accounts.forms import PasswordForm, PreferencesForm, TokenForm
from chain.accounts.rules import PERMISSION_LABELS, ROLE_LABELS, Permission
from chain.accounts.services import preferences, tokens
from chain.accounts.views import blueprint
from chain.core.clock import utc_now
from chain.core.config import Settings
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.web.access import permission_required, sign_in_required
from chain.web.lists import page_wanted


def fast_hash() -> bool:
    """Tell whether passwords are hashed with the least effort, as tests do."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.password_fast


@blueprint.get("/account")
@sign_in_required
def account() -> tuple[str, int]:
    """Show the own account."""
    form = PreferencesForm(data={"language": g.user.language, "number_format": g.user.number_format or ""})
    return account_page(form)


def account_page(form: PreferencesForm, status: int = 200) -> tuple[str, int]:
    """Show the account with a form of preferences."""
    may_make_tokens = g.actor.may(Permission.TOKENS_MANAGE)
    asked = page_wanted()
    page = queries.list_tokens(db.session, g.actor, asked) if may_make_tokens else None
    content = render_template(
        "accounts/account.html",
        form=form,
        tokens=page,
        now=utc_now(),
        role_labels=[ROLE_LABELS[role] for role in sorted(g.actor.roles)],
        permission_labels=PERMISSION_LABELS,
    )
    return content, status


@blueprint.post("/account/preferences")
@sign_in_required
def preferences_submit() -> Response | tuple[str, int]:
    """Keep language and number format."""
    form = PreferencesForm()
    if not form.validate_on_submit():
        return account_page(form, 422)
    with atomic() as session:
        preferences.set_preferences(
            session,
            actor=g.actor,
            now=utc_now(),
            language=form.language.data,
            number_format=form.number_format.data or None,
        )
    flash(N_("Your settings were saved."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.get("/account/password")
@sign_in_required
def password_form() -> str:
    """Show the form for a new password."""
    return render_template("accounts/password.html", form=PasswordForm())


@blueprint.post("/account/password")
@sign_in_required
def password_submit() -> Response | tuple[str, int]:
    """Change the password; sign-ins in other browsers end."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                preferences.change_password(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    old_password=form.old_password.data or "",
                    new_password=form.new_password.data or "",
                    sign_in_id=g.sign_in_id,
                    fast_hash=fast_hash(),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("Your password was changed. Other browsers in which you were signed in are signed out."),
                "success",
            )
            return redirect(url_for("home.home"))
    return render_template("accounts/password.html", form=form), 422


@blueprint.get("/account/tokens/new")
@permission_required(Permission.TOKENS_MANAGE)
def token_form() -> str:
    """Show the form for a new token."""
    form = TokenForm()
    form.offer(g.actor.permissions)
    return render_template("accounts/token.html", form=form)


@blueprint.post("/account/tokens/new")
@permission_required(Permission.TOKENS_MANAGE)
def token_submit() -> Response | tuple[str, int] | str:
    """Make a token and show its secret, this once; a second submit of the form shows no secret."""
    form = TokenForm()
    form.offer(g.actor.permissions)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                made = tokens.create_token(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    token_id=form.id.value,
                    name=form.name.data or "",
                    days=int(form.days.data),
                    limited_to=[Permission(word) for word in form.limited_to.data or []],
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            if made.secret is None:
                flash(N_("This token was made already. Its secret is shown only once."), "info")
                return redirect(url_for("accounts.account"))
            return render_template("accounts/token_made.html", token=made.token, secret=made.secret)
    return render_template("accounts/token.html", form=form), 422


@blueprint.post("/account/tokens/<uuid:token_id>/revoke")
@permission_required(Permission.TOKENS_MANAGE)
def token_revoke(token_id: UUID) -> Response:
    """End a token."""
    with atomic() as session:
        tokens.revoke_token(session, actor=g.actor, now=utc_now(), token_id=token_id)
    flash(N_("The token was revoked. Programs that use it are refused from now on."), "success")
    return redirect(url_for("accounts.account"))
