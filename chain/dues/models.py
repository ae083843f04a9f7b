"""Tables of dues: rules, group charges, the cap, debts and what was taken for them, loans, and what is to be passed on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class DeductionRule(HasId, Model):
    """What is taken from every payment between two dates, and the decision that set it."""

    __tablename__ = "deduction_rule"
    __table_args__ = (
        CheckConstraint("value > 0", name="value"),
        CheckConstraint("basis <> 'percent_of_gross' OR value <= 10000", name="percent"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
        Index("ix_deduction_rule_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: printed on the receipt
    name: Mapped[str] = mapped_column(Name)
    #: rules.DueKind
    kind: Mapped[str] = mapped_column(Word, default="fee")
    #: rules.Basis, but never shared: that is a group charge
    basis: Mapped[str] = mapped_column(Word, default="percent_of_gross")
    #: hundredths of a percent, minor units per kilogram or litre, or minor units per payment
    value: Mapped[int]
    #: lower is taken first
    position: Mapped[int]
    #: of a tax: [[name, basis points], …]; they sum to the value
    parts: Mapped[list[Any] | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    #: what the assembly or law says, in the organisation's words; printed on the receipt
    decided_by: Mapped[str] = mapped_column(Name)
    #: number or title of the minutes or the norm
    decision_document: Mapped[str | None] = mapped_column(Name)
    decided_on: Mapped[date | None]
    #: a tax counts only after an accountant confirmed its rates
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]

    @property
    def basis_points(self) -> int | None:
        """Hundredths of a percent, of a percentage."""
        return self.value if self.basis == "percent_of_gross" else None

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether an accountant must confirm its rates before payments follow it."""
        return self.kind == "withholding" and self.confirmed_at is None


class GroupCharge(HasId, Model):
    """An amount that the producers of a zone owe together in a period; a payment shares it out by litres. Append-only but for its end."""

    __tablename__ = "group_charge"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_group_charge_organisation_id_charged_on", "organisation_id", "charged_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: a zone of the dairy (settlement keeps them); null, all producers of the payment
    zone_id: Mapped[UUID | None]
    #: the zone's name when the charge was set
    zone_name: Mapped[str | None] = mapped_column(Name)
    name: Mapped[str] = mapped_column(Name)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: the day that puts it into a period
    charged_on: Mapped[date]
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    #: taken back before it was collected
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class RecoveryCap(HasId, Model):
    """What a household keeps of each payment at least, from a day on; the decision that set it. Append-only."""

    __tablename__ = "recovery_cap"
    __table_args__ = (
        CheckConstraint("left_basis_points BETWEEN 0 AND 10000", name="left"),
        Index("ix_recovery_cap_organisation_id", "organisation_id", "valid_from"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    left_basis_points: Mapped[int]
    valid_from: Mapped[date]
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class Loan(HasId, Model):
    """Money lent to a producer, paid back in instalments. Its instalments are debts with the day on which each falls due."""

    __tablename__ = "producer_loan"
    __table_args__ = (
        CheckConstraint("principal_minor > 0", name="principal"),
        CheckConstraint("interest_basis_points_a_month >= 0", name="interest"),
        CheckConstraint("instalments > 0", name="instalments"),
        CheckConstraint("every IN ('month', 'fortnight')", name="every"),
        Index("ix_producer_loan_organisation_id_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    principal_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: simple interest, hundredths of a percent of the principal a month
    interest_basis_points_a_month: Mapped[int]
    instalments: Mapped[int]
    every: Mapped[str] = mapped_column(Word)
    given_on: Mapped[date]
    first_due_on: Mapped[date]
    #: rules.Source: where the money came from
    source: Mapped[str] = mapped_column(Word)
    note: Mapped[str] = mapped_column(Name)
    decided_by: Mapped[str] = mapped_column(Name)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class Movement(HasId, Model):
    """A debt of a producer. Only its balance changes, always together with a row of `due_application`."""

    __tablename__ = "due_movement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("balance_minor >= 0 AND balance_minor <= amount_minor", name="balance"),
        Index("ix_due_movement_organisation_id_producer_id", "organisation_id", "producer_id"),
        Index(
            "ix_due_movement_open",
            "organisation_id",
            "dated_on",
            sqlite_where=text("balance_minor > 0"),
            postgresql_where=text("balance_minor > 0"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    #: 1, 2, 3 … in the organisation; the lower is taken first on one day
    number: Mapped[int]
    #: rules.DueKind
    kind: Mapped[str] = mapped_column(Word)
    amount_minor: Mapped[int]
    #: what is still open: the amount less the sum of its applications
    balance_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: the day of the debt; of an instalment the day on which it falls due
    dated_on: Mapped[date]
    #: what for; printed on the receipt
    note: Mapped[str] = mapped_column(Name)
    #: the decision that it follows, in the organisation's words; of an instalment that of its loan; printed on the receipt
    decided_by: Mapped[str | None] = mapped_column(Name)
    #: rules.Source: what the books gave for it
    source: Mapped[str] = mapped_column(Word)
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer_loan.id"), index=True)
    #: of a loan: which instalment
    instalment: Mapped[int | None]
    #: the entry in the books; null for what they do not hold before it is collected
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]

    @property
    def recovered_minor(self) -> int:
        """What was taken or let go of it."""
        return self.amount_minor - self.balance_minor

    @property
    def given_on(self) -> date:
        """The day of the debt, as advances call it."""
        return self.dated_on


class Application(HasId, Model):
    """What was taken for a debt, or given back to it (negative). Append-only; their sum is amount less balance."""

    __tablename__ = "due_application"
    __table_args__ = (
        UniqueConstraint("restores_id"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        CheckConstraint("kind IN ('run', 'repayment', 'write_off', 'reversal', 'restored')", name="kind"),
        CheckConstraint("(restores_id IS NULL) = (amount_minor > 0)", name="restores"),
        Index("ix_due_application_movement_id", "movement_id"),
        Index("ix_due_application_run_id", "run_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    movement_id: Mapped[UUID] = mapped_column(ForeignKey("due_movement.id"))
    #: rules.ApplicationKind
    kind: Mapped[str] = mapped_column(Word)
    amount_minor: Mapped[int]
    applied_on: Mapped[date]
    #: the settlement run that took it
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_run.id"))
    #: of what is given back: the row that took it
    restores_id: Mapped[UUID | None] = mapped_column(ForeignKey("due_application.id"))
    #: why, or which decision; of a writing off, a reversal or a correction
    reason: Mapped[str | None] = mapped_column(Name)
    #: the entry in the books, where the run's own entry does not hold it
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class PassingProgramme(HasId, Model):
    """Who gave animals or seed on the condition that they are passed on, and within which time."""

    __tablename__ = "passing_programme"
    __table_args__ = (
        CheckConstraint("goods IN ('animals', 'seed')", name="goods"),
        CheckConstraint("due_months BETWEEN 1 AND 600", name="due_months"),
        CheckConstraint("return_percent BETWEEN 1 AND 1000", name="return_percent"),
        Index("ix_passing_programme_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    #: the fund, municipality or foundation
    sponsor: Mapped[str] = mapped_column(Name)
    goods: Mapped[str] = mapped_column(Word)
    #: months from receiving until as much must have been passed on: 36 for animals, 12 for seed
    due_months: Mapped[int]
    #: how much of what was received must be passed on; 100 is the same number or weight
    return_percent: Mapped[int]
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class PassingObligation(HasId, Model):
    """What a family received and must pass on. Only what is left changes, together with a row of `passing_entry`."""

    __tablename__ = "passing_obligation"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("unit IN ('head', 'g')", name="unit"),
        CheckConstraint("quantity > 0 AND owed > 0", name="quantity"),
        CheckConstraint("still_owed >= 0 AND still_owed <= owed", name="still_owed"),
        CheckConstraint("due_on > received_on", name="due_on"),
        Index("ix_passing_obligation_organisation_id_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("passing_programme.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    number: Mapped[int]
    #: what: alpacas, sheep, quinoa seed
    species: Mapped[str] = mapped_column(Name)
    #: f or m; null for seed and for mixed animals
    sex: Mapped[str | None] = mapped_column(String(1))
    #: head, or grams of seed
    unit: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    #: what must be passed on, by the programme's percentage when it was received
    owed: Mapped[int]
    #: what is still to be passed on
    still_owed: Mapped[int]
    born_on: Mapped[date | None]
    received_on: Mapped[date]
    due_on: Mapped[date]
    #: the family that passed it on; null, the programme itself
    source_producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"))
    #: the entry of that family's own obligation
    source_entry_id: Mapped[UUID | None]
    #: who saw it
    witness: Mapped[str] = mapped_column(Name)
    note: Mapped[str | None] = mapped_column(Name)
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class PassingEntry(HasId, Model):
    """Animals or seed passed on, or lost by a decision of the committee, or a correction of either. Append-only."""

    __tablename__ = "passing_entry"
    __table_args__ = (
        UniqueConstraint("restores_id"),
        CheckConstraint("quantity <> 0", name="quantity"),
        CheckConstraint("kind IN ('passed', 'lost', 'corrected')", name="kind"),
        CheckConstraint("(restores_id IS NULL) = (quantity > 0)", name="restores"),
        CheckConstraint("kind <> 'passed' OR to_name IS NOT NULL", name="to_name"),
        Index("ix_passing_entry_obligation_id", "obligation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("passing_obligation.id"))
    kind: Mapped[str] = mapped_column(Word)
    #: head or grams; negative takes an entry back
    quantity: Mapped[int]
    happened_on: Mapped[date]
    #: the next family
    to_producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"))
    to_name: Mapped[str | None] = mapped_column(Name)
    #: who saw it; of a loss nobody need have
    witness: Mapped[str | None] = mapped_column(Name)
    #: cause of a loss and the decision of the committee, or why an entry is taken back
    reason: Mapped[str | None] = mapped_column(Name)
    restores_id: Mapped[UUID | None] = mapped_column(ForeignKey("passing_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
