"""Pages of accounts: sign-in, own account, users, organisations, who may do what."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("accounts", __name__)

NAVIGATION: list[NavigationItem] = []

from chain.accounts.views import sign_in  # noqa: E402, F401 - registers its routes on the blueprint above
