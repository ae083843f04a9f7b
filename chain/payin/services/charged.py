"""Credit notes follow the settlement of their sale: the organisation bears what the settlement charges beyond what is asked for."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.ledger.queries.journal import entry_by_key
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry, reverse_entry
from chain.payin.queries.invoicing import (
    booked_of_sale,
    correction_key,
    invoiced_in_books,
    posted_credits,
)
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books
from chain.settlement.models import SettlementRun
from chain.settlement.rules import RunKind


def follow_settlement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    day: date,
    run: SettlementRun,
    is_reversed: bool,
) -> None:
    """Bring what credit notes posted to what the settlement charged too much; a reversal takes that back.

    | invoice | credit notes | posted by them | the settlement charges | more or less is borne |
    |---|---|---|---|---|
    | 100.00 | 10.00 | 10.00 | 100.00 | 0.00 |
    | 100.00 | 10.00 | 10.00 | 90.00: the producers bear it | −10.00 |
    | 100.00 | 10.00 | 0.00: 90.00 was due then | 100.00: it is due again | 10.00 |
    """
    if run.kind != RunKind.SALE or run.sale_id is None:
        return
    key = correction_key(run.id, run.round)
    if is_reversed:
        entry_id = entry_by_key(session, run.organisation_id, key)
        if entry_id is not None:
            reverse_entry(
                session, actor=actor, organisation_id=run.organisation_id, now=now, entry_id=entry_id, occurred_on=day,
                description=f"Anulación de la liquidación n.º {run.number}: notas de crédito",
            )  # fmt: skip
        return
    sale = session.get_one(Sale, run.sale_id)
    gross, net = invoiced_in_books(session, sale.id)
    to_come = max(0, due_in_books(session, sale) - gross)
    too_much = max(0, (booked_of_sale(session, sale) or 0) - net - to_come)
    more = too_much - posted_credits(session, sale.id)
    if not more:
        return
    post_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        occurred_on=day,
        kind=EntryKind.CREDIT_NOTE,
        description=f"Notas de crédito de la venta n.º {sale.number} según la liquidación n.º {run.number}",
        idempotency_key=key,
        lines=[
            LedgerLine(AccountCode.OTHER_EXPENSE, more, None, run.currency),
            LedgerLine(AccountCode.RECEIVABLE_BUYERS, -more, sale.buyer_id, run.currency),
        ],
    )
