"""Bank accounts of the organisation as a resource."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.payin.api.invoices import KNOWN
from chain.payin.bank_files import Columns
from chain.payin.models import BankAccount
from chain.payin.queries.statements import get_bank_account_for, list_bank_accounts
from chain.payin.schemas import (
    BankAccountArgs,
    BankAccountListArgs,
    BankAccountSchema,
    BankColumnsSchema,
)
from chain.payin.services.accounts import close_bank_account
from chain.payin.services.statements import add_bank_account, set_columns
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "bank_accounts", __name__, url="/bank-accounts", description="Accounts at banks that buyers pay to."
)


@blueprint.get("")
@blueprint.arguments(BankAccountListArgs, location="query")
@blueprint.response(200, page_schema(BankAccountSchema))
@permission_required(Permission.INVOICES_READ)
def account_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the bank accounts, closed ones with closed=true; sort by bank or number."""
    found = list_bank_accounts(db.session, g.actor, page_request(args), with_closed=args["closed"])
    return page_answer(found, lambda one: one)


@blueprint.post("")
@blueprint.arguments(BankAccountArgs)
@blueprint.response(201, BankAccountSchema)
@blueprint.alt_response(200, schema=BankAccountSchema, description=KNOWN)
@permission_required(Permission.PAYIN_WRITE)
def account_add(data: dict[str, Any]) -> tuple[BankAccount, int]:
    """Keep a bank account of the organisation."""
    with atomic() as session:
        is_known = session.get(BankAccount, data["id"]) is not None
        account = add_bank_account(session, actor=g.actor, now=utc_now(), account_id=data.pop("id"), **data)
    return account, 200 if is_known else 201


@blueprint.get("/<uuid:account_id>")
@blueprint.response(200, BankAccountSchema)
@permission_required(Permission.INVOICES_READ)
def account_detail(account_id: UUID) -> BankAccount:
    """Show a bank account."""
    return get_bank_account_for(db.session, g.actor, account_id)


@blueprint.put("/<uuid:account_id>/columns")
@blueprint.arguments(BankColumnsSchema)
@blueprint.response(200, BankAccountSchema)
@permission_required(Permission.PAYIN_WRITE)
def account_columns(data: dict[str, Any], account_id: UUID) -> BankAccount:
    """Keep which column of the bank's CSV files is what."""
    with atomic() as session:
        return set_columns(
            session, actor=g.actor, now=utc_now(), account_id=account_id, columns=Columns(**data)
        )


@blueprint.post("/<uuid:account_id>/close")
@blueprint.response(200, BankAccountSchema)
@permission_required(Permission.PAYIN_WRITE)
def account_close(account_id: UUID) -> BankAccount:
    """Close a bank account: no new invoice names it; its statements stay. The same again changes nothing."""
    with atomic() as session:
        return close_bank_account(session, actor=g.actor, now=utc_now(), account_id=account_id)
