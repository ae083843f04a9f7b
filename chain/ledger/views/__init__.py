"""Pages of the ledger: accounts with balances, the journal, one entry."""

from uuid import UUID

from flask import Blueprint, g, render_template, request

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import InvalidId
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.paging import PageRequest
from chain.ledger.queries import journal as queries
from chain.ledger.rules import ENTRY_KIND_LABELS
from chain.web.access import permission_required
from chain.web.navigation import PAYMENTS, NavigationItem

blueprint = Blueprint("ledger", __name__)

NAVIGATION = [
    NavigationItem(N_("Ledger"), "ledger.accounts", Permission.LEDGER_READ, order=58, group=PAYMENTS),
]


@blueprint.context_processor
def _words() -> dict[str, object]:
    """Give the templates of this area the words for kinds of entries."""
    return {"entry_kind_labels": ENTRY_KIND_LABELS}


@blueprint.get("/ledger")
@permission_required(Permission.LEDGER_READ)
def accounts() -> str:
    """Show the accounts with their balances; debit and credit sides sum to the same."""
    return render_template("ledger/accounts.html", accounts=queries.list_accounts(db.session, g.actor))


@blueprint.get("/ledger/entries")
@permission_required(Permission.LEDGER_READ)
def entry_list() -> str:
    """Show the journal, or only what touched one account."""
    accounts = queries.list_accounts(db.session, g.actor)
    try:
        account_id = parse_id(request.args["account"]) if request.args.get("account") else None
    except InvalidId:
        account_id = None
    if account_id not in {account.id for account in accounts}:
        account_id = None
    return render_template(
        "ledger/entries.html",
        page=queries.list_entries(
            db.session, g.actor, PageRequest(request.args.get("page", 1, int)), account_id=account_id
        ),
        accounts=accounts,
        account_id=account_id,
    )


@blueprint.get("/ledger/entries/<uuid:entry_id>")
@permission_required(Permission.LEDGER_READ)
def entry_show(entry_id: UUID) -> str:
    """Show an entry with its postings."""
    return render_template("ledger/entry.html", found=queries.get_entry_for(db.session, g.actor, entry_id))
