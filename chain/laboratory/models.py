"""Tables of the laboratory: instruments, samples, measurements with the decision which one counts, second opinions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word


class Instrument(HasId, Model):
    """A device or laboratory with its uncertainty per attribute and the saved column mapping of its files."""

    __tablename__ = "instrument"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    #: ofda, laserscan, fiber_ec, lactoscan, ekomilk, scale, camera, hand, other
    kind: Mapped[str] = mapped_column(Word)
    #: touch, instrument, laboratory or camera
    method: Mapped[str] = mapped_column(Word)
    serial: Mapped[str | None] = mapped_column(Word)
    calibrated_on: Mapped[date | None]
    #: plus-minus per attribute, decimals as text
    uncertainties: Mapped[dict[str, Any]]
    #: columns of its files by attribute with their units; null until the first import
    mapping: Mapped[dict[str, Any] | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class Sample(HasId, Model):
    """A sample of a lot under a code that tells nothing about it."""

    __tablename__ = "sample"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("purpose IN ('laboratory', 'second_opinion', 'retained')", name="purpose"),
        Index("ix_sample_lot_id", "lot_id"),
        Index("ix_sample_organisation_id_taken_at", "organisation_id", "taken_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    code: Mapped[str] = mapped_column(Word)
    purpose: Mapped[str] = mapped_column(Word)
    #: the code hides the lot from whoever tests it
    is_sealed: Mapped[bool] = mapped_column(default=True)
    mass_g: Mapped[int | None]
    sent_to: Mapped[str | None] = mapped_column(Name)
    taken_at: Mapped[datetime]
    taken_by: Mapped[UUID | None]


class MeasurementFile(HasId, Model):
    """A file of an instrument that was read in; the file itself is kept."""

    __tablename__ = "measurement_file"
    __table_args__ = (Index("ix_measurement_file_organisation_id", "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    instrument_id: Mapped[UUID] = mapped_column(ForeignKey("instrument.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_file.id"))
    #: the mapping that it was read by
    mapping: Mapped[dict[str, Any]]
    rows_stored: Mapped[int] = mapped_column(default=0)
    rows_duplicate: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)
    imported_at: Mapped[datetime]
    imported_by: Mapped[UUID | None]


class Measurement(HasId, Model):
    """One measured value of a lot. Several may stand; `measurement_choice` says which counts. Append-only by trigger."""

    __tablename__ = "measurement"
    __table_args__ = (
        CheckConstraint(
            "method IN ('touch', 'instrument', 'laboratory', 'camera', 'calculated')", name="method"
        ),
        CheckConstraint("status IN ('estimate', 'report', 'certificate')", name="status"),
        Index("ix_measurement_lot_id", "lot_id"),
        Index("ix_measurement_sample_id", "sample_id"),
        UniqueConstraint("file_id", "file_row", "attribute"),
        UniqueConstraint("organisation_id", "source_key"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    sample_id: Mapped[UUID | None] = mapped_column(ForeignKey("sample.id"))
    #: what was measured, by the keys of laboratory/rules.py
    attribute: Mapped[str] = mapped_column(Word)
    #: a decimal as text, in `unit`
    value: Mapped[str] = mapped_column(Word)
    unit: Mapped[str] = mapped_column(Word)
    #: what the figure refers to, such as the temperature of a density or the scale of a freezing point
    basis: Mapped[str | None] = mapped_column(Word)
    method: Mapped[str] = mapped_column(Word)
    #: estimate, report or certificate
    status: Mapped[str] = mapped_column(Word)
    instrument_id: Mapped[UUID | None] = mapped_column(ForeignKey("instrument.id"))
    #: plus-minus in `unit`, as text; null: not known
    uncertainty: Mapped[str | None] = mapped_column(Word)
    #: who measured, as written on the report; a user of ours stands in recorded_by
    operator: Mapped[str | None] = mapped_column(Name)
    #: number of the certificate or report
    document: Mapped[str | None] = mapped_column(Name)
    #: the formula of a derived value, by the keys of laboratory/formulas.py
    formula: Mapped[str | None] = mapped_column(Word)
    measured_at: Mapped[datetime]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("measurement_file.id"))
    file_row: Mapped[int | None]
    raw_line: Mapped[str | None] = mapped_column(Text)
    #: hash of the file's row and how often it occurred, so that reading it again adds nothing
    source_key: Mapped[str | None] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class MeasurementChoice(HasId, Model):
    """Which measurement of an attribute counts for a lot, from when, and why; the latest counts. Append-only by trigger."""

    __tablename__ = "measurement_choice"
    __table_args__ = (UniqueConstraint("lot_id", "sequence"),)

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: counts the decisions about the lot from one; the highest of an attribute counts
    sequence: Mapped[int]
    attribute: Mapped[str] = mapped_column(Word)
    #: null: the value recorded at delivery counts again
    measurement_id: Mapped[UUID | None] = mapped_column(ForeignKey("measurement.id"))
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]


class SecondOpinion(HasId, Model):
    """A producer, a buyer or the house asked for a blind regrade on a split sample."""

    __tablename__ = "second_opinion"
    __table_args__ = (
        CheckConstraint("asked_for IN ('producer', 'buyer', 'house')", name="asked_for"),
        CheckConstraint("state IN ('open', 'decided', 'lapsed', 'withdrawn')", name="state"),
        Index("ix_second_opinion_organisation_id_state", "organisation_id", "state"),
        Index("ix_second_opinion_lot_id", "lot_id"),
        Index("ix_second_opinion_sample_id", "sample_id"),
    )

    #: whose lot it is
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("sample.id"))
    asked_for: Mapped[str] = mapped_column(Word)
    asking_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    deadline: Mapped[datetime]
    state: Mapped[str] = mapped_column(Word, default="open")
    #: the class that counted when it was asked
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    previous_key: Mapped[str | None] = mapped_column(Word)
    #: what the blind grader found
    found_key: Mapped[str | None] = mapped_column(Word)
    is_upheld: Mapped[bool] = mapped_column(default=False, server_default=false())
    note: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]


class LaboratorySetting(Model):
    """What an organisation set for its laboratory."""

    __tablename__ = "laboratory_setting"
    __table_args__ = (CheckConstraint("ask_days > 0 AND decide_days > 0", name="days_positive"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    #: days after grading within which a second opinion may be asked, and days to decide it
    ask_days: Mapped[int]
    decide_days: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
