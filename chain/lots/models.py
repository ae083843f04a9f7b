"""Tables of lots, their grades and the files they were imported from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word


class Lot(HasId, Model):
    """A quantity of one commodity held by one organisation; here the primary lot, what one producer brought at one time."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "source_key"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit IN ('g', 'ml')", name="unit"),
        CheckConstraint("gross_g IS NULL OR (tare_g >= 0 AND gross_g - tare_g > 0)", name="gross_above_tare"),
        Index("ix_lot_organisation_id_delivered_at", "organisation_id", "delivered_at"),
        Index("ix_lot_organisation_id_state", "organisation_id", "state"),
        Index("ix_lot_producer_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: CC03-000123, unique and without meaning beyond that
    number: Mapped[str] = mapped_column(Word)
    #: alpaca-fibre, llama-fibre, raw-milk or llama-carcass
    commodity: Mapped[str] = mapped_column(Word)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    delivered_at: Mapped[datetime]
    #: the calendar day at the centre; decides certificates, prices and fortnights
    delivered_on: Mapped[date]
    #: grams or millilitres, net
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    gross_g: Mapped[int | None]
    tare_g: Mapped[int | None]
    #: what is measured of this commodity, decimals as text, by the keys of attributes.py
    attributes: Mapped[dict[str, Any]]
    #: tenths of a micrometre, for searching; null when not measured
    micron_tenths: Mapped[int | None]
    colour: Mapped[str | None] = mapped_column(Word)
    #: of the grade that counts; key null = undetermined
    grade_scheme: Mapped[str | None] = mapped_column(Word)
    grade_edition: Mapped[str | None] = mapped_column(String(20))
    grade_key: Mapped[str | None] = mapped_column(Word)
    grade_confirmed: Mapped[bool] = mapped_column(default=False)
    #: conventional, transition or organic, as of the delivery date
    claim: Mapped[str] = mapped_column(Word, default="conventional")
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"))
    #: registered, graded, offered, sold, settled or cancelled (rules.py)
    state: Mapped[str] = mapped_column(Word, default="registered")
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None]
    #: sha256 of what was sent, so that the same id with other content is a conflict
    content_hash: Mapped[str] = mapped_column(HashHex)
    import_batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"))
    #: hash of the file's row and how often it occurred, so that reading a file again adds nothing
    source_key: Mapped[str | None] = mapped_column(String(80))


class LotCounter(Model):
    """The last number that an organisation gave to a lot; bumped once per batch, by its size."""

    __tablename__ = "lot_counter"
    __table_args__ = (CheckConstraint("last_number >= 0", name="last_number_not_negative"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    last_number: Mapped[int]


class LotGrade(HasId, Model):
    """One grading of a lot. A later one does not replace it; `lot.grade_*` says which one counts."""

    __tablename__ = "lot_grade"
    __table_args__ = (
        Index("ix_lot_grade_lot_id", "lot_id"),
        CheckConstraint("kind IN ('proposal', 'confirmation')", name="kind"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: proposal (computed or chosen at registration) or confirmation (second person)
    kind: Mapped[str] = mapped_column(Word)
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    key: Mapped[str | None] = mapped_column(Word)
    #: sentences as {"msgid", "params"}, translated when shown
    reasons: Mapped[list[Any]]
    graded_at: Mapped[datetime]
    graded_by: Mapped[UUID | None]


class ImportBatch(HasId, Model):
    """A file that was read in."""

    __tablename__ = "import_batch"
    __table_args__ = (Index("ix_import_batch_organisation_id", "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    file_name: Mapped[str] = mapped_column(Name)
    file_sha256: Mapped[str] = mapped_column(HashHex)
    #: kg, lb or qq, and the grams that the clerk said one of them has
    weight_unit: Mapped[str | None] = mapped_column(Word)
    grams_per_unit: Mapped[str | None] = mapped_column(Word)
    rows_stored: Mapped[int] = mapped_column(default=0)
    rows_duplicate: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)
    imported_at: Mapped[datetime]
    imported_by: Mapped[UUID | None]
