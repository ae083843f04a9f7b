"""The page of who may do what."""

from flask import g, render_template

from chain.accounts.duties import SEPARATED_DUTIES, grouped_permissions
from chain.accounts.rules import (
    PERMISSION_LABELS,
    ROLE_LABELS,
    ROLE_PERMISSIONS,
    OrganisationKind,
    Role,
    roles_for,
)
from chain.accounts.views import blueprint
from chain.web.access import sign_in_required


@blueprint.get("/who-may")
@sign_in_required
def who_may() -> str:
    """Show every role with its permissions; those of the own kind of organisation first, the own ones marked."""
    kind = g.organisation.kind if g.organisation is not None else None
    fitting = roles_for(OrganisationKind(kind)) if kind is not None else frozenset(Role)
    return render_template(
        "accounts/who_may.html",
        roles=[role for role in Role if role in fitting],
        other_roles=[role for role in Role if role not in fitting],
        groups=grouped_permissions(),
        own=g.actor.roles,
        role_labels=ROLE_LABELS,
        permission_labels=PERMISSION_LABELS,
        role_permissions=ROLE_PERMISSIONS,
        rules=[pair.rule for pair in SEPARATED_DUTIES],
    )
