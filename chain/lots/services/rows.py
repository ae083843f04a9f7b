"""The rows of new lots: lot, proposed grade and audit record, in wire form for `bulk`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import Table
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.grades import Proposal
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import Checked, LotState
from chain.lots.services.bulk import insert_new_rows, insert_rows, wire_id, wire_moment
from chain.lots.services.states import SUBJECT, LotAudit

LOT_COLUMNS = (
    "id", "organisation_id", "number", "commodity", "producer_id", "delivered_at", "delivered_on", "quantity", "unit",
    "gross_g", "tare_g", "attributes", "micron_tenths", "colour", "grade_scheme", "grade_edition", "grade_key",
    "grade_confirmed", "claim", "certificate_id", "state", "registered_at", "registered_by", "content_hash",
    "import_batch_id", "source_key",
)  # fmt: skip
GRADE_COLUMNS = ("id", "lot_id", "kind", "scheme", "edition", "key", "reasons", "graded_at", "graded_by")
AUDIT_COLUMNS = (
    "id", "at", "tag", "actor_id", "organisation_id", "subject_type", "subject_id", "before", "after", "request_id",
)  # fmt: skip
LOT_TABLE: Table = Lot.metadata.tables["lot"]
GRADE_TABLE: Table = LotGrade.metadata.tables["lot_grade"]
AUDIT_TABLE: Table = AuditRecord.metadata.tables["audit_record"]
PROPOSAL = "proposal"


@dataclass(slots=True)
class NewLot:
    """A believed delivery with everything that registration adds; the number comes last."""

    checked: Checked
    delivered_on: date
    proposal: Proposal
    claim: str
    certificate_id: UUID | None
    #: of the request that brought it; other requests may share the transaction
    request_id: str | None
    number: str = ""


def micron_tenths(text: str | None) -> int | None:
    """Return tenths of a micrometre for searching, rounded half up."""
    if text is None:
        return None
    whole = Decimal(text) * 10
    return int(whole + Decimal("0.5"))


_json = msgspec.json.Encoder().encode


class LotRows:
    """Writes new lots with their grades and audit records, a statement per table."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session = session
        self.organisation = wire_id(actor.org)
        self.user = wire_id(actor.user_id)
        self.now = wire_moment(now)
        self._reasons: dict[int, str] = {}

    def insert(self, lots: Sequence[NewLot]) -> set[str] | None:
        """Insert; return the ids (hexadecimal) that were stored, None for all."""
        stored = insert_new_rows(self.session, LOT_TABLE, LOT_COLUMNS, [self._lot_row(lot) for lot in lots])
        kept = lots if stored is None else [lot for lot in lots if lot.checked.delivery.id.hex in stored]
        insert_rows(self.session, GRADE_TABLE, GRADE_COLUMNS, [self._grade_row(lot) for lot in kept])
        insert_rows(self.session, AUDIT_TABLE, AUDIT_COLUMNS, [self._audit_row(lot) for lot in kept])
        return stored

    def _lot_row(self, lot: NewLot) -> tuple[object, ...]:
        checked, proposal = lot.checked, lot.proposal
        delivery = checked.delivery
        return (
            delivery.id.hex,
            self.organisation,
            lot.number,
            delivery.commodity,
            delivery.producer_id.hex,
            wire_moment(delivery.delivered_at),
            lot.delivered_on.isoformat(),
            checked.quantity,
            checked.unit,
            checked.gross_g,
            checked.tare_g,
            _json(checked.attributes).decode(),
            micron_tenths(checked.attributes.get("micron")),
            checked.attributes.get("colour"),
            proposal.scheme,
            proposal.edition,
            proposal.key,
            False,
            lot.claim,
            wire_id(lot.certificate_id),
            LotState.REGISTERED.value,
            self.now,
            self.user,
            checked.content_hash,
            wire_id(delivery.import_batch_id),
            delivery.source_key,
        )

    def _grade_row(self, lot: NewLot) -> tuple[object, ...]:
        proposal = lot.proposal
        return (
            new_id().hex,
            lot.checked.delivery.id.hex,
            PROPOSAL,
            proposal.scheme,
            proposal.edition,
            proposal.key,
            self._reasons_json(proposal),
            self.now,
            self.user,
        )

    def _reasons_json(self, proposal: Proposal) -> str:
        """Return the reasons as JSON; lots of one batch share proposals, and the texts with them."""
        found = self._reasons.get(id(proposal))
        if found is None:
            found = self._reasons[id(proposal)] = _json(proposal.reasons).decode()
        return found

    def _audit_row(self, lot: NewLot) -> tuple[object, ...]:
        after = {
            "number": lot.number,
            "state": LotState.REGISTERED.value,
            "quantity": lot.checked.quantity,
            "grade": lot.proposal.key,
            "claim": lot.claim,
        }
        return (
            new_id().hex,
            self.now,
            LotAudit.REGISTERED.value,
            self.user,
            self.organisation,
            SUBJECT,
            lot.checked.delivery.id.hex,
            None,
            _json(after).decode(),
            lot.request_id,
        )
