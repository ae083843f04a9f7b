"""Tables of custody: holds, stock counts, lent containers, tank readings, the gate, and dispatches."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word


class LotHold(HasId, Model):
    """Why a lot may not be moved, used or sold; `lot.is_held` is true while one stands."""

    __tablename__ = "lot_hold"
    __table_args__ = (
        UniqueConstraint("group_id", "lot_id"),
        Index("ix_lot_hold_lot_id", "lot_id"),
        Index("ix_lot_hold_organisation_id_released_at", "organisation_id", "released_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: the command that held several lots at once; the storage receipt or the dispatch has the same id
    group_id: Mapped[UUID]
    #: quality, sanitary, dispute, pledged, count, other, or on_the_way, which only a dispatch to an own site places
    reason: Mapped[str] = mapped_column(Word)
    note: Mapped[str] = mapped_column(Text)
    #: of a pledge: who lent on it
    holder: Mapped[str | None] = mapped_column(Name)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    release_note: Mapped[str | None] = mapped_column(Text)


class StorageReceipt(HasId, Model):
    """The simple receipt of pledged lots, as first issued; no negotiable title. Append-only by trigger."""

    __tablename__ = "storage_receipt"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    holder: Mapped[str] = mapped_column(Name)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]


class CustodyPrint(HasId, Model):
    """One printing of a waybill or storage receipt; the first is the original, the others say COPIA. Append-only by trigger."""

    __tablename__ = "custody_print"
    __table_args__ = (
        UniqueConstraint("document_id", "copy_number"),
        CheckConstraint("kind IN ('waybill', 'storage_receipt')", name="kind"),
        CheckConstraint("paper IN ('a4', 'a5')", name="paper"),
    )

    kind: Mapped[str] = mapped_column(Word)
    #: the dispatch or the storage receipt
    document_id: Mapped[UUID]
    #: 0 for the original
    copy_number: Mapped[int]
    paper: Mapped[str] = mapped_column(Word)
    printed_at: Mapped[datetime]
    printed_by: Mapped[UUID | None]


class CustodyCounter(Model):
    """The last number that an organisation gave to its dispatches, counts, receipts or gate tickets."""

    __tablename__ = "custody_counter"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Word, primary_key=True)
    last_number: Mapped[int]


class CustodySetting(Model):
    """What an organisation decided for its custody."""

    __tablename__ = "custody_setting"
    __table_args__ = (CheckConstraint("tolerance_bp BETWEEN 0 AND 10000", name="tolerance"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    #: difference between departure and arrival that nobody disputes, in hundredths of a percent
    tolerance_bp: Mapped[int]
    #: the written rule: who bears the loss of a load that spoiled
    loss_rule: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class StockCount(HasId, Model):
    """One counting of the stock at a site."""

    __tablename__ = "stock_count"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("state IN ('open', 'closed', 'discarded')", name="state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    commodity: Mapped[str | None] = mapped_column(Word)
    state: Mapped[str] = mapped_column(Word, default="open")
    note: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]


class StockCountLine(HasId, Model):
    """A lot on a count sheet; `counted` is null until somebody weighed or scanned it, then what its latest entry says."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "lot_id"),
        CheckConstraint("counted IS NULL OR counted >= 0", name="counted_not_negative"),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_count.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: in the unit of the lot; 0 for a lot that should not be here
    expected: Mapped[int]
    counted: Mapped[int | None]
    #: false: it was seen, not put on a scale
    is_weighed: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(Text)
    counted_at: Mapped[datetime | None]
    counted_by: Mapped[UUID | None]


class StockCountEntry(HasId, Model):
    """One look at a lot during a count; two people who count one lot leave two. Append-only by trigger."""

    __tablename__ = "stock_count_entry"
    __table_args__ = (
        CheckConstraint("counted >= 0", name="counted_not_negative"),
        Index("ix_stock_count_entry_count_id_lot_id", "count_id", "lot_id"),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_count.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    counted: Mapped[int]
    is_weighed: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    counted_at: Mapped[datetime]
    counted_by: Mapped[UUID | None]


class ContainerMovement(HasId, Model):
    """Containers lent to a producer (above zero) or come back (below). Append-only by trigger."""

    __tablename__ = "container_movement"
    __table_args__ = (
        CheckConstraint("count <> 0", name="count_not_zero"),
        Index("ix_container_movement_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    container_type_id: Mapped[UUID] = mapped_column(ForeignKey("container_type.id"))
    #: lent, returned, lost or corrected
    kind: Mapped[str] = mapped_column(Word)
    count: Mapped[int]
    happened_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class TankReading(HasId, Model):
    """A temperature in a tank. Append-only by trigger."""

    __tablename__ = "tank_reading"
    __table_args__ = (
        CheckConstraint("source IN ('typed', 'device')", name="source"),
        Index("ix_tank_reading_site_id_measured_at", "site_id", "measured_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    measured_at: Mapped[datetime]
    celsius_tenths: Mapped[int]
    source: Mapped[str] = mapped_column(Word, default="typed")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]


class GateVisit(HasId, Model):
    """An arrival at the gate: its ticket keeps the order through a power cut."""

    __tablename__ = "gate_visit"
    __table_args__ = (UniqueConstraint("organisation_id", "day", "ticket"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    day: Mapped[date]
    ticket: Mapped[int]
    #: who or what came
    visitor: Mapped[str] = mapped_column(Name)
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"))
    vehicle: Mapped[str | None] = mapped_column(Word)
    purpose: Mapped[str] = mapped_column(Word)
    arrived_at: Mapped[datetime]
    served_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]


class Dispatch(HasId, Model):
    """Lots that leave for a site, another organisation or a buyer, under one waybill."""

    __tablename__ = "dispatch"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint(
            "state IN ('on_the_way', 'arrived', 'disputed', 'settled', 'cancelled')", name="state"
        ),
        CheckConstraint("tolerance_bp BETWEEN 0 AND 10000", name="tolerance"),
        CheckConstraint(
            "arrival_source IS NULL OR arrival_source IN ('receiver', 'sender')", name="arrival_source"
        ),
        CheckConstraint("arrival_basis IS NULL OR arrival_basis IN ('lots', 'total')", name="arrival_basis"),
        Index("ix_dispatch_to_organisation_id", "to_organisation_id"),
        Index("ix_dispatch_sale_id", "sale_id"),
        Index("ix_dispatch_organisation_id_state", "organisation_id", "state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    to_site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    to_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    #: in words, as on the waybill
    destination: Mapped[str] = mapped_column(Name)
    sale_id: Mapped[UUID | None]
    carrier: Mapped[str | None] = mapped_column(Name)
    vehicle: Mapped[str | None] = mapped_column(Word)
    driver: Mapped[str | None] = mapped_column(Name)
    #: the day it should be there; it is late afterwards
    expected_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(Word, default="on_the_way")
    #: difference between both weights that nobody disputes, in hundredths of a percent
    tolerance_bp: Mapped[int]
    #: what the waybill says, as first printed
    waybill: Mapped[dict[str, Any]]
    #: sha256 of the waybill, printed on it
    content_hash: Mapped[str] = mapped_column(HashHex)
    #: sha256 of what was asked for, so that the same id with other content is a conflict
    request_hash: Mapped[str] = mapped_column(HashHex)
    dispatched_at: Mapped[datetime]
    dispatched_by: Mapped[UUID | None]
    arrived_at: Mapped[datetime | None]
    arrived_by: Mapped[UUID | None]
    arrival_note: Mapped[str | None] = mapped_column(Text)
    #: who says what arrived: the receiver, or the sender from the signed paper
    arrival_source: Mapped[str | None] = mapped_column(Word)
    #: lots: each was weighed; total: one weight, shared out over the lots
    arrival_basis: Mapped[str | None] = mapped_column(Word)
    #: how a dispute ended, or why the dispatch was cancelled
    resolution: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]


class DispatchLine(HasId, Model):
    """A lot on a dispatch with the weight at departure and on arrival."""

    __tablename__ = "dispatch_line"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "lot_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("arrived_quantity IS NULL OR arrived_quantity >= 0", name="arrived_not_negative"),
        CheckConstraint("agreed_quantity IS NULL OR agreed_quantity >= 0", name="agreed_not_negative"),
        Index("ix_dispatch_line_lot_id", "lot_id"),
    )

    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    arrived_quantity: Mapped[int | None]
    #: what both sides settled on after a dispute
    agreed_quantity: Mapped[int | None]
