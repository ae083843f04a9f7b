"""Tables of tax papers: dated settings, facts of producers, what each paper counts for."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HasId, Model, Name, Word


class TaxSetting(HasId, Model):
    """A rate, limit or place from a day on. It counts from its confirmation by an accountant; nothing of it changes."""

    __tablename__ = "tax_setting"
    __table_args__ = (
        Index("ix_tax_setting_organisation_id_kind", "organisation_id", "kind", "valid_from"),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: rules.TaxKind
    kind: Mapped[str] = mapped_column(Word)
    #: of one product; null: of all that have none of their own
    commodity: Mapped[str | None] = mapped_column(Word)
    #: basis points, minor units, a count, or an ubigeo
    value: Mapped[int]
    #: the address of a place
    text: Mapped[str | None] = mapped_column(Name)
    valid_from: Mapped[date]
    #: the law or the letter that says so, in the person's words
    source: Mapped[str] = mapped_column(Name)
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]


class ProducerTaxFact(HasId, Model):
    """What a producer showed for taxes, from a day on; later rows replace earlier ones. Append-only."""

    __tablename__ = "producer_tax_fact"
    __table_args__ = (
        Index("ix_producer_tax_fact_producer_id", "organisation_id", "producer_id", "valid_from"),
        CheckConstraint("(rau_number IS NULL) = (rau_valid_to IS NULL)", name="rau"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    valid_from: Mapped[date]
    address: Mapped[str | None] = mapped_column(String(250))
    ubigeo: Mapped[str | None] = mapped_column(String(6))
    #: rules.AddressKind
    address_kind: Mapped[str | None] = mapped_column(String(2))
    #: an active RUC or NIT; null: nobody looked
    has_tax_number: Mapped[bool | None]
    rau_number: Mapped[str | None] = mapped_column(Word)
    rau_valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]


class TaxPaperAmount(Model):
    """What a tax paper counts for in the year of its seller. Append-only; a voided paper counts nothing."""

    __tablename__ = "tax_paper_amount"
    __table_args__ = (
        Index("ix_tax_paper_amount_producer_id", "organisation_id", "producer_id", "issued_on"),
    )

    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    issued_on: Mapped[date]
    value_minor: Mapped[int]
