"""Making the file of an approved batch. Making or fetching it marks nothing as paid."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_, Message
from chain.payout.audit_tags import PayoutAudit
from chain.payout.bank_files import MAX_ACCOUNT, FileBatch, FilePayment, layout_csv, pain001
from chain.payout.errors import AccountTooLong, BatchStateRefused, NeedsColumns
from chain.payout.models import BankLayout, Payout, PayoutBatch, PayoutFile
from chain.payout.rules import BATCH_STATE_LABELS, REMOTE, BatchState, PayoutState, Rail
from chain.payout.services.batches import lock_batch, name_some, note_batch
from chain.producers.models import Membership, Producer

PAIN001 = "pain.001"
CSV = "csv"


def make_file(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    file_id: UUID,
    batch_id: UUID,
    own_account: str = "",
    layout_id: UUID | None = None,
) -> PayoutFile:
    """Make and keep the file of an approved batch: pain.001, or the columns of a layout; the same id again gives the same file.

    Raises:
        Forbidden: the actor prepares no payments.
        NotFound: the batch or the layout is not the organisation's, or the batch needs no file.
        BatchStateRefused: it is not approved, or discarded.
        NeedsColumns: pain.001 is asked for payments to wallets or by QR.
        ValidationFailed: pain.001 is asked without the account that pays.
        AccountTooLong: pain.001 cannot hold an account.
        IdempotencyConflict: the id was used for another batch, account or layout.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    own_account = "".join(own_account.split())
    known = session.get(PayoutFile, file_id)
    if known is not None:
        if (known.batch_id, known.own_account, known.layout_id) != (batch.id, own_account, layout_id):
            raise IdempotencyConflict
        return known
    if Rail(batch.rail) not in REMOTE:
        raise NotFound
    if batch.state in {BatchState.PREPARED, BatchState.DISCARDED}:
        raise BatchStateRefused(
            number=batch.number, state=Message(BATCH_STATE_LABELS[BatchState(batch.state)])
        )
    facts = file_batch(session, actor, batch, own_account=own_account, now=now)
    if layout_id is None:
        if Rail(batch.rail) is not Rail.BANK:
            raise NeedsColumns
        _check_own_account(own_account)
        too_long = [one.full_name for one in facts.payments if len(one.account) > MAX_ACCOUNT]
        if too_long:
            raise AccountTooLong(limit=MAX_ACCOUNT, names=name_some(too_long))
        kind, name, content = PAIN001, f"lote-{batch.number}.xml", pain001(facts)
    else:
        layout = session.get(BankLayout, layout_id)
        if layout is None or layout.organisation_id != actor.org or layout.ended_at is not None:
            raise NotFound
        kind, name, content = CSV, f"lote-{batch.number}.csv", layout_csv(facts, layout.layout)
    row = PayoutFile(
        id=file_id,
        batch_id=batch.id,
        kind=kind,
        name=name,
        content=content,
        own_account=own_account,
        layout_id=layout_id,
        content_hash=hashlib.sha256(content).hexdigest(),
        made_at=now,
        made_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    note_batch(session, PayoutAudit.FILE_MADE, actor, now, batch, file=name, sha256=row.content_hash)
    return row


def _check_own_account(account: str) -> None:
    errors = FieldErrors()
    if not account:
        errors.add("own_account", N_("Write the account that pays."))
    elif len(account) > MAX_ACCOUNT:
        errors.add("own_account", N_("At most %(limit)s characters."), limit=MAX_ACCOUNT)
    errors.raise_any()


def file_batch(
    session: Session, actor: Actor, batch: PayoutBatch, *, own_account: str, now: datetime
) -> FileBatch:
    """Return a batch as files hold it: payments that are not cancelled, with accounts as they were when it was prepared."""
    rows = session.execute(
        select(
            Payout.id,
            Payout.position,
            Payout.amount_minor,
            Payout.destination,
            Producer.full_name,
            Producer.document_number,
            Membership.member_code,
        )
        .join(Producer, Producer.id == Payout.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Payout.producer_id)
            & (Membership.organisation_id == batch.organisation_id),
        )
        .where(Payout.batch_id == batch.id, Payout.state != PayoutState.CANCELLED.value)
        .order_by(Payout.position)
    )
    organisation = get_own_organisation(session, actor)
    return FileBatch(
        id=batch.id,
        number=batch.number,
        organisation=organisation.name,
        own_account=own_account,
        currency=batch.currency,
        pay_on=batch.pay_on,
        made_at=batch.approved_at or now,
        payments=[
            FilePayment(
                row.id,
                row.position,
                row.full_name,
                row.member_code or "-",
                row.document_number,
                row.destination.get("provider", ""),
                row.destination.get("account", ""),
                row.destination.get("holder", row.full_name),
                row.amount_minor,
            )
            for row in rows
        ],
    )
