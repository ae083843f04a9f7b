"""Tables of the dairy: zones, scale readings, quotas, licences, reserve, other income, and what the association decided."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HasId, Model, Name, Word

DATES = "valid_to IS NULL OR valid_to >= valid_from"


class MilkZone(HasId, Model):
    """Producers whose milk goes over one scale (zona productiva)."""

    __tablename__ = "milk_zone"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        # deliveries of routes that belong to no zone go to this one
        Index(
            "uq_milk_zone_organisation_id_default",
            "organisation_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(Name)
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class MilkZoneRoute(Model):
    """The zone whose scale weighs what a collection route brings."""

    __tablename__ = "milk_zone_route"

    route_id: Mapped[UUID] = mapped_column(ForeignKey("collection_route.id"), primary_key=True)
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("milk_zone.id"), index=True)


class ScaleReadingRow(HasId, Model):
    """What the scale of a zone showed on a day; it may be corrected while no run of its fortnight stands."""

    __tablename__ = "scale_reading"
    __table_args__ = (
        UniqueConstraint("zone_id", "day"),
        CheckConstraint("quantity_ml >= 0", name="quantity"),
        Index("ix_scale_reading_organisation_id_day", "organisation_id", "day"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("milk_zone.id"))
    day: Mapped[date]
    quantity_ml: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]


class MilkQuota(HasId, Model):
    """Litres a day that one producer is paid in full; what lies over them has its own price."""

    __tablename__ = "milk_quota"
    __table_args__ = (
        CheckConstraint("per_day_ml >= 0", name="per_day"),
        CheckConstraint("weekday_minor >= 0 AND sunday_minor >= 0", name="overrides"),
        CheckConstraint("valid_to >= valid_from", name="dates"),
        Index("ix_milk_quota_organisation_id_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    per_day_ml: Mapped[int]
    #: per litre over the quota; 0: the general price
    weekday_minor: Mapped[int] = mapped_column(default=0)
    sunday_minor: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class TaxLicence(HasId, Model):
    """A producer's tax licence: nothing is withheld from a fortnight that it covers wholly."""

    __tablename__ = "tax_licence"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="dates"),
        Index("ix_tax_licence_organisation_id_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    number: Mapped[str] = mapped_column(Word)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class MilkReserve(HasId, Model):
    """The fraction of the weighed milk that the producers keep back together, and the decision that set it."""

    __tablename__ = "milk_reserve"
    __table_args__ = (
        CheckConstraint("fraction_ppm BETWEEN 1 AND 500000", name="fraction"),
        CheckConstraint(DATES, name="dates"),
        Index("ix_milk_reserve_organisation_id", "organisation_id", "valid_from"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: millionths of the litres
    fraction_ppm: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class OneOff:
    """An amount of one producer that counts in the fortnight of its date. Withdrawn, never edited."""

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    dated_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    name: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class OtherIncomeRow(OneOff, HasId, Model):
    """Money for a producer that is no milk, paid with the fortnight of its date, or the next one in which there is weekday milk."""

    __tablename__ = "other_income"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_other_income_organisation_id_dated_on", "organisation_id", "dated_on"),
    )

    #: the settlement in the books that paid it; null: it is still to be paid
    paid_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_run.id"))


class BankFeeRow(OneOff, HasId, Model):
    """What the bank took for paying one producer, taken back in the fortnight of its date; what finds no money is dropped."""

    __tablename__ = "bank_fee"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_bank_fee_organisation_id_dated_on", "organisation_id", "dated_on"),
    )


class FortnightSetting(Model):
    """What an association decided about its fortnights; without a row the practice of docs/settlement.md holds."""

    __tablename__ = "fortnight_setting"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    #: unpaid debts also take from Sunday and over-quota money
    debts_reach_pure: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: debts may also take the other income
    debts_reach_income: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: from this day on nothing is withheld: the accountant's name and reason stand beside it
    no_withholding_from: Mapped[date | None]
    no_withholding_by: Mapped[str | None] = mapped_column(Name)
    decided_by: Mapped[str] = mapped_column(Name)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class MilkHoliday(Model):
    """A day that the association pays like a Sunday."""

    __tablename__ = "milk_holiday"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
