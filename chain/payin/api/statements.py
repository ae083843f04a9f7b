"""Bank statements as a resource: lists, lines, and import of a file."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.tables import FILE_NOT_TEXT, UnusableFile
from chain.payin.models import BankStatement, StatementLine
from chain.payin.queries import statements as queries
from chain.payin.rules import LineState, Proposal
from chain.payin.schemas import (
    SetAsideArgs,
    StatementFileArgs,
    StatementLineArgs,
    StatementLineSchema,
    StatementListArgs,
    StatementMatchArgs,
    StatementSchema,
)
from chain.payin.services.statements import import_statement, match_line, set_line_aside
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "statements", __name__, url="/statements", description="Bank statements and the matching of their lines."
)


@blueprint.get("")
@blueprint.arguments(StatementListArgs, location="query")
@blueprint.response(200, page_schema(StatementSchema))
@permission_required(Permission.PAYIN_WRITE)
def statement_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the statements; sort by imported_at or last_on."""
    return page_answer(
        queries.list_statements(db.session, g.actor, page_request(args)),
        lambda row: _statement(row.statement),
    )


def _statement(one: BankStatement) -> dict[str, Any]:
    return {
        "id": one.id,
        "bank_account_id": one.bank_account_id,
        "file_name": one.file_name,
        "format": one.format,
        "first_on": one.first_on,
        "last_on": one.last_on,
        "opening_minor": one.opening_minor,
        "closing_minor": one.closing_minor,
        "lines": one.lines,
        "duplicates": len(one.duplicates),
    }


@blueprint.post("")
@blueprint.arguments(StatementFileArgs)
@blueprint.response(201, StatementSchema)
@blueprint.alt_response(200, schema=StatementSchema, description="The same file came before.")
@permission_required(Permission.PAYIN_WRITE)
def statement_import(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Import a statement of a bank account: CSV by its kept columns, or camt.053."""
    try:
        content = base64.b64decode(data["content"], validate=True)
    except (binascii.Error, ValueError):
        raise UnusableFile(FILE_NOT_TEXT) from None
    with atomic() as session:
        made = import_statement(
            session,
            actor=g.actor,
            now=utc_now(),
            account_id=data["bank_account_id"],
            file_name=data["file_name"],
            content=content,
        )
    return _statement(made.statement), 201 if made.is_new else 200


@blueprint.get("/<uuid:statement_id>/lines")
@blueprint.arguments(StatementLineArgs, location="query")
@blueprint.response(200, page_schema(StatementLineSchema))
@permission_required(Permission.PAYIN_WRITE)
def line_list(args: dict[str, Any], statement_id: UUID) -> dict[str, Any]:
    """List the lines of a statement with what each may pay; sort by booked_on or amount."""
    queries.get_statement_for(db.session, g.actor, statement_id)
    word = args.pop("state", None)
    page = queries.list_lines(
        db.session,
        g.actor,
        page_request(args),
        statement_id=statement_id,
        state=LineState(word) if word else None,
    )
    proposals = queries.proposals_for(db.session, g.actor.org, page.items)

    return page_answer(page, lambda line: _line(line, proposals.get(line.id, [])))


@blueprint.post("/lines/<uuid:line_id>/match")
@blueprint.arguments(StatementMatchArgs)
@blueprint.response(200, StatementLineSchema)
@permission_required(Permission.PAYIN_WRITE)
def line_match(data: dict[str, Any], line_id: UUID) -> dict[str, Any]:
    """Confirm what a line pays; the payment has the line's id, so the same again changes nothing."""
    with atomic() as session:
        match_line(session, actor=g.actor, now=utc_now(), line_id=line_id, **data)
    return _line(queries.get_line_for(db.session, g.actor, line_id))


@blueprint.post("/lines/<uuid:line_id>/set-aside")
@blueprint.arguments(SetAsideArgs)
@blueprint.response(200, StatementLineSchema)
@permission_required(Permission.PAYIN_WRITE)
def line_set_aside(data: dict[str, Any], line_id: UUID) -> dict[str, Any]:
    """Say that a line is no payment of a buyer, and why; a line that was answered is refused (409)."""
    with atomic() as session:
        set_line_aside(session, actor=g.actor, now=utc_now(), line_id=line_id, note=data["note"])
    return _line(queries.get_line_for(db.session, g.actor, line_id))


def _line(line: StatementLine, proposals: Sequence[Proposal] = ()) -> dict[str, Any]:
    return {
        "id": line.id,
        "booked_on": line.booked_on,
        "amount_minor": line.amount_minor,
        "text": line.text,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "state": line.state,
        "payment_id": line.payment_id,
        "proposals": [
            {
                "invoice_ids": [one.key for one in proposal.invoices],
                "score": proposal.score,
                "reasons": [reason.value for reason in proposal.reasons],
            }
            for proposal in proposals
        ],
    }
