"""Printings of waybills and storage receipts: the first is the original, every other one says COPIA."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.custody.models import CustodyPrint, Dispatch, StorageReceipt
from chain.custody.rules.words import PAPERS, DocumentKind
from chain.custody.services.steps import CustodyAudit, note_change

MODELS: dict[DocumentKind, type[Dispatch | StorageReceipt]] = {
    DocumentKind.WAYBILL: Dispatch,
    DocumentKind.STORAGE_RECEIPT: StorageReceipt,
}
NEEDED = {
    DocumentKind.WAYBILL: Permission.DISPATCHES_WRITE,
    DocumentKind.STORAGE_RECEIPT: Permission.HOLDS_WRITE,
}


def print_paper(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    print_id: UUID,
    kind: DocumentKind,
    document_id: UUID,
    paper: str,
) -> CustodyPrint:
    """Note that a paper is printed. The same id returns the first note, so that reloading prints no further copy.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    actor.require(NEEDED[kind])
    model = MODELS[kind]
    found = session.scalar(
        select(model.id).where(model.id == document_id, model.organisation_id == actor.org).with_for_update()
    )
    if found is None:
        raise NotFound
    known = session.get(CustodyPrint, print_id)
    if known is not None:
        if (known.kind, known.document_id, known.paper) == (kind.value, document_id, paper):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    if paper not in PAPERS:
        errors.add("paper", N_("Choose one of the options."))
    errors.raise_any()
    last = session.scalar(
        select(func.max(CustodyPrint.copy_number)).where(CustodyPrint.document_id == document_id)
    )
    row = CustodyPrint(
        id=print_id,
        kind=kind.value,
        document_id=document_id,
        copy_number=0 if last is None else last + 1,
        paper=paper,
        printed_at=now,
        printed_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    note_change(
        session,
        tag=CustodyAudit.PAPER_PRINTED,
        actor=actor,
        now=now,
        subject=kind.value,
        subject_id=document_id,
        after={"copy_number": row.copy_number, "paper": paper},
    )
    return row
