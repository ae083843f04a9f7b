"""Pages of the ledger: accounts with balances, the journal, one entry."""

from uuid import UUID

from flask import g, render_template, request

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import InvalidId
from chain.core.ids import parse_id
from chain.settlement import ledger_queries as queries
from chain.settlement.pages import page_wanted
from chain.settlement.views import blueprint
from chain.web.access import permission_required


@blueprint.get("/ledger")
@permission_required(Permission.LEDGER_READ)
def ledger() -> str:
    """Show the accounts with their balances; debit and credit sides sum to the same."""
    return render_template("settlement/ledger.html", accounts=queries.list_accounts(db.session, g.actor))


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
        "settlement/entries.html",
        page=queries.list_entries(db.session, g.actor, page_wanted(), account_id=account_id),
        accounts=accounts,
        account_id=account_id,
    )


@blueprint.get("/ledger/entries/<uuid:entry_id>")
@permission_required(Permission.LEDGER_READ)
def entry_show(entry_id: UUID) -> str:
    """Show an entry with its postings."""
    return render_template(
        "settlement/entry.html", found=queries.get_entry_for(db.session, g.actor, entry_id)
    )
