"""Who bought lots: told to custody, which dispatches them, and to the genealogy's recall list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.custody.services.dispatches import SoldTo
from chain.genealogy.receivers import Receiver
from chain.lots.queries import CHUNK
from chain.sales.models import Sale, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.terms import read_terms


def buyers_of(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> Mapping[UUID, SoldTo]:
    """Return sale and buyer of those lots of the actor's organisation that were sold."""
    rows = _sales_of(session, lot_ids)
    return {
        row.lot_id: SoldTo(row.id, row.buyer_id, _tolerance(row.terms))
        for row in rows
        if row.organisation_id == actor.org
    }


def _tolerance(terms: Mapping[str, Any]) -> int | None:
    """Return the tolerance that a contract says; sales from before the contracts say none."""
    return read_terms(terms).tolerance_bp if terms else None


def receivers_of(session: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, Receiver]:
    """Return the buyers of lots by name. The caller has checked that the lots are the reader's own."""
    return {row.lot_id: Receiver(row.name, f"Venta {row.number}") for row in _sales_of(session, lot_ids)}


def _sales_of(session: Session, lot_ids: Collection[UUID]) -> Iterator[Row[Any]]:
    wanted = sorted(set(lot_ids))
    for start in range(0, len(wanted), CHUNK):
        yield from session.execute(
            select(
                SaleLine.lot_id,
                Sale.id,
                Sale.number,
                Sale.buyer_id,
                Sale.organisation_id,
                Sale.terms,
                Organisation.name,
            )
            .join(Sale, Sale.id == SaleLine.sale_id)
            .join(Organisation, Organisation.id == Sale.buyer_id)
            .where(SaleLine.lot_id.in_(wanted[start : start + CHUNK]), is_kept())
        )
