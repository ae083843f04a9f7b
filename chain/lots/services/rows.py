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
from chain.lots.models import Lot, LotBag, LotGrade
from chain.lots.rules import Checked, LotState
from chain.lots.services.bulk import insert_new_rows, insert_rows, wire_id, wire_moment
from chain.lots.services.states import SUBJECT, LotAudit

LOT_COLUMNS = (
    "id", "organisation_id", "number", "commodity", "producer_id", "delivered_at", "delivered_on", "quantity", "unit",
    "gross_g", "tare_g", "attributes", "micron_tenths", "colour", "grade_scheme", "grade_edition", "grade_key",
    "grade_confirmed", "claim", "certificate_id", "state", "registered_at", "registered_by", "content_hash",
    "import_batch_id", "source_key",
)  # fmt: skip
#: What only some deliveries have; the statement of the others stays the short one.
EXTRA_COLUMNS = ("bag_count", "route_id", "replaces_id")
BAG_COLUMNS = (
    "id", "lot_id", "position", "container_type_id", "code", "gross_g", "tare_g", "volume_ml", "source",
)  # fmt: skip
GRADE_COLUMNS = ("id", "lot_id", "kind", "scheme", "edition", "key", "reasons", "graded_at", "graded_by")
AUDIT_COLUMNS = (
    "id", "at", "tag", "actor_id", "organisation_id", "subject_type", "subject_id", "before", "after", "request_id",
)  # fmt: skip
LOT_TABLE: Table = Lot.metadata.tables["lot"]
BAG_TABLE: Table = LotBag.metadata.tables["lot_bag"]
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


NO_EXTRA: tuple[object, ...] = (None,) * len(EXTRA_COLUMNS)


def _extra_row(lot: NewLot) -> tuple[object, ...] | None:
    """Return bag count, route and corrected lot; None when there is none of them."""
    delivery, bags = lot.checked.delivery, lot.checked.bags
    if not bags and delivery.route_id is None and delivery.replaces_id is None:
        return None
    return (len(bags) or None, wire_id(delivery.route_id), wire_id(delivery.replaces_id))


def _bag_rows(lot: NewLot) -> list[tuple[object, ...]]:
    """Return a row per bag, in their order, counted from one."""
    lot_id = lot.checked.delivery.id.hex
    return [
        (
            new_id().hex,
            lot_id,
            position,
            wire_id(bag.container_type_id),
            bag.code,
            bag.gross_g,
            bag.tare_g,
            bag.volume_ml,
            bag.source,
        )
        for position, bag in enumerate(lot.checked.bags, 1)
    ]


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
        columns: tuple[str, ...] = LOT_COLUMNS
        rows = [self._lot_row(lot) for lot in lots]
        extras = [_extra_row(lot) for lot in lots]
        if any(extras):
            columns = LOT_COLUMNS + EXTRA_COLUMNS
            rows = [row + (extra or NO_EXTRA) for row, extra in zip(rows, extras, strict=True)]
        stored = insert_new_rows(self.session, LOT_TABLE, columns, rows)
        kept = lots if stored is None else [lot for lot in lots if lot.checked.delivery.id.hex in stored]
        insert_rows(self.session, GRADE_TABLE, GRADE_COLUMNS, [self._grade_row(lot) for lot in kept])
        insert_rows(self.session, AUDIT_TABLE, AUDIT_COLUMNS, [self._audit_row(lot) for lot in kept])
        insert_rows(self.session, BAG_TABLE, BAG_COLUMNS, [row for lot in kept for row in _bag_rows(lot)])
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
            proposal.scheme or None,
            proposal.edition or None,
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
        after: dict[str, object] = {
            "number": lot.number,
            "state": LotState.REGISTERED.value,
            "quantity": lot.checked.quantity,
            "grade": lot.proposal.key,
            "claim": lot.claim,
        }
        if lot.checked.bags:
            after["bags"] = len(lot.checked.bags)
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
