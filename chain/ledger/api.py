"""The ledger as a resource, read only: services post to it."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.ledger.queries import journal as queries
from chain.ledger.schemas import AccountListSchema, EntryDetailSchema, EntrySchema
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "ledger", __name__, url="/ledger", description="Accounts and journal of the acting organisation."
)


@blueprint.get("/accounts")
@blueprint.response(200, AccountListSchema)
@permission_required(Permission.LEDGER_READ)
def account_list() -> dict[str, Any]:
    """List the accounts with their balances; debit positive."""
    return {"items": queries.list_accounts(db.session, g.actor)}


@blueprint.get("/entries")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(EntrySchema))
@permission_required(Permission.LEDGER_READ)
def entry_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the journal, the latest first; sort by sequence or occurred_on."""
    return page_answer(queries.list_entries(db.session, g.actor, page_request(args)))


@blueprint.get("/entries/<uuid:entry_id>")
@blueprint.response(200, EntryDetailSchema)
@permission_required(Permission.LEDGER_READ)
def entry_detail(entry_id: UUID) -> dict[str, Any]:
    """Return an entry with its postings."""
    found = queries.get_entry_for(db.session, g.actor, entry_id)
    entry = found.entry
    return {
        "id": entry.id,
        "sequence": entry.sequence,
        "posted_at": entry.posted_at,
        "occurred_on": entry.occurred_on,
        "kind": entry.kind,
        "description": entry.description,
        "reverses_id": entry.reverses_id,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
        "postings": found.postings,
    }


blueprints = [blueprint]
