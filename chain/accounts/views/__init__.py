"""Pages of accounts: sign-in, own account, users, organisations, audit trail, who may do what."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.web.navigation import ADMINISTRATION, NavigationItem

blueprint = Blueprint("accounts", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Users"), "accounts.user_list", Permission.USERS_MANAGE, order=90, group=ADMINISTRATION
    ),
    NavigationItem(
        N_("Organisations"),
        "accounts.organisation_list",
        Permission.ORGANISATIONS_MANAGE,
        order=92,
        group=ADMINISTRATION,
    ),
    NavigationItem(
        N_("Organisation"),
        "accounts.own_organisation",
        Permission.ORGANISATION_MANAGE,
        order=93,
        group=ADMINISTRATION,
    ),
    NavigationItem(
        N_("Audit trail"), "accounts.audit_list", Permission.AUDIT_READ, order=95, group=ADMINISTRATION
    ),
]

# These register their routes on the blueprint above.
from chain.accounts.views import account, audit, organisations, sign_in, users, who_may  # noqa: E402, F401
