"""Tables of matching: freight, lots offered, pools, runs with what they found, proposals and their lines."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class FreightRate(HasId, Model):
    """What it costs to bring a kilogram or litre from a seller to a buyer, from a day on. Append-only."""

    __tablename__ = "freight_rate"
    __table_args__ = (
        CheckConstraint("minor_per_unit >= 0", name="not_negative"),
        Index("ix_freight_rate_seller_id_buyer_id", "seller_id", "buyer_id", "valid_from"),
    )

    #: who wrote it: the seller or the buyer
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    valid_from: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID | None]


class MatchOffer(HasId, Model):
    """A lot that its owner lets matching look for a buyer for. It reserves nothing: the lot stays graded."""

    __tablename__ = "match_offer"
    __table_args__ = (
        CheckConstraint("reserve_minor_per_unit >= 0", name="reserve"),
        CheckConstraint("state IN ('open', 'withdrawn', 'taken')", name="state"),
        Index(
            "uq_match_offer_open_lot",
            "lot_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        Index("ix_match_offer_organisation_id_state", "organisation_id", "state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    #: the least that must be left for a kilogram or litre after freight; never told to buyers
    reserve_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: whether a part of it may be sold
    is_divisible: Mapped[bool]
    #: the last day, included
    valid_to: Mapped[date]
    #: open, withdrawn, or taken by an accepted proposal
    state: Mapped[str] = mapped_column(Word, default="open")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class MatchPool(HasId, Model):
    """Associations whose lots are matched together."""

    __tablename__ = "match_pool"
    __table_args__ = (CheckConstraint("state IN ('open', 'closed')", name="state"),)

    #: who leads it and runs its matches
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str] = mapped_column(Name)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: open or closed
    state: Mapped[str] = mapped_column(Word, default="open")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class MatchPoolMember(Model):
    """An association in a pool; its lots take part once it has joined."""

    __tablename__ = "match_pool_member"
    __table_args__ = (CheckConstraint("state IN ('invited', 'joined', 'left')", name="state"),)

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("match_pool.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    #: invited, joined or left
    state: Mapped[str] = mapped_column(Word, default="invited")
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    #: what the association saw of its part when it joined: alone and in the pool, minor units
    seen: Mapped[dict[str, Any]]


class MatchRun(HasId, Model):
    """One calculation: what went in, what came out, how sure it is. Append-only."""

    __tablename__ = "match_run"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("answer_hours BETWEEN 1 AND 720", name="hours"),
    )

    #: who ran it
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    pool_id: Mapped[UUID | None] = mapped_column(ForeignKey("match_pool.id"), index=True)
    number: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: how long both sides have to answer the proposals
    answer_hours: Mapped[int]
    #: everything the solver was given, so that it can be run again
    input: Mapped[dict[str, Any]]
    input_hash: Mapped[str] = mapped_column(HashHex)
    #: hash of what the solver gave
    result_hash: Mapped[str] = mapped_column(HashHex)
    #: what producers receive together after freight, and the most that anything could give, minor units
    value_minor: Mapped[int]
    bound_minor: Mapped[int]
    #: the most by which a better answer could exceed this one, as a decimal fraction
    gap: Mapped[str] = mapped_column(String(20))
    #: optimal, feasible or empty
    status: Mapped[str] = mapped_column(Word)
    milliseconds: Mapped[int]
    lots: Mapped[int]
    demands: Mapped[int]
    #: demands that were left out because they pay in another currency
    demands_other_currency: Mapped[int]
    offered_quantity: Mapped[int]
    matched_quantity: Mapped[int]
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class MatchProposal(HasId, Model):
    """What one seller could sell for one demand; both sides accept, or it comes to nothing."""

    __tablename__ = "match_proposal"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint(
            "state IN ('open', 'refused', 'expired', 'stale', 'awarded', 'sold', 'fallen')", name="state"
        ),
        Index("ix_match_proposal_organisation_id_state", "organisation_id", "state"),
        Index("ix_match_proposal_buyer_id_state", "buyer_id", "state"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("match_run.id"), index=True)
    demand_id: Mapped[UUID] = mapped_column(ForeignKey("demand.id"), index=True)
    #: the terms that the run saw
    demand_version: Mapped[int]
    number: Mapped[int]
    commodity: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: what the buyer pays
    amount_minor: Mapped[int]
    #: the estimate; None: nobody knows what the way costs
    freight_minor_per_unit: Mapped[int | None]
    freight_minor: Mapped[int]
    #: seller or buyer
    freight_paid_by: Mapped[str] = mapped_column(Word, default="seller")
    #: open, refused, expired, stale, awarded, sold or fallen
    state: Mapped[str] = mapped_column(Word, default="open")
    expires_at: Mapped[datetime]
    made_at: Mapped[datetime]
    #: who ran the match; may not confirm the award
    opened_by: Mapped[UUID | None]
    seller_accepted_at: Mapped[datetime | None]
    seller_accepted_by: Mapped[UUID | None]
    buyer_accepted_at: Mapped[datetime | None]
    buyer_accepted_by: Mapped[UUID | None]
    #: when it left the state open
    closed_at: Mapped[datetime | None]
    #: seller or buyer, of a refusal
    closed_by_side: Mapped[str | None] = mapped_column(Word)
    reason: Mapped[str | None] = mapped_column(Text)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))


class MatchLine(HasId, Model):
    """A lot, or a part of it, in a proposal."""

    __tablename__ = "match_line"
    __table_args__ = (
        UniqueConstraint("proposal_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("match_proposal.id"))
    position: Mapped[int]
    #: the lot as it is now: the rest of a lot that was divided meanwhile takes its place
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    #: the lot that the run saw
    run_lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    price_minor_per_unit: Mapped[int]
    #: why this lot and this price, sentences as {"msgid", "params"}
    explanation: Mapped[list[Any]]


class MatchMiss(HasId, Model):
    """A lot, or a part of it, that a run found no place for, and the demand that it missed by least. Append-only."""

    __tablename__ = "match_miss"
    __table_args__ = (UniqueConstraint("run_id", "lot_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("match_run.id"))
    #: the lot's owner; nobody else reads it
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[int]
    #: None: nobody asks for this product
    demand_id: Mapped[UUID | None] = mapped_column(ForeignKey("demand.id"))
    #: the condition that it missed
    condition: Mapped[str | None] = mapped_column(Word)
    #: by how much, sentences as {"msgid", "params"}
    reasons: Mapped[list[Any]]
    #: what the demand pays for a kilogram or litre of such a lot, its conditions met; None: it has no price for it
    offered_minor_per_unit: Mapped[int | None]
    #: what it would have to pay so that the lot goes; None: no price would do
    needed_minor_per_unit: Mapped[int | None]
    #: what the way there costs the seller
    freight_minor_per_unit: Mapped[int]
