"""Tables of the genealogy: events, their lines, the shares they give, and recipes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word


class LotEvent(HasId, Model):
    """Something that was done with lots. Inputs plus gain equal outputs plus loss plus what was taken. Append-only by trigger.

    Totals and the `balance` of the lines are in `balance_unit`: millilitres when everything is milk, else grams.
    """

    __tablename__ = "lot_event"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(
            "kind IN ('merge', 'split', 'sort', 'process', 'transfer', 'take_back', 'loss', 'gain', 'undo')",
            name="kind",
        ),
        CheckConstraint("balance_unit IN ('g', 'ml')", name="balance_unit"),
        CheckConstraint(
            "input_total + gain_total = output_total + loss_total + taken_total", name="conserved"
        ),
        Index("ix_lot_event_organisation_id_happened_at", "organisation_id", "happened_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    #: what a process was: scour, dehair, spin, cheese, slaughter, cut, dry …
    process: Mapped[str | None] = mapped_column(Word)
    recipe_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipe.id"))
    happened_at: Mapped[datetime]
    happened_on: Mapped[date]
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    balance_unit: Mapped[str] = mapped_column(String(2))
    input_total: Mapped[int]
    output_total: Mapped[int]
    loss_total: Mapped[int] = mapped_column(default=0)
    gain_total: Mapped[int] = mapped_column(default=0)
    taken_total: Mapped[int] = mapped_column(default=0)
    #: why a yield lies outside its band, why something was lost, taken or undone
    reason: Mapped[str | None] = mapped_column(Text)
    #: g/ml used to weigh milk against grams, with where it comes from
    density: Mapped[str | None] = mapped_column(String(20))
    #: the event that this one undoes
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("lot_event.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class LotEventLine(HasId, Model):
    """One lot, or one loss, gain or part taken back, of an event. Append-only by trigger."""

    __tablename__ = "lot_event_line"
    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        CheckConstraint("role IN ('input', 'output', 'loss', 'gain', 'taken', 'moved')", name="role"),
        CheckConstraint("quantity > 0 AND balance > 0", name="positive"),
        Index("ix_lot_event_line_lot_id", "lot_id"),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("lot_event.id"))
    position: Mapped[int]
    role: Mapped[str] = mapped_column(Word)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    #: the quantity in the event's balance unit
    balance: Mapped[int]
    cause: Mapped[str | None] = mapped_column(Word)
    note: Mapped[str | None] = mapped_column(Text)
    #: who took a part back
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"))
    from_site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    to_site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))


class LotShare(Model):
    """How much of a derived lot comes from a primary lot; sums to the lot, exactly. Append-only by trigger.

    A primary lot has no row: it is wholly its own.
    """

    __tablename__ = "lot_share"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_lot_share_primary_id", "primary_id"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    primary_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    #: in the unit of the derived lot
    quantity: Mapped[int]


class EventCounter(Model):
    """The last number that an organisation gave to an event."""

    __tablename__ = "event_counter"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    last_number: Mapped[int]


class Recipe(HasId, Model):
    """What a process should give. Its content never changes; a change is a new recipe and the old one is archived."""

    __tablename__ = "recipe"
    __table_args__ = (Index("ix_recipe_organisation_id", "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    process: Mapped[str] = mapped_column(Word)
    input_commodity: Mapped[str] = mapped_column(Word)
    #: per output: commodity, label, and low, expected and high yield in hundredths of a percent of the input's mass
    outputs: Mapped[list[Any]]
    #: where the figures come from, and how strong they are
    source: Mapped[str | None] = mapped_column(Text)
    strength: Mapped[str] = mapped_column(Word)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)
